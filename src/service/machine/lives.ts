/**
 * What this member's disk remembers of its own lives, and what it heard of the peers' disks (I9).
 *
 * Log indexes cannot tell that a disk was put back in time, since they fall when a new leader
 * truncates a tail; nor can a commit count alone, since starting anew raises it again. But a disk
 * that holds a mark (so many commits in such a life) opened its next life with at least as many.
 *
 * 1. A member says nothing that counts to a peer before it has heard what that peer remembers of
 *    it, and found it on its own disk.
 * 2. What it is said to have lost it remembers itself: to start again is no cure.
 * 3. What it heard is on its own disk with the next batch, or HEARD_KEPT_MS later. A batch that
 *    holds nothing else does not count in what this member says of its disk: two idle members
 *    would go on writing down what the other wrote down.
 */
import { HEARD_KEPT_MS, MAX_LIVES_KEPT } from "../../base/limits.ts";
import type { Mutant } from "../../base/mutant.ts";
import { findMember, type MemberId, type Roster } from "../../model/member.ts";
import type { DiskMark } from "../../wire/disk_mark.ts";
import type { LivesRecord } from "../../wire/record.ts";
import type { Lock } from "./member_event.ts";

export class Lives {
  readonly current: number;
  readonly #lives: readonly DiskMark[];
  readonly #heard: Map<MemberId, DiskMark>;
  /** Peers whose memory of this disk was heard and found true. */
  readonly #agreed = new Set<MemberId>();
  #lostAt: number | undefined;
  #isDirty = true;
  /** Since when something was heard that is not on its way to the disk. */
  #heardSinceMs: number | undefined;
  readonly #mutant: Mutant | undefined;

  /** `current`: the life that begins, and what the disk held when it was opened. `lostAt`: known
   * to be gone, be it kept or not. */
  constructor(
    kept: LivesRecord,
    heard: readonly (readonly [MemberId, DiskMark])[],
    current: DiskMark,
    mutant?: Mutant,
    lostAt?: number,
  ) {
    this.current = current.life;
    this.#lives = [...kept.lives, current].slice(-MAX_LIVES_KEPT);
    this.#heard = new Map(heard);
    this.#lostAt = kept.lostAt ?? lostAt;
    this.#mutant = mutant;
  }

  /** Once a peer has heard this disk to hold what it does not: it must not count any more. */
  get lock(): Lock | undefined {
    if (this.#lostAt === undefined) return undefined;
    const reason = `its disk was rolled back (of the ${this.#lostAt} commits that a peer has ` +
      'seen on it, some are gone); run "confluent collective rejoin"';
    return { reason };
  }

  get isDirty(): boolean {
    return this.#isDirty;
  }

  /** How many commits a peer had heard of, of which some are gone. */
  get lostAt(): number | undefined {
    return this.#lostAt;
  }

  /** The record to write now; undefined where the disk has it. */
  takeDirty(): LivesRecord | undefined {
    if (!this.#isDirty) return undefined;
    this.#isDirty = false;
    return { lives: this.#lives, lostAt: this.#lostAt };
  }

  hear(peer: MemberId, { life, count }: DiskMark, nowMs: number): void {
    const known = this.#heard.get(peer);
    if (known?.life === life && known.count >= count) return;
    this.#heard.set(peer, { life, count });
    this.#heardSinceMs ??= nowMs;
  }

  /** When what was heard must be kept, though nothing else is to be written. */
  get keepAtMs(): number {
    return (this.#heardSinceMs ?? Number.POSITIVE_INFINITY) + HEARD_KEPT_MS;
  }

  heard(peer: MemberId): DiskMark | undefined {
    return this.#heard.get(peer);
  }

  /** What to keep now: of those alone who are listed. */
  takeHeard(roster: Roster): (readonly [MemberId, DiskMark])[] {
    this.#heardSinceMs = undefined;
    return [...this.#heard].filter(([id]) => findMember(roster, id) !== undefined);
  }

  /** The link to the peer is gone, or another: only one that answers counts as there. */
  parted(peer: MemberId): void {
    this.#agreed.delete(peer);
  }

  hasAgreed(peer: MemberId): boolean {
    return this.#agreed.has(peer);
  }

  /** Takes what a peer remembers of this disk, which counts `now` commits. */
  recalled(peer: MemberId, heard: DiskMark | undefined, now: number): void {
    if (heard === undefined || this.#holds(heard, now)) return void this.#agreed.add(peer);
    this.#lostAt = heard.count;
    this.#isDirty = true;
  }

  #holds({ life, count }: DiskMark, now: number): boolean {
    if (this.#mutant === "rolled-back-votes") return true;
    if (this.#mutant === "counts-without-lives") return now >= count;
    const at = this.#lives.findIndex((known) => known.life === life);
    // A life that is unknown was lost, or is older than all that are kept.
    if (at < 0 && this.#lives.length < MAX_LIVES_KEPT) return false;
    const next = this.#lives[at + 1];
    return next === undefined || next.count >= count;
  }
}
