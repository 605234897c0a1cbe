/** IPv6 addresses and networks, as whole numbers of 128 bits. */
import { ipv4Of } from "./ipv4.ts";

/** The first byte on the wire is the highest; 0 is "none". */
export type Ipv6 = bigint;

/** An address of an interface, and how many leading bits of it are its network, 0 to 128. */
export interface Interface6 {
  readonly address: Ipv6;
  readonly prefix: number;
}

const BITS = 128;
const BYTES = 16;
const GROUPS = 8, GROUP_BITS = 16n;

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

/** The address that a text says in any form of RFC 4291 section 2.2, without a scope;
 * undefined for any other text. */
export function ipv6Of(text: string): Ipv6 | undefined {
  const halves = text.split("::");
  const [front = [], back = []] = halves.map((half, at) =>
    groupsOf(half, at + 1 === halves.length)
  );
  if (halves.length > 2 || front.includes(-1) || back.includes(-1)) return undefined;
  const missing = GROUPS - front.length - back.length;
  if (halves.length === 1 ? missing !== 0 : missing < 1) return undefined;
  const groups = [...front, ...new Array<number>(missing).fill(0), ...back];
  return groups.reduce((sum, group) => (sum << GROUP_BITS) + BigInt(group), 0n);
}

/** -1 for what is no group. The last two may be an IPv4 address. */
function groupsOf(text: string, isLast: boolean): number[] {
  if (text === "") return [];
  return text.split(":").flatMap((group, at, all) => {
    if (/^[0-9a-f]{1,4}$/i.test(group)) return [parseInt(group, 16)];
    const dotted = isLast && at + 1 === all.length ? ipv4Of(group) : undefined;
    return dotted === undefined ? [-1] : [dotted >>> 16, dotted & 0xffff];
  });
}

/** As RFC 5952 section 4 wants it: `fe80::5054:ff:fe00:1`. */
export function ipv6Text(address: Ipv6): string {
  const groups = Array.from(
    { length: GROUPS },
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
