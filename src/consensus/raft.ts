/**
 * The ordered log: one Raft group over all voting members (Ongaro and Ousterhout 2014; Ongaro's
 * dissertation for PreVote 9.6, CheckQuorum 6.2, ReadIndex 6.4, single-server changes 4.1).
 *
 * A pure machine: `step`, `tick` and `linkDown` take what happened and the time; what it wants
 * said collects in `outbox`, and what it wants on disk is everything after `log.stable` and
 * (`term`, `vote`). It says nothing that needs the disk before `persisted` told it so:
 *
 * - a vote, asked for or given, waits until term and vote are on disk;
 * - an acknowledgement names only entries that are (I1).
 *
 * Invariants kept here: one leader a term (a vote is given once a term, and survives a restart);
 * a leader never changes its own log; an entry is committed when a majority of the newest
 * roster in the log holds it and it is of the leader's own term, or is before one that is.
 */
import { assert } from "../base/assert.ts";
import {
  BUSY_LOOP_MS,
  ELECTION_MAX_MS,
  ELECTION_MIN_MS,
  HEARTBEAT_MS,
  LEADERLESS_MAX_MS,
  LEADERLESS_MIN_MS,
  MAX_APPEND_ENTRIES,
} from "../base/limits.ts";
import { type Deadline, earlier } from "../base/instant.ts";
import type { Mutant } from "../base/mutant.ts";
import type { Prng } from "../base/prng.ts";
import { majorityOf, type MemberId, votersOf } from "../model/member.ts";
import type { PeerMessage } from "../wire/peer.ts";
import { Leader } from "./leader.ts";
import type { Log } from "./log.ts";

type MessageOf<T extends PeerMessage["type"]> = Extract<PeerMessage, { type: T }>;

/** The messages this machine understands. */
export type RaftMessage = MessageOf<
  "preVote" | "preVoteReply" | "vote" | "voteReply" | "append" | "appendReply" | "commit" | "lead"
>;

/** A message and whom it is for. */
export interface Outgoing {
  readonly to: MemberId;
  readonly message: PeerMessage;
}

/** What the log's machine starts from: term, vote and log as they are on the disk. */
export interface RaftOptions {
  readonly self: MemberId;
  readonly term: number;
  readonly vote: MemberId | undefined;
  readonly log: Log;
  /** What is known to be committed; entries up to it are on this disk. */
  readonly commit: number;
  readonly prng: Prng;
  readonly nowMs: number;
  /** Entries one append holds at most. */
  readonly appendEntries?: number;
  readonly mutant?: Mutant | undefined;
}

/** What a batch that reached the disk held of the log's own state. */
export interface HardState {
  readonly term: number;
  readonly vote: MemberId | undefined;
}

export class Raft {
  readonly self: MemberId;
  readonly log: Log;
  readonly outbox: Outgoing[] = [];
  readonly mutant: Mutant | undefined;
  readonly appendEntries: number;
  #term: number;
  #vote: MemberId | undefined;
  #commit: number;
  #role: "follower" | "pre-candidate" | "candidate" = "follower";
  #leading: Leader | undefined;
  #leader: MemberId | undefined;
  /** When the leader was last heard; undefined once its link is known to be closed. */
  #contactAtMs: number | undefined;
  #electionAtMs: number;
  #votes = new Set<MemberId>();
  #onDisk: HardState;
  /** Votes asked for or given in this term, until term and vote are on disk. */
  #untilOnDisk: Outgoing[] = [];
  /** How far the leader's entries reach here; acknowledged as the disk follows. */
  #owed: { readonly leader: MemberId; readonly match: number; readonly round: number } | undefined;
  /** How far the log is known to be that of this term's leader. */
  #reached = 0;
  /** This member may neither vote, nor lead, nor acknowledge: its disk takes nothing. */
  #barred = false;
  #isInformed = false;
  readonly #prng: Prng;

