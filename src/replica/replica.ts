/**
 * The replicated state: the cell map, the duplicate windows, and how an entry changes them.
 *
 * Invariants kept here: equal applied index, equal state (I5); guards are judged at apply, all
 * or nothing, on the state the log made (I6); a request takes effect at most once (I7).
 * After a restart rows may hold effects of later entries than the one replayed, so a guard must
 * not be judged again: `replay` takes the verdict that was stored with the first judgement.
 */
import { assert, unreachable } from "../base/assert.ts";
import { hlcMillis } from "../base/hlc.ts";
import type { Mutant } from "../base/mutant.ts";
import type { RowRecord } from "../model/cell.ts";
import { EMPTY_ROSTER, type MemberId, type Roster, type RosterAt } from "../model/member.ts";
import {
  COLLECTED_CELL,
  COLLECTED_ROW,
  type Guard,
  type Operation,
  type OperationId,
  ROSTER_CELL,
  ROSTER_ROW,
  type Verdict,
} from "../model/operation.ts";
import { decodeBody, type Entry, type EntryBody } from "../wire/entry.ts";
import { rosterFromText, rosterText } from "../wire/roster.ts";
import { CellMap, type CellView } from "./cells.ts";
import { OperationWindow } from "./window.ts";

const WINDOW_PREFIX = "window/";
const WINDOW_CELL = "window";
const APPLIED: Verdict = { result: "applied" };

/** What became of an entry, and whose request it was. */
export interface Applied {
  readonly verdict: Verdict;
  readonly id: OperationId | undefined;
}

/** The state as it was at one index: cells, and the windows' rows beside them. */
export interface FrozenState {
  readonly index: number;
  /** Tombstones up to this index may be gone. */
  readonly collected: number;
  readonly cells: CellView;
  readonly windows: ReadonlyMap<string, RowRecord>;
}

