/**
 * The heartbeats of one member over its links: whom it asks, what it says of itself when it is
 * asked, and what follows of the answers.
 */
import type { Now } from "../../base/instant.ts";
import { agreedWallMs } from "../../collective/clocks.ts";
import type { Heartbeats, Pong, QuorumVerdict } from "../../collective/liveness.ts";
import type { Raft } from "../../consensus/raft.ts";
import { type MemberId, type RosterAt, votersOf, votersSum } from "../../model/member.ts";
import type { Replica } from "../../replica/replica.ts";
import type { PeerMessage } from "../../wire/peer.ts";
import type { Disk } from "./disk.ts";
import type { Lives } from "./lives.ts";
import type { Placing } from "./placing.ts";
import type { Recalls } from "./recalls.ts";

/** What only the member as a whole knows of itself. */
type Standing = Pick<Pong, "canWrite" | "auditIndex" | "auditRoot" | "isOdd">;

export interface BeatingParts {
  readonly raft: Raft;
  readonly heartbeats: Heartbeats;
  readonly disk: Disk;
  readonly lives: Lives;
  readonly recalls: Recalls;
  readonly replica: () => Replica;
  readonly placing: () => Placing;
  readonly standing: () => Standing;
  /** Whether this member's own word counts. */
  readonly counts: () => boolean;
  readonly isStopping: () => boolean;
  readonly send: (to: MemberId, message: PeerMessage) => void;
}

export class Beating {
  readonly #parts: BeatingParts;

  constructor(parts: BeatingParts) {
    this.#parts = parts;
  }

  /** The roster that verdicts and leases are counted by: the newest in the log, applied or not. */
  get roster(): RosterAt {
    const { raft, replica } = this.#parts;
    return raft.mutant === "applied-roster" ? replica().roster : raft.log.roster;
  }

  quorum(nowMs: number): QuorumVerdict {
    const { heartbeats, counts } = this.#parts;
    return heartbeats.verdict(this.roster, counts(), nowMs);
  }

  /** The time of day as most voters have it, where this member's own clock is far off. */
  agreedWallMs(now: Now): number {
    const voters = votersOf(this.#parts.raft.log.roster.roster);
    return agreedWallMs(now.wallMs, this.#parts.heartbeats.skews(voters, now));
  }

  /** Asks all, where that is due; false where it is not. */
  beat(nowMs: number): boolean {
    const { raft, heartbeats, lives, recalls } = this.#parts;
    if (heartbeats.beat(nowMs) === undefined) return false;
    for (const { id } of raft.log.roster.roster.members) {
      if (id === raft.self) continue;
      if (lives.hasAgreed(id)) this.ask(id);
      else recalls.say(id);
    }
    return true;
  }

  /** Asks one peer the newest round. */
  ask(peer: MemberId): void {
    const { heartbeats: { round }, send } = this.#parts;
    send(peer, { type: "ping", round, rosterIndex: this.roster.index });
  }

  /** A peer answered. */
  heard(from: MemberId, pong: Pong, nowMs: number): void {
    const { heartbeats, placing } = this.#parts;
    heartbeats.hear(from, pong, this.roster, nowMs);
    placing().losses.heard(from, pong, nowMs);
  }

  /** Answers a peer, unless this member promised not to. */
  answer(peer: MemberId, round: number, now: Now): void {
    const { raft, replica, disk, placing, standing, isStopping, send } = this.#parts;
    const { placement, losses: { promises } } = placing();
    if (promises.isSilentTo(peer)) return;
    promises.answered(peer, now.monoMs);
    const { self, commit, leader } = raft, { index, roster } = this.roster;
    send(peer, {
      type: "pong",
      round,
      rosterIndex: index,
      votersSum: votersSum(roster),
      commit,
      applied: replica().applied,
      durable: disk.durable,
      mayVote: raft.isVoter(self),
      leader,
      ...standing(),
      stopping: isStopping(),
      wallMs: Math.max(0, Math.floor(now.wallMs)),
      isHeld: this.quorum(now.monoMs).held && placing().hadLease(now),
      placement,
      silentTo: promises.all.map(({ of, ask }) => ({ of, ask })),
    });
  }
}
