/**
 * The order people expect of names: n2 before n10. A name is split at its runs of digits; text
 * compares in lower case, digits as numbers, digits before text. Names equal so far compare as
 * plain text, so the order is total.
 */

type Part = string | number;

function partsOf(name: string): Part[] {
  return (name.match(/\d+|\D+/g) ?? [])
    .map((part) => /^\d/.test(part) ? Number(part) : part.toLowerCase());
}

function plainly<T extends Part>(a: T, b: T): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function compareParts(a: readonly Part[], b: readonly Part[]): number {
  const shared = Math.min(a.length, b.length);
  for (let i = 0; i < shared; i++) {
    const x = a[i] as Part, y = b[i] as Part;
    if (typeof x !== typeof y) return typeof x === "number" ? -1 : 1;
    const order = plainly(x, y);
    if (order !== 0) return order;
  }
  return a.length - b.length;
}

/** Negative where `a` comes before `b`; zero only for the same name. */
export function naturally(a: string, b: string): number {
  return compareParts(partsOf(a), partsOf(b)) || plainly(a, b);
}

/** The names in natural order, each taken apart once. */
export function naturalSort(names: Iterable<string>): string[] {
  return Array.from(names, (name) => ({ name, parts: partsOf(name) }))
    .sort((a, b) => compareParts(a.parts, b.parts) || plainly(a.name, b.name))
    .map(({ name }) => name);
}
