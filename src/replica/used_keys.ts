/**
 * Which `Idempotency-Key`s were used (I7). Each is a row like any other, so it goes with deltas and
 * copies and is the same everywhere; here they are only counted and read.
 */
import { KEY_KEPT_MS, MAX_KEYS } from "../base/limits.ts";
import { KEY_PREFIX, type Operation, ROW_MARK } from "../model/operation.ts";
import type { CellMap, CellView } from "./cells.ts";

/** The operation that says an entry takes effect once. */
export type Once = Extract<Operation, { kind: "once" }>;

/** What is known of a key: `index` of the entry that used it, or the row to refuse it for. */
export type KeySight = "new" | { readonly index: number } | { readonly refusedRow: string };

export class UsedKeys {
  readonly #cells: CellMap;
  readonly #most: number;
  #count = 0;

  constructor(cells: CellMap, most = MAX_KEYS) {
    this.#cells = cells;
    this.#most = most;
  }

  /** Counts anew what there is, after rows came in from elsewhere. */
  recount(): void {
    this.#count = 0;
    for (const _ of this.#cells.rows(KEY_PREFIX)) this.#count++;
  }

  /** What is known of the key at the entry's time. A new one is refused where there are too many;
   * none goes early for it. */
  look({ key, request }: Once, nowMs: number): KeySight {
    const row = KEY_PREFIX + key;
    const used = this.#cells.cell(row, ROW_MARK);
    const known = used?.value?.split(" ");
    if (used === undefined || known === undefined || Number(known[0]) + KEY_KEPT_MS <= nowMs) {
      return this.#count >= this.#most && known === undefined ? { refusedRow: KEY_PREFIX } : "new";
    }
    return known[1] === request ? { index: used.stamp } : { refusedRow: row };
  }

  /** The key is used by the entry at `index`; its row. */
  use({ key, request }: Once, nowMs: number, index: number): string {
    const row = KEY_PREFIX + key;
    const value = `${nowMs} ${request}`;
    this.#counting(row, () => this.#cells.put(row, ROW_MARK, { value, stamp: index }));
    return row;
  }

  /** Drops a row, of a key or not; false where that changed nothing. */
  drop(row: string, index: number): boolean {
    if (!row.startsWith(KEY_PREFIX)) return this.#cells.drop(row, index);
    return this.#counting(row, () => this.#cells.drop(row, index));
  }

  /** In a replay the row may be as a later entry left it: what counts is what became of it. */
  #counting(row: string, change: () => boolean): boolean {
    const before = this.#cells.exists(row);
    const isChanged = change();
    this.#count += Number(this.#cells.exists(row)) - Number(before);
    return isChanged;
  }
}

/** Keys that are kept no longer. */
export function overKeys(cells: CellView, nowMs: number, most: number): string[] {
  const over: string[] = [];
  for (const row of cells.rows(KEY_PREFIX)) {
    const [atMs] = (cells.value(row, ROW_MARK) ?? "").split(" ");
    if (Number(atMs) + KEY_KEPT_MS <= nowMs) over.push(row);
    if (over.length >= most) break;
  }
  return over;
}
