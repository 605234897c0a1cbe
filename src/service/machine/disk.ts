/**
 * What a member's disk holds and what goes onto it next. One batch is under way at a time and
 * takes everything that waits (group commit). Invariants kept here:
 *
 * - a verdict is on disk in the same atomic as, or before, any row that holds its effect, so a
 *   restart can replay from the checkpoint without judging again;
 * - the log is forgotten only up to a checkpoint that is on disk.
 */
import { assert, present } from "../../base/assert.ts";
import {
  CHECKPOINT_AFTER_BYTES,
  CHECKPOINT_AFTER_ENTRIES,
  COPY_CHUNK_BYTES,
  MAX_APPEND_ENTRIES,
  MAX_BATCH_ROWS,
  MAX_SEGMENT_ENTRY_BYTES,
  MAX_SEGMENT_VERDICT_BYTES,
  TAIL_KEPT_BYTES,
  TAIL_KEPT_ENTRIES,
} from "../../base/limits.ts";
import type { Mutant } from "../../base/mutant.ts";
import { Log } from "../../consensus/log.ts";
import type { HardState, Raft } from "../../consensus/raft.ts";
import type { StoreBatch, StoreRecord } from "../../io/store.ts";
import type { RowRecord } from "../../model/cell.ts";
import type { CollectiveChain } from "../../model/collective_chain.ts";
import { BatchDraft, piecesIn, rowRecords } from "./batch.ts";
import type { MemberId } from "../../model/member.ts";
import type { Verdict } from "../../model/operation.ts";
import { Replica } from "../../replica/replica.ts";
import {
  encodeLives,
  encodeMeta,
  encodeSegment,
  LIVES_KEY,
  type Meta,
  META_KEY,
  rowKey,
  type Segment,
  segmentKey,
} from "../../wire/record.ts";
import type { Lives } from "./lives.ts";

/** How lazily rows are written, how much of the log is kept, how much is sent at once. The
 * simulator sets it lower, to see checkpoints, copies and a forgotten log within a few hundred
 * entries. */
export interface DiskPace {
  readonly checkpointAfterEntries: number;
  readonly checkpointAfterBytes: number;
  readonly tailKeptEntries: number;
  readonly tailKeptBytes: number;
  /** Rows one batch of a checkpoint holds at most. */
  readonly batchRows: number;
  readonly copyChunkBytes: number;
  /** Entries one append to a follower holds at most. */
  readonly appendEntries: number;
}

const PACE: DiskPace = {
  checkpointAfterEntries: CHECKPOINT_AFTER_ENTRIES,
  checkpointAfterBytes: CHECKPOINT_AFTER_BYTES,
  tailKeptEntries: TAIL_KEPT_ENTRIES,
  tailKeptBytes: TAIL_KEPT_BYTES,
  batchRows: MAX_BATCH_ROWS,
  copyChunkBytes: COPY_CHUNK_BYTES,
  appendEntries: MAX_APPEND_ENTRIES,
};

/** Numbers are whole up to 2^53: enough for eight million boots. */
const NUMBERS_PER_BOOT = 2 ** 30;
/** A tail may outgrow its measure by this factor before it is cut. */
const SLACK = 1.125;
const LONGEST_TAILS = 4;
const NEVER = Number.POSITIVE_INFINITY;

/** A batch on its way to the disk, and what will be true once it is there. */
interface UnderWay {
  readonly batch: StoreBatch;
  readonly hardState: HardState;
  readonly verdicts: number;
  readonly checkpoint: number;
  readonly flip: (() => void) | undefined;
  /** Nothing but what was heard of other disks (lives.ts, 3). */
  readonly isHeardOnly: boolean;
}

/** Rows of a copy for a generation to come, or the flip to it. */
export interface CopyWrite {
  readonly generation: number;
  readonly records: readonly StoreRecord[];
  /** The last write of a copy: the generation becomes the state, cut at this index. */
  readonly flipTo: { readonly cut: number; readonly cutTerm: number } | undefined;
  /** Called once all of it is on disk. */
  readonly done: () => void;
}

/** What else was on the disk. */
export interface Found {
  readonly segments: { readonly sequence: number; readonly lastIndex: number }[];
  readonly garbage: string[];
  readonly newestGeneration: number;
  readonly pieces: Map<string, number>;
}

/** What the simulator changes; a real member has neither. */
export interface LoadOptions {
  readonly mutant?: Mutant | undefined;
  readonly pace?: DiskPace | undefined;
}

