/** The port to the host's network interfaces, their addresses, and the networks of both versions of
 * IP that they are in. */
import { ok, type Outcome, refused } from "../base/outcome.ts";
import { macText } from "../model/hardware_address.ts";
import type { IpNetwork } from "../model/ip_address.ts";
import { type Interface4, networkOf } from "../model/ipv4.ts";
import { type Interface6, type Ipv6, ipv6At } from "../model/ipv6.ts";
import { errnoOf, errnoText, libc } from "./libc.ts";

/** An interface as it is now. */
export interface HostInterface {
  /** As the kernel counts them; another interface of the same name has another. */
  readonly index: number;
  readonly name: string;
  /** As `macText` writes it; empty where it has none (a tunnel). */
  readonly mac: string;
  /** Set up by the administrator. */
  readonly isUp: boolean;
  /** Somebody is at the other end of the cable. */
  readonly isRunning: boolean;
  readonly isLoopback: boolean;
  /** Its frames begin with an Ethernet header. */
  readonly isEthernet: boolean;
  /** May be none; in the order of the kernel, so the first is the primary one. */
  readonly addresses: readonly Interface4[];
  /** Those of IPv6, that of the link among them; in the order of the kernel. */
  readonly addresses6: readonly Interface6[];
}

const IFF_UP = 0x1, IFF_LOOPBACK = 0x8, IFF_RUNNING = 0x40;
const AF_INET = 2, AF_INET6 = 10, AF_PACKET = 17;
const ARPHRD_ETHER = 1;

type Filling = HostInterface & {
  readonly addresses: Interface4[];
  readonly addresses6: Interface6[];
};

/** All interfaces of this network namespace, in the order of their indexes. Refuses
 * (`unavailable`) where the kernel does not say. */
export function listInterfaces(): Outcome<readonly HostInterface[]> {
  const loaded = libc();
  if (!loaded.ok) return loaded;
  const calls = loaded.value;
  const start = new BigUint64Array(1);
  if (calls.getifaddrs(new Uint8Array(start.buffer)) !== 0) {
    const why = errnoText(calls, errnoOf(calls));
    return refused("unavailable", `cannot list the network interfaces: ${why}`);
  }
  const list = Deno.UnsafePointer.create(start[0] ?? 0n);
  try {
    return ok(interfacesOf(Array.from(records(list))));
  } finally {
    calls.freeifaddrs(list);
  }
}

/** The networks of both versions that interfaces of this host, which are up, have an address in;
 * those of one link (fe80::/10) among them. Refuses as {@link listInterfaces} does. */
export function listNetworks(): Outcome<readonly IpNetwork[]> {
  const listed = listInterfaces();
  if (!listed.ok) return listed;
  return ok(
    listed.value.filter(({ isUp }) => isUp).flatMap(({ addresses, addresses6 }): IpNetwork[] => [
      ...addresses.map(({ address, network: { prefix } }): IpNetwork => (
        { address: { family: 4, address }, prefix }
      )),
      ...addresses6.map(({ address, prefix }): IpNetwork => (
        { address: { family: 6, address }, prefix }
      )),
    ]),
  );
}

/** One struct ifaddrs: an address of an interface, or its hardware. */
interface AddressRecord {
  /** Of an IPv4 address its label, which may say more than the interface: `eth0:1`. */
  readonly name: string;
  readonly flags: number;
  readonly family: number;
  readonly address: Deno.UnsafePointerView;
  readonly mask: Deno.UnsafePointerView | undefined;
}

function* records(list: Deno.PointerValue): Generator<AddressRecord> {
  for (let at = list; at !== null;) {
    const view: Deno.UnsafePointerView = new Deno.UnsafePointerView(at);
    const [name, address, mask] = [view.getPointer(8), view.getPointer(24), view.getPointer(32)];
    if (name !== null && address !== null) {
      yield {
        name: Deno.UnsafePointerView.getCString(name),
        flags: view.getUint32(16),
        family: new Deno.UnsafePointerView(address).getUint16(),
        address: new Deno.UnsafePointerView(address),
        mask: mask === null ? undefined : new Deno.UnsafePointerView(mask),
      };
    }
    at = view.getPointer(0);
  }
}

function interfacesOf(all: readonly AddressRecord[]): HostInterface[] {
  const found = new Map<string, Filling>();
  for (const { name, flags, family, address } of all) {
    if (family !== AF_PACKET) continue;
    const mac = new Uint8Array(address.getUint8(11)).map((_, i) => address.getUint8(12 + i));
    found.set(name, {
      index: address.getInt32(4),
      name,
      mac: macText(mac),
      isUp: (flags & IFF_UP) !== 0,
      isRunning: (flags & IFF_RUNNING) !== 0,
      isLoopback: (flags & IFF_LOOPBACK) !== 0,
      isEthernet: address.getUint16(8) === ARPHRD_ETHER,
      addresses: [],
      addresses6: [],
    });
  }
  for (const { name, family, address, mask } of all) {
    if (family === AF_INET6) found.get(name)?.addresses6.push(address6Of(address, mask));
    if (family !== AF_INET) continue;
    const [interfaceName = ""] = name.split(":");
    found.get(interfaceName)?.addresses.push(addressOf(address, mask));
  }
  return [...found.values()].sort((a, b) => a.index - b.index);
}

function addressOf(
  name: Deno.UnsafePointerView,
  mask: Deno.UnsafePointerView | undefined,
): Interface4 {
  const bits = mask === undefined ? 0xffff_ffff : bigEndian(mask);
  const prefix = Math.clz32(~bits >>> 0);
  const address = bigEndian(name);
  return { address, network: networkOf(address, prefix) };
}

/** sin_addr of a struct sockaddr_in, which stands in the network's byte order. */
function bigEndian(name: Deno.UnsafePointerView): number {
  return [4, 5, 6, 7].reduce((sum, at) => sum * 256 + name.getUint8(at), 0);
}

function address6Of(
  name: Deno.UnsafePointerView,
  mask: Deno.UnsafePointerView | undefined,
): Interface6 {
  // Without leading zeros: a mask of no network is 0.
  const bits = mask === undefined ? "1".repeat(128) : sin6Addr(mask).toString(2);
  return { address: sin6Addr(name), prefix: bits.lastIndexOf("1") + 1 };
}

/** sin6_addr of a struct sockaddr_in6. */
function sin6Addr(name: Deno.UnsafePointerView): Ipv6 {
  return ipv6At(new Uint8Array(16).map((_, at) => name.getUint8(8 + at)));
}
