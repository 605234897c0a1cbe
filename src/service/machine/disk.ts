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
  MAX_BATCH_BYTES,
  MAX_BATCH_ROWS,
  TAIL_KEPT_BYTES,
  TAIL_KEPT_ENTRIES,
} from "../../base/limits.ts";
import type { Mutant } from "../../base/mutant.ts";
import { Log } from "../../consensus/log.ts";
import type { HardState, Raft } from "../../consensus/raft.ts";
import type { StoreBatch, StoreRecord } from "../../io/store.ts";
import type { RowRecord } from "../../model/cell.ts";
import type { CollectiveChain } from "../../model/collective_chain.ts";
import { findMember, type MemberId } from "../../model/member.ts";
import type { Verdict } from "../../model/operation.ts";
import { Replica } from "../../replica/replica.ts";
import type { Entry } from "../../wire/entry.ts";
import {
  decodeMeta,
  decodeRow,
  decodeSegment,
  encodeMeta,
  encodeRow,
  encodeSegment,
  LOG_PREFIX,
  type Meta,
  META_KEY,
  ROW_PREFIX,
  rowGeneration,
  rowKey,
  segmentKey,
  segmentSequence,
} from "../../wire/record.ts";

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

/** A member as its disk has it. */
export interface Loaded {
  readonly meta: Meta;
  readonly log: Log;
  readonly replica: Replica;
  readonly disk: Disk;
}

/** A batch on its way to the disk, and what will be true once it is there. */
interface UnderWay {
  readonly batch: StoreBatch;
  readonly hardState: HardState;
  readonly verdicts: number;
  readonly checkpoint: number;
  readonly flip: (() => void) | undefined;
}

/** Rows of a copy for a generation to come, or the flip to it. */
export interface CopyWrite {
  readonly generation: number;
  readonly rows: readonly RowRecord[];
  /** The last write of a copy: the generation becomes the state, cut at this index. */
  readonly flipTo: { readonly cut: number; readonly cutTerm: number } | undefined;
  /** Called once it is on disk. */
  readonly done: () => void;
}

export class Disk {
  readonly self: MemberId;
  readonly chain: CollectiveChain;
  readonly boot: number;
  readonly counts: Map<MemberId, number>;
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
  /** A checkpoint in progress: rows still to write, and the index it will stand for. */
  #checkpointing: { rowsLeft: number; readonly index: number } | undefined;
  #bytesAtCheckpoint = 0;
  #underWay: UnderWay | undefined;
  #copyWrites: CopyWrite[] = [];
  /** Keys of the copy under way that are on disk or on their way to it. */
  #copied: string[] = [];
  /** The boot number must be on disk before it is used. */
  #isBootKept = false;

  constructor(meta: Meta, log: Log, replica: Replica, found: Found, options: LoadOptions) {
    this.self = meta.self;
    this.chain = meta.chain;
    this.boot = meta.boot + 1;
    this.counts = new Map(meta.counts);
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
    this.#copyWrites.push(write);
  }

