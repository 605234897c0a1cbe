/** What was written to public rows, entry by entry, and so what they were at every index. */
import type { RowRecord } from "../../src/model/cell.ts";
import { publicRow } from "../../src/model/public_row.ts";

interface Written {
  readonly index: number;
  readonly value: string | null;
}

interface Row {
  /** Entries that dropped it, by rising index. */
  readonly drops: number[];
  readonly cells: Map<string, Written[]>;
}

export class RowHistory {
  readonly #rows = new Map<string, Row>();

  /** Rows that ever were. */
  get rows(): Iterable<string> {
    return this.#rows.keys();
  }

  /** What the entry at `index`, the newest so far, left of a row that it changed. Of the record
   * nothing is kept: it may hold hundreds of cells. */
  add(index: number, { row: name, floor, cells }: RowRecord): void {
    if (publicRow(name) === undefined) return;
    const row: Row = this.#rows.get(name) ?? { drops: [], cells: new Map() };
    this.#rows.set(name, row);
    if (floor === index) row.drops.push(index);
    for (const [attribute, { value, stamp }] of cells) {
      if (stamp !== index) continue;
      const known = row.cells.get(attribute);
      if (known === undefined) row.cells.set(attribute, [{ index, value }]);
      else known.push({ index, value });
    }
  }

  /** Whether the entry at `index` dropped the row. */
  isDrop(row: string, index: number): boolean {
    return this.#rows.get(row)?.drops.includes(index) ?? false;
  }

  /** What the entry at `index` wrote to the cell; undefined where it did not. */
  written(row: string, attribute: string, index: number): string | null | undefined {
    const last = lastUpTo(this.#rows.get(row)?.cells.get(attribute) ?? [], index);
    return last?.index === index ? last.value : undefined;
  }

  /** The cells of the row that held a value when all up to `index` was applied. */
  *state(row: string, index: number): Iterable<readonly [attribute: string, value: string]> {
    const { drops, cells }: Row = this.#rows.get(row) ?? { drops: [], cells: new Map() };
    const floor = drops.findLast((drop) => drop <= index) ?? 0;
    for (const [attribute, all] of cells) {
      const last = lastUpTo(all, index);
      // What stands beside a drop comes after it.
      if (last !== undefined && last.index >= floor && last.value !== null) {
        yield [attribute, last.value];
      }
    }
  }
}

function lastUpTo(written: readonly Written[], index: number): Written | undefined {
  return written.findLast((one) => one.index <= index);
}
