/** Which address a node gets on a segment. */
import {
  broadcastOf,
  type Interface4,
  type Ipv4,
  ipv4Text,
  isWithin,
  type Network,
  networkText,
} from "../model/ipv4.ts";
import type { BootNode, EntryAddress, Ipv4Method, NetEntry } from "./boot_node.ts";

/** Where a request came from, by the addresses there. */
export type Segment =
  /** Its networks are those of the interface that heard it. */
  | { readonly kind: "direct"; readonly networks: readonly Network[] }
  /** Behind the relay, or the client, that has this address. */
  | { readonly kind: "routed"; readonly address: Ipv4 };

/** What a node is to have on a segment. */
export interface Addressing {
  /** Undefined where none is known that lies in the segment. */
  readonly address: Interface4 | undefined;
  /** A gateway is told only where it is in the address's network. */
  readonly gateway: Ipv4 | undefined;
  readonly mtu: number | undefined;
  readonly method: Ipv4Method;
  /** Why there is no address, or which entries contradict each other; for people. */
  readonly why: string | undefined;
}

/**
 * The entry whose `hwaddr` is the MAC speaks for it; of several (VLANs of one port) that whose
 * address lies in the segment; where the node is known by its UUID, those without one. Else
 * another entry's address counts that lies in the segment and has no hardware address of its own,
 * if it is the only one. `mac` empty: known by UUID. `ofName`: what the node's name comes to, where
 * no attribute has an address.
 */
export function addressingOf(
  node: BootNode,
  mac: string,
  segment: Segment,
  ofName: Ipv4 | undefined,
): Addressing {
  const { entries } = node;
  const owns = entries.filter((entry) => entry.mac !== undefined && entry.mac === mac);
  const free = entries.filter((entry) => entry.mac === undefined);
  const [own] = owns;
  const method = own?.method;
  const ofOwn = fittingOf(owns, segment);
  const fitting = ofOwn.length > 0 ? ofOwn : fittingOf(free, segment);
  const [first, second] = fitting;
  if (first !== undefined && second !== undefined) {
    const [a, b] = [first, second].map(({ entry }) => attributeOf(entry));
    return none(own, `${a} and ${b} both have an address there: which one is meant?`);
  }
  if (first !== undefined) {
    return found(first.entry, first.address, ofOwn.length > 0 ? first.entry.method : method);
  }
  const looked = entries.some(({ address }) => address !== undefined) ? undefined : ofName;
  const network = looked === undefined ? undefined : networkAt(segment, looked);
  if (looked !== undefined && network !== undefined) {
    return found(own ?? free[0], { address: looked, network }, method);
  }
  return none(own ?? free[0], whyNone(node, mac, segment, looked));
}

/** `net.eth0.ipv4_address`. */
export function attributeOf({ name }: NetEntry, leaf = "ipv4_address"): string {
  return name === "" ? `net.${leaf}` : `net.${name}.${leaf}`;
}

/** For people: `10.0.0.0/24`, or the relay's address. */
export function segmentText(segment: Segment): string {
  return segment.kind === "direct"
    ? segment.networks.map(networkText).join(" and ")
    : `the network of ${networkText({ address: segment.address, prefix: 32 }).slice(0, -3)}`;
}

/** Those of the entries whose address lies in the segment. */
function fittingOf(
  entries: readonly NetEntry[],
  segment: Segment,
): { readonly entry: NetEntry; readonly address: Interface4 }[] {
  return entries.flatMap((entry) => {
    const address = fitOf(entry, segment);
    return address === undefined ? [] : [{ entry, address }];
  });
}

/** The entry's address, where it lies in the segment. */
function fitOf({ address }: NetEntry, segment: Segment): Interface4 | undefined {
  if (address === undefined) return undefined;
  if (segment.kind === "routed") {
    const { own } = address;
    const isThere = own !== undefined && isWithin(own.network, segment.address) &&
      isHostOf(own.network, own.address);
    return isThere ? own : undefined;
  }
  const network = networkAt(segment, address.address);
  return network && { address: address.address, network };
}

/** The interface's prefix is what holds there, whatever the attribute says; of networks within each
 * other the smallest, in whatever order the interface has them. */
function networkAt(segment: Segment, address: Ipv4): Network | undefined {
  if (segment.kind === "routed") return undefined;
  const around = segment.networks.filter((network) =>
    isWithin(network, address) && isHostOf(network, address)
  );
  return around.sort((a, b) => b.prefix - a.prefix)[0];
}

function found(
  entry: NetEntry | undefined,
  address: Interface4,
  ofOwn: Ipv4Method | undefined,
): Addressing {
  const gateway = entry?.gateway;
  return {
    address,
    gateway: gateway !== undefined && isWithin(address.network, gateway) ? gateway : undefined,
    mtu: entry?.mtu,
    method: ofOwn ?? entry?.method ?? "static",
    why: undefined,
  };
}

function none(entry: NetEntry | undefined, why: string): Addressing {
  const nothing = { address: undefined, gateway: undefined, mtu: undefined };
  return { ...nothing, method: entry?.method ?? "static", why };
}

function whyNone(
  { name, entries, faults }: BootNode,
  mac: string,
  segment: Segment,
  ofName: Ipv4 | undefined,
): string {
  const where = segmentText(segment);
  const told = entries.filter(({ address }) => address !== undefined)
    .map((entry) => `${attributeOf(entry)} ${whyUnfit(entry, mac, segment)}`);
  if (told.length > 0) return `${name} has no address in ${where}: ${told.join("; ")}`;
  const wrong = faults.filter((fault) => /^net\.[^ ]*ipv4_address\b/.test(fault));
  if (wrong.length > 0) return `${name} has no address: ${wrong.join("; ")}`;
  const remedy = `set net.ipv4_address to one in ${where}`;
  if (ofName === undefined) {
    return `${name} has no address, and none is known by that name: ${remedy}`;
  }
  const known = `the name alone comes to ${ipv4Text(ofName)}`;
  return segment.kind === "direct"
    ? `${known}, which is not in ${where}: ${remedy}`
    : `${known}, without a prefix, which is needed behind a relay: ${remedy}, with its prefix`;
}

/** Why the entry's address is not the one there. */
function whyUnfit({ address, mac }: NetEntry, asking: string, segment: Segment): string {
  const { own, address: told } = address as EntryAddress;
  const near = segment.kind === "direct"
    ? segment.networks
    : own === undefined
    ? []
    : [own.network];
  const around = near.find((network) =>
    isWithin(network, segment.kind === "direct" ? told : segment.address)
  );
  if (segment.kind === "routed" && own === undefined) {
    return `has no prefix, which is needed behind a relay: ${ipv4Text(told)}/24, say`;
  }
  if (around === undefined) return `is ${ipv4Text(told)}, which is elsewhere; set it to one there`;
  if (!isHostOf(around, told)) return `is ${ipv4Text(told)}, which no host in it can have`;
  return mac === undefined || mac === asking
    ? "is there for machines that are known by their hardware address"
    : `is there for another hardware address, ${mac}`;
}

/** Neither the network's own address nor the one that all in it hear (RFC 1122 section 3.2.1.3);
 * networks of two addresses have neither (RFC 3021). */
function isHostOf(network: Network, address: Ipv4): boolean {
  return network.prefix > 30 ||
    (address !== network.address && address !== broadcastOf(network));
}