export class Disk {
  readonly self: MemberId;
  readonly chain: CollectiveChain;
  readonly boot: number;
  readonly pace: DiskPace;
  #replica: Replica;
  readonly #log: Log;
  readonly #keepsVote: boolean;
  #checkpoint: number;
  #generation: number;
  /** The newest generation any row on disk belongs to, half-made copies included. */
  #newestGeneration: number;
  #segments: { readonly sequence: number; readonly lastIndex: number }[];
  #nextSegment: number;
  #garbage: string[];
  /** Verdicts that are not on disk, the first of them for `#verdictsFrom`. */
  #verdicts: Verdict[] = [];
  #verdictsFrom: number;
  /** A checkpoint in progress: rows still to encode, records of the last one still to write, and
   * the index it will stand for. */
  #checkpointing:
    | { rowsLeft: number; readonly records: StoreRecord[]; readonly index: number }
    | undefined;
  /** Rows of more than one piece on disk, and how many. */
  #pieces: Map<string, number>;
  #bytesAtCheckpoint = 0;
  #underWay: UnderWay | undefined;
  /** What is left to write of copies, in order. */
  readonly #copyWrites: { readonly write: CopyWrite; readonly records: StoreRecord[] }[] = [];
  /** Keys of the copy under way that are on disk or on their way to it. */
  #copied: string[] = [];
  /** The boot number must be on disk before it is used. */
  #isBootKept = false;
  #lives: Lives | undefined;

  constructor(meta: Meta, log: Log, replica: Replica, found: Found, options: LoadOptions) {
    this.self = meta.self;
    this.chain = meta.chain;
    this.boot = meta.boot + 1;
    this.#log = log;
    this.#replica = replica;
    this.pace = options.pace ?? PACE;
    this.#keepsVote = options.mutant !== "vote-not-kept";
    this.#checkpoint = meta.checkpoint;
    this.#generation = meta.generation;
    this.#newestGeneration = found.newestGeneration;
    this.#segments = found.segments;
    this.#nextSegment = (found.segments.at(-1)?.sequence ?? meta.firstSegment) + 1;
    this.#garbage = found.garbage;
    this.#pieces = found.pieces;
    this.#verdictsFrom = replica.applied + 1;
  }

  get isBootKept(): boolean {
    return this.#isBootKept;
  }

  /**
   * Rounds and questions of this boot are numbered from here: links outlive a machine that starts
   * anew after a failed commit, and an answer to its forerunner must not pass for one to it.
   */
  get numbersFrom(): number {
    return this.boot * NUMBERS_PER_BOOT;
  }

  /** The batch under way, to be tried again after a disk that was full. */
  get underWay(): StoreBatch | undefined {
    return this.#underWay?.batch;
  }

  /** What there is to keep of this disk's lives and those of the peers goes along from here on. */
  keepLives(lives: Lives): void {
    this.#lives = lives;
  }

  /** A copy begins; what there is of one before that never became whole is rubbish. */
  nextGeneration(): number {
    this.#garbage.push(...this.#copied.splice(0));
    return ++this.#newestGeneration;
  }

  /** An entry was applied; its verdict goes to disk with the next batch. */
  judged(verdict: Verdict): void {
    this.#verdicts.push(verdict);
  }

  /** Writes rows of a copy, after those before it. */
  writeCopy(write: CopyWrite): void {
    this.#copyWrites.push({ write, records: [...write.records] });
  }

