/** Attributes that are left out of a dump. */
import { wildcard } from "../../model/wildcard.ts";

/** What makes nodes and groups what they are is never left out. */
const KEPT: ReadonlySet<string> = new Set(["groups", "nodes", "noderange"]);

/** Whether a name is among those that the patterns leave out: `net.*hwaddr`, or all that begin so,
 * `deployment`. */
export function excluding(patterns: readonly string[]): (name: string) => boolean {
  const matches = patterns.map((pattern) => wildcard(pattern));
  return (name) =>
    !KEPT.has(name) &&
    (matches.some((match) => match(name)) ||
      patterns.some((pattern) => name.startsWith(`${pattern}.`)));
}
