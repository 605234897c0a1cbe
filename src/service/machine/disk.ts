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
  CHECKPOINT_ROWS,
  CHECKPOINT_ROWS_BESIDE,
  MAX_SEGMENT_ENTRY_BYTES,
  MAX_SEGMENT_VERDICT_BYTES,
  VERDICTS_KEPT_MS,
} from "../../base/limits.ts";
import type { QueueSet } from "../../base/queue_set.ts";
import { Log } from "../../consensus/log.ts";
import type { Promises } from "../../collective/promises.ts";
import type { HardState, Raft } from "../../consensus/raft.ts";
import type { StoreBatch, StoreRecord } from "../../io/store.ts";
import type { CollectiveChain } from "../../model/collective_chain.ts";
import { BatchDraft, piecesIn } from "./batch.ts";
import { Checkpointing } from "./checkpointing.ts";
import type { DeltaFlip, DeltaWrite, Found, LoadOptions, UnderWay } from "./disk_parts.ts";
import type { MemberId } from "../../model/member.ts";
import type { Verdict } from "../../model/operation.ts";
import { Replica } from "../../replica/replica.ts";
import type { Entry } from "../../wire/entry.ts";
import {
  encodeLives,
  encodeMeta,
  encodeSegment,
  LIVES_KEY,
  type Meta,
  META_KEY,
  type Segment,
  segmentKey,
} from "../../wire/record.ts";
import type { Effects } from "./effects.ts";
import type { Lives } from "./lives.ts";
import { type DiskPace, PACE } from "./pace.ts";

/** Numbers are whole up to 2^53: enough for eight million boots. */
const NUMBERS_PER_BOOT = 2 ** 30;
/** A tail may outgrow its measure by this factor before it is cut. */
const SLACK = 1.125;
const LONGEST_TAILS = 4;
const NEVER = Number.POSITIVE_INFINITY;

export class Disk {
  readonly self: MemberId;
  readonly chain: CollectiveChain;
  readonly boot: number;
  readonly pace: DiskPace;
  readonly effects: Effects;
  #replica: Replica;
  readonly #log: Log;
  readonly #keepsVote: boolean;
  #checkpoint: number;
  #generation: number;
  /** The newest generation any row on disk belongs to, half-made copies included. */
  #newestGeneration: number;
  #segments: { readonly sequence: number; readonly lastIndex: number }[];
  #nextSegment: number;
  readonly #garbage: QueueSet<string>;
  /** Generations over the one in force, and their keys. */
  readonly #overlays: Map<number, readonly string[]>;
  /** Verdicts that are not on disk, the first of them for `#verdictsFrom`. */
  #verdicts: Verdict[] = [];
  /** Since when the oldest of them is seen to wait. */
  #verdictsSinceMs: number | undefined;
  #verdictsFrom: number;
  readonly #checkpointing: Checkpointing;
  #bytesAtCheckpoint = 0;
  #isCheckpointDue = false;
  #underWay: UnderWay | undefined;
  /** What is left to write of deltas, in order. */
  readonly #deltaWrites: { readonly write: DeltaWrite; readonly records: StoreRecord[] }[] = [];
  /** Keys of the delta under way that are on disk or on their way to it. */
  #deltaKeys = new Set<string>();
  /** The last batch was of a delta: what else waits comes first. */
  #wasDelta = false;
  /** The boot number must be on disk before it is used. */
  #isBootKept = false;
  #lives: Lives | undefined;
  #promises: Promises | undefined;
  /** Whose copy is to take the place of the rows, which are wrong; empty: they are not. */
  #copyFrom: readonly MemberId[];
  #isCopyFromKept = true;

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
    this.#overlays = new Map(found.overlays);
    this.#checkpointing = new Checkpointing(found.pieces);
    this.effects = found.effects;
    this.#copyFrom = meta.copyFrom;
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

