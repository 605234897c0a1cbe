/** One leadership: from the election to the end of the term, or until a majority is silent. */
import { assert } from "../base/assert.ts";
import type { Deadline } from "../base/instant.ts";
import {
  CHECK_QUORUM_MS,
  HEARTBEAT_MS,
  MAX_APPEND_BYTES,
  REQUEST_MS,
  ROSTER_CONFIRM_MS,
} from "../base/limits.ts";
import type { MemberId, Roster } from "../model/member.ts";
import { votersOf } from "../model/member.ts";
import { type Entry } from "../wire/entry.ts";
import type { PeerMessage } from "../wire/peer.ts";
import { isCaughtUp, Progress, Rounds } from "./leadership.ts";
import type { Raft } from "./raft.ts";

type AppendReply = Extract<PeerMessage, { type: "appendReply" }>;

export class Leader {
  readonly #raft: Raft;
  readonly #term: number;
  readonly #followers = new Map<MemberId, Progress>();
  readonly #rounds = new Rounds();
  #heartbeatAtMs: number;
  #ended = false;
  #handOverAtMs = Number.NEGATIVE_INFINITY;
  readonly #handedTo = new Set<MemberId>();
  /** Followers whose log ends before ours begins; they are offered a full copy. */
  readonly wantCopy = new Set<MemberId>();

  constructor(raft: Raft, nowMs: number) {
    this.#raft = raft;
    this.#term = raft.term;
    this.#heartbeatAtMs = nowMs;
    this.#meetFollowers(nowMs);
  }

  /** Whether an entry of this very term is committed: before, nothing may be read or changed. */
  get isSettled(): boolean {
    const { log, commit } = this.#raft;
    return log.termAt(commit) === this.#term;
  }

  get hasEnded(): boolean {
    return this.#ended;
  }

  progress(id: MemberId): Progress | undefined {
    return this.#followers.get(id);
  }

  /** Appends to the own log; the entries go out with the next `flush`. */
  append(entries: readonly Omit<Entry, "index" | "term">[]): number {
    for (const { hlc, body } of entries) {
      this.#raft.log.append({ index: this.#raft.log.last + 1, term: this.#term, hlc, body });
    }
    return this.#raft.log.last;
  }

  /** Sends every follower what it does not have, as far as it may be sent ahead. */
  flush(nowMs: number): void {
    this.#meetFollowers(nowMs);
    const asking = this.#rounds.begin();
    for (const [id, progress] of this.#followers) {
      if (this.#sendEntries(id, progress, nowMs)) continue;
      if (asking) this.#send(id, progress, [], nowMs);
      else this.#tellCommit(id, progress);
    }
    // A lone voter's own word is a majority, whether its learners answer or not.
    if (asking) this.#settleRounds(nowMs);
  }

  /**
   * The index a read must wait for to be linearizable: asked for in a round that begins now.
   * Undefined where the leadership could not be confirmed.
   */
  readIndex(nowMs: number, answer: (index: number | undefined) => void): void {
    const { mutant } = this.#raft;
    if (!this.isSettled && mutant !== "read-before-commit") return answer(undefined);
    const index = this.#raft.commit;
    if (mutant === "read-without-round") return answer(index);
    this.#ask(this.#voters(), nowMs + REQUEST_MS, (confirmed) => {
      answer(confirmed ? index : undefined);
    });
    if (this.#followers.size === 0) this.flush(nowMs);
  }

  /**
   * Whether a majority of the voters of `roster` answers within ROSTER_CONFIRM_MS, and who is
   * silent. Asked before a roster is proposed: one that cannot commit would block the log.
   */
  confirm(
    roster: Roster,
    nowMs: number,
    answer: (confirmed: boolean, silent: readonly MemberId[]) => void,
  ): void {
    this.#ask(votersOf(roster).map(({ id }) => id), nowMs + ROSTER_CONFIRM_MS, answer);
    this.flush(nowMs);
  }

