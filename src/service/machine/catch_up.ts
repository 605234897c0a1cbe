/**
 * Catching up without the log, when a member's own ends before the leader's begins (a joiner's most
 * of all): the leader says so, and the member pulls what changed from whoever is far enough.
 *
 * 1. What comes is joined to the own state, or to an empty one where the own is too old, and goes
 *    to the disk beside it. It takes the place of the state in one step, whole and at one index:
 *    until then nothing of it is read, applied to, checkpointed or given to others.
 *    What lies below it must be on disk: what was applied and not checkpointed would be lost with
 *    the log it came from.
 * 2. What was once joined to the own state is seen through, whoever leads meanwhile: the state
 *    between two indexes judges nothing. Any member may send: what it has applied is committed.
 *    Where nobody is left who is that far it is given up for a whole copy: the others may not get
 *    there without this member.
 * 3. A state that was found to be wrong (audit.ts) is replaced whole, by the copy of one whose is
 *    known to be right; until then nothing is joined to it, and nothing given of it to others.
 * 4. A log that holds the entry at the cut stays as it is: it may have acknowledged what is behind.
 *
 * The step itself has two halves. `Disk` drafts it with the last rows: from that batch on the new
 * rows count. Once the batch is on disk its `done` comes here, and the member goes on from the new
 * state: the replica, the log, what the disk has of verdicts, the commit index, in that order. In
 * between (`isFlipping`) nothing is appended or applied.
 */
import { present } from "../../base/assert.ts";
import {
  CHECK_QUORUM_MS,
  DELTA_CUT_KEPT_MS,
  DELTA_SILENT_MS,
  HEARTBEAT_MS,
} from "../../base/limits.ts";
import type { Deadline } from "../../base/instant.ts";
import type { Leader } from "../../consensus/leader.ts";
import type { Raft } from "../../consensus/raft.ts";
import { findMember, type MemberId } from "../../model/member.ts";
import { DeltaCut, DeltaTarget } from "../../replica/delta.ts";
import type { Replica } from "../../replica/replica.ts";
import type { DeltaAsk, DeltaChunk } from "../../wire/delta.ts";
import type { PeerMessage } from "../../wire/peer.ts";
import { piecesOf } from "../../wire/record.ts";
import { rowRecords } from "./batch.ts";
import type { Disk } from "./disk.ts";

type MessageOf<T extends PeerMessage["type"]> = Extract<PeerMessage, { type: T }>;

/** Chunks of a delta on their way to the disk before the next is asked for. */
const MOST_UNWRITTEN = 2;
/** A delta is asked for so often before it is given up, where nobody is as far as it goes. */
const MOST_IN_VAIN = 3;

/** The state that a delta brought, on disk as a whole. */
export interface CaughtUp {
  readonly replica: Replica;
  readonly cut: number;
  readonly cutTerm: number;
  /** The log holds the entry at the cut, and goes on from there. */
  readonly keepsLog: boolean;
  /** Nothing is left of the state before. */
  readonly isWhole: boolean;
}

/** What catching up needs of the member it belongs to. */
interface Owner {
  readonly replica: () => Replica;
  /** A state without anything in it. */
  readonly blank: () => Replica;
  readonly send: (to: MemberId, message: PeerMessage) => void;
  /** Who has applied this index, as far as heard. */
  readonly senders: (atLeast: number) => readonly MemberId[];
  readonly caughtUp: (state: CaughtUp) => void;
}

/** Joined to the own state, or to an empty one; that which takes the place of a wrong one mends. */
type Kind = "own" | "blank" | "mending";

/** A delta on its way in. */
interface Receiving {
  readonly target: DeltaTarget;
  /** Where its rows are on disk until they count. */
  readonly generation: number;
  readonly kind: Kind;
  unwritten: number;
  sender: MemberId;
  isAsked: boolean;
  askedAtMs: number;
  /** How often it was asked in vain since something came. */
  inVain: number;
}

export class CatchUp {
  readonly #raft: Raft;
  readonly #disk: Disk;
  readonly #owner: Owner;
  #cut: DeltaCut | undefined;
  #cutUsedAtMs = 0;
  #receiving: Receiving | undefined;
  /** What is to begin once the own state is on disk: a delta brings only what is newer. */
  #waiting: { readonly from: MemberId; readonly start: number } | undefined;
  #isFlipping = false;
  #toldAtMs = 0;

  constructor(raft: Raft, disk: Disk, owner: Owner) {
    this.#raft = raft;
    this.#disk = disk;
    this.#owner = owner;
  }

  /** How much of the delta under way is here. */
  get progress(): { readonly done: number; readonly of: number } | undefined {
    return this.#receiving?.target.progress;
  }

  /** The last write of a delta is under way: until it is done the disk is ahead of the memory. */
  get isFlipping(): boolean {
    return this.#isFlipping;
  }

