/**
 * One batch for the disk while it is put together, within the bounds of src/io/store.ts: whatever
 * waits to be written goes in as far as there is room, the rest with the next one. Room for the
 * meta record, which is part of every batch, is kept from the start.
 */
import {
  MAX_BATCH_BYTES,
  MAX_BATCH_KEY_BYTES,
  MAX_BATCH_ROWS,
  MAX_META_BYTES,
} from "../../base/limits.ts";
import type { StoreBatch, StoreRecord } from "../../io/store.ts";
import type { RowRecord } from "../../model/cell.ts";
import { encodeRow, META_KEY, piecesOf, rowKey, rowOfKey, rowPiece } from "../../wire/record.ts";

export class BatchDraft {
  readonly #puts: StoreRecord[] = [];
  readonly #deletes: string[] = [];
  #bytes = MAX_BATCH_BYTES - MAX_META_BYTES;
  #keyBytes = MAX_BATCH_KEY_BYTES - META_KEY.length;

  /** False where there is no room for it in this batch. */
  put(record: StoreRecord, mostPuts = MAX_BATCH_ROWS): boolean {
    const { key, value } = record;
    const fits = this.#puts.length < Math.min(mostPuts, MAX_BATCH_ROWS - 1) &&
      value.length <= this.#bytes && key.length <= this.#keyBytes;
    if (!fits) return false;
    this.#puts.push(record);
    this.#bytes -= value.length;
    this.#keyBytes -= key.length;
    return true;
  }

  /** Takes from the front of `keys` what there is room for. */
  deleteFrom(keys: string[]): void {
    let count = 0;
    while (count < keys.length && this.#deletes.length + count < MAX_BATCH_ROWS) {
      const length = (keys[count] as string).length;
      if (length > this.#keyBytes) break;
      this.#keyBytes -= length;
      count++;
    }
    this.#deletes.push(...keys.splice(0, count));
  }

  finish(meta: StoreRecord): StoreBatch {
    return { puts: [...this.#puts, meta], deletes: this.#deletes };
  }
}

/** A row as the records of one generation: one, or several where it is too long for that. */
export function rowRecords(generation: number, record: RowRecord): StoreRecord[] {
  return piecesOf(record).map((piece, i) => ({
    key: rowKey(generation, record.row, i),
    value: encodeRow(piece),
  }));
}

/** Of record keys of one generation: the rows of more than one piece, and how many. */
export function piecesIn(keys: Iterable<string>): Map<string, number> {
  const pieces = new Map<string, number>();
  for (const key of keys) {
    const piece = rowPiece(key);
    if (piece === 0) continue;
    const row = rowOfKey(key);
    pieces.set(row, Math.max(piece + 1, pieces.get(row) ?? 1));
  }
  return pieces;
}
