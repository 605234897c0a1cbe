/**
 * When tombstones go: a leader proposes it for all that EVERY listed member has applied past on its
 * disk, those that are away included, as far as they were last heard (I8). Somebody who has not
 * would bring back from its own rows what was cleared while it was away.
 *
 * Who is away for too long, or holds up too many, is marked *stale* and not waited for: it takes a
 * full copy when it returns. Once it is past the entry that said so it is waited for again.
 */
import { HEARTBEAT_MS } from "../../base/limits.ts";
import type { Heartbeats } from "../../collective/liveness.ts";
import type { Raft } from "../../consensus/raft.ts";
import type { MemberId } from "../../model/member.ts";
import type { Operation } from "../../model/operation.ts";
import type { Replica } from "../../replica/replica.ts";
import type { RosterChange } from "../../wire/peer.ts";
import type { Disk } from "./disk.ts";

/** Tombstones are a burden once they are more than one in so many cells. */
const CELLS_PER_TOMBSTONE = 50;
/** Members that are away are not waited for once there is more than one in so many. */
const CELLS_PER_BURDEN = 10;

export class Collector {
  readonly #raft: Raft;
  readonly #disk: Disk;
  readonly #heartbeats: Heartbeats;
  #nextAtMs = 0;
  #lookAtMs = 0;
  /** Since when each member is seen to be away, in this leadership. */
  readonly #awaySinceMs = new Map<MemberId, number>();

  constructor(raft: Raft, disk: Disk, heartbeats: Heartbeats) {
    this.#raft = raft;
    this.#disk = disk;
    this.#heartbeats = heartbeats;
  }

  /** What a leader should propose now, if it is worth an entry. */
  due(replica: Replica, nowMs: number): Operation | undefined {
    if (this.#raft.leading?.isSettled !== true || replica.isBetween) return undefined;
    if (nowMs < this.#nextAtMs) return undefined;
    const { collectAfterTombstones, collectEveryMs } = this.#disk.pace;
    const { count, of } = replica.tombstones;
    if (count < Math.max(collectAfterTombstones, of / CELLS_PER_TOMBSTONE)) return undefined;
    const floor = this.#floor(nowMs);
    if (floor <= replica.collected) return undefined;
    this.#nextAtMs = nowMs + collectEveryMs;
    return { kind: "collect", floor };
  }

  /** Who is to be marked as stale, or as up to date again. */
  staleness(replica: Replica, nowMs: number): RosterChange | undefined {
    if (this.#raft.leading?.isSettled !== true) {
      this.#awaySinceMs.clear();
      return undefined;
    }
    if (nowMs < this.#lookAtMs) return undefined;
    this.#lookAtMs = nowMs + HEARTBEAT_MS;
    const { index, roster } = this.#raft.log.roster;
    for (const { id, isStale } of roster.members) {
      if (isStale && this.#durable(id) >= index) return { change: "stale", id, isStale: false };
      if (!isStale && this.#isAwayTooLong(id, replica, nowMs)) {
        return { change: "stale", id, isStale: true };
      }
    }
    return undefined;
  }

  #isAwayTooLong(id: MemberId, replica: Replica, nowMs: number): boolean {
    if (id === this.#raft.self || this.#heartbeats.liveness(id, nowMs) !== "down") {
      this.#awaySinceMs.delete(id);
      return false;
    }
    const sinceMs = this.#awaySinceMs.get(id) ?? nowMs;
    this.#awaySinceMs.set(id, sinceMs);
    const { collectAfterTombstones: least, staleAfterMs } = this.#disk.pace;
    const { count, of } = replica.tombstones;
    const isBurden = count >= least && count * CELLS_PER_BURDEN > of;
    return nowMs - sinceMs >= staleAfterMs || (isBurden && nowMs - sinceMs >= staleAfterMs / 100);
  }

  #floor(nowMs: number): number {
    const { self, log, mutant } = this.#raft;
    const others = log.roster.roster.members.filter(({ id, isStale }) => id !== self && !isStale)
      .filter(({ id }) => {
        const isAway = this.#heartbeats.liveness(id, nowMs) !== "alive";
        return !isAway || mutant !== "collect-ignores-absent";
      });
    return Math.min(...[self, ...others.map(({ id }) => id)].map((id) => this.#durable(id)));
  }

  #durable(id: MemberId): number {
    return id === this.#raft.self ? this.#disk.durable : this.#heartbeats.durable(id);
  }
}
