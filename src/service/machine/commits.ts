/**
 * One commit after another, and what is to be done when the disk does not take it.
 *
 * Invariant: from the moment a commit finds no room or hangs until one succeeds, this member is
 * barred: it votes, leads and acknowledges nothing, and says so to whoever asks. It may read on.
 * A batch that found no room is tried again as it was: what it would make true is still owed.
 */
import type { Deadline } from "../../base/instant.ts";
import { COMMIT_HANG_MS, DISK_FULL_RETRY_MS } from "../../base/limits.ts";
import type { Raft } from "../../consensus/raft.ts";
import type { StoreBatch } from "../../io/store.ts";
import type { Disk } from "./disk.ts";

export class Commits {
  readonly #raft: Raft;
  readonly #disk: Disk;
  /** When the commit under way was handed out, while it may still be found to hang. */
  #sinceMs: number | undefined;
  #retryAtMs: number | undefined;
  #cannotWrite: string | undefined;

  constructor(raft: Raft, disk: Disk) {
    this.#raft = raft;
    this.#disk = disk;
  }

  /** Why nothing can be written, while that is so. */
  get cannotWrite(): string | undefined {
    return this.#cannotWrite;
  }

  deadline(): Deadline | undefined {
    if (this.#retryAtMs !== undefined) return { atMs: this.#retryAtMs, reason: "disk full" };
    if (this.#sinceMs === undefined) return undefined;
    return { atMs: this.#sinceMs + COMMIT_HANG_MS, reason: "commit hangs" };
  }

  /** A batch that found no room is still owed. */
  get isOwing(): boolean {
    return this.#retryAtMs !== undefined;
  }

  /** What should go to the disk now; `livesOnly`: of one that must write nothing else. */
  next(nowMs: number, livesOnly = false): StoreBatch | undefined {
    if (this.#retryAtMs !== undefined && nowMs < this.#retryAtMs) return undefined;
    const batch = this.#retryAtMs !== undefined
      ? this.#disk.underWay
      : livesOnly
      ? this.#disk.nextOfLives(this.#raft)
      : this.#disk.next(this.#raft, nowMs);
    this.#retryAtMs = undefined;
    if (batch !== undefined) this.#sinceMs = nowMs;
    return batch;
  }

  /** The batch under way is on disk. */
  done(nowMs: number): void {
    this.#sinceMs = undefined;
    this.#disk.done(this.#raft, nowMs);
    if (this.#cannotWrite === undefined) return;
    this.#cannotWrite = undefined;
    this.#raft.bar(false, nowMs);
  }

  /** There was no room for the batch under way. */
  full(nowMs: number): void {
    this.#sinceMs = undefined;
    this.#retryAtMs = nowMs + DISK_FULL_RETRY_MS;
    this.#stop("the disk is full", nowMs);
  }

  tick(nowMs: number): void {
    if (this.#sinceMs === undefined || nowMs - this.#sinceMs < COMMIT_HANG_MS) return;
    this.#sinceMs = undefined;
    this.#stop(`a commit has hung for ${COMMIT_HANG_MS} ms`, nowMs);
  }

  #stop(why: string, nowMs: number): void {
    this.#cannotWrite = why;
    this.#raft.bar(true, nowMs);
  }
}
