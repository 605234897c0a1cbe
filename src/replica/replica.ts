/**
 * The replicated state: the cell map, the duplicate windows, and how an entry changes them.
 *
 * Invariants kept here: equal applied index, equal state (I5); guards are judged at apply, all
 * or nothing, on the state the log made (I6); a request takes effect at most once (I7).
 * After a restart rows may hold effects of later entries than the one replayed, so a guard must
 * not be judged again: `replay` takes the verdict that was stored with the first judgement.
 */
import { assert, present, unreachable } from "../base/assert.ts";
import { MalformedError } from "../base/bytes.ts";
import { hlcMillis } from "../base/hlc.ts";
import { MAX_STAGES } from "../base/limits.ts";
import { QueueSet } from "../base/queue_set.ts";
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
  ROW_MARK,
  STAGE_AT_CELL,
  STAGE_BY_CELL,
  stageRow,
  type Verdict,
} from "../model/operation.ts";
import {
  decodeBody,
  decodeStagePart,
  type Entry,
  type EntryBody,
  hasGuards,
} from "../wire/entry.ts";
import { rosterFromText, rosterText } from "../wire/roster.ts";
import { CellMap, type CellView } from "./cells.ts";
import { isPartRow, Stages } from "./stages.ts";
import { type Once, UsedKeys } from "./used_keys.ts";
import { OperationWindow, WINDOW_PREFIX } from "./window.ts";

const WINDOW_CELL = "window";
const APPLIED: Verdict = { result: "applied" };

type ApplyStage = Extract<Operation, { kind: "applyStage" }>;

/** What became of an entry, whose request it was, and what it asked for. */
export interface Applied {
  readonly verdict: Verdict;
  readonly id: OperationId | undefined;
  readonly operations: readonly Operation[];
}

/** The state as it was at one index: cells, and what lies beside them. */
export interface FrozenState {
  readonly index: number;
  /** Tombstones up to this index may be gone. */
  readonly collected: number;
  readonly cells: CellView;
  readonly windows: ReadonlyMap<string, RowRecord>;
  readonly stages: Stages;
}

export class Replica {
  readonly #live: CellMap;
  /** The state as it was when something began that takes more than one step; until it ends. */
  #before: CellView | undefined;
  readonly #windows = new Map<MemberId, { window: OperationWindow; stamp: number }>();
  /** Rows changed since they were last taken by `takeDirty`. */
  readonly #dirty = new QueueSet<string>();
  readonly #keys: UsedKeys;
  readonly #stages = new Stages();
  /** An entry that takes more than one step. */
  #applying: { entry: Entry; body: EntryBody; steps: Generator<void> } | undefined;
  #applied = 0;
  #roster: RosterAt = { index: 0, roster: EMPTY_ROSTER };
  readonly #mutant: Mutant | undefined;

  /** `key`: of the sums. */
  constructor(mutant?: Mutant, readonly key = 0) {
    this.#mutant = mutant;
    this.#live = new CellMap(key);
    this.#keys = new UsedKeys(this.#live);
  }