  /**
   * Asks a voter that holds the whole log, and that `may` lead, to lead instead; another one where
   * that did not come about within a heartbeat. Nothing should be appended meanwhile.
   */
  handOver(nowMs: number, may: (id: MemberId) => boolean): void {
    if (nowMs < this.#handOverAtMs || !this.isSettled) return;
    const { log, self } = this.#raft;
    const able = this.#voters().filter((id) =>
      id !== self && may(id) && this.#followers.get(id)?.match === log.last &&
      this.#heardWithin(id, HEARTBEAT_MS * 2, nowMs)
    );
    const next = able.find((id) => !this.#handedTo.has(id)) ?? able[0];
    if (next === undefined) return;
    this.#handedTo.add(next);
    this.#handOverAtMs = nowMs + HEARTBEAT_MS;
    this.#raft.outbox.push({ to: next, message: { type: "lead", term: this.#term } });
  }

  /** True where a majority has been silent too long: the leadership is over. */
  tick(nowMs: number): boolean {
    this.#settleRounds(nowMs);
    if (nowMs < this.#heartbeatAtMs) return false;
    this.#heartbeatAtMs = nowMs + HEARTBEAT_MS;
    this.#meetFollowers(nowMs);
    if (!this.#hasMajority((id) => this.#heardWithin(id, CHECK_QUORUM_MS, nowMs))) return true;
    for (const [id, progress] of this.#followers) {
      if (progress.isLost(nowMs)) progress.probe();
      progress.watchHead(this.#raft.log.last, nowMs);
      if (!this.#sendEntries(id, progress, nowMs)) this.#send(id, progress, [], nowMs);
    }
    return false;
  }

  deadline(): Deadline {
    const round = this.#rounds.deadlineMs;
    if (round !== undefined && round < this.#heartbeatAtMs) {
      return { atMs: round, reason: "leadership round" };
    }
    return { atMs: this.#heartbeatAtMs, reason: "leader heartbeat" };
  }

  onReply(from: MemberId, reply: AppendReply, nowMs: number): void {
    const progress = this.#followers.get(from);
    if (progress === undefined) return;
    progress.heardAtMs = nowMs;
    progress.round = Math.max(progress.round, reply.round);
    if (!reply.accepted) {
      if (progress.state !== "copy") progress.rejected(reply.match);
    } else if (progress.state !== "copy" || reply.match >= this.#raft.log.start) {
      assert(reply.match <= this.#raft.log.last, "a follower holds no more than its leader");
      progress.accepted(reply.match, nowMs);
      if (progress.state === "copy") progress.probe();
      this.wantCopy.delete(from);
    }
    this.#settleRounds(nowMs);
    this.#advance(nowMs);
    if (!this.#ended) this.#sendEntries(from, progress, nowMs);
  }

  /** The link to a follower came up anew: what was on the old one may be lost. It is asked at once
   * where its log ends, not with the next heartbeat. */
  linkUp(peer: MemberId, nowMs: number): void {
    const progress = this.#followers.get(peer);
    if (progress === undefined) return;
    if (progress.state !== "copy") progress.probe();
    if (!this.#sendEntries(peer, progress, nowMs)) this.#send(peer, progress, [], nowMs);
  }

  /** More of the own log is on the own disk. */
  onOwnDisk(nowMs: number): void {
    this.#advance(nowMs);
  }

  /** What the followers that answer have all got; beyond it entries are still on their way. */
  wantedFrom(nowMs: number): number {
    const live = [...this.#followers.values()].filter(({ state, heardAtMs }) =>
      state !== "copy" && nowMs - heardAtMs <= CHECK_QUORUM_MS
    );
    return Math.min(...live.map(({ match }) => match));
  }

  /** Learners that hold the head as fast as the voters do. */
  promotable(nowMs: number): MemberId[] {
    const voters = this.#voters().flatMap((id) => this.#followers.get(id) ?? []);
    return this.#raft.log.roster.roster.members
      .filter(({ id, role }) => {
        const progress = this.#followers.get(id);
        return role === "learner" && progress !== undefined && isCaughtUp(progress, voters, nowMs);
      })
      .map(({ id }) => id);
  }

  end(): void {
    this.#ended = true;
    this.#rounds.abandon();
  }

  // ----

  #voters(): MemberId[] {
    return votersOf(this.#raft.log.roster.roster).map(({ id }) => id);
  }

  #ask(
    voters: readonly MemberId[],
    untilMs: number,
    answer: (confirmed: boolean, silent: readonly MemberId[]) => void,
  ): void {
    this.#rounds.ask({ voters: new Set(voters), untilMs, answer });
  }

  #settleRounds(nowMs: number): void {
    this.#rounds.settle(
      (id) => id === this.#raft.self ? this.#rounds.newest : this.#followers.get(id)?.round ?? 0,
      (voters) => this.#raft.majority(voters),
      nowMs,
    );
  }

  #hasMajority(test: (id: MemberId) => boolean): boolean {
    const voters = this.#voters();
    const yes = voters.filter((id) => id === this.#raft.self || test(id)).length;
    return yes >= this.#raft.majority(voters.length);
  }

  #heardWithin(id: MemberId, ms: number, nowMs: number): boolean {
    const progress = this.#followers.get(id);
    return progress !== undefined && nowMs - progress.heardAtMs <= ms;
  }

  /** Follows the newest roster in the log: everyone listed receives, voters also count. */
  #meetFollowers(nowMs: number): void {
    const listed = new Set(this.#raft.log.roster.roster.members.map(({ id }) => id));
    for (const id of this.#followers.keys()) if (!listed.has(id)) this.#followers.delete(id);
    for (const id of listed) {
      if (id === this.#raft.self || this.#followers.has(id)) continue;
      this.#followers.set(id, new Progress(this.#raft.log.last + 1, nowMs));
    }
  }

  #sendEntries(id: MemberId, progress: Progress, nowMs: number): boolean {
    const { log } = this.#raft;
    let sent = false;
    while (progress.mayAppend() && (progress.next <= log.last || progress.state === "probe")) {
      if (progress.next <= log.start) {
        progress.copying();
        this.wantCopy.add(id);
        return sent;
      }
      const entries = log.slice(progress.next, this.#raft.appendEntries, MAX_APPEND_BYTES);
      this.#send(id, progress, entries, nowMs);
      progress.sent(entries.at(-1)?.index ?? progress.next - 1, nowMs);
      sent = true;
    }
    return sent;
  }

  #send(id: MemberId, progress: Progress, entries: readonly Entry[], nowMs: number): void {
    const { log, commit } = this.#raft;
    const prevIndex = Math.max(progress.next - 1, log.start);
    const prevTerm = log.termAt(prevIndex) ?? log.startTerm;
    const round = this.#rounds.newest;
    this.#raft.outbox.push({
      to: id,
      message: { type: "append", term: this.#term, prevIndex, prevTerm, commit, round, entries },
    });
    progress.commitSent = commit;
    progress.watchHead(log.last, nowMs);
  }

  /** Readers and origins wait for the commit: it is told at once, not with the next entry. */
  #tellCommit(id: MemberId, progress: Progress): void {
    const { commit } = this.#raft;
    if (progress.state !== "replicate" || progress.commitSent >= commit) return;
    this.#raft.outbox.push({ to: id, message: { type: "commit", term: this.#term, commit } });
    progress.commitSent = commit;
  }

  /** Commits what a majority holds, if it is of this term (Raft 5.4.2). */
  #advance(nowMs: number): void {
    const { log, commit, self } = this.#raft;
    const voters = this.#voters();
    const held = voters
      .map((id) => id === self ? log.stable : this.#followers.get(id)?.match ?? 0)
      .sort((a, b) => b - a);
    const index = held[this.#raft.majority(voters.length) - 1] ?? 0;
    if (index <= commit) return;
    if (log.termAt(index) !== this.#term && this.#raft.mutant !== "commit-old-term") return;
    this.#raft.commitTo(index);
    if (this.#raft.isVoter(self) || log.roster.index > index) return;
    // It removed itself: the others are told that this is committed, and elect one of their own.
    this.flush(nowMs);
    this.#raft.stepDown(nowMs);
  }
}
