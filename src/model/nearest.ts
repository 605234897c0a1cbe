/** The candidate that differs least from what was typed: for "did you mean". */

/** Longest text worth comparing: beyond it nobody mistyped a name. */
const LONGEST = 128;

/** Undefined where none is near: more than a third of the letters would have to change. */
export function nearest(typed: string, candidates: Iterable<string>): string | undefined {
  if (typed.length > LONGEST) return undefined;
  let best: string | undefined;
  let least = Math.floor(typed.length / 3) + 1;
  for (const candidate of candidates) {
    if (Math.abs(candidate.length - typed.length) >= least) continue;
    const changes = distance(typed.toLowerCase(), candidate);
    if (changes < least) [best, least] = [candidate, changes];
  }
  return best;
}

/** Letters to insert, remove or replace (Levenshtein), row by row. */
function distance(a: string, b: string): number {
  let above = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const replace = (above[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      row.push(Math.min(replace, (above[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1));
    }
    above = row;
  }
  return above[b.length] ?? 0;
}