  /** An empty state of the same collective. */
  blank(): Replica {
    return new Replica(this.#mutant, this.key);
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

  /** Whether an entry is being applied, step by step. */
  get isApplying(): boolean {
    return this.#applying !== undefined;
  }

  /** Judges and applies the entry after the last one. {@link MalformedError} where it holds an
   * operation this program does not know: the caller must lock, never skip. */
  apply(entry: Entry): Applied {
    return this.#toItsEnd(this.startApplying(entry));
  }

  /** The same; undefined where it takes more steps, each by `proceed`. */
  startApplying(entry: Entry): Applied | undefined {
    return this.#take(entry, (body) => this.#judge(entry, body));
  }

  /** Takes the next step of the entry that is being applied; what became of it with the last. */
  proceed(): Applied | undefined {
    const { entry, body, steps } = present(this.#applying, "an entry that is being applied");
    if (steps.next().done !== true) return undefined;
    this.#applying = undefined;
    this.#before = undefined;
    return this.#done(entry, body, APPLIED);
  }

  /** Applies the entry with the verdict it got before the restart. */
  replay(entry: Entry, verdict: Verdict): Applied {
    const isJudged = this.#mutant === "replay-judges-again";
    return this.#toItsEnd(
      this.#take(entry, (body) => isJudged ? this.#judge(entry, body) : verdict),
    );
  }

  /** From here to `caughtUp` rows may come in: what is read stays as it is until then. */
  begin(): void {
    this.#before ??= this.#live.frozen();
  }

  /** Takes in rows of a checkpoint or a delta; `caughtUp` then names the index they stand for. */
  join(record: RowRecord): void {
    if (isPartRow(record.row)) return this.#stages.join(record);
    this.#live.join(record);
    if (record.row.startsWith(WINDOW_PREFIX)) this.#readWindow(record);
    if (record.row === ROSTER_ROW) this.#readRoster();
  }

  /** What was joined is the state at `index`, or at least contains it. */
  caughtUp(index: number): void {
    assert(index >= this.#applied, "the applied index only grows");
    this.#collect(this.collected);
    this.#keys.recount();
    this.#applied = index;
    this.#before = undefined;
  }

  /** Lets parts go whose stage has: of what was joined some may be of a time before that. */
  pruneStages(): void {
    for (const stage of [...this.#stages.names()]) {
      if (!this.#live.exists(stageRow(stage))) this.#stages.drop(stage);
    }
  }

  /** Rows that are gone without a trace, but that a restart from the last checkpoint needs. */
  get goneRows(): string[] {
    return this.#stages.gone;
  }

  /** A checkpoint stands for their being gone. */
  forgetGone(rows: Iterable<string>): void {
    this.#stages.forget(rows);
  }

  /** The row is not on disk as it is here. */
  markDirty(row: string): void {
    this.#dirty.add(row);
  }

  /** Whether a later start of this member has made itself heard. */
  isPastBoot(id: MemberId, boot: number): boolean {
    return (this.#windows.get(id)?.window.boot ?? 0) > boot;
  }

  /** Up to `most` changed rows, clean from then on. Of one that is gone there is no record. */
  takeDirty(most: number): { readonly row: string; readonly record: RowRecord | undefined }[] {
    const taken: { row: string; record: RowRecord | undefined }[] = [];
    while (taken.length < most) {
      const row = this.#dirty.take();
      if (row === undefined) break;
      taken.push({ row, record: this.record(row) ?? this.#stages.goneRecord(row) });
    }
    return taken;
  }

  /** The names of all rows there is a trace of, windows included. */
  rowNames(): ReadonlySet<string> {
    const names = new Set(this.#live.allRows());
    for (const id of this.#windows.keys()) names.add(WINDOW_PREFIX + id);
    for (const row of this.#stages.rows()) names.add(row);
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
    const [cells, stages] = [this.#live.frozen(), this.#stages.frozen()];
    return { index: this.#applied, collected: this.collected, cells, windows, stages };
  }

  /** The cells at the applied index, as they stay; there between entries and within one. */
  snapshot(): CellView {
    return this.#before ?? this.#live.frozen();
  }

  /** What the cells come to, and rows as they were kept: those of windows may be old. */
  get kept(): Pick<CellMap, "sums" | "record"> {
    return this.#live;
  }

  /** Every row, sorted by name: the whole state, the same bytes on every member (I5). */
  *records(): Iterable<RowRecord> {
    for (const row of [...this.rowNames()].sort()) {
      const record = this.record(row);
      if (record !== undefined) yield record;
    }
  }

  record(row: string): RowRecord | undefined {
    if (isPartRow(row)) return this.#stages.record(row);
    if (!row.startsWith(WINDOW_PREFIX)) return this.#live.record(row);
    const held = this.#windows.get(row.slice(WINDOW_PREFIX.length) as MemberId);
    if (held === undefined) return this.#live.record(row);
    const cell = { value: held.window.toText(), stamp: held.stamp };
    return { row, floor: 0, newest: held.stamp, cells: [[WINDOW_CELL, cell]] };
  }

  // ----

  #take(entry: Entry, judge: (body: EntryBody) => Verdict): Applied | undefined {
    assert(entry.index === this.#applied + 1 && !this.isBetween, "entries are applied in order");
    const body = decodeBody(entry.body);
    const verdict = judge(body);
    if (verdict.result === "applied") {
      const once = body.operations.find((operation) => operation.kind === "once");
      if (once !== undefined) this.#use(once, entry);
      const staged = body.operations.find((operation) => operation.kind === "applyStage");
      if (staged !== undefined) {
        this.begin();
        this.#applying = { entry, body, steps: this.#enact(staged, entry.index) };
        return this.proceed();
      }
      this.#change(body.operations, entry, body.id);
    }
    return this.#done(entry, body, verdict);
  }

  #toItsEnd(applied: Applied | undefined): Applied {
    let done = applied;
    while (done === undefined) done = this.proceed();
    return done;
  }

  #done(entry: Entry, { id, operations }: EntryBody, verdict: Verdict): Applied {
    const isSeen = verdict.result !== "duplicate" && verdict.result !== "outdated";
    if (id !== undefined && isSeen) this.#markSeen(id, entry.index);
    this.#applied = entry.index;
    return { verdict, id, operations };
  }

  #use(once: Once, { hlc, index }: Entry): void {
    this.#dirty.add(this.#keys.use(once, hlcMillis(hlc), index));
  }

  /** Applies what waits in a stage, from its end: see `#change`. One part is one step. */
  *#enact({ stage, parts }: ApplyStage, index: number): Generator<void> {
    for (const part of present(this.#stages.parts(stage, parts), "a stage's parts").toReversed()) {
      this.#changeCells(decodeStagePart(part), index);
      yield;
    }
    this.#dropStage(stage, index);
  }

  #judge(entry: Entry, body: EntryBody): Verdict {
    const { id } = body;
    if (id !== undefined && this.#mutant !== "no-duplicate-window") {
      const listed = this.#roster.roster.members.some((member) => member.id === id.origin);
      if (!listed) return { result: "outdated" };
      const sight = this.#windows.get(id.origin)?.window.look(id.boot, id.sequence) ?? "new";
      if (sight !== "new") return { result: sight };
    }
    const known = this.#judgeKey(body.operations, entry.hlc);
    if (known !== undefined) return known;
    return this.#judgeAll(body.operations, entry.hlc, id === undefined) ?? APPLIED;
  }

  #judgeKey(operations: readonly Operation[], hlc: number): Verdict | undefined {
    const place = operations.findIndex(({ kind }) => kind === "once");
    if (place < 0) return undefined;
    const sight = this.#keys.look(operations[place] as Once, hlcMillis(hlc));
    if (sight === "new") return undefined;
    if ("index" in sight) return { result: "repeated", index: sight.index };
    return { result: "refused", operation: place, row: sight.refusedRow };
  }

  #judgeAll(operations: readonly Operation[], hlc: number, isOwn = false): Verdict | undefined {
    for (const [i, operation] of operations.entries()) {
      if (operation.kind === "applyStage") {
        const verdict = this.#judgeStage(operation, hlc);
        if (verdict !== undefined) return verdict;
      }
      const row = operation.kind === "guard"
        ? this.#fails(operation.guard, hlc)
        : operation.kind === "stage" && !this.#mayStage(operation, isOwn ? 1 : 0)
        ? stageRow(operation.stage)
        : undefined;
      if (row !== undefined) return { result: "refused", operation: i, row };
    }
    return undefined;
  }

  /** Of a guard in a stage the verdict names its place among the guards there. */
  #judgeStage({ stage, parts }: ApplyStage, hlc: number): Verdict | undefined {
    const staged = this.#stages.parts(stage, parts);
    if (staged === undefined) return { result: "refused", operation: 0, row: stageRow(stage) };
    const guards = staged.filter(hasGuards)
      .flatMap((part) => decodeStagePart(part).filter(({ kind }) => kind === "guard"));
    return this.#judgeAll(guards, hlc);
  }

  #mayStage({ stage, bytes }: Extract<Operation, { kind: "stage" }>, more: number): boolean {
    const names = new Set(this.#stages.names());
    if (!names.has(stage) && names.size >= MAX_STAGES + more) return false;
    try {
      return this.#stages.hasRoom(bytes.length) && decodeStagePart(bytes).length > 0;
    } catch (error) {
      if (error instanceof MalformedError) return false;
      throw error;
    }
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

  #change(
    operations: readonly Operation[],
    { index, hlc }: Entry,
    id: OperationId | undefined,
  ): void {
    this.#changeCells(operations, index);
    for (const operation of operations) {
      switch (operation.kind) {
        case "stage": {
          this.#dirty.add(
            this.#stages.put(operation.stage, operation.part, operation.bytes, index),
          );
          const by = id === undefined ? "" : `${id.origin}/${id.boot}`;
          const at = String(hlcMillis(hlc));
          const cells = [[ROW_MARK, ""], [STAGE_BY_CELL, by], [STAGE_AT_CELL, at]] as const;
          this.#set([stageRow(operation.stage)], cells, index);
          break;
        }
        case "dropStage":
          this.#dropStage(operation.stage, index);
          break;
        case "collect":
          this.#set([COLLECTED_ROW], [[COLLECTED_CELL, String(operation.floor)]], index);
          this.#collect(operation.floor);
          break;
        case "roster":
          this.#setRoster(operation.roster, index);
          break;
      }
    }
  }

  /** Of two operations of one entry on a cell the last wins: taken backwards it comes first, and a
   * second write with the same stamp changes nothing. A drop spares what has its own stamp. */
  #changeCells(operations: readonly Operation[], index: number): void {
    for (const operation of operations.toReversed()) {
      if (operation.kind === "set") this.#set(operation.rows, operation.cells, index);
      if (operation.kind === "clear") {
        const cells = operation.attributes.map((attribute) => [attribute, null] as const);
        this.#set(operation.rows, cells, index);
      }
      if (operation.kind !== "drop") continue;
      for (const row of operation.rows) this.#mark(row, this.#keys.drop(row, index));
    }
  }

  #dropStage(stage: string, index: number): void {
    this.#stages.drop(stage);
    this.#mark(stageRow(stage), this.#live.drop(stageRow(stage), index));
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
