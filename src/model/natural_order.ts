/**
 * The order people expect of names: n2 before n10. A name is split at its runs of digits; text
 * compares in lower case, digits as numbers, digits before text. Names equal so far compare as
 * plain text, so the order is total.
 */

/** Below every character of a name: digits come before text. */
const DIGITS = "\u0001";

/** A text that compares plainly as the name does naturally: before a run of digits stands how many
 * they are, without zeros in front. */
function keyOf(name: string): string {
  return name.toLowerCase().replace(
    /0*(\d+)/g,
    (_, digits: string) => DIGITS + String.fromCharCode(0x20 + digits.length) + digits,
  );
}

function plainly(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** Negative where `a` comes before `b`; zero only for the same name. */
export function naturally(a: string, b: string): number {
  return plainly(keyOf(a), keyOf(b)) || plainly(a, b);
}

/** The names in natural order, each taken apart once. */
export function naturalSort(names: Iterable<string>): string[] {
  return Array.from(names, (name) => ({ name, key: keyOf(name) }))
    .sort((a, b) => plainly(a.key, b.key) || plainly(a.name, b.name))
    .map(({ name }) => name);
}
