/**
 * Who answers, and therefore whether this member may act: heartbeats on a full mesh, and the
 * quorum verdict and the lease that follow from their answers.
 *
 * I2: the verdict is `held` while strictly more than half of the voting members, this one
 * included if it votes, answered a heartbeat that was SENT in the last 4 s. Counting from the
 * send time means that whoever answered knew of us at a time we can name. An answer counts only
 * where both ends have the same newest roster in their logs: two sides of a roster change may
 * not both find a majority.
 */
import type { Deadline, Now } from "../base/instant.ts";
import {
  HEARTBEAT_MS,
  HURRIED_HEARTBEAT_MS,
  HURRY_MS,
  LEASE_MS,
  QUORUM_HELD_MS,
  SUSPECT_AFTER_MS,
} from "../base/limits.ts";
import type { Mutant } from "../base/mutant.ts";
import type { Skew } from "./clocks.ts";
import {
  majorityOf,
  type Member,
  type MemberId,
  type RosterAt,
  votersOf,
  votersSum,
} from "../model/member.ts";
import type { PeerMessage } from "../wire/peer.ts";

/** The answer to a heartbeat. */
export type Pong = Extract<PeerMessage, { type: "pong" }>;

/** `alive` answered lately, `suspect` not in the last 2 s, `down` not in the last 4 s. */
export type Liveness = "alive" | "suspect" | "down";

/** Whether this member may act, and what it must have applied first (I2). */
export interface QuorumVerdict {
  readonly held: boolean;
  /** Names of the voters that do not answer. */
  readonly missing: readonly string[];
  /** The highest commit index an answer of the rounds that count named: held is not fresh. */
  readonly freshAt: number;
}

/** What a peer said of itself in its newest answer that counts. */
export interface Heard {
  readonly pong: Pong;
  readonly sentAtMs: number;
  readonly heardAtMs: number;
}

/** The heartbeats of one member: rounds go out, answers come in, and the verdict follows. */
export class Heartbeats {
  readonly #self: MemberId;
  readonly #heard = new Map<MemberId, Heard>();
  /** When each round that may still be answered was sent. */
  readonly #sentAtMs = new Map<number, number>();
  #round: number;
  #lastAtMs = Number.NEGATIVE_INFINITY;
  #nextAtMs: number;
  #hurriesUntilMs = Number.NEGATIVE_INFINITY;
  readonly #durable = new Map<MemberId, number>();
  /** Answers of another roster too: they count for nothing, but what they say of the log is so. */
  readonly #said = new Map<MemberId, Heard>();
  readonly #mutant: Mutant | undefined;

  /** `lastRound`: no round up to it is this process' own, so that answers to them are none. */
  constructor(self: MemberId, nowMs: number, mutant?: Mutant, lastRound = 0) {
    this.#self = self;
    this.#round = lastRound;
    this.#nextAtMs = nowMs;
    this.#mutant = mutant;
  }

