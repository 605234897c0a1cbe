/**
 * One watcher: what it is told next, out of the state and the tail of the log as they are then. It
 * keeps no queue, only how far it is. Invariants:
 *
 * 1. Of each cell the values are told by rising stamp, and the last one always; what a guard
 *    refused, never.
 * 2. `at` rises only when all of its entry was told, so who goes on after it misses nothing.
 * 3. Where the log still holds the entries after `at`, and the watcher keeps up, each is one event.
 *    Else the state says what changed after `at`; that needs its tombstones, and where those may be
 *    gone all is told anew.
 */
import {
  MAX_WATCH_BEHIND,
  MAX_WATCH_GAP_ROWS,
  WATCH_PART_BYTES,
  WATCH_SLICE,
} from "../base/limits.ts";
import type { Mutant } from "../base/mutant.ts";
import { type PublicRow, publicRow, publicRows } from "../model/public_row.ts";
import type { WatchedChange, WatchEvent } from "../wire/watch.ts";
import type { CellView } from "./cells.ts";
import { bytesOf, changeAt, type EntryChange, stateAt } from "./watch_change.ts";
import { atItsStamps, type RowAtStamp, sortByStamp } from "./watch_gap.ts";

/** What watchers read: always the present, whatever took the place of what. */
export interface WatchSource {
  /** The index of the last entry applied. */
  readonly applied: number;
  /** Tombstones up to this index may be gone. */
  readonly collectionFloor: number;
  readonly cells: Pick<CellView, "rows" | "record" | "changedRows" | "recordSince">;
  /** What an applied entry changed, null where it was refused; undefined where that is not
   * known any more. */
  change(index: number): EntryChange | null | undefined;
}

/** Bounds of the program, which tests set lower. */
export interface WatchPace {
  readonly behind: number;
  readonly gapRows: number;
  readonly partBytes: number;
}

const PACE: WatchPace = {
  behind: MAX_WATCH_BEHIND,
  gapRows: MAX_WATCH_GAP_ROWS,
  partBytes: WATCH_PART_BYTES,
};

type ChangeEvent = Extract<WatchEvent, { event: "change" }>;

/** An event as it is sent, save that its time is in milliseconds since 1970. */
export type WatcherEvent =
  | Exclude<WatchEvent, ChangeEvent>
  | Omit<ChangeEvent, "time"> & { timeMs?: number };

/** An event; or all is told, for now; or there is more, and others should get their turn first; or
 * the state went back, read anew from a disk that failed, and whoever watches must come again. */
export type WatchStep = WatcherEvent | "told" | "later" | "over";

/** What is watched, and from where on. */
export interface WatcherOptions {
  /** Goes on after this index; without it the present state is told first. */
  readonly from?: number | undefined;
  /** It was told a part of the state before, which is void: the state, after `reset`. */
  readonly isAnew?: boolean | undefined;
  /** The nodes it is told of, which need not exist; all without it. Groups are told all: nodes may
   * inherit from any. */
  readonly nodes?: ReadonlySet<string> | undefined;
  readonly pace?: WatchPace;
  readonly mutant?: Mutant | undefined;
}

/** See above. */
export class Watcher {
  readonly #source: WatchSource;
  readonly #nodes: ReadonlySet<string> | undefined;
  readonly #pace: WatchPace;
  readonly #mutant: Mutant | undefined;
  /** Entries up to here were there before it came: to tell all of them is not being slow. */
  readonly #since: number;
  readonly #steps: Generator<WatchStep, never>;
  #at: number;
  /** The state was as far as this when it was last looked at. */
  #reached: number;
  #isOver = false;

  constructor(source: WatchSource, { from, isAnew, nodes, pace = PACE, mutant }: WatcherOptions) {
    this.#source = source;
    this.#nodes = nodes;
    this.#pace = pace;
    this.#mutant = mutant;
    this.#since = source.applied;
    this.#reached = source.applied;
    this.#at = from ?? 0;
    this.#steps = this.#run(isAnew ? this.#reset() : from === undefined ? this.#state() : []);
  }

  /** All up to this index was told. */
  get at(): number {
    return this.#at;
  }

