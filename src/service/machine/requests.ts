/**
 * The requests that came in at this member and are not answered yet: writes on their way through
 * the log, reads waiting for an index, and roster changes asked of the leader.
 *
 * Every one of them is answered within REQUEST_MS, one that applies a stage in APPLY_STAGE_MS. A
 * write that left this member and came to no verdict is `unknown-outcome`, never "nothing was
 * done".
 */
import type { Deadline } from "../../base/instant.ts";
import {
  APPLY_STAGE_MS,
  MAX_ENTRY_BYTES,
  MAX_OUTSTANDING_BYTES,
  MAX_READS_WAITING,
  OPERATION_WINDOW,
  REQUEST_MS,
  RESEND_MS,
} from "../../base/limits.ts";
import { ok, type Outcome, type Refused, refused } from "../../base/outcome.ts";
import type { MemberId } from "../../model/member.ts";
import type { Operation, OperationId, Verdict } from "../../model/operation.ts";
import { encodeBody } from "../../wire/entry.ts";
import type { PeerMessage, RosterChange } from "../../wire/peer.ts";

/** What a request came to. `index` is the entry that answers it, or the index to read at. */
export interface Answer {
  readonly index: number;
  readonly verdict: Verdict;
}

export type Reply = (outcome: Outcome<Answer>) => void;

/** Where requests go: the leader, be it this member or another. */
export interface ToLeader {
  /** The leader as far as known; undefined while there is none. */
  readonly leader: MemberId | undefined;
  /** The index of the last entry applied here. */
  readonly applied: () => number;
  /** Appends to the own log; only where this member leads. */
  readonly propose: (id: OperationId, body: Uint8Array) => void;
  readonly send: (to: MemberId, message: PeerMessage) => void;
  /** A linearizable index from the own leadership, or undefined. */
  readonly readIndex: (answer: (index: number | undefined) => void) => void;
  /** A roster change by the own leadership. */
  readonly changeRoster: (ask: RosterChange, reply: Reply) => void;
}

interface Write {
  readonly id: OperationId;
  readonly body: Uint8Array;
  readonly reply: Reply;
  readonly untilMs: number;
  wasSent: boolean;
  /** Twice as long each time: where the link is clogged, more copies only make it worse. */
  resendMs: number;
  resendAtMs: number;
}

/** A question to the leader that may be asked again: a read index, or a roster change. */
interface Question {
  readonly ask: RosterChange | undefined;
  readonly replies: Reply[];
  readonly untilMs: number;
  wasSent: boolean;
  /** The own leadership keeps what it was asked; only another leader is asked again. */
  isWithSelf: boolean;
  resendAtMs: number;
}

interface Waiting {
  readonly index: number;
  /** A roster change is done already, and only its effect has not come here. */
  readonly isChange: boolean;
  readonly reply: Reply;
  readonly untilMs: number;
}

const APPLIED: Verdict = { result: "applied" };
/** How often what is overdue or to be said again is looked for. */
const TICK_MS = 100;
const GONE = "it may or may not have been done: ask again to see";

export class Requests {
  readonly #self: MemberId;
  readonly #boot: number;
  readonly #writes = new Map<number, Write>();
  readonly #questions = new Map<number, Question>();
  #waiting: Waiting[] = [];
  /** Reads that came since the last flush; they share one question. */
  #newReads: Reply[] = [];
  #reads = 0;
  #sequence = 0;
  #question: number;
  #bytes = 0;
  #tickedAtMs = 0;
  #askedLeader: MemberId | undefined;

  /** `lastQuestion`: no question up to it is this process' own. */
  constructor(self: MemberId, boot: number, lastQuestion: number) {
    this.#self = self;
    this.#boot = boot;
    this.#question = lastQuestion;
  }

