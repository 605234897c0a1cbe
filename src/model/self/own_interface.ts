/** The interfaces of a member as nodes reach it by them, and the one that a node's request is
 * about: what a node is told of its network and of its server depends on it. */
import { ipAddressOf, ipAddressText } from "../ip_address.ts";
import { around, type Placed, V4, V6 } from "../ip_version.ts";
import { type Ipv4, ipv4Of, ipv4Text } from "../ipv4.ts";
import { type Ipv6, ipv6Of, ipv6Text, isLinkLocal6 } from "../ipv6.ts";

/** One of the member's interfaces that is up. */
export interface OwnInterface {
  /** As the kernel counts them. */
  readonly index: number;
  readonly name: string;
  /** The first is the one it is known by; may be none. */
  readonly v4: readonly Placed<Ipv4>[];
  /** Link-local ones among them. */
  readonly v6: readonly Placed<Ipv6>[];
}

/** How a request came. */
export interface Arrival {
  /** The interface that the node names, by its name or its index; empty where it names none. */
  readonly told: string;
  /** The node's address, without a scope. */
  readonly peer: string;
  /** What the node dialled, as its `Host` says it: an address in brackets or without, a name, and
   * maybe a port. */
  readonly host: string;
}

/**
 * The interface that the node names where its address may well be there: it could have kept the
 * name from another member. Else that in whose network its address is, else that whose address it
 * dialled; undefined where nothing tells, behind a router.
 */
export function interfaceOf(
  all: readonly OwnInterface[],
  { told, peer, host }: Arrival,
): OwnInterface | undefined {
  const named = all.find(({ name, index }) => told === name || told === String(index));
  if (named !== undefined && isOnAnyLink(peer)) return named;
  const near = all.flatMap((one) => {
    const prefix = prefixAround(one, peer);
    return prefix === undefined ? [] : [{ one, prefix }];
  }).sort((a, b) => b.prefix - a.prefix);
  if (named !== undefined && (near.length === 0 || near.some(({ one }) => one === named))) {
    return named;
  }
  const dialled = dialledAddress(host);
  const ofHost = all.find((one) => dialled !== undefined && hasAddress(one, dialled));
  const isOfHost = near.find(({ one }) => one === ofHost);
  return isOfHost?.one ?? near[0]?.one ?? ofHost;
}

/** The address in a `Host` header, as it is told; undefined for a name. */
export function dialledAddress(host: string): string | undefined {
  const [, inBrackets, plain] = /^(?:\[([^\]%]+)(?:%[^\]]*)?\]|([^:]+))(?::\d+)?$/.exec(host) ?? [];
  const address = ipAddressOf(inBrackets ?? plain ?? "");
  return address && ipAddressText(address);
}

/** Whether the address, as it is told, is one of the interface's. */
export function hasAddress({ v4, v6 }: OwnInterface, address: string): boolean {
  return v4.some((own) => ipv4Text(own.address) === address) ||
    v6.some((own) => ipv6Text(own.address) === address);
}

/** Such an address says nothing of where it is. */
function isOnAnyLink(peer: string): boolean {
  const address = ipv6Of(peer);
  return address !== undefined && isLinkLocal6(address);
}

function prefixAround({ v4, v6 }: OwnInterface, peer: string): number | undefined {
  const peer4 = ipv4Of(peer), peer6 = ipv6Of(peer);
  if (peer4 !== undefined) return around(V4, v4, peer4)?.prefix;
  return peer6 === undefined || isLinkLocal6(peer6) ? undefined : around(V6, v6, peer6)?.prefix;
}