  constructor(options: RaftOptions) {
    this.self = options.self;
    this.log = options.log;
    this.mutant = options.mutant;
    this.appendEntries = options.appendEntries ?? MAX_APPEND_ENTRIES;
    this.#term = options.term;
    this.#vote = options.vote;
    this.#commit = options.commit;
    this.#onDisk = { term: options.term, vote: options.vote };
    this.#prng = options.prng;
    this.#electionAtMs = options.nowMs + (this.#isAlone() ? 0 : this.#patience());
  }

  get term(): number {
    return this.#term;
  }

  get vote(): MemberId | undefined {
    return this.#vote;
  }

  /** Every entry up to here is committed: a majority holds it on disk, for ever. */
  get commit(): number {
    return this.#commit;
  }

  /** Whether this process has learned, from a leader of its term, what was committed before. Right
   * after a start it may hold entries that are committed and that nobody told it of. */
  get isInformed(): boolean {
    this.#isInformed ||= this.#leader !== undefined && this.log.termAt(this.#commit) === this.#term;
    return this.#isInformed;
  }

  /** The leader of this term as far as known here. */
  get leader(): MemberId | undefined {
    return this.#leader;
  }

  /** This member's own leadership, while it leads. */
  get leading(): Leader | undefined {
    return this.#leading;
  }

  /** Whether term or vote must be written. */
  get isHardStateDirty(): boolean {
    return this.#onDisk.term !== this.#term || this.#onDisk.vote !== this.#vote;
  }

  isVoter(id: MemberId): boolean {
    return votersOf(this.log.roster.roster).some((member) => member.id === id);
  }

  majority(voters: number): number {
    return this.mutant === "half-is-majority" && voters > 1
      ? Math.ceil(voters / 2)
      : majorityOf(voters);
  }

