/** A member of one process that can be watched, and what its watchers are told. */
import { Replica } from "../../src/replica/replica.ts";
import type { Watcher, WatcherEvent, WatchSource } from "../../src/replica/watch.ts";
import { changeOf, type EntryChange } from "../../src/replica/watch_change.ts";
import type { Entry } from "../../src/wire/entry.ts";
import { entryAt, type Request } from "./entries.ts";

/** A member of one process whose log can be forgotten and whose state can be put in its place. */
export class Member implements WatchSource {
  replica = new Replica();
  /** The log ends behind it. */
  start = 0;
  readonly refused = new Set<number>();
  readonly entries: Entry[] = [];

  get applied(): number {
    return this.replica.applied;
  }

  get collectionFloor(): number {
    return this.replica.collected;
  }

  get cells(): Replica["cells"] {
    return this.replica.cells;
  }

  change(index: number): EntryChange | null | undefined {
    const entry = this.entries[index - 1];
    if (index <= this.start || entry === undefined) return undefined;
    return this.refused.has(index) ? null : changeOf(entry);
  }

  do(...operations: Request["operations"]): number {
    return this.take({ operations });
  }

  take(request: Request): number {
    const entry = entryAt(this.applied + 1, request);
    this.entries.push(entry);
    if (this.replica.apply(entry).verdict.result !== "applied") this.refused.add(entry.index);
    return entry.index;
  }

  /** A full copy, or a delta, takes the place of the state and of the log. */
  copied(): void {
    const copy = new Replica();
    for (const record of this.replica.records()) copy.join(record);
    copy.caughtUp(this.applied);
    this.replica = copy;
    this.start = this.applied;
  }
}

export const LARGE = { behind: 1_000, gapRows: 1_000, partBytes: 1_000_000 };

/** All that there is to tell. */
export function told(watcher: Watcher, most = Infinity): WatcherEvent[] {
  const events: WatcherEvent[] = [];
  while (events.length < most) {
    const step = watcher.next();
    if (step === "told" || step === "over") break;
    if (step !== "later") events.push(step);
  }
  return events;
}
