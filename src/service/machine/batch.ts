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
import type { QueueSet } from "../../base/queue_set.ts";
import type { StoreBatch, StoreRecord } from "../../io/store.ts";
import type { RowRecord } from "../../model/cell.ts";
import { encodeRow, META_KEY, rowKey, rowOfKey, rowPiece } from "../../wire/record.ts";

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

  /** False where there is no room for it in this batch. */
  delete(key: string): boolean {
    if (this.#deletes.length >= MAX_BATCH_ROWS || key.length > this.#keyBytes) return false;
    this.#keyBytes -= key.length;
    this.#deletes.push(key);
    return true;
  }

  /** Deletes all of `keys` or none; false where there is no room for that. What no batch has room
   * for goes in several. */
  deleteTogether(keys: string[]): boolean {
    const bytes = keys.reduce((sum, key) => sum + key.length, 0);
    const fits = keys.length <= MAX_BATCH_ROWS - this.#deletes.length && bytes <= this.#keyBytes;
    const isTooMuch = keys.length > MAX_BATCH_ROWS || bytes > MAX_BATCH_KEY_BYTES / 2;
    if (!fits && !isTooMuch) return false;
    while (keys.length > 0 && this.delete(keys[0] as string)) keys.shift();
    return keys.length === 0;
  }

  /** Takes from the front of `keys` what there is room for. What is put is not rubbish any more. */
  deleteFrom(keys: QueueSet<string>): void {
    for (const { key } of this.#puts) keys.delete(key);
    for (let key = keys.take(); key !== undefined; key = keys.take()) {
      if (this.delete(key)) continue;
      keys.add(key);
      return;
    }
  }

  finish(meta: StoreRecord): StoreBatch {
    return { puts: [...this.#puts, meta], deletes: this.#deletes };
  }
}

/** The pieces of a row (record.ts) as records of a generation, the first of them in this place. */
export function rowRecords(
  generation: number,
  pieces: readonly RowRecord[],
  first = 0,
): StoreRecord[] {
  return pieces.map((piece, i) => ({
    key: rowKey(generation, piece.row, first + i),
    value: encodeRow(piece),
  }));
}

/** Which pieces of a row are on disk. */
export interface Pieces {
  readonly first: number;
  readonly count: number;
}

/** Of keys of one generation: the rows of several pieces, and up to which there may be one. */
export function piecesIn(keys: Iterable<string>): Map<string, Pieces> {
  const pieces = new Map<string, Pieces>();
  for (const key of keys) {
    const piece = rowPiece(key);
    if (piece === 0) continue;
    const row = rowOfKey(key);
    pieces.set(row, { first: 0, count: Math.max(piece + 1, pieces.get(row)?.count ?? 0) });
  }
  return pieces;
}