  /** The sequence of the segment to be written next. */
  get nextSegment(): number {
    return this.#nextSegment;
  }

  /** The batch under way, to be tried again after a disk that was full. */
  get underWay(): StoreBatch | undefined {
    return this.#underWay?.batch;
  }

  /** What there is to keep of this disk's lives and those of the peers goes along from here on. */
  keepLives(lives: Lives): void {
    this.#lives = lives;
  }

  /** The index up to which verdicts, and so the state, are on disk. */
  get durable(): number {
    return this.#verdictsFrom - 1;
  }

  /** Promises are on disk before they are said: they go along from here on. */
  keepPromises(promises: Promises): void {
    this.#promises = promises;
  }

  /** Whether all that was applied is in the rows on disk. */
  get isWhole(): boolean {
    const { applied, dirtyRows } = this.#replica;
    return this.#checkpoint === applied && dirtyRows === 0 && !this.#checkpointing.isUnderWay;
  }

  /** A checkpoint is due, however little it has to write. */
  completeSoon(): void {
    this.#isCheckpointDue = true;
  }

  /** A delta begins; what there is of one before that never became whole is rubbish. */
  nextGeneration(): number {
    this.voidDelta();
    return ++this.#newestGeneration;
  }

  /** Whose copy is to take the place of the state, which is wrong; empty: it is not. */
  get copyFrom(): readonly MemberId[] {
    return this.#copyFrom;
  }

  /** The state is wrong. That is not forgotten before a whole copy took its place. */
  mustCopy(from: readonly MemberId[]): void {
    this.#copyFrom = from;
    this.#isCopyFromKept = false;
  }

  /** What was written of a delta is not needed. */
  voidDelta(): void {
    this.#garbage.addAll(this.#deltaKeys);
    this.#deltaKeys.clear();
  }

