/**
 * Exactly one answer. Members that hear the same request come to the same order of who answers it;
 * the first does so at once, and tells the others beforehand. Those wait for its word, each longer
 * than the one before, and step in where none comes: a client is answered though the first one is
 * dead. Members that are cut off from each other may both answer; they say the same.
 *
 * - Of a DISCOVER the member of place k in the order waits k times STEP_IN_MS and by how much its
 *   own loop lags, since then the word may be here already and not be read yet.
 * - The word may be here before the request is. Then nobody answers, not even the first: another
 *   stepped in for it. Whoever's loop was late looks for that word a moment before it answers.
 * - What is heard again sooner than REPEATED_MS is the same request, over two relays say, and has
 *   its answer. Where others hear it that way alone they are told: a relay copies even the renewal
 *   that a client sends to its server alone.
 * - Of one that the client repeats, a member waits but a short while: the client waits as well. The
 *   word on an earlier one does not count for it.
 * - Repeated again, the word alone does not count any more: whoever gave it may not be heard. Of
 *   the n-th the member of place n - 2 and all before it answer.
 */
import { type Due, DueQueue } from "../base/due_queue.ts";
import {
  FORGET_TRANSACTION_MS,
  LATE_FIRST_MS,
  LATE_STEP_MS,
  MAX_TRANSACTIONS,
  REPEATED_MS,
  STEP_IN_HURRIED_MS,
  STEP_IN_MS,
  WORD_AHEAD_MS,
  WORD_READ_MS,
} from "../base/boot_limits.ts";
import { NewestMap } from "../base/newest_map.ts";
import type { MemberId } from "../model/member.ts";
import type { RequestKind } from "../wire/boot_frame.ts";

/** What the members tell each other: I answer this now. */
export interface AnswerNote {
  readonly mac: string;
  readonly xid: number;
  readonly kind: RequestKind;
}

/** A request that has an answer, and in which order members give it. */
export interface Answerable<Reply> extends AnswerNote {
  readonly order: readonly MemberId[];
  readonly reply: Reply;
}

/** What is to be done, in this order. */
export type AnsweringEffect<Reply> =
  | { readonly effect: "note"; readonly to: readonly MemberId[]; readonly note: AnswerNote }
  | {
    readonly effect: "answer";
    readonly reply: Reply;
    /** How long it waited for others that were silent; 0 where it waited for nobody. */
    readonly afterMs: number;
  }
  /** Another one answers, or may yet; or it has its answer, over another way. */
  | { readonly effect: "left"; readonly reply: Reply; readonly to: MemberId };

interface Transaction<Reply> {
  readonly firstAtMs: number;
  /** How many times it was heard, those aside that came right after another. */
  count: number;
  countedAtMs: number;
  /** When another member said last that it answers, and which; and when this one did. */
  notedAtMs: number;
  notedBy: MemberId | undefined;
  answeredAtMs: number;
  /** Whom this one told of that. */
  told: readonly MemberId[];
  waiting: Due<Waiting<Reply>> | undefined;
}

interface Waiting<Reply> {
  readonly sinceMs: number;
  /** It was due when the loop had stood still, and is given time. */
  readonly isLate: boolean;
  readonly of: Answerable<Reply>;
  readonly transaction: Transaction<Reply>;
}

const NEVER = Number.NEGATIVE_INFINITY;
/** From the third time on it is answered by more than one. */
const INSISTENT = 3;

/** See above; of one member. Times are monotonic. */
export class Answering<Reply> {
  readonly #self: () => MemberId;
  readonly #transactions = new NewestMap<string, Transaction<Reply>>(MAX_TRANSACTIONS);
  readonly #waiting = new DueQueue<Waiting<Reply>>();

  /** `self`: a join gives the member another id. */
  constructor(self: () => MemberId) {
    this.#self = self;
  }

  /** How many transactions are remembered. */
  get size(): number {
    return this.#transactions.size;
  }

  /** When something is due; infinite for never. */
  get deadlineMs(): number {
    return this.#waiting.firstMs;
  }