  /** What should go to the disk now, or undefined: nothing must, or a batch is under way. */
  next(raft: Raft, nowMs: number): StoreBatch | undefined {
    if (this.#underWay !== undefined) return undefined;
    if (this.#copyWrites.length > 0) return this.#nextOfCopy(raft);
    this.#startCheckpoint();
    const mustWrite = !this.#isBootKept || this.#lives?.isDirty || raft.isHardStateDirty ||
      this.#log.stable < this.#log.last || this.#checkpointing !== undefined;
    if (mustWrite) return this.#nextBatch(raft);
    return nowMs >= this.keepAtMs ? this.#metaBatch(raft, new BatchDraft(), true) : undefined;
  }

  /** When to write what nothing waits for; not while a batch is under way. */
  get keepAtMs(): number {
    return this.#underWay === undefined ? this.#lives?.keepAtMs ?? NEVER : NEVER;
  }

  /** The lives alone, where they are not on disk: of a member that must write nothing else. */
  nextOfLives(raft: Raft): StoreBatch | undefined {
    if (this.#underWay !== undefined || !this.#lives?.isDirty) return undefined;
    const draft = new BatchDraft();
    this.#addLives(draft);
    return this.#metaBatch(raft, draft, false);
  }

  /** Whether the batch under way raises what this member says its disk counts. */
  get isCounted(): boolean {
    return this.#underWay?.isHeardOnly !== true;
  }

  /** The batch under way is on disk. */
  done(raft: Raft, nowMs: number): void {
    const { hardState, verdicts, checkpoint, flip } = present(this.#underWay, "batch");
    this.#underWay = undefined;
    this.#isBootKept = true;
    this.#verdicts.splice(0, verdicts);
    this.#verdictsFrom += verdicts;
    this.#checkpoint = checkpoint;
    raft.persisted(hardState, nowMs);
    flip?.();
  }

  /**
   * Forgets what of the log is neither needed here nor likely to be asked for by others. Nothing
   * beyond `pinned`, the cut of a copy under way; and beyond `wanted`, what a live follower has
   * yet to get, only once it falls LONGEST_TAILS behind: a full copy costs it more than that.
   */
  compact(pinned: number, wanted: number): void {
    const { tailKeptEntries: entries, tailKeptBytes: bytes } = this.pace;
    const log = this.#log;
    // Not with every commit: counting the tail takes a step for each of its entries.
    if (log.last - log.start <= entries * SLACK && log.bytes <= bytes * SLACK) return;
    const usual = log.indexKeeping(entries, bytes);
    const most = log.indexKeeping(entries * LONGEST_TAILS, bytes * LONGEST_TAILS);
    const index = Math.min(usual, Math.max(wanted, most));
    log.forget(Math.min(this.#checkpoint, log.stable, index, pinned));
  }

  // ----

  #startCheckpoint(): void {
    if (this.#checkpointing !== undefined) return;
    const due = this.#replica.applied - this.#checkpoint >= this.pace.checkpointAfterEntries ||
      this.#bytesAtCheckpoint >= this.pace.checkpointAfterBytes;
    if (!due || this.#replica.applied > this.#log.stable) return;
    this.#bytesAtCheckpoint = 0;
    const { dirtyRows: rowsLeft, applied: index } = this.#replica;
    this.#checkpointing = { rowsLeft, records: [], index };
  }

  #nextBatch(raft: Raft): StoreBatch {
    const log = this.#log;
    const entries = log.stable < log.last
      ? log.slice(log.stable + 1, Number.MAX_SAFE_INTEGER, MAX_SEGMENT_ENTRY_BYTES)
      : [];
    const lastIndex = entries.at(-1)?.index ?? log.stable;
    log.writing(lastIndex);
    const verdicts = this.#verdictsUpTo(lastIndex);
    const draft = new BatchDraft();
    this.#addLives(draft);
    if (entries.length + verdicts.length > 0) {
      this.#addSegment(draft, { entries, verdictsFrom: this.#verdictsFrom, verdicts }, lastIndex);
    }
    // A row may be encoded only where every verdict whose effect it holds is in this batch too.
    this.#addRows(draft, verdicts.length === this.#verdicts.length);
    draft.deleteFrom(this.#collectGarbage());
    return this.#begin(raft, draft, { verdicts: verdicts.length });
  }

  /** Nothing of the log, and nothing else but what the draft holds. */
  #metaBatch(raft: Raft, draft: BatchDraft, isHeardOnly: boolean): StoreBatch {
    this.#log.writing(this.#log.stable);
    return this.#begin(raft, draft, { isHeardOnly });
  }

  /** Those of entries up to `index` that are not on disk, as many as one segment holds. */
  #verdictsUpTo(index: number): Verdict[] {
    const due = this.#verdicts.slice(0, Math.max(0, index + 1 - this.#verdictsFrom));
    let bytes = 0;
    const end = due.findIndex((verdict) => {
      bytes += verdict.result === "refused" ? 3 * verdict.row.length + 16 : 1;
      return bytes > MAX_SEGMENT_VERDICT_BYTES;
    });
    return end < 0 ? due : due.slice(0, end);
  }

  #addLives(draft: BatchDraft): void {
    const record = this.#lives?.takeDirty();
    if (record === undefined) return;
    const value = encodeLives(record);
    assert(draft.put({ key: LIVES_KEY, value }), "the lives fit a batch");
  }

  #addSegment(draft: BatchDraft, segment: Segment, lastIndex: number): void {
    const sequence = this.#nextSegment++;
    const value = encodeSegment(segment);
    assert(draft.put({ key: segmentKey(sequence), value }), "a segment fits a batch");
    this.#bytesAtCheckpoint += value.length;
    const lastVerdict = segment.verdictsFrom + segment.verdicts.length - 1;
    this.#segments.push({ sequence, lastIndex: Math.max(lastIndex, lastVerdict) });
  }

  #addRows(draft: BatchDraft, mayEncode: boolean): void {
    const run = this.#checkpointing;
    if (run === undefined) return;
    for (;;) {
      const record = run.records[0];
      if (record !== undefined) {
        if (!draft.put(record, this.pace.batchRows + 1)) return;
        run.records.shift();
      } else if (run.rowsLeft === 0) break;
      else if (!mayEncode) return;
      else {
        run.rowsLeft--;
        const [row] = this.#replica.takeDirty(1);
        if (row !== undefined) run.records.push(...this.#recordsOf(row));
      }
    }
    this.#checkpoint = run.index;
    this.#checkpointing = undefined;
  }

  #recordsOf(row: RowRecord): StoreRecord[] {
    const records = rowRecords(this.#generation, row);
    const pieces = Math.max(records.length, this.#pieces.get(row.row) ?? 1);
    if (pieces > 1) this.#pieces.set(row.row, pieces);
    return records;
  }

  #nextOfCopy(raft: Raft): StoreBatch {
    const { write, records } = present(this.#copyWrites[0], "a copy to write");
    const draft = new BatchDraft();
    draft.deleteFrom(this.#collectGarbage());
    const keys: string[] = [];
    while (records.length > 0 && draft.put(records[0] as StoreRecord, this.pace.batchRows)) {
      keys.push((records.shift() as StoreRecord).key);
    }
    // One of a copy that another took the place of is rubbish as soon as it is written.
    const isNewest = write.generation === this.#newestGeneration;
    (isNewest ? this.#copied : this.#garbage).push(...keys);
    this.#log.writing(this.#log.stable);
    const isLast = records.length === 0;
    if (isLast) this.#copyWrites.shift();
    const flipTo = isLast ? write.flipTo : undefined;
    if (flipTo !== undefined) this.#void(write.generation, flipTo.cut);
    return this.#begin(raft, draft, { flip: isLast ? write.done : undefined }, flipTo);
  }

  /** From the flip on nothing of the old log and rows counts; the keys go bit by bit. */
  #void(generation: number, cut: number): void {
    this.#garbage.push(...this.#segments.map(({ sequence }) => segmentKey(sequence)));
    for (const row of this.#replica.rowNames()) {
      const pieces = this.#pieces.get(row) ?? 1;
      for (let i = 0; i < pieces; i++) this.#garbage.push(rowKey(this.#generation, row, i));
    }
    this.#pieces = piecesIn(this.#copied);
    this.#copied = [];
    this.#segments = [];
    this.#generation = generation;
    this.#checkpoint = cut;
    this.#checkpointing = undefined;
  }

  /** The copy is the state now. */
  flipped(replica: Replica): void {
    this.#replica = replica;
    this.#verdicts = [];
    this.#verdictsFrom = replica.applied + 1;
  }

  /** Hands the draft out, with the meta record that is part of every batch. */
  #begin(
    raft: Raft,
    draft: BatchDraft,
    rest: Partial<Pick<UnderWay, "verdicts" | "flip" | "isHeardOnly">>,
    flipTo?: CopyWrite["flipTo"],
  ): StoreBatch {
    const hardState = { term: raft.term, vote: raft.vote };
    const start = flipTo?.cut ?? this.#log.start;
    const startTerm = flipTo?.cutTerm ?? this.#log.startTerm;
    const batch = draft.finish(this.#metaRecord(hardState, start, startTerm));
    const checkpoint = this.#checkpoint;
    const { verdicts = 0, flip, isHeardOnly = false } = rest;
    this.#underWay = { batch, hardState, verdicts, checkpoint, flip, isHeardOnly };
    return batch;
  }

  /** Keys that nothing needs any more, those of segments forgotten since among them. */
  #collectGarbage(): string[] {
    while (this.#segments.length > 0) {
      const oldest = this.#segments[0] as { sequence: number; lastIndex: number };
      if (oldest.lastIndex > this.#log.start || oldest.sequence === this.#nextSegment - 1) break;
      this.#segments.shift();
      this.#garbage.push(segmentKey(oldest.sequence));
    }
    return this.#garbage;
  }

  #metaRecord(hardState: HardState, logStart: number, logStartTerm: number): StoreRecord {
    const meta: Meta = {
      self: this.self,
      chain: this.chain,
      boot: this.boot,
      term: hardState.term,
      vote: this.#keepsVote ? hardState.vote : undefined,
      logStart,
      logStartTerm,
      checkpoint: this.#checkpoint,
      generation: this.#generation,
      firstSegment: this.#segments[0]?.sequence ?? this.#nextSegment,
      heard: this.#lives?.takeHeard(this.#log.roster.roster) ?? [],
    };
    return { key: META_KEY, value: encodeMeta(meta) };
  }
}
