/**
 * Who is lost, and whether it is certain that it cannot act any more: both ends of the promises of
 * src/collective/promises.ts, of a voter and of the leader that asks.
 */
import type { Now } from "../../base/instant.ts";
import { LEASE_MARGIN_MS, LEASE_MS, SUSPECT_AFTER_MS } from "../../base/limits.ts";
import type { Mutant } from "../../base/mutant.ts";
import type { Heartbeats, Pong } from "../../collective/liveness.ts";
import { Askings, RostersInForce } from "../../collective/losing.ts";
import { Promises } from "../../collective/promises.ts";
import type { Leader } from "../../consensus/leader.ts";
import type { Raft } from "../../consensus/raft.ts";
import { findMember, majorityOf, type MemberId, votersOf } from "../../model/member.ts";
import { lostRow } from "../../model/placement.ts";
import type { Replica } from "../../replica/replica.ts";
import type { PeerMessage } from "../../wire/peer.ts";
import type { SilencePromise } from "../../wire/promise.ts";

type PromiseMessage = Extract<
  PeerMessage,
  { type: "promiseAsk" | "promised" | "promiseEnd" }
>;

export interface LossesParts {
  readonly raft: Raft;
  readonly heartbeats: Heartbeats;
  readonly replica: () => Replica;
  readonly send: (to: MemberId, message: PeerMessage) => void;
  readonly mutant: Mutant | undefined;
}

export function isOfPromises(message: PeerMessage): message is PromiseMessage {
  return message.type === "promiseAsk" || message.type === "promised" ||
    message.type === "promiseEnd";
}

export class Losses {
  readonly promises: Promises;
  readonly #parts: LossesParts;
  readonly #startedAtMs: number;
  readonly #inForce: RostersInForce;
  /** The term of the entry that was applied last. */
  #appliedTerm = 0;
  #leading: Leader | undefined;
  #askings: Askings | undefined;
  /** Peers that answer and say that they may not act: since when, and when they last said so. */
  readonly #useless = new Map<MemberId, { readonly sinceMs: number; readonly heardAtMs: number }>();
  readonly #askedAtMs = new Map<MemberId, number>();
  /** The promises that the leader was told of, by whom they are about. */
  readonly #told = new Map<MemberId, SilencePromise>();

  constructor(parts: LossesParts, kept: readonly SilencePromise[], { monoMs }: Now) {
    this.#parts = parts;
    this.#startedAtMs = monoMs;
    this.promises = new Promises(kept, monoMs, parts.mutant);
    this.#inForce = new RostersInForce(monoMs);
    this.applied();
  }

