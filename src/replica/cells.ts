/**
 * The state as a map of rows of cells. It is a join semilattice: `join` takes the greater stamp
 * cell by cell and the greater floor row by row, so records may come in any order, twice, and
 * from two senders at once. The laws are property tests (tests/replica/cells_test.ts).
 */
import type { Cell, RowRecord } from "../model/cell.ts";
import { ROW_MARK } from "../model/operation.ts";

interface Row {
  floor: number;
  /** The greatest stamp in the row, its floor included: what compare-and-set looks at. */
  newest: number;
  readonly cells: Map<string, Cell>;
}

/** Rows of cells; see above. */
export class CellMap {
  readonly #rows = new Map<string, Row>();

  /** The cell's value, or null where there is none. */
  value(row: string, attribute: string): string | null {
    return this.#rows.get(row)?.cells.get(attribute)?.value ?? null;
  }

  cell(row: string, attribute: string): Cell | undefined {
    return this.#rows.get(row)?.cells.get(attribute);
  }

  /** A row exists while it holds its mark. */
  exists(row: string): boolean {
    return this.value(row, ROW_MARK) !== null;
  }

  /** The index of the last change of the row, clears and drops included; 0 for none. */
  newest(row: string): number {
    return this.#rows.get(row)?.newest ?? 0;
  }

  /** Cells of a row that hold a value, without its mark. */
  *valuesOf(row: string): Iterable<readonly [attribute: string, value: string]> {
    for (const [attribute, { value }] of this.#rows.get(row)?.cells ?? []) {
      if (value !== null && attribute !== ROW_MARK) yield [attribute, value];
    }
  }

  /** Rows that exist and whose names begin with `prefix`, in no order. */
  *rows(prefix: string): Iterable<string> {
    for (const row of this.#rows.keys()) {
      if (row.startsWith(prefix) && this.exists(row)) yield row;
    }
  }

  /** Every row there is a trace of, dropped ones included. */
  allRows(): Iterable<string> {
    return this.#rows.keys();
  }

  /** Joins one cell: the greater stamp wins. False where it changed nothing. */
  put(row: string, attribute: string, cell: Cell): boolean {
    const held = this.#row(row);
    if (cell.stamp < held.floor) return false;
    const known = held.cells.get(attribute);
    if (known !== undefined && known.stamp >= cell.stamp) return false;
    held.cells.set(attribute, cell);
    if (cell.stamp > held.newest) held.newest = cell.stamp;
    return true;
  }

  /** Raises the row's floor: cells below it are gone, one that equals it lives. */
  drop(row: string, stamp: number): boolean {
    const held = this.#row(row);
    if (stamp <= held.floor) return false;
    held.floor = stamp;
    for (const [attribute, cell] of held.cells) {
      if (cell.stamp < stamp) held.cells.delete(attribute);
    }
    if (stamp > held.newest) held.newest = stamp;
    return true;
  }

  /** Joins a whole row. Idempotent, commutative and associative. */
  join(record: RowRecord): void {
    if (record.floor > 0) this.drop(record.row, record.floor);
    for (const [attribute, cell] of record.cells) this.put(record.row, attribute, cell);
  }

  /** The row in one piece, its cells in the order of their attributes. */
  record(row: string): RowRecord | undefined {
    const held = this.#rows.get(row);
    if (held === undefined) return undefined;
    const cells = [...held.cells].sort(([a], [b]) => a < b ? -1 : 1);
    return { row, floor: held.floor, cells };
  }

  #row(row: string): Row {
    let held = this.#rows.get(row);
    if (held === undefined) {
      held = { floor: 0, newest: 0, cells: new Map() };
      this.#rows.set(row, held);
    }
    return held;
  }
}
