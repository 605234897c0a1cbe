/**
 * Applying what is committed, entry after entry; a long one in steps, so that heartbeats and reads
 * of the state before it go on in between.
 */
import type { Deadline } from "../../base/instant.ts";
import type { Log } from "../../consensus/log.ts";
import type { MemberId } from "../../model/member.ts";
import type { Applied, Replica } from "../../replica/replica.ts";
import type { Disk } from "./disk.ts";
import type { Requests } from "./requests.ts";

export interface ApplyingParts {
  readonly self: MemberId;
  readonly log: Log;
  readonly disk: Disk;
  readonly requests: Requests;
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
  tick(replica: Replica): void {
    if (!replica.isApplying) return;
    const index = replica.applied + 1;
    this.#parts.understand(`entry ${index}`, () => this.#applied(index, replica.proceed()));
  }

  /** Applies up to `commit` whatever takes one step; true where something was. */
  advance(replica: Replica, commit: number): boolean {
    const { log, requests, understand } = this.#parts;
    const before = replica.applied;
    while (replica.applied < commit && !replica.isBetween) {
      const entry = log.at(replica.applied + 1);
      if (entry === undefined) break; // a delta is on its way
      const { index } = entry;
      if (!understand(`entry ${index}`, () => this.#applied(index, replica.startApplying(entry)))) {
        break;
      }
    }
    this.#isUnderWay = replica.isApplying;
    if (replica.applied === before) return false;
    requests.reached(replica.applied);
    return true;
  }

  #applied(index: number, applied: Applied | undefined): void {
    if (applied === undefined) return;
    const { self, disk, requests } = this.#parts;
    const { verdict, id } = applied;
    disk.judged(verdict);
    if (id?.origin === self) requests.applied(id.boot, id.sequence, index, verdict);
  }
}
