/** How lazy a member's disk is, and how much goes over its links at once. */
import {
  AUDIT_EVERY_ENTRIES,
  CHECKPOINT_AFTER_BYTES,
  CHECKPOINT_AFTER_ENTRIES,
  COLLECT_AFTER_TOMBSTONES,
  COLLECT_EVERY_MS,
  DELTA_CHUNK_BYTES,
  MAX_APPEND_ENTRIES,
  MAX_BATCH_ROWS,
  STALE_AFTER_MS,
  TAIL_KEPT_BYTES,
  TAIL_KEPT_ENTRIES,
} from "../../base/limits.ts";

/** How lazily rows are written, how much of the log is kept, how much is sent at once. The
 * simulator sets it lower, to see checkpoints, deltas and a forgotten log within a few hundred
 * entries. */
export interface DiskPace {
  readonly checkpointAfterEntries: number;
  readonly checkpointAfterBytes: number;
  readonly tailKeptEntries: number;
  readonly tailKeptBytes: number;
  /** Rows one batch of a checkpoint holds at most. */
  readonly batchRows: number;
  readonly deltaChunkBytes: number;
  /** Entries one append to a follower holds at most. */
  readonly appendEntries: number;
  /** Fewer tombstones than these are not collected, */
  readonly collectAfterTombstones: number;
  /** and not more often. */
  readonly collectEveryMs: number;
  /** Who is away for longer is not waited for; a hundredth of it where it holds up many. */
  readonly staleAfterMs: number;
  /** Indexes that this divides are those at which states are compared: the same for all members. */
  readonly auditEveryEntries: number;
}

/** A real member's. */
export const PACE: DiskPace = {
  checkpointAfterEntries: CHECKPOINT_AFTER_ENTRIES,
  checkpointAfterBytes: CHECKPOINT_AFTER_BYTES,
  tailKeptEntries: TAIL_KEPT_ENTRIES,
  tailKeptBytes: TAIL_KEPT_BYTES,
  batchRows: MAX_BATCH_ROWS,
  deltaChunkBytes: DELTA_CHUNK_BYTES,
  appendEntries: MAX_APPEND_ENTRIES,
  collectAfterTombstones: COLLECT_AFTER_TOMBSTONES,
  collectEveryMs: COLLECT_EVERY_MS,
  staleAfterMs: STALE_AFTER_MS,
  auditEveryEntries: AUDIT_EVERY_ENTRIES,
};
