/**
 * Catching up by what changed: the sender's and the receiver's part, without links or disks.
 *
 * 1. All chunks of a cut belong to one index: the sender's state is frozen there. Values read
 *    later, while it goes on, would make replicas differ on guards.
 * 2. The receiver joins what comes to its own state, or to an empty one. Cut off, it asks whoever
 *    is at least as far, behind the last place it has: what is before that place is complete at
 *    least as of the earliest cut it saw. With the end it has all of that cut; and unless every
 *    chunk came of one and the latest, it goes round once more for what changed since.
 * 3. Only then it is exactly at an index, and says so: before, nothing of it may be served.
 */
import { ByteReader, ByteWriter } from "../base/bytes.ts";
import type { Mutant } from "../base/mutant.ts";
import type { RowRecord } from "../model/cell.ts";
import type { DeltaAsk, DeltaChunk, DeltaPlace } from "../wire/delta.ts";
import { mostBytesOf, readRow, writeRow } from "../wire/record.ts";
import type { FrozenState, Replica } from "./replica.ts";

/** A sender's state at one index, to be asked for bit by bit. */
export class DeltaCut {
  readonly index: number;
  readonly term: number;
  readonly #state: FrozenState;
  readonly #chunkBytes: number;
  readonly #record: (row: string, since: number) => RowRecord | undefined;
  /** The rows that changed after `from`, sorted, as they were asked for last. */
  #changed: { readonly from: number; readonly rows: readonly string[] } | undefined;

  constructor(replica: Replica, term: number, chunkBytes: number, mutant?: Mutant) {
    const state = replica.frozen();
    this.index = state.index;
    this.term = term;
    this.#state = mutant === "delta-without-windows" ? { ...state, windows: new Map() } : state;
    this.#chunkBytes = chunkBytes;
    const cells = mutant === "lazy-delta-values" ? replica.cells : state.cells;
    this.#record = (row, since) =>
      this.#state.windows.get(row) ?? state.stages.record(row) ?? cells.recordSince(row, since);
  }

  /** What is asked for, as far as one chunk goes. Nothing of what may have been forgotten here
   * since `from`: whoever hears that must ask for all. */
  chunk({ from, after }: DeltaAsk): DeltaChunk {
    const { collected } = this.#state;
    const rows = from > 0 && from < collected ? [] : this.#rowsAfter(from);
    const writer = new ByteWriter(this.#chunkBytes + 1024);
    let place = after;
    let i = after === undefined ? 0 : firstBehind(rows, after);
    while (i < rows.length && writer.length < this.#chunkBytes) {
      const row = rows[i] as string;
      const begun = row === place?.row ? place.attribute : undefined;
      place = { row, attribute: this.#write(writer, row, from, begun) };
      if (place.attribute === undefined) i++;
    }
    const { index: cut, term: cutTerm } = this;
    const next = i < rows.length ? place : undefined;
    const bytes = writer.finish();
    return { from, after, cut, cutTerm, collected, rows: i, ofRows: rows.length, next, bytes };
  }

  /** Writes of a row what is behind `begun`, at least one cell; the last one, if there are more. */
  #write(
    writer: ByteWriter,
    row: string,
    from: number,
    begun: string | undefined,
  ): string | undefined {
    const record = this.#record(row, from);
    if (record === undefined) return undefined;
    const cells = begun === undefined ? record.cells : record.cells.filter(([a]) => a > begun);
    let bytes = writer.length;
    let count = 0;
    while (count < cells.length && (count === 0 || bytes < this.#chunkBytes)) {
      bytes += mostBytesOf(cells[count++] as RowRecord["cells"][number]);
    }
    writeRow(writer, { ...record, cells: cells.slice(0, count) });
    return count < cells.length ? cells[count - 1]?.[0] : undefined;
  }

  #rowsAfter(from: number): readonly string[] {
    if (this.#changed?.from !== from) {
      const windows = [...this.#state.windows.values()].filter(({ newest }) => newest > from);
      const names = new Set(this.#state.cells.changedRows(from));
      for (const { row } of windows) names.add(row);
      for (const row of this.#state.stages.rows(from)) names.add(row);
      this.#changed = { from, rows: [...names].sort() };
    }
    return this.#changed.rows;
  }
}

/** The first of the sorted rows that has something behind this place. */
function firstBehind(rows: readonly string[], { row, attribute }: DeltaPlace): number {
  let low = 0, high = rows.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    const name = rows[middle] as string;
    if (name < row || (name === row && attribute === undefined)) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** What became of a chunk. `whole`: the state is that of the cut now, and is so called. */
export type DeltaStep =
  | { readonly result: "joined"; readonly rows: readonly string[] }
  | {
    readonly result: "whole";
    readonly rows: readonly string[];
    readonly cut: number;
    readonly cutTerm: number;
  }
  /** The sender has forgotten what is needed: begin with an empty state. */
  | { readonly result: "too-old" }
  /** Not what was asked for, or of a cut that is too early. */
  | { readonly result: "unasked" };

/** A state that is being brought to a sender's, chunk by chunk. */
export class DeltaTarget {
  readonly replica: Replica;
  #from: number;
  #after: DeltaPlace | undefined;
  /** The earliest cut of this round, and the latest of all. */
  #earliest = Number.POSITIVE_INFINITY;
  #latest: number;
  #rows = 0;
  #ofRows = 0;

  /** `replica`: what is joined to, the own state or an empty one; no cut before `atLeast` helps. */
  constructor(replica: Replica, atLeast: number) {
    this.replica = replica;
    this.#latest = atLeast;
    this.#from = replica.applied;
    replica.begin();
  }

  /** How much is here of what has to come. */
  get progress(): { readonly done: number; readonly of: number } {
    return { done: this.#rows, of: this.#ofRows };
  }

  /** What to ask for next. */
  get ask(): DeltaAsk {
    return { from: this.#from, after: this.#after, atLeast: this.#latest };
  }

  /** Joins a chunk. {@link MalformedError} where it is none. */
  take(chunk: DeltaChunk): DeltaStep {
    const { from, after, cut, cutTerm, next } = chunk;
    if (from !== this.#from || !samePlace(after, this.#after)) return { result: "unasked" };
    if (cut < this.#latest || cut < from) return { result: "unasked" };
    if (from > 0 && from < chunk.collected) return { result: "too-old" };
    const rows: string[] = [];
    for (const reader = new ByteReader(chunk.bytes); reader.left > 0;) {
      const record = readRow(reader);
      this.replica.join(record);
      if (rows.at(-1) !== record.row) rows.push(record.row);
    }
    this.#earliest = Math.min(this.#earliest, cut);
    this.#latest = cut;
    this.#rows = chunk.rows;
    this.#ofRows = chunk.ofRows;
    this.#after = next;
    if (next !== undefined) return { result: "joined", rows };
    if (this.#earliest === cut) return { result: "whole", rows, cut, cutTerm };
    this.#from = this.#earliest;
    this.#earliest = Number.POSITIVE_INFINITY;
    return { result: "joined", rows };
  }
}

function samePlace(a: DeltaPlace | undefined, b: DeltaPlace | undefined): boolean {
  return a?.row === b?.row && a?.attribute === b?.attribute;
}