  /** A request was heard. `lagMs`: how late this member's loop is. */
  heard(asked: Answerable<Reply>, nowMs: number, lagMs: number): AnsweringEffect<Reply>[] {
    this.#forget(nowMs);
    const place = asked.order.indexOf(this.#self());
    const [first] = asked.order;
    if (place < 0 || first === undefined) return [];
    const transaction = this.#heardAgain(asked, nowMs);
    const { count, countedAtMs, notedAtMs, answeredAtMs } = transaction;
    const left = (to = first): AnsweringEffect<Reply>[] => [
      { effect: "left", reply: asked.reply, to },
    ];
    if (answeredAtMs >= countedAtMs) {
      return [...this.#tell(asked, transaction), ...left(this.#self())];
    }
    const isInsistent = count >= INSISTENT && place <= count - 2;
    const isNoted = notedAtMs >= countedAtMs - WORD_AHEAD_MS - lagMs;
    if (isNoted && !isInsistent) return left(transaction.notedBy);
    const isLate = place === 0 && lagMs >= LATE_FIRST_MS;
    if (isInsistent || (place === 0 && !isLate)) {
      return this.#answer(asked, transaction, nowMs, nowMs);
    }
    const stepMs = count === 1 ? STEP_IN_MS : STEP_IN_HURRIED_MS;
    const waitMs = isLate ? WORD_READ_MS : place * stepMs + lagMs;
    this.#wait(asked, transaction, nowMs, nowMs + waitMs);
    return left();
  }

  /** Another member says that it answers. */
  noted(note: AnswerNote, by: MemberId, nowMs: number): void {
    this.#forget(nowMs);
    const transaction = this.#transactions.get(keyOf(note)) ?? this.#begin(note, nowMs);
    transaction.notedAtMs = nowMs;
    transaction.notedBy = by;
    this.#waitNoMore(transaction);
  }

  /** Steps in where the time has come. `lagMs` as above. */
  tick(nowMs: number, lagMs: number): AnsweringEffect<Reply>[] {
    const effects: AnsweringEffect<Reply>[] = [];
    for (;;) {
      const waiting = this.#waiting.take(nowMs);
      if (waiting === undefined) return effects;
      if (lagMs >= LATE_STEP_MS && !waiting.isLate) {
        this.#waitUntil(nowMs + WORD_READ_MS, { ...waiting, isLate: true });
        continue;
      }
      effects.push(...this.#answer(waiting.of, waiting.transaction, waiting.sinceMs, nowMs));
    }
  }

  // ----

  #answer(
    asked: Answerable<Reply>,
    transaction: Transaction<Reply>,
    sinceMs: number,
    nowMs: number,
  ): AnsweringEffect<Reply>[] {
    this.#waitNoMore(transaction);
    transaction.answeredAtMs = nowMs;
    transaction.told = [];
    const { reply } = asked;
    const answer = { effect: "answer", reply, afterMs: nowMs - sinceMs } as const;
    return [...this.#tell(asked, transaction), answer];
  }

  /** Tells those that do not know it yet that this one answers. */
  #tell(
    { mac, xid, kind, order }: Answerable<Reply>,
    transaction: Transaction<Reply>,
  ): AnsweringEffect<Reply>[] {
    const self = this.#self();
    const to = order.filter((id) => id !== self && !transaction.told.includes(id));
    if (to.length === 0) return [];
    transaction.told = [...transaction.told, ...to];
    return [{ effect: "note", to, note: { mac, xid, kind } }];
  }

  /** Until then, or until it was to wait already. */
  #wait(
    of: Answerable<Reply>,
    transaction: Transaction<Reply>,
    nowMs: number,
    untilMs: number,
  ): void {
    const before = transaction.waiting;
    this.#waitNoMore(transaction);
    if (this.#waiting.size >= MAX_TRANSACTIONS) return;
    const dueAtMs = Math.min(untilMs, before?.dueAtMs ?? untilMs);
    const { sinceMs = nowMs, isLate = false } = before?.item ?? {};
    this.#waitUntil(dueAtMs, { sinceMs, isLate, of, transaction });
  }

  #waitUntil(dueAtMs: number, waiting: Waiting<Reply>): void {
    waiting.transaction.waiting = this.#waiting.add(dueAtMs, waiting);
  }

  #waitNoMore(transaction: Transaction<Reply>): void {
    if (transaction.waiting !== undefined) this.#waiting.remove(transaction.waiting);
    transaction.waiting = undefined;
  }

  #heardAgain(asked: Answerable<Reply>, nowMs: number): Transaction<Reply> {
    const transaction = this.#transactions.get(keyOf(asked)) ?? this.#begin(asked, nowMs);
    if (nowMs - transaction.countedAtMs >= REPEATED_MS) {
      transaction.count++;
      transaction.countedAtMs = nowMs;
    }
    return transaction;
  }

  #begin(of: AnswerNote, nowMs: number): Transaction<Reply> {
    const begun: Transaction<Reply> = {
      ...{ firstAtMs: nowMs, count: 0, countedAtMs: NEVER },
      ...{ notedAtMs: NEVER, notedBy: undefined, answeredAtMs: NEVER, told: [] },
      waiting: undefined,
    };
    this.#transactions.set(keyOf(of), begun);
    return begun;
  }

  #forget(nowMs: number): void {
    for (;;) {
      const oldest = this.#transactions.oldest();
      if (oldest === undefined || nowMs - oldest[1].firstAtMs < FORGET_TRANSACTION_MS) return;
      this.#transactions.delete(oldest[0]);
    }
  }
}

function keyOf({ mac, xid, kind }: AnswerNote): string {
  return `${mac} ${xid} ${kind}`;
}
