/** A member's copy of the state and what is derived of it, through all that becomes of a copy. */
import type { Operation } from "../../src/model/operation.ts";
import { type IndexSource, NodeIndex, presentOf } from "../../src/replica/node_index.ts";
import { Replica } from "../../src/replica/replica.ts";
import { entryAt } from "./entries.ts";

/** A member that applies entries, jumps to the state of another, or is given a whole new one. */
export class Follower {
  replica = new Replica();
  readonly source: IndexSource;
  readonly index: NodeIndex;

  constructor() {
    this.source = presentOf(() => this.replica);
    this.index = new NodeIndex(this.source);
  }

  apply(...operations: Operation[]): void {
    this.replica.apply(entryAt(this.replica.applied + 1, { operations }));
  }

  /** Takes in the state of another, as a member does that was away. */
  jumpTo(other: Replica): void {
    const { applied } = this.replica;
    if (other.applied <= applied) return;
    const since = applied < other.collected ? 0 : applied;
    if (since === 0) this.replica = new Replica();
    this.replica.begin();
    for (const row of other.cells.changedRows(since)) {
      const record = other.cells.recordSince(row, since);
      if (record !== undefined) this.replica.join(record);
    }
    this.replica.caughtUp(other.applied);
  }
}
