/** IPv6 addresses as people write them (RFC 4291 section 2.2). */
import { ipv4Of } from "./ipv4.ts";
import type { Ipv6 } from "./ipv6.ts";

const GROUPS = 8, GROUP_BITS = 16n;

/** The address that a text says (RFC 4291 section 2.2), in any of its forms, without a scope;
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