  deadline(): Deadline | undefined {
    if (this.#receiving === undefined || this.#isFlipping) return undefined;
    if (this.#receiving.unwritten > 0) return undefined; // goes on when that is on disk
    return { atMs: this.#receiving.askedAtMs + DELTA_SILENT_MS, reason: "a delta's sender" };
  }

  // ---- sending

  /** The index the log must not be forgotten beyond while others are caught up to it. */
  pinned(nowMs: number): number {
    if (nowMs - this.#cutUsedAtMs > DELTA_CUT_KEPT_MS) this.#cut = undefined;
    return this.#cut?.index ?? Number.POSITIVE_INFINITY;
  }

  /** Tells followers, now and then, that their log ends before the leader's begins. */
  tell(leading: Leader, nowMs: number): void {
    if (leading.wantCopy.size === 0 || nowMs < this.#toldAtMs + HEARTBEAT_MS) return;
    this.#toldAtMs = nowMs;
    const { term, log: { start, startTerm } } = this.#raft;
    for (const to of leading.wantCopy) {
      const progress = leading.progress(to);
      if (progress === undefined) leading.wantCopy.delete(to);
      else if (nowMs - progress.heardAtMs <= CHECK_QUORUM_MS) {
        this.#owner.send(to, { type: "behind", term, start, startTerm });
      }
    }
  }

  #answer(to: MemberId, ask: DeltaAsk, nowMs: number): void {
    const replica = this.#owner.replica();
    const { log, mutant } = this.#raft;
    if (this.#disk.copyFrom.length > 0) return;
    const isOver = this.#cut === undefined || log.termAt(this.#cut.index) === undefined ||
      this.#cut.index < ask.atLeast;
    if (isOver) {
      const term = log.termAt(replica.applied);
      if (replica.isBetween || replica.applied < ask.atLeast || term === undefined) return;
      this.#cut = new DeltaCut(replica, term, this.#disk.pace.deltaChunkBytes, mutant);
    }
    this.#cutUsedAtMs = nowMs;
    const cut = present(this.#cut, "a cut");
    if (cut.index < ask.from) return;
    this.#owner.send(to, { type: "deltaChunk", chunk: cut.chunk(ask) });
  }

  // ---- receiving

  take(
    from: MemberId,
    message: MessageOf<"behind" | "deltaAsk" | "deltaChunk">,
    nowMs: number,
  ): void {
    if (message.type === "deltaAsk") return this.#answer(from, message.ask, nowMs);
    if (this.#isFlipping) return; // nothing better than a whole state is to be had
    if (message.type === "behind") this.#begin(from, message, nowMs);
    else this.#onChunk(from, message.chunk, nowMs);
  }

  /** A sender that fell silent is left for another. */
  tick(nowMs: number): void {
    const receiving = this.#receiving;
    if (receiving === undefined || this.#isFlipping || receiving.unwritten > 0) return;
    if (nowMs >= receiving.askedAtMs + DELTA_SILENT_MS) this.#askAnother(receiving, nowMs);
  }

  /** Begins to replace a state that is wrong, if that is not under way, and somebody can send. */
  mend(nowMs: number): void {
    if (this.#isFlipping || this.#receiving?.kind === "mending") return;
    const { applied } = this.#owner.replica();
    const [sender] = this.#senders(applied);
    if (sender === undefined) return;
    this.#receive("mending", this.#owner.blank(), applied, sender, nowMs);
  }

  #begin(from: MemberId, { term, start, startTerm }: MessageOf<"behind">, nowMs: number): void {
    // From a peer while no leader is heard: what it has applied is committed all the same.
    const { leader } = this.#raft;
    if (leader !== undefined && (from !== leader || term !== this.#raft.term)) return;
    if (this.#hasEntry(start, startTerm)) return;
    const isStuck = this.#isStuck();
    if (this.#receiving !== undefined && !isStuck) return;
    if (this.#disk.copyFrom.length > 0) return isStuck ? this.#mendAnew(nowMs) : undefined;
    const own = this.#owner.replica();
    if (own.isBetween && !isStuck) return;
    const isOwn = own.applied > 0 && !own.isBetween;
    if (isOwn && !this.#disk.isWhole) {
      this.#waiting = { from, start };
      return this.#disk.completeSoon();
    }
    this.#start(isOwn ? "own" : "blank", from, start, nowMs);
  }

  /** A delta that waited for the own state to be on disk begins, now that it is. */
  goOn(nowMs: number): void {
    if (this.#waiting === undefined || !this.#disk.isWhole) return;
    const { from, start } = this.#waiting;
    this.#waiting = undefined;
    const { applied, isBetween } = this.#owner.replica();
    const isRight = this.#disk.copyFrom.length === 0;
    if (isRight && this.#receiving === undefined && !isBetween && applied < start) {
      this.#start("own", from, start, nowMs);
    }
  }

  #start(kind: "own" | "blank", from: MemberId, start: number, nowMs: number): void {
    const sender = this.#senders(start)[0] ?? from;
    const replica = kind === "own" ? this.#owner.replica() : this.#owner.blank();
    this.#receive(kind, replica, start, sender, nowMs);
  }

  /** Whoever was at the cut is gone, and the rest may need this member to get there. */
  #isStuck(): boolean {
    const receiving = this.#receiving;
    if (receiving === undefined || receiving.inVain < MOST_IN_VAIN || receiving.unwritten > 0) {
      return false;
    }
    return this.#senders(receiving.target.ask.atLeast).length === 0;
  }

  #mendAnew(nowMs: number): void {
    this.#receiving = undefined;
    this.mend(nowMs);
  }

  #receive(
    kind: Kind,
    replica: Replica,
    atLeast: number,
    sender: MemberId,
    nowMs: number,
  ): void {
    this.#receiving = {
      kind,
      target: new DeltaTarget(replica, atLeast),
      generation: this.#disk.nextGeneration(),
      unwritten: 0,
      sender,
      isAsked: false,
      askedAtMs: nowMs,
      inVain: 0,
    };
    this.#ask(nowMs);
  }

  /** Who may send; the leader, who has most to do, last. For a state that is wrong those whose is
   * right, or anybody once they were all let go. */
  #senders(atLeast: number): MemberId[] {
    const { leader, log } = this.#raft;
    const right = this.#disk.copyFrom.filter((id) => findMember(log.roster.roster, id));
    return this.#owner.senders(atLeast)
      .filter((id) => right.length === 0 || right.includes(id))
      .toSorted((a, b) => Number(a === leader) - Number(b === leader));
  }

  #hasEntry(index: number, term: number): boolean {
    const { log } = this.#raft;
    return index <= log.start || log.termAt(index) === term;
  }

  #askAnother(receiving: Receiving, nowMs: number): void {
    const able = this.#senders(receiving.target.ask.atLeast);
    const next = able[(able.indexOf(receiving.sender) + 1) % Math.max(1, able.length)];
    // A newcomer counts nobody's heartbeats before it has a roster: it knows the leader alone.
    receiving.sender = next ?? this.#raft.leader ?? receiving.sender;
    receiving.isAsked = false;
    receiving.inVain++;
    this.#ask(nowMs);
  }

  #ask(nowMs: number): void {
    const receiving = this.#receiving;
    if (receiving === undefined || receiving.isAsked) return;
    if (receiving.unwritten >= MOST_UNWRITTEN) return;
    receiving.isAsked = true;
    receiving.askedAtMs = nowMs;
    this.#owner.send(receiving.sender, { type: "deltaAsk", ask: receiving.target.ask });
  }

  #onChunk(from: MemberId, chunk: DeltaChunk, nowMs: number): void {
    const receiving = this.#receiving;
    if (receiving === undefined || from !== receiving.sender) return;
    this.#raft.learnTerm(chunk.cutTerm, nowMs);
    const step = receiving.target.take(chunk);
    if (step.result === "unasked") return;
    if (step.result === "too-old") {
      return this.#receive("blank", this.#owner.blank(), chunk.cut, from, nowMs);
    }
    receiving.isAsked = false;
    receiving.inVain = 0;
    const isWhole = step.result === "whole";
    if (isWhole && receiving.kind === "blank" && chunk.cut <= this.#owner.replica().applied) {
      this.#receiving = undefined; // the log brought more meanwhile
      return this.#disk.voidDelta();
    }
    this.#isFlipping = isWhole;
    this.#write(receiving, step.rows, isWhole ? chunk : undefined);
    if (!isWhole) this.#ask(nowMs);
  }

  #write(receiving: Receiving, rows: readonly string[], whole: DeltaChunk | undefined): void {
    const { target: { replica }, generation } = receiving;
    const isOwn = receiving.kind === "own";
    const records = rows.flatMap((row) => {
      if (isOwn) replica.markDirty(row);
      const record = replica.record(row);
      return record === undefined ? [] : rowRecords(generation, piecesOf(record));
    });
    receiving.unwritten++;
    const flipTo = whole === undefined ? undefined : {
      cut: whole.cut,
      cutTerm: whole.cutTerm,
      keepsLog: this.#hasEntry(whole.cut, whole.cutTerm),
      isOverlay: isOwn,
    };
    const done = (nowMs: number): void => {
      receiving.unwritten--;
      if (flipTo !== undefined) this.#flip({ replica, isWhole: !isOwn, ...flipTo });
      else if (this.#receiving === receiving) this.#ask(nowMs);
    };
    this.#disk.writeDelta({ generation, records, flipTo, done });
  }

  #flip(state: CaughtUp): void {
    this.#isFlipping = false;
    this.#receiving = undefined;
    this.#owner.caughtUp(state);
  }
}
