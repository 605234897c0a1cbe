/**
 * The state as a map of rows of cells. It is a join semilattice: `join` takes the greater stamp
 * cell by cell and the greater floor row by row, so records may come in any order, twice, and
 * from two senders at once. The laws are property tests (tests/replica/cells_test.ts).
 *
 * A collective of a hundred thousand nodes has millions of cells: they lie in columns (blocks.ts),
 * and attributes and values are kept once (string_pool.ts).
 */
import { assert } from "../base/assert.ts";
import type { Cell, RowRecord } from "../model/cell.ts";
import { ROW_MARK } from "../model/operation.ts";
import { type Block, Blocks, NO_BLOCK } from "./blocks.ts";
import { StringPool } from "./string_pool.ts";
import { bucketOf, BUCKETS, hashCell, hashRow, hashText } from "./sums.ts";

interface Row {
  /** Of its name. */
  readonly hash: number;
  floor: number;
  /** The greatest stamp of any change of the row: what compare-and-set looks at. */
  newest: number;
  block: Block;
  count: number;
}

/** The state for reading: as it is, or as it was when it was frozen. */
export type CellView = Pick<
  CellMap,
  | "value"
  | "cell"
  | "cells"
  | "exists"
  | "newest"
  | "valuesOf"
  | "rows"
  | "allRows"
  | "record"
  | "recordSince"
  | "changedRows"
  | "changedSince"
  | "attributes"
>;

/** Rows of cells; see above. */
export class CellMap {
  readonly #rows = new Map<string, Row>();
  #blocks = new Blocks();
  #attributes: StringPool;
  #values: StringPool;
  #size = 0;
  #tombstones = 0;
  #isFrozen = false;
  readonly #key: number;
  readonly #sums = new Uint32Array(BUCKETS);

  /** `key`: of the sums. */
  constructor(key = 0) {
    this.#key = key;
    this.#attributes = new StringPool(key);
    this.#values = new StringPool(key);
  }

  /** What the state comes to now, bucket by bucket (sums.ts). */
  get sums(): Uint32Array<ArrayBuffer> {
    return this.#sums.slice();
  }

  /** Cells, those without a value among them. */
  get size(): number {
    return this.#size;
  }

  /** What only says that something is gone: cells without a value, and floors of rows. */
  get tombstones(): number {
    return this.#tombstones;
  }