  /** What is told next. */
  next(): WatchStep {
    const { applied } = this.#source;
    if (applied < this.#reached) this.#isOver = true;
    this.#reached = applied;
    return this.#isOver ? "over" : this.#steps.next().value;
  }

  // ----

  *#run(first: Iterable<WatchStep>): Generator<WatchStep, never> {
    yield* first;
    for (let looked = 1;; looked++) {
      const { applied } = this.#source;
      if (this.#at >= applied) {
        yield "told";
        looked = 0;
        continue;
      }
      const isSlow = applied - Math.max(this.#at, this.#since) > this.#pace.behind;
      const change = isSlow ? undefined : this.#source.change(this.#at + 1);
      if (change === undefined) yield* this.#gap();
      else if (change !== null) yield* this.#entry(change);
      if (change !== undefined) this.#at++;
      if (looked % WATCH_SLICE === 0) yield "later";
    }
  }

  *#entry({ timeMs, changes }: EntryChange): Generator<WatchStep> {
    const index = this.#at + 1;
    yield* this.#parts(changes((row) => this.#isWanted(row)), (part, isLast) => ({
      event: "change",
      index,
      timeMs,
      ...isLast ? {} : { more: true },
      changes: part,
    }));
  }

  /** Changes in events of about `partBytes`; none for no changes. */
  *#parts(
    changes: Iterable<WatchedChange>,
    eventOf: (part: WatchedChange[], isLast: boolean) => WatcherEvent,
  ): Generator<WatchStep> {
    let part: WatchedChange[] = [], bytes = 0;
    for (const change of changes) {
      if (bytes > this.#pace.partBytes) {
        yield eventOf(part, false);
        part = [], bytes = 0;
      }
      part.push(change);
      bytes += bytesOf(change);
    }
    if (part.length > 0) yield eventOf(part, true);
  }

  /** Cells newer than `index` are left out of the state: their entries follow. */
  *#state(): Generator<WatchStep> {
    const index = this.#source.applied;
    const rows = [...publicRows(this.#source.cells, this.#nodes)];
    let part: WatchedChange[] = [], bytes = 0;
    for (const [i, row] of rows.entries()) {
      const record = this.#source.cells.record(row);
      const change = record && stateAt(record, index);
      if (change !== undefined) {
        part.push(change);
        bytes += bytesOf(change);
      }
      if (bytes > this.#pace.partBytes) {
        yield { event: "state", index, changes: part };
        part = [], bytes = 0;
      } else if (i % WATCH_SLICE === WATCH_SLICE - 1) yield "later";
    }
    if (part.length > 0) yield { event: "state", index, changes: part };
    this.#at = index;
    yield { event: "sync", index };
  }

  *#reset(): Generator<WatchStep> {
    yield { event: "reset", index: this.#source.applied };
    yield* this.#state();
  }

  *#gap(): Generator<WatchStep> {
    const to = this.#source.applied;
    const rows = yield* this.#rowsInGap(to);
    if (rows === undefined) return yield* this.#reset();
    yield { event: "gap", index: this.#at, to };
    for (let i = 0, looked = 1; i < rows.length; looked++) {
      const { stamp } = rows[i] as RowAtStamp;
      let end = i + 1;
      while (rows[end]?.stamp === stamp) end++;
      const isWhole = yield* this.#atStamp(rows.slice(i, end), stamp);
      if (!isWhole) return yield* this.#reset();
      this.#at = stamp;
      i = end;
      if (looked % WATCH_SLICE === 0) yield "later";
    }
    this.#at = this.#mutant === "watch-skips-last" ? this.#source.applied : to;
    yield { event: "sync", index: this.#at };
  }

  /** Undefined for too many, or where tombstones may be missing. */
  *#rowsInGap(to: number): Generator<WatchStep, RowAtStamp[] | undefined> {
    const at = this.#at, most = this.#pace.gapRows;
    if (this.#source.collectionFloor > at) return undefined;
    const names = [...this.#source.cells.changedRows(at)].filter((name) => {
      const row = publicRow(name);
      return row !== undefined && this.#isWanted(row);
    });
    if (names.length > most) return undefined;
    const rows: RowAtStamp[] = [];
    for (const [i, name] of names.entries()) {
      const record = this.#source.cells.recordSince(name, at);
      if (record !== undefined) rows.push(...atItsStamps(record, to));
      if (rows.length > most) return undefined;
      if (i % WATCH_SLICE === WATCH_SLICE - 1) yield "later";
    }
    return this.#source.collectionFloor > at ? undefined : sortByStamp(rows);
  }

  /** False where a reader that takes its time was overtaken by the collection of tombstones. */
  *#atStamp(rows: readonly RowAtStamp[], stamp: number): Generator<WatchStep, boolean> {
    const source = this.#source, at = this.#at;
    const isWhole = (): boolean => source.collectionFloor <= at;
    function* changes(): Iterable<WatchedChange> {
      for (const { row } of rows) {
        const record = source.cells.recordSince(row, stamp - 1);
        const change = record && changeAt(record, stamp);
        if (change !== undefined) yield change;
      }
    }
    yield* this.#parts(changes(), (part, isLast) => ({
      event: "change",
      index: stamp,
      ...isLast && isWhole() ? {} : { more: true },
      changes: part,
    }));
    return isWhole();
  }

  #isWanted({ kind, name }: PublicRow): boolean {
    return kind !== "node" || this.#nodes === undefined || this.#nodes.has(name);
  }
}