  /** Something was applied: promises may be over. */
  applied(): void {
    const { raft: { log }, replica } = this.#parts;
    const { applied, cells } = replica();
    this.#appliedTerm = log.termAt(applied) ?? this.#appliedTerm;
    this.promises.applied(this.#appliedTerm, applied, (id) => cells.newest(lostRow(id)));
  }

  take(from: MemberId, message: PromiseMessage, nowMs: number): void {
    const { raft } = this.#parts;
    switch (message.type) {
      case "promiseAsk": {
        if (raft.leader !== from || message.promise.of === raft.self) return;
        this.#told.delete(message.promise.of);
        return this.#promise(message.promise, nowMs);
      }
      case "promised":
        return this.#askings?.promised(from, message.promise);
      case "promiseEnd":
        return this.promises.withdrawn(message.of, message.term, message.ask);
    }
  }

  /** A peer answered a heartbeat. */
  heard(from: MemberId, { isHeld, isOdd, silentTo }: Pong, nowMs: number): void {
    const { sinceMs, heardAtMs } = this.#useless.get(from) ?? { sinceMs: nowMs, heardAtMs: nowMs };
    // What it said before a silence is of another time.
    const isAnew = nowMs - heardAtMs > SUSPECT_AFTER_MS;
    if (isHeld && !isOdd) this.#useless.delete(from);
    else this.#useless.set(from, { sinceMs: isAnew ? nowMs : sinceMs, heardAtMs: nowMs });
    const { term } = this.#parts.raft;
    for (const { of, ask } of silentTo) {
      if (this.#askings?.isWithdrawn(ask) !== true) continue;
      this.#parts.send(from, { type: "promiseEnd", of, term, ask });
    }
  }

  /** Whether the member does not act, or should not, for all that is heard of it. */
  isLost(id: MemberId, nowMs: number): boolean {
    const { raft, heartbeats } = this.#parts;
    if (id === raft.self) return false;
    if (findMember(raft.log.roster.roster, id) === undefined) return true;
    if (nowMs - this.#startedAtMs < SUSPECT_AFTER_MS) return false;
    if (heartbeats.liveness(id, nowMs) !== "alive") return true;
    const uselessSinceMs = this.#useless.get(id)?.sinceMs ?? Number.POSITIVE_INFINITY;
    return nowMs - uselessSinceMs > SUSPECT_AFTER_MS;
  }

  /** Of one that is lost, for people. */
  whyLost(id: MemberId): string {
    return this.#useless.has(id) ? "could not act" : "did not answer";
  }

  // ---- of the leader

  /** Whether a majority without it is there to promise: of two voters neither can be let go by the
   * other, and to be silent to it for that would be all that comes of it. */
  canBeSilenced(of: MemberId, nowMs: number): boolean {
    const { raft, heartbeats } = this.#parts;
    const isThere = (id: MemberId): boolean =>
      id === raft.self || heartbeats.liveness(id, nowMs) === "alive";
    return this.#inForce.all(nowMs).every(({ roster }) => {
      const voters = votersOf(roster);
      const promising = voters.filter(({ id }) => id !== of && isThere(id));
      return voters.length === 0 || promising.length >= majorityOf(voters.length);
    });
  }

  isAsking(of: MemberId): boolean {
    return this.#askings?.isAsking(of) === true;
  }

  ask(of: MemberId, nowMs: number): void {
    this.#askedAtMs.set(of, nowMs);
    this.#askings?.begin(of, this.#parts.raft.log.last);
  }

  /** Too few promised in the time that it takes: those who did keep it from having a majority. */
  isVain(of: MemberId, nowMs: number): boolean {
    return nowMs - (this.#askedAtMs.get(of) ?? nowMs) > 2 * (LEASE_MS + LEASE_MARGIN_MS);
  }

  /** It may answer for itself first. */
  startOver(of: MemberId): void {
    this.withdraw(of);
    this.#useless.delete(of);
  }

  /** Whom it asks about. */
  get asked(): Iterable<MemberId> {
    return this.#askings?.lost ?? [];
  }

  get isAskingAny(): boolean {
    return this.#askings !== undefined && [...this.#askings.lost].length > 0;
  }

  /** Nothing was proposed, nor will be. */
  withdraw(of: MemberId): void {
    const ask = this.#askings?.withdraw(of);
    if (ask !== undefined) this.promises.withdrawn(of, this.#parts.raft.term, ask);
  }

  /** The nodes of that member were taken from it. */
  over(of: MemberId): void {
    this.#askings?.over(of);
  }

  /** Whether it is certain that the member does not act, nor will before it has applied what this
   * leader proposes now. */
  isSilenced(of: MemberId, nowMs: number): boolean {
    return this.#inForce.areAllSeen(nowMs) &&
      this.#askings?.isSilenced(of, this.#inForce.all(nowMs)) === true;
  }

  // ----

  tick(nowMs: number): void {
    const { raft } = this.#parts;
    this.#inForce.see(raft.log.rosters, nowMs);
    for (const id of this.#useless.keys()) {
      if (findMember(raft.log.roster.roster, id) === undefined) this.#useless.delete(id);
    }
    if (raft.leading !== this.#leading) {
      this.#leading = raft.leading;
      this.#askings = raft.leading && new Askings(raft.term, this.#parts.mutant);
    }
    for (const promise of this.#askings?.due(nowMs) ?? []) {
      for (const id of this.#voters(nowMs)) {
        if (id === raft.self) this.#promise(promise, nowMs);
        else if (id !== promise.of) this.#parts.send(id, { type: "promiseAsk", promise });
      }
    }
    this.promises.tick(nowMs);
    this.tell();
  }

  /** Tells the leader of promises that are on disk. */
  tell(): void {
    const { raft, send } = this.#parts;
    const { leader } = raft;
    if (leader === undefined) return;
    for (const { of } of this.promises.all) {
      const promise = this.promises.madeTo(of, raft.term);
      const told = this.#told.get(of);
      if (promise === undefined || told === promise) continue;
      this.#told.set(of, promise);
      if (leader === raft.self) this.#askings?.promised(raft.self, promise);
      else send(leader, { type: "promised", promise });
    }
  }

  /** When there is something to do that no other event brings. */
  get dueAtMs(): number {
    const promises = this.promises.deadline()?.atMs ?? Number.POSITIVE_INFINITY;
    return Math.min(promises, this.#askings?.dueAtMs ?? Number.POSITIVE_INFINITY);
  }

  /** Only once an entry of the leader's term is applied (promises.ts, 4). */
  #promise(promise: SilencePromise, nowMs: number): void {
    const { raft } = this.#parts;
    if (promise.term !== raft.term || promise.term !== this.#appliedTerm) return;
    // One that came late: what was asked for is done.
    if (this.#parts.replica().cells.newest(lostRow(promise.of)) > promise.since) return;
    this.promises.take(promise, nowMs);
    this.tell();
  }

  /** By every roster that somebody may count a lease by. */
  #voters(nowMs: number): ReadonlySet<MemberId> {
    const rosters = this.#inForce.all(nowMs);
    return new Set(rosters.flatMap(({ roster }) => votersOf(roster).map(({ id }) => id)));
  }
}
