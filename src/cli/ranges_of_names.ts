/** Names of nodes as noderanges. */
import { COMMAND_NAMES_LENGTH } from "../base/limits.ts";

/** Noderanges that are no longer than a request's path may be. */
export function rangesOf(names: readonly string[]): string[] {
  const ranges: string[] = [];
  for (const name of names) {
    const last = ranges.at(-1);
    if (last === undefined || last.length + name.length > COMMAND_NAMES_LENGTH) ranges.push(name);
    else ranges[ranges.length - 1] = `${last},${name}`;
  }
  return ranges;
}