  /** What should go to the disk now, or undefined: nothing must, or a batch is under way. */
  next(raft: Raft): StoreBatch | undefined {
    if (this.#underWay !== undefined) return undefined;
    const copy = this.#copyWrites.shift();
    if (copy !== undefined) return this.#nextOfCopy(raft, copy);
    this.#startCheckpoint();
    const mustWrite = !this.#isBootKept || raft.isHardStateDirty ||
      this.#log.stable < this.#log.last || this.#checkpointing !== undefined;
    return mustWrite ? this.#nextBatch(raft) : undefined;
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
    this.#checkpointing = { rowsLeft: this.#replica.dirtyRows, index: this.#replica.applied };
  }

  #nextBatch(raft: Raft): StoreBatch {
    const log = this.#log;
    const entries = log.stable < log.last
      ? log.slice(log.stable + 1, Number.MAX_SAFE_INTEGER, MAX_BATCH_BYTES)
      : [];
    const lastIndex = entries.at(-1)?.index ?? log.stable;
    log.writing(lastIndex);
    const verdicts = this.#verdicts.slice(0, Math.max(0, lastIndex + 1 - this.#verdictsFrom));
    const puts: StoreRecord[] = [];
    let bytes = 0;
    if (entries.length + verdicts.length > 0) {
      const segment = { entries, verdictsFrom: this.#verdictsFrom, verdicts };
      const sequence = this.#nextSegment++;
      puts.push({ key: segmentKey(sequence), value: encodeSegment(segment) });
      bytes = present(puts[0], "segment").value.length;
      this.#bytesAtCheckpoint += bytes;
      const lastVerdict = this.#verdictsFrom + verdicts.length - 1;
      this.#segments.push({ sequence, lastIndex: Math.max(lastIndex, lastVerdict) });
    }
    // A row may be written only where every verdict whose effect it holds is in this batch too.
    if (verdicts.length === this.#verdicts.length) this.#addRows(puts, MAX_BATCH_BYTES - bytes);
    const hardState = { term: raft.term, vote: raft.vote };
    const deletes = this.#takeGarbage();
    puts.push(this.#metaRecord(hardState, log.start, log.startTerm));
    return this.#begin({
      batch: { puts, deletes },
      hardState,
      verdicts: verdicts.length,
      checkpoint: this.#checkpoint,
      flip: undefined,
    });
  }

  #addRows(puts: StoreRecord[], room: number): void {
    const run = this.#checkpointing;
    if (run === undefined) return;
    let left = room;
    let taken = 0;
    while (run.rowsLeft > 0 && left > 0 && taken < this.pace.batchRows) {
      const [record] = this.#replica.takeDirty(1);
      run.rowsLeft--;
      if (record === undefined) continue;
      const value = encodeRow(record);
      puts.push({ key: rowKey(this.#generation, record.row), value });
      left -= value.length;
      taken++;
    }
    if (run.rowsLeft > 0) return;
    this.#checkpoint = run.index;
    this.#checkpointing = undefined;
  }

  #nextOfCopy(raft: Raft, copy: CopyWrite): StoreBatch {
    const deletes = this.#takeGarbage();
    const puts = copy.rows.map((record) => ({
      key: rowKey(copy.generation, record.row),
      value: encodeRow(record),
    }));
    // One of a copy that another took the place of is rubbish as soon as it is written.
    const isNewest = copy.generation === this.#newestGeneration;
    (isNewest ? this.#copied : this.#garbage).push(...puts.map(({ key }) => key));
    const hardState = { term: raft.term, vote: raft.vote };
    this.#log.writing(this.#log.stable);
    const { flipTo } = copy;
    if (flipTo !== undefined) this.#void(copy.generation, flipTo.cut);
    const start = flipTo?.cut ?? this.#log.start;
    puts.push(this.#metaRecord(hardState, start, flipTo?.cutTerm ?? this.#log.startTerm));
    return this.#begin({
      batch: { puts, deletes },
      hardState,
      verdicts: 0,
      checkpoint: this.#checkpoint,
      flip: copy.done,
    });
  }

  /** From the flip on nothing of the old log and rows counts; the keys go bit by bit. */
  #void(generation: number, cut: number): void {
    this.#garbage.push(...this.#segments.map(({ sequence }) => segmentKey(sequence)));
    for (const row of this.#replica.rowNames()) {
      this.#garbage.push(rowKey(this.#generation, row));
    }
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

  #begin(underWay: UnderWay): StoreBatch {
    this.#underWay = underWay;
    return underWay.batch;
  }

  #takeGarbage(): string[] {
    while (this.#segments.length > 0) {
      const oldest = this.#segments[0] as { sequence: number; lastIndex: number };
      if (oldest.lastIndex > this.#log.start || oldest.sequence === this.#nextSegment - 1) break;
      this.#segments.shift();
      this.#garbage.push(segmentKey(oldest.sequence));
    }
    return this.#garbage.splice(0, MAX_BATCH_ROWS);
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
      counts: [...this.counts].filter(([id]) => findMember(this.#log.roster.roster, id)),
    };
    return { key: META_KEY, value: encodeMeta(meta) };
  }
}

/** What else was on the disk. */
interface Found {
  readonly segments: { readonly sequence: number; readonly lastIndex: number }[];
  readonly garbage: string[];
  readonly newestGeneration: number;
}

/** What the simulator changes; a real member has neither. */
export interface LoadOptions {
  readonly mutant?: Mutant | undefined;
  readonly pace?: DiskPace | undefined;
}

/**
 * A member out of the records of its store, or undefined where the store is empty.
 * {@link MalformedError} where they do not say what they should.
 */
export function loadDisk(
  records: Iterable<StoreRecord>,
  options: LoadOptions = {},
): Loaded | undefined {
  const all = [...records];
  const metaRecord = all.find(({ key }) => key === META_KEY);
  if (metaRecord === undefined) return undefined;
  const meta = decodeMeta(metaRecord.value);
  const replica = new Replica(options.mutant);
  const garbage: string[] = [];
  let newestGeneration = meta.generation;
  for (const { key, value } of all) {
    if (!key.startsWith(ROW_PREFIX)) continue;
    const generation = rowGeneration(key);
    newestGeneration = Math.max(newestGeneration, generation);
    if (generation === meta.generation) replica.join(decodeRow(value));
    else garbage.push(key);
  }
  replica.caughtUp(meta.checkpoint);
  const log = new Log(meta.logStart, meta.logStartTerm, replica.roster);
  const verdicts = new Map<number, Verdict>();
  const entries: Entry[] = [];
  const segments: { sequence: number; lastIndex: number }[] = [];
  for (const { key, value } of all) {
    if (!key.startsWith(LOG_PREFIX)) continue;
    const sequence = segmentSequence(key);
    if (sequence < meta.firstSegment) garbage.push(key);
    else segments.push({ sequence, lastIndex: replaySegment(value, entries, verdicts) });
  }
  // Only now: the log may begin in the midst of a tail that a later segment overwrites.
  for (const entry of entries) if (entry.index > log.start) log.append(entry);
  log.writing(log.last);
  log.written();
  replayVerdicts(log, replica, verdicts);
  const found = { segments, garbage, newestGeneration };
  return { meta, log, replica, disk: new Disk(meta, log, replica, found, options) };
}

/** A segment first takes back what it overwrites of the entries so far; the index of its last. */
function replaySegment(
  value: Uint8Array,
  entries: Entry[],
  verdicts: Map<number, Verdict>,
): number {
  const segment = decodeSegment(value);
  const first = segment.entries[0]?.index ?? Number.POSITIVE_INFINITY;
  const kept = entries.findLastIndex(({ index }) => index < first);
  entries.splice(kept + 1, Number.POSITIVE_INFINITY, ...segment.entries);
  for (const [i, verdict] of segment.verdicts.entries()) {
    verdicts.set(segment.verdictsFrom + i, verdict);
  }
  return Math.max(
    segment.entries.at(-1)?.index ?? 0,
    segment.verdictsFrom + segment.verdicts.length - 1,
  );
}

function replayVerdicts(log: Log, replica: Replica, verdicts: Map<number, Verdict>): void {
  for (;;) {
    const entry = log.at(replica.applied + 1);
    const verdict = verdicts.get(replica.applied + 1);
    if (entry === undefined || verdict === undefined) return;
    replica.replay(entry, verdict);
    assert(replica.applied <= log.last, "what was applied is in the log");
  }
}
