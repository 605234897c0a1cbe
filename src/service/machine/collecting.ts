/**
 * When tombstones go: a leader proposes it for all that EVERY listed member has applied past on its
 * disk, those that are away included, as far as they were last heard (I8). Somebody who has not
 * would bring back from its own rows what was cleared while it was away.
 */
import type { Heartbeats } from "../../collective/liveness.ts";
import type { Raft } from "../../consensus/raft.ts";
import type { Operation } from "../../model/operation.ts";
import type { Replica } from "../../replica/replica.ts";
import type { Disk } from "./disk.ts";

/** Tombstones are a burden once they are more than one in so many cells. */
const CELLS_PER_TOMBSTONE = 50;

export class Collector {
  readonly #raft: Raft;
  readonly #disk: Disk;
  readonly #heartbeats: Heartbeats;
  #nextAtMs = 0;

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

  #floor(nowMs: number): number {
    const { self, log, mutant } = this.#raft;
    const durable = log.roster.roster.members.map(({ id }) => {
      if (id === self) return this.#disk.durable;
      const isAway = this.#heartbeats.liveness(id, nowMs) !== "alive";
      if (isAway && mutant === "collect-ignores-absent") return Number.POSITIVE_INFINITY;
      return this.#heartbeats.durable(id);
    });
    return Math.min(...durable);
  }
}
