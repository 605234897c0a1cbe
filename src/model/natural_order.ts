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

/** Names that are sorted already, with others at their places: where these are few it costs far
 * less than to sort all again. No name may come twice. */
export function insertNaturally(sorted: readonly string[], others: Iterable<string>): string[] {
  const all: string[] = [];
  let from = 0;
  for (const other of naturalSort(others)) {
    const to = placeOf(sorted, other, from);
    for (; from < to; from++) all.push(sorted[from] as string);
    all.push(other);
  }
  for (; from < sorted.length; from++) all.push(sorted[from] as string);
  return all;
}

/** Where the name would stand, not before `low`: by halving. */
function placeOf(sorted: readonly string[], name: string, low: number): number {
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (naturally(sorted[middle] as string, name) < 0) low = middle + 1;
    else high = middle;
  }
  return low;
}
