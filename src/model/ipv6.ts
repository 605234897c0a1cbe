/** IPv6 addresses and networks, as whole numbers of 128 bits. */

/** The first byte on the wire is the highest; 0 is "none". */
export type Ipv6 = bigint;

/** An address of an interface, and how many leading bits of it are its network, 0 to 128. */
export interface Interface6 {
  readonly address: Ipv6;
  readonly prefix: number;
}

const BITS = 128;
const BYTES = 16;

/** The address in 16 bytes, which must be there, from `at` on. */
export function ipv6At(bytes: Uint8Array, at = 0): Ipv6 {
  let address = 0n;
  for (let i = 0; i < BYTES; i++) address = (address << 8n) | BigInt(bytes[at + i] ?? 0);
  return address;
}

/** The address as 16 bytes. */
export function ipv6Bytes(address: Ipv6): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(BYTES);
  for (let i = 0; i < BYTES; i++) bytes[i] = Number((address >> BigInt(BITS - 8 - 8 * i)) & 0xffn);
  return bytes;
}

/** As RFC 5952 section 4 wants it: `fe80::5054:ff:fe00:1`. */
export function ipv6Text(address: Ipv6): string {
  const groups = Array.from(
    { length: 8 },
    (_, i) => ((address >> BigInt(BITS - 16 - 16 * i)) & 0xffffn).toString(16),
  );
  const { at, length } = longestZeros(groups);
  if (length < 2) return groups.join(":");
  return `${groups.slice(0, at).join(":")}::${groups.slice(at + length).join(":")}`;
}

/** Whether it is good on one link alone (RFC 4291 section 2.5.6). */
export function isLinkLocal6(address: Ipv6): boolean {
  return isWithin6({ address: 0xfe80n << 112n, prefix: 10 }, address);
}

/** Whether the address is of the network that the interface's address is of. */
export function isWithin6({ address: own, prefix }: Interface6, address: Ipv6): boolean {
  const rest = BigInt(BITS - prefix);
  return own >> rest === address >> rest;
}

/** The first of the longest runs of zeros. */
function longestZeros(groups: readonly string[]): { at: number; length: number } {
  let best = { at: 0, length: 0 }, length = 0;
  for (const [at, group] of groups.entries()) {
    length = group === "0" ? length + 1 : 0;
    if (length > best.length) best = { at: at + 1 - length, length };
  }
  return best;
}