  /** Takes one message of a peer. Entries of an `append` must already be decoded and bounded. */
  step(from: MemberId, message: RaftMessage, nowMs: number): void {
    if (message.type === "preVote") return this.#onPreVote(from, message, nowMs);
    if (message.type === "preVoteReply") return this.#onPreVoteReply(from, message, nowMs);
    if (message.term > this.#term) {
      const leads = message.type === "append" || message.type === "commit" ||
        message.type === "lead";
      this.#enterTerm(message.term, leads ? from : undefined, nowMs);
    }
    switch (message.type) {
      case "vote":
        return this.#onVote(from, message, nowMs);
      case "voteReply":
        return this.#onVoteReply(from, message, nowMs);
      case "append":
        return this.#onAppend(from, message, nowMs);
      case "lead":
        return this.#onLead(from, message, nowMs);
      case "commit":
        return this.#onCommit(from, message, nowMs);
      case "appendReply":
        if (message.term === this.#term) this.#leading?.onReply(from, message, nowMs);
        return;
    }
  }

  /** Does what is due: heartbeats and the quorum check of a leader, the election of others. */
  tick(nowMs: number): void {
    if (this.#leading !== undefined) {
      const lost = this.#leading.tick(nowMs);
      if (lost) this.stepDown(nowMs);
      return;
    }
    if (nowMs < this.#electionAtMs) return;
    if (nowMs - this.#electionAtMs > BUSY_LOOP_MS) {
      // This process slept, not the leader: hear first what is queued.
      this.#electionAtMs = nowMs + this.#between(LEADERLESS_MIN_MS, LEADERLESS_MAX_MS);
      return;
    }
    this.#callElection(nowMs);
  }

  deadline(): Deadline | undefined {
    if (this.#leading !== undefined) return this.#leading.deadline();
    if (!this.#mayCampaign()) return undefined;
    return earlier(undefined, { atMs: this.#electionAtMs, reason: "election" });
  }

  /** A peer's last link closed: if it led, somebody else may now. */
  linkDown(peer: MemberId, nowMs: number): void {
    if (peer !== this.#leader || this.#leading !== undefined) return;
    this.#contactAtMs = undefined;
    this.#leader = undefined;
    this.#electionAtMs = nowMs + this.#between(LEADERLESS_MIN_MS, LEADERLESS_MAX_MS);
  }

  /** What was handed to the disk is on it: entries (`log.writing`) and this hard state. */
  persisted(state: HardState, nowMs: number): void {
    this.#onDisk = state;
    this.log.written();
    if (!this.isHardStateDirty) this.#release(nowMs);
    this.#acknowledge();
    this.#leading?.onOwnDisk(nowMs);
  }

  /** Nothing more is voted, led or acknowledged until it is lifted: the disk takes nothing. */
  bar(barred: boolean, nowMs: number): void {
    this.#barred = barred;
    if (barred && (this.#leading !== undefined || this.#role !== "follower")) this.stepDown(nowMs);
  }

  /** Gives up leading, or a candidacy, within the same term. */
  stepDown(nowMs: number): void {
    this.#leading?.end();
    this.#leading = undefined;
    this.#leader = undefined;
    this.#role = "follower";
    this.#contactAtMs = undefined;
    this.#electionAtMs = nowMs + this.#patience();
  }

  /** Called by the leadership when a majority holds more. */
  commitTo(index: number): void {
    assert(index >= this.#commit && index <= this.log.last, "the commit index only grows");
    this.#commit = index;
  }

  /** A delta brought the state to its cut, which is committed; the log begins anew there or not. */
  caughtUp(cut: number, keepsLog: boolean): void {
    this.#commit = Math.max(this.#commit, cut);
    if (keepsLog) return;
    this.#owed = undefined;
    this.#reached = 0;
  }

  // ---- elections

  #isAlone(): boolean {
    const voters = votersOf(this.log.roster.roster);
    return voters.length === 1 && voters[0]?.id === this.self;
  }

  /** A voter by the newest roster, or by the one that is committed: whoever holds the entry that
   * removes it may be the only one who does, and then nobody else can be elected (4.2.2). */
  #mayCampaign(): boolean {
    if (this.#barred) return false;
    return this.isVoter(this.self) ||
      votersOf(this.log.rosterAt(this.#commit).roster).some(({ id }) => id === this.self);
  }

  #patience(): number {
    return this.#between(ELECTION_MIN_MS, ELECTION_MAX_MS);
  }

  #between(low: number, high: number): number {
    return this.#prng.between(low, high);
  }

  #callElection(nowMs: number): void {
    if (!this.#mayCampaign()) {
      this.#electionAtMs = nowMs + this.#patience();
      return;
    }
    // Where the last try found no majority, the next comes soon, but not together with others'.
    this.#electionAtMs = nowMs + this.#between(HEARTBEAT_MS / 2, HEARTBEAT_MS);
    this.#leader = undefined;
    this.#votes = new Set([this.self]);
    if (this.mutant === "no-pre-vote") return this.#campaign(nowMs);
    this.#role = "pre-candidate";
    this.#askAll("preVote", this.#term + 1, (outgoing) => this.outbox.push(outgoing));
    if (this.#isElected()) this.#campaign(nowMs);
  }

  #campaign(nowMs: number): void {
    this.#enterTerm(this.#term + 1, undefined, nowMs);
    this.#electionAtMs = nowMs + this.#between(HEARTBEAT_MS / 2, HEARTBEAT_MS * 2);
    this.#role = "candidate";
    this.#vote = this.self;
    this.#votes = new Set();
    this.#askAll("vote", this.#term, (outgoing) => this.#untilOnDisk.push(outgoing));
    if (!this.isHardStateDirty) this.#release(nowMs);
  }

  #askAll(type: "preVote" | "vote", term: number, say: (outgoing: Outgoing) => void): void {
    for (const voter of votersOf(this.log.roster.roster)) {
      if (voter.id === this.self) continue;
      const { last: lastIndex, lastTerm } = this.log;
      say({ to: voter.id, message: { type, term, lastIndex, lastTerm } });
    }
  }

  #isElected(): boolean {
    const voters = votersOf(this.log.roster.roster);
    const granted = voters.filter((voter) => this.#votes.has(voter.id)).length;
    return granted >= this.majority(voters.length);
  }

  #isUpToDate(message: { lastTerm: number; lastIndex: number }): boolean {
    return message.lastTerm > this.log.lastTerm ||
      (message.lastTerm === this.log.lastTerm && message.lastIndex >= this.log.last);
  }

  /** Whether a leader was heard so lately that nobody should disturb it. */
  #hasLeader(nowMs: number): boolean {
    if (this.#leading !== undefined) return true;
    return this.#contactAtMs !== undefined && nowMs - this.#contactAtMs < ELECTION_MIN_MS;
  }

  #onPreVote(from: MemberId, message: MessageOf<"preVote">, nowMs: number): void {
    const granted = !this.#barred && message.term > this.#term && this.#isUpToDate(message) &&
      !this.#hasLeader(nowMs);
    const reply = { type: "preVoteReply", term: this.#term, asked: message.term, granted } as const;
    this.outbox.push({ to: from, message: reply });
  }

  #onPreVoteReply(from: MemberId, message: MessageOf<"preVoteReply">, nowMs: number): void {
    if (message.term > this.#term) {
      this.#enterTerm(message.term, undefined, nowMs);
      // It was behind in terms, perhaps not in its log: nobody else may be electable, so it asks
      // again soon. Where somebody leads, that one is heard before.
      this.#electionAtMs = nowMs + this.#between(HEARTBEAT_MS / 2, HEARTBEAT_MS);
      return;
    }
    if (this.#role !== "pre-candidate" || message.asked !== this.#term + 1 || !message.granted) {
      return;
    }
    this.#votes.add(from);
    if (this.#isElected()) this.#campaign(nowMs);
  }

  #onVote(from: MemberId, message: MessageOf<"vote">, nowMs: number): void {
    const free = this.#vote === undefined || this.#vote === from;
    const granted = message.term === this.#term && free && !this.#barred &&
      this.#leading === undefined && this.#isUpToDate(message);
    if (granted) {
      this.#vote = from;
      this.#electionAtMs = nowMs + this.#patience();
    }
    const reply = { type: "voteReply", term: this.#term, granted } as const;
    this.#untilOnDisk.push({ to: from, message: reply });
    if (!this.isHardStateDirty || this.mutant === "vote-not-kept") this.#release(nowMs);
  }

  #onVoteReply(from: MemberId, message: MessageOf<"voteReply">, nowMs: number): void {
    if (this.#role !== "candidate" || message.term !== this.#term || !message.granted) return;
    this.#votes.add(from);
    if (this.#isElected()) this.#lead(nowMs);
  }

  /** Term and vote are on disk: what waited for that may be said, and the own vote counts. */
  #release(nowMs: number): void {
    this.outbox.push(...this.#untilOnDisk.splice(0));
    if (this.#role !== "candidate" || this.#vote !== this.self) return;
    this.#votes.add(this.self);
    if (this.#isElected()) this.#lead(nowMs);
  }

  #lead(nowMs: number): void {
    this.#role = "follower";
    this.#leader = this.self;
    this.#leading = new Leader(this, nowMs);
  }

  /** Goes on to a later term, where nothing said or owed in the old one counts. */
  #enterTerm(term: number, leader: MemberId | undefined, nowMs: number): void {
    assert(term > this.#term, "terms only grow");
    this.stepDown(nowMs);
    this.#term = term;
    this.#vote = undefined;
    this.#leader = leader;
    this.#untilOnDisk = [];
    this.#owed = undefined;
    this.#reached = 0;
  }

  // ---- following

  #onAppend(from: MemberId, message: MessageOf<"append">, nowMs: number): void {
    if (message.term < this.#term) return this.#reply(from, false, this.log.last, message.round);
    assert(this.#leading === undefined, "one leader a term");
    this.followed(from, nowMs);
    if (this.#barred) return;
    if (message.prevIndex > this.log.last) {
      return this.#reply(from, false, this.log.last, message.round);
    }
    const known = this.log.termAt(message.prevIndex);
    if (known !== undefined && known !== message.prevTerm) {
      return this.#reply(from, false, this.#beforeTerm(message.prevIndex), message.round);
    }
    if (known === undefined && message.prevIndex + message.entries.length < this.log.start) {
      return this.#reply(from, true, this.log.start, message.round);
    }
    const reach = this.#take(message);
    this.#reached = Math.max(this.#reached, reach);
    this.#commit = Math.max(this.#commit, Math.min(message.commit, this.#reached));
    const held = this.mutant === "ack-before-disk" ? reach : Math.min(reach, this.log.stable);
    // An empty append asks who leads, not for the disk: it is answered at once.
    if (held === reach || message.entries.length === 0) {
      this.#reply(from, true, held, message.round);
    }
    // A late copy of an older append takes nothing back of what is owed.
    const match = Math.max(reach, this.#owed?.match ?? 0);
    const round = Math.max(message.round, this.#owed?.round ?? 0);
    if (held < reach) this.#owed = { leader: from, match, round };
  }

  /** What reached here from this term's leader is like its own log: that much is committed. */
  #onCommit(from: MemberId, message: MessageOf<"commit">, nowMs: number): void {
    if (message.term < this.#term) return;
    assert(this.#leading === undefined, "one leader a term");
    this.followed(from, nowMs);
    if (this.#barred) return;
    this.#commit = Math.max(this.#commit, Math.min(message.commit, this.#reached));
  }

  /** The leader gives its place away: nobody need be asked first whether it is still there. */
  #onLead(from: MemberId, message: MessageOf<"lead">, nowMs: number): void {
    if (message.term < this.#term || from !== this.#leader || !this.#mayCampaign()) return;
    this.#campaign(nowMs);
  }

  /** What is committed has entries of this term: whoever led an earlier one leads no more. */
  learnTerm(term: number, nowMs: number): void {
    if (term > this.#term) this.#enterTerm(term, undefined, nowMs);
  }

  /** Takes entries that are committed behind one that is here, whoever gives them. */
  takeCommitted({ index, term, entries }: MessageOf<"pulled">, nowMs: number): void {
    if (this.#barred || this.log.termAt(index) !== term) return;
    this.learnTerm(entries.at(-1)?.term ?? 0, nowMs);
    const reach = this.#take({ prevIndex: index, entries });
    this.#commit = Math.max(this.#commit, reach);
  }

  /** A leader of this term was heard. */
  followed(from: MemberId, nowMs: number): void {
    if (this.#role !== "follower") this.#role = "follower";
    this.#leader = from;
    this.#contactAtMs = nowMs;
    this.#electionAtMs = nowMs + this.#patience();
  }

  /** Appends what is new, and first cuts off what the leader does not have. */
  #take(message: Pick<MessageOf<"append">, "prevIndex" | "entries">): number {
    for (const entry of message.entries) {
      const known = this.log.termAt(entry.index);
      if (known === entry.term || entry.index <= this.log.start) continue;
      if (known !== undefined) {
        assert(entry.index > this.#commit, "what is committed never changes");
        this.log.truncate(entry.index);
      }
      this.log.append(entry);
    }
    return Math.max(message.prevIndex + message.entries.length, this.log.start);
  }

  /** The last index before the whole term that disagrees: one round trip a term, not an entry. */
  #beforeTerm(index: number): number {
    const term = this.log.termAt(index);
    let before = index - 1;
    while (before > this.#commit && this.log.termAt(before) === term) before--;
    return before;
  }

  #acknowledge(): void {
    if (this.#owed === undefined || this.#barred) return;
    const { leader, match, round } = this.#owed;
    const held = Math.min(match, this.log.stable);
    this.#reply(leader, true, held, round);
    if (held === match) this.#owed = undefined;
  }

  #reply(to: MemberId, accepted: boolean, match: number, round: number): void {
    const reply = { type: "appendReply", term: this.#term, accepted, match, round } as const;
    this.outbox.push({ to, message: reply });
  }
}
