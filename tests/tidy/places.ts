/** No file of the tree may depend on where it was written or on whence packages came. */
import type { Complaint } from "./source.ts";

/** Spelt in pieces, so that this file does not break its own rule. */
const FORBIDDEN: readonly (readonly [RegExp, string])[] = [
  [new RegExp("(?<![\\w./-])/" + "work/"), "a folder of one machine"],
  [new RegExp("(?<![\\w./-])/" + "root/"), "a folder of one user"],
  [new RegExp("(?<![\\w./-])/" + "home/[a-z]"), "a folder of one user"],
  [
    new RegExp(
      "(registry\\.npmjs|registry\\.yarnpkg|npm\\.jsr|//jsr|deb\\.debian)" + "\\.(org|com|io)",
    ),
    "a package registry's host",
  ],
  [new RegExp("(pypi|crates|golang|rubygems)" + "\\.(org|io)\\b"), "a package registry's host"],
];

const MAX_TEXT_BYTES = 4 * 1024 * 1024;

export function checkPlacesIn(path: string, text: string): Complaint[] {
  return text.split("\n").flatMap((line, at) =>
    FORBIDDEN.filter(([pattern]) => pattern.test(line))
      .map(([pattern, what]) => `${path}:${at + 1} names ${what} (${pattern.exec(line)?.[0]})`)
  );
}

export function checkPlaces(root: string, paths: readonly string[]): Complaint[] {
  return paths.flatMap((path) => {
    if (Deno.statSync(`${root}/${path}`).size > MAX_TEXT_BYTES) return [];
    const bytes = Deno.readFileSync(`${root}/${path}`);
    return bytes.includes(0) ? [] : checkPlacesIn(path, new TextDecoder().decode(bytes));
  });
}