  deadline(): Deadline {
    return { atMs: this.#nextAtMs, reason: "heartbeat" };
  }

  /** The newest round. Whoever could not be asked then may be asked now: its answer counts from
   * when the round was sent. */
  get round(): number {
    return this.#round;
  }

  /** The number of the round to send now, or undefined where none is due. */
  beat(nowMs: number): number | undefined {
    if (nowMs < this.#nextAtMs) return undefined;
    this.#lastAtMs = nowMs;
    this.#nextAtMs = nowMs + (this.isHurrying(nowMs) ? HURRIED_HEARTBEAT_MS : HEARTBEAT_MS);
    this.#round++;
    this.#sentAtMs.set(this.#round, nowMs);
    for (const [round, sentAtMs] of this.#sentAtMs) {
      if (nowMs - sentAtMs > QUORUM_HELD_MS) this.#sentAtMs.delete(round);
    }
    return this.#round;
  }

  /** Who counts is another question than it was: it is asked at once, and again soon, since the
   * others learn of it at their own time. */
  hurry(nowMs: number): void {
    this.#nextAtMs = nowMs;
    this.#hurriesUntilMs = nowMs + HURRY_MS;
  }

  /** A link came up, and its far end is asked the newest round by itself: all are asked soon, but
   * not at once. A round for each link of each member would cost the cube of their number. */
  hurrySoon(nowMs: number): void {
    const soonMs = Math.max(nowMs, this.#lastAtMs + HURRIED_HEARTBEAT_MS);
    this.#nextAtMs = Math.min(this.#nextAtMs, soonMs);
    this.#hurriesUntilMs = nowMs + HURRY_MS;
  }

  /** Whether a verdict of `lost` may only mean that nobody could answer yet. */
  isHurrying(nowMs: number): boolean {
    return nowMs < this.#hurriesUntilMs;
  }

  /** Takes an answer; one by another newest roster than `roster` counts for nothing. */
  hear(from: MemberId, pong: Pong, roster: RosterAt, nowMs: number): void {
    const sentAtMs = this.#sentAtMs.get(pong.round);
    if (pong.durable > this.durable(from)) this.#durable.set(from, pong.durable);
    if (sentAtMs === undefined) return;
    this.#said.set(from, { pong, sentAtMs, heardAtMs: nowMs });
    if (!isBy(pong, roster)) return;
    const before = this.#heard.get(from);
    if (before !== undefined && before.sentAtMs > sentAtMs) return;
    this.#heard.set(from, { pong, sentAtMs, heardAtMs: nowMs });
  }

  /** Who said just now to have applied this index, and knows nothing against its own state. */
  whoApplied(index: number, nowMs: number): MemberId[] {
    return this.#whoSaid(({ applied, isOdd }) => applied >= index && !isOdd, nowMs);
  }

  /** Who said just now to hear another lead, or to lead. */
  whoHearsALeader(nowMs: number): MemberId[] {
    return this.#whoSaid(({ leader }) => leader !== undefined && leader !== this.#self, nowMs);
  }

  /** What the peer has applied on its disk, as last heard, be that long ago; 0 for never. */
  durable(peer: MemberId): number {
    return this.#durable.get(peer) ?? 0;
  }

  heard(peer: MemberId): Heard | undefined {
    return this.#heard.get(peer);
  }

  /** Whether the peer said that it stops. */
  isStopping(peer: MemberId): boolean {
    return this.#heard.get(peer)?.pong.stopping === true;
  }

  liveness(peer: MemberId, nowMs: number): Liveness {
    const heard = this.#heard.get(peer);
    if (heard === undefined || nowMs - heard.sentAtMs > QUORUM_HELD_MS) return "down";
    return nowMs - heard.sentAtMs > SUSPECT_AFTER_MS ? "suspect" : "alive";
  }

  /** The clocks of who is alive, this member's own first: by the time that its answer was under
   * way, half of it each way. */
  skews(members: readonly Member[], now: Now): Skew[] {
    const others = members.flatMap(({ id, name }): Skew[] => {
      const heard = this.#heard.get(id);
      if (heard === undefined || this.liveness(id, now.monoMs) !== "alive") return [];
      const saidAtMs = now.wallMs - (now.monoMs - (heard.sentAtMs + heard.heardAtMs) / 2);
      return [{ name, aheadMs: heard.pong.wallMs - saidAtMs }];
    });
    const own = members.find(({ id }) => id === this.#self);
    return [{ name: own?.name ?? this.#self, aheadMs: 0 }, ...others];
  }

  /** `selfCounts`: whether this member can vote and write at all. */
  verdict(roster: RosterAt, selfCounts: boolean, nowMs: number): QuorumVerdict {
    const voters = votersOf(roster.roster);
    const answering = voters.filter(({ id }) =>
      id === this.#self ? selfCounts : this.#counts(id, roster, nowMs - QUORUM_HELD_MS)
    );
    const half = this.#mutant === "half-is-majority" && voters.length > 1;
    const needed = half ? Math.ceil(voters.length / 2) : majorityOf(voters.length);
    const missing = voters.filter((voter) => !answering.includes(voter)).map(({ name }) => name);
    const commits = answering.map(({ id }) => this.#heard.get(id)?.pong.commit ?? 0);
    return {
      held: voters.length > 0 && answering.length >= needed,
      missing,
      freshAt: Math.max(0, ...commits),
    };
  }

  /**
   * Until when this member's lease runs, monotonic: LEASE_MS after the newest round a majority
   * answered was sent. Undefined where no majority answered. `counts` may demand more of an answer.
   */
  leaseUntilMs(
    roster: RosterAt,
    selfCounts: boolean,
    counts: (pong: Pong) => boolean = () => true,
  ): number | undefined {
    const voters = votersOf(roster.roster);
    const sent = voters
      .map(({ id }) => {
        if (id === this.#self) return selfCounts ? Number.POSITIVE_INFINITY : undefined;
        const heard = this.#heard.get(id);
        if (heard === undefined || !isAble(heard.pong, roster) || !counts(heard.pong)) {
          return undefined;
        }
        return this.#mutant === "lease-from-receive-time" ? heard.heardAtMs : heard.sentAtMs;
      })
      .filter((at) => at !== undefined)
      .sort((a, b) => b - a);
    const newest = sent[majorityOf(voters.length) - 1];
    if (newest === undefined) return undefined;
    return newest === Number.POSITIVE_INFINITY ? newest : newest + LEASE_MS;
  }

  #whoSaid(test: (pong: Pong) => boolean, nowMs: number): MemberId[] {
    return [...this.#said].flatMap(([id, { pong, sentAtMs }]) =>
      nowMs - sentAtMs <= SUSPECT_AFTER_MS && test(pong) ? [id] : []
    );
  }

  #counts(id: MemberId, roster: RosterAt, sinceMs: number): boolean {
    const heard = this.#heard.get(id);
    return heard !== undefined && heard.sentAtMs >= sinceMs && isAble(heard.pong, roster);
  }
}

/** One that may not vote or cannot write says so, and then counts for nobody; and so does an
 * answer from the time of another roster. */
function isAble(pong: Pong, roster: RosterAt): boolean {
  return pong.mayVote && pong.canWrite && isBy(pong, roster);
}

function isBy(pong: Pong, { index, roster }: RosterAt): boolean {
  return pong.rosterIndex === index && pong.votersSum === votersSum(roster);
}
