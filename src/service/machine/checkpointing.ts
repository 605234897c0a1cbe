/**
 * Writing changed rows to the disk, bit by bit while the member goes on. A checkpoint stands for
 * the index at which it began, and counts once every row that had changed by then is on disk.
 */
import type { StoreRecord } from "../../io/store.ts";
import type { RowRecord } from "../../model/cell.ts";
import type { Replica } from "../../replica/replica.ts";
import { piecesOf, rowKey, rowOfKey } from "../../wire/record.ts";
import { type BatchDraft, type Pieces, rowRecords } from "./batch.ts";

/** A record to put, or those to delete together. */
type Step = { readonly record: StoreRecord } | { readonly keys: string[] };

/** Rows still to encode, what is left to do of the last one, and the index it will stand for. */
interface UnderWay {
  rowsLeft: number;
  readonly steps: Step[];
  readonly index: number;
  /** Rows that are gone, and that nobody needs once this checkpoint is whole. */
  readonly gone: readonly string[];
}

const ONE_PIECE: Pieces = { first: 0, count: 1 };

export class Checkpointing {
  /** Where the rows are that are not on disk in one piece, piece 0. */
  #pieces: Map<string, Pieces>;
  #underWay: UnderWay | undefined;

  constructor(pieces: Map<string, Pieces>) {
    this.#pieces = pieces;
  }

  get isUnderWay(): boolean {
    return this.#underWay !== undefined;
  }

  start({ dirtyRows, applied, goneRows }: Replica): void {
    this.#underWay = { rowsLeft: dirtyRows, steps: [], index: applied, gone: goneRows };
  }

  /**
   * Adds to a batch what there is room for; if that is all of it, the index of the checkpoint and
   * the keys that nothing needs behind it.
   * `mayEncode`: whatever the rows hold now is accounted for on the disk with this batch.
   */
  addTo(
    draft: BatchDraft,
    replica: Replica,
    generation: number,
    mayEncode: boolean,
    mostRows: number,
  ): { readonly index: number; readonly voided: Iterable<string> } | undefined {
    const run = this.#underWay;
    if (run === undefined) return undefined;
    for (;;) {
      const step = run.steps[0];
      if (step !== undefined) {
        const isTaken = "keys" in step
          ? draft.deleteTogether(step.keys)
          : draft.put(step.record, mostRows + 1);
        if (!isTaken) return undefined;
        run.steps.shift();
      } else if (run.rowsLeft === 0) break;
      else if (!mayEncode) return undefined;
      else {
        run.rowsLeft--;
        const [taken] = replica.takeDirty(1);
        if (taken !== undefined) {
          run.steps.push(...this.#steps(generation, taken.row, taken.record));
        }
      }
    }
    this.#underWay = undefined;
    replica.forgetGone(run.gone);
    return { index: run.index, voided: this.keysOf(run.gone, generation) };
  }

  /** It comes to nothing; rows of which something was yet to be written are dirty again. */
  abandon(replica: Replica): void {
    for (const step of this.#underWay?.steps ?? []) {
      const key = "keys" in step ? step.keys[0] : step.record.key;
      if (key !== undefined) replica.markDirty(rowOfKey(key));
    }
    this.#underWay = undefined;
  }

  /** The keys of these rows on disk. */
  *keysOf(rows: Iterable<string>, generation: number): Iterable<string> {
    for (const row of rows) {
      const { first, count } = this.#pieces.get(row) ?? ONE_PIECE;
      for (let i = first; i < first + count; i++) yield rowKey(generation, row, i);
    }
  }

  /** Another generation is in force, with its rows in these pieces. */
  moved(pieces: Map<string, Pieces>): void {
    this.#pieces = pieces;
  }

  /**
   * How a row comes to be on disk as it is here. In one piece it takes its own place; else its
   * pieces lie beside the old ones until all are there, for a cell may go from one to another.
   * Those go together: of two tries to write the row, one before a crash, a piece may hold what
   * another says is gone. What is gone goes with the checkpoint too: behind it nothing would
   * forget it again.
   */
  #steps(generation: number, row: string, record: RowRecord | undefined): Step[] {
    const old = this.#pieces.get(row) ?? ONE_PIECE;
    const pieces = record === undefined ? [] : piecesOf(record);
    const isBeside = pieces.length > 1 || old.count > 1 || old.first > 0;
    const first = !isBeside || old.first >= pieces.length ? 0 : old.first + old.count;
    const steps: Step[] = rowRecords(generation, pieces, first).map((record) => ({ record }));
    if (isBeside || record === undefined) {
      steps.push({ keys: [...this.keysOf([row], generation)] });
    }
    if (isBeside && record !== undefined) this.#pieces.set(row, { first, count: pieces.length });
    else this.#pieces.delete(row);
    return steps;
  }
}
