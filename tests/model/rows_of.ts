/** Rows for tests, of plain objects; each change is a later one. */
import { groupRow, nodeRow } from "../../src/model/operation.ts";
import type { Rows } from "../../src/model/rows.ts";

type Cells = Readonly<Record<string, string>>;

/** Rows that are set whole. */
export class RowsOf implements Rows {
  readonly #rows = new Map<string, { readonly cells: Cells; readonly newest: number }>();
  #index = 0;

  node(name: string, cells: Cells = {}): this {
    return this.#set(nodeRow(name), cells);
  }

  group(name: string, cells: Cells = {}): this {
    return this.#set(groupRow(name), cells);
  }

  drop(row: string): this {
    this.#index++;
    this.#rows.delete(row);
    return this;
  }

  #set(row: string, cells: Cells): this {
    this.#rows.set(row, { cells, newest: ++this.#index });
    return this;
  }

  exists(row: string): boolean {
    return this.#rows.has(row);
  }

  value(row: string, attribute: string): string | null {
    return this.#rows.get(row)?.cells[attribute] ?? null;
  }

  valuesOf(row: string): Iterable<readonly [string, string]> {
    return Object.entries(this.#rows.get(row)?.cells ?? {});
  }

  *rows(prefix: string): Iterable<string> {
    for (const row of this.#rows.keys()) if (row.startsWith(prefix)) yield row;
  }

  newest(row: string): number {
    return this.#rows.get(row)?.newest ?? 0;
  }
}
