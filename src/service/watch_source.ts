/** The state and the log of a running member, as those who watch it read them. */
import type { Entry } from "../wire/entry.ts";
import type { Replica } from "../replica/replica.ts";
import { changeOf, type EntryChange } from "../replica/watch_change.ts";
import type { WatchSource } from "../replica/watch.ts";

/** Whatever holds the state now; a copy or a failed commit puts others in their place. */
export interface Watched {
  readonly replica: Replica;
  readonly log: { at(index: number): Entry | undefined };
  /** Which entries of the log changed anything, where that is known. */
  readonly effects: { has(index: number): boolean | undefined };
}

/** Newest entries that are kept taken apart, for those who watch all read the same. */
const KEPT = 256;

export function watchSource(watched: () => Watched): WatchSource {
  const recent = new Map<Entry, EntryChange>();
  const changeBy = (entry: Entry): EntryChange | undefined => {
    const known = recent.get(entry);
    if (known !== undefined) return known;
    const change = changeOf(entry);
    if (change === undefined) return undefined;
    recent.set(entry, change);
    const [oldest] = recent.keys();
    if (recent.size > KEPT && oldest !== undefined) recent.delete(oldest);
    return change;
  };
  return {
    get applied(): number {
      return watched().replica.applied;
    },
    get collectionFloor(): number {
      return watched().replica.collected;
    },
    get cells(): WatchSource["cells"] {
      return watched().replica.cells;
    },
    change(index): EntryChange | null | undefined {
      const { log, effects } = watched();
      const entry = log.at(index), isChange = effects.has(index);
      if (entry === undefined || isChange === undefined) return undefined;
      return isChange ? changeBy(entry) : null;
    },
  };
}
