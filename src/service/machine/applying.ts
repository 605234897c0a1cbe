/**
 * Applying what is committed, entry after entry; a long one in steps, so that heartbeats and reads
 * of the state before it go on in between.
 */
import type { Deadline } from "../../base/instant.ts";
import type { Raft } from "../../consensus/raft.ts";
import type { Applied, Replica } from "../../replica/replica.ts";
import type { Audit } from "./audit.ts";
import type { CatchUp } from "./catch_up.ts";
import type { Disk } from "./disk.ts";
import type { Placing } from "./placing.ts";
import type { Requests } from "./requests.ts";

export interface ApplyingParts {
  readonly raft: Raft;
  readonly disk: Disk;
  readonly requests: Requests;
  readonly audit: Audit;
  readonly catchUp: CatchUp;
  readonly placing: Placing;
  /** Runs it; false where it found what this program does not know, and locked the member. */
  readonly understand: (what: string, run: () => void) => boolean;
}

export class Applying {
  readonly #parts: ApplyingParts;
  #isUnderWay = false;

  constructor(parts: ApplyingParts) {
    this.#parts = parts;
  }

  /** The next step of a long entry is due at once. */
  deadline(nowMs: number): Deadline | undefined {
    return this.#isUnderWay ? { atMs: nowMs, reason: "a long entry" } : undefined;
  }

  /** Takes the next step of a long entry. */
  tick(replica: Replica, nowMs: number): void {
    if (!replica.isApplying || !this.#mayApply) return;
    const index = replica.applied + 1;
    const step = (): void => this.#applied(index, replica.proceed(), nowMs);
    this.#parts.understand(`entry ${index}`, step);
  }

  /** Applies what is committed and takes one step; true where something was applied. */
  advance(replica: Replica, nowMs: number): boolean {
    const { raft: { log, commit }, requests, understand } = this.#parts;
    const before = replica.applied;
    while (replica.applied < commit && !replica.isBetween && this.#mayApply) {
      const entry = log.at(replica.applied + 1);
      if (entry === undefined) break; // a delta is on its way
      const { index } = entry;
      const step = (): void => this.#applied(index, replica.startApplying(entry), nowMs);
      if (!understand(`entry ${index}`, step)) break;
    }
    this.#isUnderWay = replica.isApplying && this.#mayApply;
    if (replica.applied === before) return false;
    requests.reached(replica.applied);
    return true;
  }

  /** Nothing is applied to a state that is wrong, or whose place another is about to take: that
   * must not come to be behind it. */
  get #mayApply(): boolean {
    const { audit, catchUp } = this.#parts;
    return audit.odd === undefined && !catchUp.isFlipping;
  }

  #applied(index: number, applied: Applied | undefined, nowMs: number): void {
    if (applied === undefined) return;
    const { raft: { self }, disk, requests, audit, placing } = this.#parts;
    const { verdict, id, operations } = applied;
    disk.judged(verdict);
    // Before anybody is answered: who is may go on from there at once.
    audit.applied(index, operations, nowMs);
    placing.applied(index, operations);
    if (id?.origin === self) requests.applied(id.boot, id.sequence, index, verdict);
    audit.obey(operations, nowMs);
  }
}