  write(operations: readonly Operation[], reply: Reply, to: ToLeader, nowMs: number): void {
    const oldest = this.#writes.keys().next().value ?? this.#sequence + 1;
    if (this.#sequence + 1 - oldest >= OPERATION_WINDOW) {
      return reply(refused("busy", `${OPERATION_WINDOW} writes are under way here; ask again`));
    }
    const sequence = this.#sequence + 1;
    const id = { origin: this.#self, boot: this.#boot, sequence };
    const body = encodeBody({ id, operations });
    if (body.length > MAX_ENTRY_BYTES) {
      const message = `the change takes ${body.length} bytes, ${MAX_ENTRY_BYTES} are allowed; ` +
        `split it in several`;
      return reply(refused("too-large", message));
    }
    if (this.#bytes + body.length > MAX_OUTSTANDING_BYTES) {
      const message = `${this.#bytes} bytes of writes are under way here, and at most ` +
        `${MAX_OUTSTANDING_BYTES} may be; ask again`;
      return reply(refused("busy", message));
    }
    this.#sequence = sequence;
    this.#bytes += body.length;
    const isLong = operations.some(({ kind }) => kind === "applyStage");
    const untilMs = nowMs + (isLong ? APPLY_STAGE_MS : REQUEST_MS);
    const write = {
      id,
      body,
      reply,
      untilMs,
      wasSent: false,
      resendMs: RESEND_MS / 2,
      resendAtMs: nowMs,
    };
    this.#writes.set(sequence, write);
    this.#sendWrite(write, to, nowMs);
  }

  read(reply: Reply): void {
    if (this.#reads >= MAX_READS_WAITING) {
      return reply(refused("busy", `${MAX_READS_WAITING} reads wait here; ask again`));
    }
    this.#reads++;
    this.#newReads.push((outcome) => {
      this.#reads--;
      reply(outcome);
    });
  }

  changeRoster(ask: RosterChange, reply: Reply, to: ToLeader, nowMs: number): void {
    if (this.#questions.size >= OPERATION_WINDOW) {
      return reply(refused("busy", `${OPERATION_WINDOW} questions are under way here; ask again`));
    }
    this.#ask(ask, [reply], to, nowMs);
  }

  /** Sends what collected in this turn, and everything again where the leader is another now. */
  flush(to: ToLeader, nowMs: number): void {
    if (this.#newReads.length > 0) this.#ask(undefined, this.#newReads.splice(0), to, nowMs);
    if (to.leader === this.#askedLeader) return;
    this.#askedLeader = to.leader;
    if (to.leader !== undefined) this.#sendAll(to, nowMs, () => true);
  }

  /** The link to a peer came up anew: what was on the old one may be lost. */
  linkUp(peer: MemberId, to: ToLeader, nowMs: number): void {
    if (peer === to.leader) this.#sendAll(to, nowMs, () => true);
  }

  tick(to: ToLeader, nowMs: number): void {
    this.#tickedAtMs = nowMs;
    this.#sendAll(to, nowMs, ({ resendAtMs }) => nowMs >= resendAtMs);
    for (const [sequence, write] of this.#writes) {
      if (nowMs >= write.untilMs) this.#settle(sequence, overdue(write.wasSent));
    }
    for (const [id, question] of this.#questions) {
      if (nowMs < question.untilMs) continue;
      this.#questions.delete(id);
      const wasSent = question.wasSent && question.ask !== undefined;
      for (const reply of question.replies) reply(overdue(wasSent));
    }
    this.#giveUp(({ untilMs }) => nowMs >= untilMs, ({ index }) => {
      return refused("catching-up", `this member has not reached index ${index} yet; ask again`);
    });
  }

  /** Coarse on purpose: with a thousand requests under way it costs nothing to ask. */
  deadline(): Deadline | undefined {
    if (this.#writes.size + this.#questions.size + this.#waiting.length === 0) return undefined;
    return { atMs: this.#tickedAtMs + TICK_MS, reason: "requests under way" };
  }

  /** An entry of this member's own was applied here. */
  applied(boot: number, sequence: number, index: number, verdict: Verdict): void {
    if (boot === this.#boot) this.#settle(sequence, outcomeOf(index, verdict));
  }

  /** The state here is now the one at `index`. */
  reached(index: number): void {
    if (this.#waiting.length === 0) return;
    const ready = this.#waiting.filter((waiting) => waiting.index <= index);
    this.#waiting = this.#waiting.filter((waiting) => waiting.index > index);
    for (const waiting of ready) waiting.reply(ok({ index: waiting.index, verdict: APPLIED }));
  }

  /** The leader's answer to a read: 0 where it cannot tell. */
  readAnswered(id: number, index: number, applied: number): void {
    const question = this.#questions.get(id);
    if (question === undefined || index === 0) return;
    this.#questions.delete(id);
    for (const reply of question.replies) this.#await(index, question, reply, applied);
  }

  rosterAnswered(id: number, outcome: Outcome<number>, applied: number): void {
    const question = this.#questions.get(id);
    if (question === undefined) return;
    this.#questions.delete(id);
    for (const reply of question.replies) {
      if (outcome.ok) this.#await(outcome.value, question, reply, applied);
      else reply(outcome);
    }
  }

  /** A full copy took the place of the log: verdicts that fell in between are not known here. */
  jumped(index: number): void {
    for (const [sequence, { wasSent }] of [...this.#writes]) {
      if (!wasSent) continue;
      const message = `a full copy took the place of this member's log; ${GONE}`;
      this.#settle(sequence, refused("unknown-outcome", message));
    }
    this.reached(index);
  }

  /** Quorum is lost, or this member locked: nobody is left waiting. */
  abandon(why: Refused): void {
    for (const [sequence, { wasSent }] of [...this.#writes]) {
      this.#settle(sequence, abandoned(why, wasSent));
    }
    for (const [id, { ask, wasSent, replies }] of [...this.#questions]) {
      this.#questions.delete(id);
      for (const reply of replies) reply(abandoned(why, wasSent && ask !== undefined));
    }
    for (const reply of this.#newReads.splice(0)) reply(why);
    this.#giveUp(() => true, () => why);
  }

  // ----

  #ask(ask: RosterChange | undefined, replies: Reply[], to: ToLeader, nowMs: number): void {
    const id = ++this.#question;
    const untilMs = nowMs + REQUEST_MS;
    const question: Question = {
      ask,
      replies,
      untilMs,
      wasSent: false,
      isWithSelf: false,
      resendAtMs: nowMs,
    };
    this.#questions.set(id, question);
    this.#sendQuestion(id, question, to, nowMs);
  }

  #sendAll(
    to: ToLeader,
    nowMs: number,
    which: (request: { resendAtMs: number }) => boolean,
  ): void {
    for (const write of this.#writes.values()) {
      if (which(write)) this.#sendWrite(write, to, nowMs);
    }
    for (const [id, question] of [...this.#questions]) {
      if (which(question)) this.#sendQuestion(id, question, to, nowMs);
    }
  }

  #sendWrite(write: Write, to: ToLeader, nowMs: number): void {
    write.resendMs *= 2;
    write.resendAtMs = nowMs + write.resendMs;
    if (to.leader === undefined) return;
    write.wasSent = true;
    if (to.leader === this.#self) to.propose(write.id, write.body);
    else to.send(to.leader, { type: "submit", body: write.body });
  }

  #sendQuestion(id: number, question: Question, to: ToLeader, nowMs: number): void {
    const { ask } = question;
    question.resendAtMs = nowMs + (ask === undefined ? RESEND_MS / 5 : RESEND_MS);
    if (to.leader === undefined) return;
    question.wasSent = true;
    if (to.leader !== this.#self) {
      const message: PeerMessage = ask ? { type: "rosterAsk", id, ask } : { type: "readAsk", id };
      to.send(to.leader, message);
    } else if (ask === undefined) {
      to.readIndex((index) => this.readAnswered(id, index ?? 0, to.applied()));
    } else if (!question.isWithSelf) {
      question.isWithSelf = true;
      to.changeRoster(ask, (outcome) => {
        this.rosterAnswered(id, outcome.ok ? ok(outcome.value.index) : outcome, to.applied());
      });
    }
  }

  #await(index: number, { ask, untilMs }: Question, reply: Reply, applied: number): void {
    if (index <= applied) reply(ok({ index, verdict: APPLIED }));
    else this.#waiting.push({ index, reply, untilMs, isChange: ask !== undefined });
  }

  #settle(sequence: number, outcome: Outcome<Answer>): void {
    const write = this.#writes.get(sequence);
    if (write === undefined) return;
    this.#writes.delete(sequence);
    this.#bytes -= write.body.length;
    write.reply(outcome);
  }

  #giveUp(
    which: (waiting: Waiting) => boolean,
    why: (waiting: Waiting) => Outcome<Answer>,
  ): void {
    const over = this.#waiting.filter(which);
    this.#waiting = this.#waiting.filter((waiting) => !which(waiting));
    for (const waiting of over) {
      waiting.reply(waiting.isChange ? refused("unknown-outcome", GONE) : why(waiting));
    }
  }
}

/** What is said while a majority does not answer, with the one remedy. */
export function noQuorum(missing: readonly string[]): Refused {
  const who = missing.length === 0 ? "" : ` (silent: ${missing.join(", ")})`;
  const message = `a majority of the voting members does not answer${who}; start them or mend ` +
    `the network; if they are gone for ever, see "confluent collective force-quorum"`;
  return refused("no-quorum", message, missing);
}

function outcomeOf(index: number, verdict: Verdict): Outcome<Answer> {
  // A first copy would have answered already, unless a full copy jumped over it.
  if (verdict.result === "duplicate") return refused("unknown-outcome", GONE);
  if (verdict.result === "outdated") {
    return refused("unavailable", "this member is not listed any more; nothing was done");
  }
  return ok({ index, verdict });
}

function overdue(wasSent: boolean): Outcome<Answer> {
  return wasSent
    ? refused("unknown-outcome", `no answer within ${REQUEST_MS} ms; ${GONE}`)
    : refused("unavailable", `no leader within ${REQUEST_MS} ms; nothing was done, ask again`);
}

function abandoned(why: Refused, wasSent: boolean): Refused {
  const { message, missing } = why.refusal;
  return wasSent ? refused("unknown-outcome", `${message}; ${GONE}`, missing) : why;
}