export class Replica {
  readonly #live = new CellMap();
  /** The state as it was when something began that takes more than one step; until it ends. */
  #before: CellView | undefined;
  readonly #windows = new Map<MemberId, { window: OperationWindow; stamp: number }>();
  /** Rows changed since they were last taken by `takeDirty`. */
  readonly #dirty = new Set<string>();
  #applied = 0;
  #roster: RosterAt = {
    index: 0,
    roster: EMPTY_ROSTER,
  };
  readonly #mutant: Mutant | undefined;

  constructor(mutant?: Mutant) {
    this.#mutant = mutant;
  }

  /** The state at the applied index, for reading. */
  get cells(): CellView {
    return this.#before ?? this.#live;
  }

  /** Whether something is being taken in: rows hold what is newer than the applied index. */
  get isBetween(): boolean {
    return this.#before !== undefined;
  }

  /** Tombstones up to this index may be gone. */
  get collected(): number {
    return Number(this.#live.value(COLLECTED_ROW, COLLECTED_CELL) ?? 0);
  }

  /** What only says that something is gone, and all cells. */
  get tombstones(): { readonly count: number; readonly of: number } {
    return { count: this.#live.tombstones, of: this.#live.size };
  }

  /** The index of the last entry applied. */
  get applied(): number {
    return this.#applied;
  }

  /** The newest roster that was applied, and the entry that set it. */
  get roster(): RosterAt {
    return this.#roster;
  }

  get dirtyRows(): number {
    return this.#dirty.size;
  }

  /** Judges and applies the entry after the last one. {@link MalformedError} where it holds an
   * operation this program does not know: the caller must lock, never skip. */
  apply(entry: Entry): Applied {
    return this.#take(entry, (body) => this.#judge(entry, body));
  }

  /** Applies the entry with the verdict it got before the restart. */
  replay(entry: Entry, verdict: Verdict): Applied {
    return this.#take(
      entry,
      (body) => this.#mutant === "replay-judges-again" ? this.#judge(entry, body) : verdict,
    );
  }

  /** From here to `caughtUp` rows may come in: what is read stays as it is until then. */
  begin(): void {
    this.#before ??= this.#live.frozen();
  }

  /** Takes in rows of a checkpoint or a delta; `caughtUp` then names the index they stand for. */
  join(record: RowRecord): void {
    this.#live.join(record);
    if (record.row.startsWith(WINDOW_PREFIX)) this.#readWindow(record);
    if (record.row === ROSTER_ROW) this.#readRoster();
  }

  /** What was joined is the state at `index`, or at least contains it. */
  caughtUp(index: number): void {
    assert(index >= this.#applied, "the applied index only grows");
    this.#collect(this.collected);
    this.#applied = index;
    this.#before = undefined;
  }

  /** The row is not on disk as it is here. */
  markDirty(row: string): void {
    this.#dirty.add(row);
  }

  /** Up to `most` changed rows, clean from then on. Of one that is gone there is no record. */
  takeDirty(most: number): { readonly row: string; readonly record: RowRecord | undefined }[] {
    const taken: { row: string; record: RowRecord | undefined }[] = [];
    for (const row of this.#dirty) {
      if (taken.length >= most) break;
      this.#dirty.delete(row);
      taken.push({ row, record: this.record(row) });
    }
    return taken;
  }

  /** The names of all rows there is a trace of, windows included. */
  rowNames(): ReadonlySet<string> {
    const names = new Set(this.#live.allRows());
    for (const id of this.#windows.keys()) names.add(WINDOW_PREFIX + id);
    return names;
  }

  /** The state at the applied index, to be read while time goes on. */
  frozen(): FrozenState {
    assert(!this.isBetween, "a state is frozen at an index");
    const windows = new Map<string, RowRecord>();
    for (const id of this.#windows.keys()) {
      const record = this.record(WINDOW_PREFIX + id);
      if (record !== undefined) windows.set(record.row, record);
    }
    return {
      index: this.#applied,
      collected: this.collected,
      cells: this.#live.frozen(),
      windows,
    };
  }

  /** Every row, sorted by name: the whole state, the same bytes on every member (I5). */
  *records(): Iterable<RowRecord> {
    for (const row of [...this.rowNames()].sort()) {
      const record = this.record(row);
      if (record !== undefined) yield record;
    }
  }

  record(row: string): RowRecord | undefined {
    if (!row.startsWith(WINDOW_PREFIX)) return this.#live.record(row);
    const held = this.#windows.get(row.slice(WINDOW_PREFIX.length) as MemberId);
    if (held === undefined) return this.#live.record(row);
    const cell = { value: held.window.toText(), stamp: held.stamp };
    return { row, floor: 0, newest: held.stamp, cells: [[WINDOW_CELL, cell]] };
  }

  // ----

  #take(entry: Entry, judge: (body: EntryBody) => Verdict): Applied {
    assert(entry.index === this.#applied + 1 && !this.isBetween, "entries are applied in order");
    const body = decodeBody(entry.body);
    const verdict = judge(body);
    const seen = verdict.result === "applied" || verdict.result === "refused";
    if (body.id !== undefined && seen) this.#markSeen(body.id, entry.index);
    if (verdict.result === "applied") this.#change(body.operations, entry.index);
    this.#applied = entry.index;
    return { verdict, id: body.id };
  }

  #judge(entry: Entry, body: EntryBody): Verdict {
    const { id } = body;
    if (id !== undefined && this.#mutant !== "no-duplicate-window") {
      const listed = this.#roster.roster.members.some((member) => member.id === id.origin);
      if (!listed) return { result: "outdated" };
      const sight = this.#windows.get(id.origin)?.window.look(id.boot, id.sequence) ?? "new";
      if (sight !== "new") return { result: sight };
    }
    for (const [i, operation] of body.operations.entries()) {
      if (operation.kind !== "guard") continue;
      const row = this.#fails(operation.guard, entry.hlc);
      if (row !== undefined) return { result: "refused", operation: i, row };
    }
    return APPLIED;
  }

  /** The row the guard fails on, or undefined where it holds. */
  #fails(guard: Guard, hlc: number): string | undefined {
    switch (guard.test) {
      case "exists":
        return guard.rows.find((row) => !this.#live.exists(row));
      case "absent":
        return guard.rows.find((row) => this.#live.exists(row));
      case "equals":
        return this.#live.value(guard.row, guard.attribute) === guard.value ? undefined : guard.row;
      case "unchanged":
        return guard.rows.find((row) => this.#live.newest(row) > guard.since);
      case "before": {
        const limit = Number(this.#live.value(guard.row, guard.attribute) ?? Number.NaN);
        return hlcMillis(hlc) < limit ? undefined : guard.row;
      }
      default:
        return unreachable(guard);
    }
  }

  #change(operations: readonly Operation[], index: number): void {
    for (const operation of operations) {
      if (operation.kind !== "drop") continue;
      for (const row of operation.rows) this.#mark(row, this.#live.drop(row, index));
    }
    // Of two operations of one entry on a cell the last wins: taken backwards it comes first,
    // and a second write with the same stamp changes nothing.
    for (const operation of operations.toReversed()) {
      if (operation.kind === "set") this.#set(operation.rows, operation.cells, index);
      if (operation.kind === "clear") {
        const cells = operation.attributes.map((attribute) => [attribute, null] as const);
        this.#set(operation.rows, cells, index);
      }
    }
    for (const operation of operations) {
      if (operation.kind !== "collect") continue;
      const cell = { value: String(operation.floor), stamp: index };
      this.#mark(COLLECTED_ROW, this.#live.put(COLLECTED_ROW, COLLECTED_CELL, cell));
      this.#collect(operation.floor);
    }
    const roster = operations.findLast((operation) => operation.kind === "roster");
    if (roster !== undefined) this.#setRoster(roster.roster, index);
  }

  #set(
    rows: readonly string[],
    cells: readonly (readonly [attribute: string, value: string | null])[],
    stamp: number,
  ): void {
    const backwards = cells.toReversed();
    for (const row of rows) {
      for (const [attribute, value] of backwards) {
        this.#mark(row, this.#live.put(row, attribute, { value, stamp }));
      }
    }
  }

  #mark(row: string, changed: boolean): void {
    if (changed) this.#dirty.add(row);
  }

  #collect(floor: number): void {
    if (floor > 0) { for (const row of this.#live.collect(floor)) this.#dirty.add(row); }
  }

  #setRoster(roster: Roster, index: number): void {
    const cell = { value: rosterText(roster), stamp: index };
    this.#mark(ROSTER_ROW, this.#live.put(ROSTER_ROW, ROSTER_CELL, cell));
    this.#readRoster();
    for (const id of this.#windows.keys()) {
      if (roster.members.some((member) => member.id === id)) continue;
      // Its requests are refused from now on, so what was seen of them need not be known.
      this.#windows.delete(id);
      this.#mark(WINDOW_PREFIX + id, this.#live.drop(WINDOW_PREFIX + id, index));
    }
  }

  #readRoster(): void {
    const cell = this.#live.cell(ROSTER_ROW, ROSTER_CELL);
    if (cell === undefined || cell.value === null || cell.stamp <= this.#roster.index) return;
    this.#roster = { index: cell.stamp, roster: rosterFromText(cell.value) };
  }

  #markSeen(id: OperationId, index: number): void {
    const held = this.#windows.get(id.origin) ?? { window: new OperationWindow(), stamp: 0 };
    if (index <= held.stamp) return;
    held.window.mark(id.boot, id.sequence);
    held.stamp = index;
    this.#windows.set(id.origin, held);
    this.#dirty.add(WINDOW_PREFIX + id.origin);
  }

  #readWindow(record: RowRecord): void {
    const id = record.row.slice(WINDOW_PREFIX.length) as MemberId;
    const cell = this.#live.cell(record.row, WINDOW_CELL);
    if (cell === undefined || cell.value === null) {
      this.#windows.delete(id);
      return;
    }
    if (cell.stamp <= (this.#windows.get(id)?.stamp ?? 0)) return;
    this.#windows.set(id, { window: OperationWindow.fromText(cell.value), stamp: cell.stamp });
  }
}