  /** The state as it is now, for reading; what happens afterwards does not show there. */
  frozen(): CellView {
    const copy = new CellMap();
    for (const [name, row] of this.#rows) copy.#rows.set(name, { ...row });
    copy.#blocks = this.#blocks.frozen();
    copy.#attributes = this.#attributes.frozen();
    copy.#values = this.#values.frozen();
    copy.#isFrozen = true;
    return copy;
  }

  /** The cell's value, or null where there is none. */
  value(row: string, attribute: string): string | null {
    const held = this.#rows.get(row);
    const at = held === undefined ? -1 : this.#find(held, attribute);
    return held === undefined || at < 0 ? null : this.#valueAt(held.block, at);
  }

  cell(row: string, attribute: string): Cell | undefined {
    const held = this.#rows.get(row);
    const at = held === undefined ? -1 : this.#find(held, attribute);
    return held === undefined || at < 0 ? undefined : this.#cellAt(held.block, at);
  }

  /** A row exists while it holds its mark. */
  exists(row: string): boolean {
    const held = this.#rows.get(row);
    return held !== undefined && this.#isThere(held);
  }

  /** The index of the last change of the row, clears and drops included; 0 for none. */
  newest(row: string): number {
    return this.#rows.get(row)?.newest ?? 0;
  }

  /** Cells of a row that hold a value, without its mark. */
  *valuesOf(row: string): Iterable<readonly [attribute: string, value: string]> {
    const held = this.#rows.get(row);
    if (held === undefined) return;
    for (let at = 0; at < held.count; at++) {
      const value = this.#valueAt(held.block, at);
      const attribute = this.#attributeAt(held.block, at);
      if (value !== null && attribute !== ROW_MARK) yield [attribute, value];
    }
  }

  /** The names of all attributes that any row has a cell of, in no order. */
  attributes(): Iterable<string> {
    return this.#attributes.strings();
  }

  /** Rows that exist and whose names begin with `prefix`, in no order. */
  *rows(prefix: string): Iterable<string> {
    for (const [row, held] of this.#rows) {
      if (row.startsWith(prefix) && this.#isThere(held)) yield row;
    }
  }

  /** Every row there is a trace of, dropped ones included. */
  allRows(): Iterable<string> {
    return this.#rows.keys();
  }

  /** The row in one piece, its cells in the order of their attributes. */
  record(row: string): RowRecord | undefined {
    return this.recordSince(row, 0);
  }

  /** What of the row is newer than `stamp`, its cells in the order of their attributes. */
  recordSince(row: string, stamp: number): RowRecord | undefined {
    const held = this.#rows.get(row);
    if (held === undefined) return undefined;
    const cells = slotsOf(held)
      .filter((at) => this.#stampAt(held.block, at) > stamp)
      .map((at) => [this.#attributeAt(held.block, at), this.#cellAt(held.block, at)] as const)
      .sort(([a], [b]) => a < b ? -1 : 1);
    return { row, floor: held.floor > stamp ? held.floor : 0, newest: held.newest, cells };
  }

  /** The rows that changed after `stamp`, in no order. */
  *changedRows(stamp: number): Iterable<string> {
    for (const [row, { newest }] of this.#rows) if (newest > stamp) yield row;
  }

  /** Of every row that changed after `stamp` what is newer, in no order: a delta. */
  *changedSince(stamp: number): Iterable<RowRecord> {
    for (const row of this.changedRows(stamp)) {
      const record = this.recordSince(row, stamp);
      if (record !== undefined) yield record;
    }
  }

  /** Cells of one row, as those attributes are listed. */
  cells(row: string, attributes: readonly string[]): (Cell | undefined)[] {
    const held = this.#rows.get(row);
    return attributes.map((attribute) => {
      const at = held === undefined ? -1 : this.#find(held, attribute);
      return held === undefined || at < 0 ? undefined : this.#cellAt(held.block, at);
    });
  }

  // ---- changing it

  /** Joins one cell: the greater stamp wins. False where it changed nothing. */
  put(row: string, attribute: string, cell: Cell): boolean {
    const held = this.#row(row);
    const { stamp } = cell;
    if (stamp > held.newest) this.#know(held, held.floor, stamp);
    if (stamp < held.floor) return false;
    const at = this.#find(held, attribute);
    if (at < 0) this.#add(held, attribute, cell);
    else if (this.#stampAt(held.block, at) >= stamp) return false;
    else {
      this.#forget(held, at);
      this.#write(held, at, this.#blocks.attributeAt(held.block, at), cell);
    }
    return true;
  }

  /** Raises the row's floor: cells below it are gone, one that equals it lives. */
  drop(row: string, stamp: number): boolean {
    const held = this.#row(row);
    if (stamp > held.newest) this.#know(held, held.floor, stamp);
    if (stamp <= held.floor) return false;
    if (held.floor === 0) this.#tombstones++;
    this.#know(held, stamp, held.newest);
    this.#removeCells(held, (at) => this.#stampAt(held.block, at) < stamp);
    return true;
  }

  /** Joins a whole row, or part of one. Idempotent, commutative and associative. */
  join(record: RowRecord): void {
    const { row, floor, newest, cells } = record;
    if (floor > 0) this.drop(row, floor);
    for (const [attribute, cell] of cells) this.put(row, attribute, cell);
    const held = this.#row(row);
    if (newest > held.newest) this.#know(held, held.floor, newest);
  }

  /**
   * Forgets what only says that something was gone at `floor` or before. The rows that changed by
   * that; those of which no trace is left are not there any more. What is left depends on what
   * was there and on `floor` alone, not on when it is called (I5): `newest` stays.
   */
  collect(floor: number): string[] {
    const changed: string[] = [];
    for (const [row, held] of this.#rows) {
      let isChanged = this.#removeCells(
        held,
        (at) =>
          this.#blocks.valueAt(held.block, at) === 0 && this.#stampAt(held.block, at) <= floor,
      );
      if (held.floor > 0 && held.floor <= floor) {
        this.#know(held, 0, held.newest);
        this.#tombstones--;
        isChanged = true;
      }
      if (held.count === 0 && held.floor === 0 && held.newest <= floor) {
        this.#know(held, 0, 0);
        this.#rows.delete(row);
      }
      if (isChanged) changed.push(row);
    }
    return changed;
  }

  // ----

  #isThere(held: Row): boolean {
    const at = this.#find(held, ROW_MARK);
    return at >= 0 && this.#valueAt(held.block, at) !== null;
  }

  #row(row: string): Row {
    assert(!this.#isFrozen, "what is frozen is only read");
    let held = this.#rows.get(row);
    if (held === undefined) {
      const hash = hashText(this.#key, row);
      held = { hash, floor: 0, newest: 0, block: NO_BLOCK, count: 0 };
      this.#rows.set(row, held);
    }
    return held;
  }

  /** Takes down what is known of a row beside its cells. */
  #know(held: Row, floor: number, newest: number): void {
    const bucket = bucketOf(held.hash), { hash } = held;
    (this.#sums[bucket] as number) += hashRow(hash, floor, newest) -
      hashRow(hash, held.floor, held.newest);
    held.floor = floor;
    held.newest = newest;
  }

  #hash({ hash }: Row, attribute: number, value: number, stamp: number): number {
    return hashCell(hash, this.#attributes.hash(attribute), this.#values.hash(value), stamp);
  }

  #find({ block, count }: Row, attribute: string): number {
    const number = this.#attributes.numberOf(attribute);
    return number === undefined ? -1 : this.#blocks.find(block, count, number);
  }

  #valueAt(block: Block, at: number): string | null {
    return this.#values.string(this.#blocks.valueAt(block, at));
  }

  #attributeAt(block: Block, at: number): string {
    return this.#attributes.string(this.#blocks.attributeAt(block, at)) as string;
  }

  #stampAt(block: Block, at: number): number {
    return this.#blocks.stampAt(block, at);
  }

  #cellAt(block: Block, at: number): Cell {
    return { value: this.#valueAt(block, at), stamp: this.#stampAt(block, at) };
  }

  #add(held: Row, attribute: string, cell: Cell): void {
    if (held.count === held.block.capacity) {
      const wider = this.#blocks.allocate(held.count + 1);
      this.#blocks.copy(held.block, wider, held.count);
      this.#blocks.release(held.block);
      held.block = wider;
    }
    this.#size++;
    this.#write(held, held.count++, this.#attributes.hold(attribute), cell);
  }

  #write(held: Row, at: number, attribute: number, { value, stamp }: Cell): void {
    if (value === null) this.#tombstones++;
    const number = this.#values.hold(value);
    this.#blocks.write(held.block, at, attribute, number, stamp);
    (this.#sums[bucketOf(held.hash)] as number) += this.#hash(held, attribute, number, stamp);
  }

  /** The value at this place is about to be another, or none. */
  #forget(held: Row, at: number): void {
    const value = this.#blocks.valueAt(held.block, at), stamp = this.#stampAt(held.block, at);
    const hash = this.#hash(held, this.#blocks.attributeAt(held.block, at), value, stamp);
    (this.#sums[bucketOf(held.hash)] as number) -= hash;
    if (value === 0) this.#tombstones--;
    this.#values.release(value);
  }

  /** Takes out the cells of a row that `isGone` names; false where there are none. */
  #removeCells(held: Row, isGone: (at: number) => boolean): boolean {
    const before = held.count;
    for (let at = held.count - 1; at >= 0; at--) {
      if (!isGone(at)) continue;
      this.#forget(held, at);
      this.#attributes.release(this.#blocks.attributeAt(held.block, at));
      held.count--;
      this.#blocks.move(held.block, held.count, at);
    }
    this.#size -= before - held.count;
    if (held.count === 0) {
      this.#blocks.release(held.block);
      held.block = NO_BLOCK;
    }
    return held.count < before;
  }
}

function slotsOf({ count }: Row): number[] {
  return Array.from({ length: count }, (_, at) => at);
}
