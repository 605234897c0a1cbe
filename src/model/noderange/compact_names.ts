/**
 * Names as pieces of a noderange with brackets: `r[1:2]n[01:04,07]`. Names that differ in one
 * number are put together, the last number first, and what is put together is a number's place to
 * the ones before it.
 */

/** The pieces, in the order of the first name of each. Joined by "," they are a noderange of
 * exactly these names. */
export function compactNames(names: Iterable<string>): string[] {
  const shapes = new Map<string, string[][]>();
  for (const name of new Set(names)) {
    // The texts stand at even places, the numbers at odd ones.
    const parts = name.split(/(\d+)/);
    const shape = parts.map((part, i) => i % 2 === 0 ? part : "0").join("");
    const alike = shapes.get(shape);
    if (alike === undefined) shapes.set(shape, [parts]);
    else alike.push(parts);
  }
  return [...shapes.values()].flatMap(folded);
}

/** Names of one shape as pieces. */
function folded(names: string[][]): string[] {
  let pieces = names;
  const places = names[0]?.length ?? 0;
  for (let place = places - 2; place > 0 && pieces.length > 1; place -= 2) {
    const alike = new Map<string, { parts: string[]; numbers: string[] }>();
    for (const parts of pieces) {
      const number = parts[place] ?? "";
      const others = parts.with(place, "").join("\0");
      const known = alike.get(others);
      if (known === undefined) alike.set(others, { parts, numbers: [number] });
      else known.numbers.push(number);
    }
    pieces = Array.from(alike.values(), ({ parts, numbers }) => parts.with(place, listed(numbers)));
  }
  return pieces.map((parts) => parts.join(""));
}

interface Run {
  readonly first: string;
  last: string;
}

/** Numbers as what stands in their place: one as it is, several between brackets. */
function listed(numbers: readonly string[]): string {
  const [only] = numbers;
  if (numbers.length === 1 && only !== undefined) return only;
  const sorted = [...numbers].sort((a, b) => Number(a) - Number(b) || a.length - b.length);
  const runs: Run[] = [];
  /** By the number that would make them longer, as it would be written. */
  const growing = new Map<string, Run>();
  for (const number of sorted) {
    const known = growing.get(number);
    const run = known ?? { first: number, last: number };
    if (known === undefined) runs.push(run);
    else growing.delete(number);
    run.last = number;
    const next = nextOf(run);
    if (next !== undefined && !growing.has(next)) growing.set(next, run);
  }
  return `[${
    runs.map(({ first, last }) => first === last ? first : `${first}:${last}`).join(",")
  }]`;
}

/** Longer numbers are not exact, and stand alone. */
const MOST_DIGITS = 15;

function nextOf({ first, last }: Run): string | undefined {
  if (last.length > MOST_DIGITS) return undefined;
  const next = String(Number(last) + 1).padStart(first.length, "0");
  return next.length > MOST_DIGITS ? undefined : next;
}
