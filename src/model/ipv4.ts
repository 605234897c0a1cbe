/** IPv4 addresses and networks, as whole numbers: a boot storm compares thousands of them. */

/** An address as an unsigned number of 32 bits, the first octet highest; 0 is "none". */
export type Ipv4 = number;

/** A network: `address` has no bit set beyond the prefix. */
export interface Network {
  readonly address: Ipv4;
  /** How many leading bits belong to the network, 0 to 32. */
  readonly prefix: number;
}

/** An address within its network, as `10.0.0.7/24` says it. */
export interface Interface4 {
  readonly address: Ipv4;
  readonly network: Network;
}

const OCTET = "(25[0-5]|2[0-4]\\d|1\\d\\d|[1-9]?\\d)";
const DOTTED = new RegExp(`^${OCTET}\\.${OCTET}\\.${OCTET}\\.${OCTET}$`);

/** The address of four decimal octets without leading zeros; undefined for any other text. */
export function ipv4Of(text: string): Ipv4 | undefined {
  const octets = DOTTED.exec(text);
  if (octets === null) return undefined;
  return octets.slice(1).reduce((sum, octet) => sum * 256 + Number(octet), 0);
}

/** Four decimal octets. */
export function ipv4Text(address: Ipv4): string {
  const octet = (shift: number): number => (address >>> shift) & 0xff;
  return `${octet(24)}.${octet(16)}.${octet(8)}.${octet(0)}`;
}

/** The netmask of a prefix length, 0 to 32. */
export function maskOf(prefix: number): Ipv4 {
  return prefix === 0 ? 0 : (0xffff_ffff << (32 - prefix)) >>> 0;
}

/** The network of that prefix length that the address is in. */
export function networkOf(address: Ipv4, prefix: number): Network {
  return { address: (address & maskOf(prefix)) >>> 0, prefix };
}

/** Whether the address is one of the network. */
export function isWithin({ address: network, prefix }: Network, address: Ipv4): boolean {
  return ((address & maskOf(prefix)) >>> 0) === network;
}

/** Whether a host may have the address: neither this network, nor loopback, multicast or above (RFC
 * 6890). */
export function isHostAddress(address: Ipv4): boolean {
  const first = address >>> 24;
  return first !== 0 && first !== 127 && first < 224;
}

/** Whether both are one network. */
export function sameNetwork(a: Network, b: Network): boolean {
  return a.address === b.address && a.prefix === b.prefix;
}

/** The address that all in the network hear. */
export function broadcastOf({ address, prefix }: Network): Ipv4 {
  return (address | ~maskOf(prefix)) >>> 0;
}

/** `10.0.0.0/24`. */
export function networkText({ address, prefix }: Network): string {
  return `${ipv4Text(address)}/${prefix}`;
}

/** What `10.0.0.7/24` says; undefined for any other text, one without a prefix among them. */
export function interface4Of(text: string): Interface4 | undefined {
  const [host = "", bits = "", ...more] = text.split("/");
  const address = ipv4Of(host);
  if (address === undefined || more.length > 0 || !/^(3[0-2]|[12]?\d)$/.test(bits)) {
    return undefined;
  }
  return { address, network: networkOf(address, Number(bits)) };
}