  /** An entry was applied; its verdict goes to disk with the next batch. */
  judged(verdict: Verdict): void {
    this.effects.judged(this.#verdictsFrom + this.#verdicts.length, verdict);
    this.#verdicts.push(verdict);
  }

  /** Writes rows of a delta, after those before it. */
  writeDelta(write: DeltaWrite): void {
    this.#deltaWrites.push({ write, records: [...write.records] });
  }

  /** What should go to the disk now, or undefined: nothing must, or a batch is under way. */
  next(raft: Raft, nowMs: number): StoreBatch | undefined {
    if (this.#underWay !== undefined) return undefined;
    this.#startCheckpoint();
    const mustWrite = !this.#isBootKept || this.#lives?.isDirty || this.#promises?.isDirty ||
      raft.isHardStateDirty ||
      this.#log.stable < this.#log.last || this.#isCheckpointing || !this.#isCopyFromKept;
    if (this.#isDeltaDue && !(mustWrite && this.#wasDelta)) {
      return this.#nextOfDelta(raft);
    }
    this.#wasDelta = false;
    if (this.#verdicts.length > 0) this.#verdictsSinceMs ??= nowMs;
    if (mustWrite || nowMs >= this.#keepVerdictsAtMs) return this.#nextBatch(raft);
    return nowMs >= this.keepAtMs ? this.#metaBatch(raft, new BatchDraft(), true) : undefined;
  }

  /** When to write what nothing waits for; not while a batch is under way. */
  get keepAtMs(): number {
    if (this.#underWay !== undefined) return NEVER;
    return Math.min(this.#lives?.keepAtMs ?? NEVER, this.#keepVerdictsAtMs);
  }

  /** Without its verdict an entry need not be applied after a restart: the member would catch up
   * from before it, and what it changed come over the links once more. */
  get #keepVerdictsAtMs(): number {
    return (this.#verdictsSinceMs ?? NEVER) + VERDICTS_KEPT_MS;
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
    const { hardState, verdicts, checkpoint, delta, promises } = present(this.#underWay, "batch");
    this.#underWay = undefined;
    this.#isBootKept = true;
    this.#verdicts.splice(0, verdicts);
    this.#verdictsSinceMs = undefined;
    this.#verdictsFrom += verdicts;
    this.#checkpoint = checkpoint;
    raft.persisted(hardState, nowMs);
    this.#promises?.persisted(promises);
    delta?.(nowMs);
  }

  /**
   * Forgets what of the log is neither needed here nor likely to be asked for by others. Nothing
   * beyond `pinned`, the cut of a delta under way; and beyond `wanted`, what a live follower has
   * yet to get, only once it falls LONGEST_TAILS behind: a delta costs it more than that.
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
    this.effects.forget(log.start);
  }

  // ----

  /** A checkpoint that goes on; while a delta is being taken in no row is at an index. */
  get #isCheckpointing(): boolean {
    return this.#checkpointing.isUnderWay && !this.#replica.isBetween;
  }

  /** A log that is kept must hold the cut on disk before the delta counts: else it would end before
   * the state, or go on there with entries that were overwritten in memory alone. */
  get #isDeltaDue(): boolean {
    const [due] = this.#deltaWrites;
    const flipTo = due?.write.flipTo;
    return due !== undefined && !(flipTo?.keepsLog && this.#log.stable < flipTo.cut);
  }

  #startCheckpoint(): void {
    if (this.#checkpointing.isUnderWay || this.#replica.isBetween) return;
    const due = this.#isCheckpointDue || this.#overlays.size > 0 ||
      this.#replica.applied - this.#checkpoint >= this.pace.checkpointAfterEntries ||
      this.#bytesAtCheckpoint >= this.pace.checkpointAfterBytes;
    if (!due || this.#replica.applied > this.#log.stable) return;
    this.#bytesAtCheckpoint = 0;
    this.#isCheckpointDue = false;
    this.#checkpointing.start(this.#replica);
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
    this.#addRows(draft, verdicts.length === this.#verdicts.length, entries);
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

  /** Somebody waits for the entries of the batch, and so few rows go with them; but enough for
   * the log not to grow by more, until the checkpoint is whole, than the rows that it writes. */
  #addRows(draft: BatchDraft, mayEncode: boolean, entries: readonly Entry[]): void {
    if (!this.#isCheckpointing) return;
    const bytes = entries.reduce((sum, { body }) => sum + body.length, 0);
    const beside = CHECKPOINT_ROWS_BESIDE + bytes / 1024;
    const most = entries.length === 0 ? CHECKPOINT_ROWS : beside;
    const batchRows = Math.min(this.pace.batchRows, Math.floor(most));
    const generation = this.#generation;
    const whole = this.#checkpointing.addTo(draft, this.#replica, generation, mayEncode, batchRows);
    if (whole === undefined) return;
    this.#checkpoint = whole.index;
    this.#garbage.addAll(whole.voided);
    // Every row that lies over the generation was to be written when this checkpoint began.
    this.#voidOverlays();
  }

  #voidOverlays(): void {
    for (const keys of this.#overlays.values()) this.#garbage.addAll(keys);
    this.#overlays.clear();
  }

  #nextOfDelta(raft: Raft): StoreBatch {
    const { write, records } = present(this.#deltaWrites[0], "a delta to write");
    this.#wasDelta = true;
    const draft = new BatchDraft();
    // One of a delta that another took the place of is rubbish as soon as it is written.
    const keys = write.generation === this.#newestGeneration ? this.#deltaKeys : this.#garbage;
    draft.deleteFrom(this.#collectGarbage());
    while (records.length > 0 && draft.put(records[0] as StoreRecord, this.pace.batchRows)) {
      keys.add((records.shift() as StoreRecord).key);
    }
    this.#log.writing(this.#log.stable);
    const isLast = records.length === 0;
    if (isLast) this.#deltaWrites.shift();
    const flipTo = isLast ? write.flipTo : undefined;
    if (flipTo !== undefined) this.#flip(write.generation, flipTo);
    return this.#begin(raft, draft, { delta: isLast ? write.done : undefined }, flipTo);
  }

  /** From here on what the delta brought counts, and what it took the place of does not. */
  #flip(generation: number, { cut, keepsLog, isOverlay }: DeltaFlip): void {
    if (!keepsLog) {
      for (const { sequence } of this.#segments) this.#garbage.add(segmentKey(sequence));
      this.#segments = [];
    }
    if (isOverlay) {
      this.#overlays.set(generation, [...this.#deltaKeys]);
    } else {
      const rows = this.#replica.rowNames();
      this.#garbage.addAll(this.#checkpointing.keysOf(rows, this.#generation));
      this.#voidOverlays();
      this.#checkpointing.moved(piecesIn(this.#deltaKeys));
      this.#generation = generation;
      this.#copyFrom = [];
    }
    this.#deltaKeys = new Set();
    this.#checkpoint = cut;
    this.#checkpointing.abandon(this.#replica);
  }

  /** What the delta brought is the state now. */
  flipped(replica: Replica): void {
    this.#replica = replica;
    this.#verdicts = [];
    this.#verdictsFrom = replica.applied + 1;
    this.effects.forget(replica.applied);
  }

  /** Hands the draft out, with the meta record that is part of every batch. */
  #begin(
    raft: Raft,
    draft: BatchDraft,
    rest: Partial<Pick<UnderWay, "verdicts" | "delta" | "isHeardOnly">>,
    flipTo?: DeltaFlip,
  ): StoreBatch {
    const hardState = { term: raft.term, vote: raft.vote };
    const isNewLog = flipTo !== undefined && !flipTo.keepsLog;
    const start = isNewLog ? flipTo.cut : this.#log.start;
    const startTerm = isNewLog ? flipTo.cutTerm : this.#log.startTerm;
    const { verdicts = 0, delta, isHeardOnly = false } = rest;
    const judged = Math.max(this.#verdictsFrom - 1 + verdicts, flipTo?.cut ?? 0);
    const kept = this.#promises?.record(judged);
    const promises = kept?.promises ?? [];
    const batch = draft.finish(this.#metaRecord(hardState, { start, startTerm, promises }));
    const checkpoint = this.#checkpoint;
    const rests = { delta, isHeardOnly, promises: kept?.version ?? 0 };
    this.#underWay = { batch, hardState, verdicts, checkpoint, ...rests };
    return batch;
  }

  /** Keys that nothing needs any more, those of segments forgotten since among them. */
  #collectGarbage(): QueueSet<string> {
    while (this.#segments.length > 0) {
      const oldest = this.#segments[0] as { sequence: number; lastIndex: number };
      if (oldest.lastIndex > this.#log.start || oldest.sequence === this.#nextSegment - 1) break;
      this.#segments.shift();
      this.#garbage.add(segmentKey(oldest.sequence));
    }
    return this.#garbage;
  }

  #metaRecord(
    hardState: HardState,
    { start, startTerm, promises }: {
      readonly start: number;
      readonly startTerm: number;
      readonly promises: Meta["promises"];
    },
  ): StoreRecord {
    this.#isCopyFromKept = true;
    const meta: Meta = {
      self: this.self,
      chain: this.chain,
      boot: this.boot,
      term: hardState.term,
      vote: this.#keepsVote ? hardState.vote : undefined,
      logStart: start,
      logStartTerm: startTerm,
      checkpoint: this.#checkpoint,
      generation: this.#generation,
      overlays: [...this.#overlays.keys()],
      firstSegment: this.#segments[0]?.sequence ?? this.#nextSegment,
      copyFrom: this.#copyFrom,
      heard: this.#lives?.takeHeard(this.#log.roster.roster) ?? [],
      promises,
    };
    return { key: META_KEY, value: encodeMeta(meta) };
  }
}
