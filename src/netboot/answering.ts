/**
 * Exactly one answer. Members that hear the same request come to the same order of who answers it;
 * the first does so at once, and tells the others beforehand. Those wait for its word, each longer
 * than the one before, and step in where none comes: a client is answered though the first one is
 * dead. Members that are cut off from each other may both answer; they say the same.
 *
 * - Of a DISCOVER the member of place k in the order waits k times STEP_IN_MS and by how much its
 *   own loop lags, since then the word may be here already and not be read yet.
 * - Of one that the client repeats, at least REPEATED_MS after the first, it waits but a short
 *   while: the client waits as well.
 * - Repeated again, the word alone does not count any more: whoever gave it may not be heard. Of
 *   the n-th the member of place n - 2 and all before it answer.
 */
import {
  FORGET_TRANSACTION_MS,
  MAX_TRANSACTIONS,
  REPEATED_MS,
  STEP_IN_HURRIED_MS,
  STEP_IN_MS,
} from "../base/limits.ts";
import type { MemberId } from "../model/member.ts";

/** What the members tell each other: I answer this now. */
export interface AnswerNote {
  readonly mac: string;
  readonly xid: number;
  /** Whether the request is a DISCOVER: a client's REQUEST has the same transaction id. */
  readonly isDiscover: boolean;
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
    /** How long it waited for others that were silent; 0 where it was the first. */
    readonly afterMs: number;
  }
  /** Another one answers, or may yet. */
  | { readonly effect: "left"; readonly reply: Reply; readonly to: MemberId };

interface Transaction<Reply> {
  readonly firstAtMs: number;
  /** How many times it was heard, those aside that came right after another. */
  count: number;
  countedAtMs: number;
  notedAtMs: number;
  waiting:
    | { readonly dueAtMs: number; readonly sinceMs: number; readonly of: Answerable<Reply> }
    | undefined;
}

/** See above; of one member. Times are monotonic. */
export class Answering<Reply> {
  readonly #self: () => MemberId;
  /** By transaction, the newest at the end. */
  readonly #transactions = new Map<string, Transaction<Reply>>();
  /** Those that wait, by their place in the order: of one place the first is due first. */
  readonly #queues = new Map<number, string[]>();

  /** `self`: a join gives the member another id. */
  constructor(self: () => MemberId) {
    this.#self = self;
  }

  /** How many transactions are remembered. */
  get size(): number {
    return this.#transactions.size;
  }

  /** A request was heard. `lagMs`: how late this member's loop is. */
  heard(asked: Answerable<Reply>, nowMs: number, lagMs: number): AnsweringEffect<Reply>[] {
    this.#forget(nowMs);
    const place = asked.order.indexOf(this.#self());
    const [first] = asked.order;
    if (place < 0 || first === undefined) return [];
    const transaction = this.#transaction(asked, nowMs);
    if (place === 0) return this.#answer(asked, transaction, nowMs, nowMs);
    const { count, notedAtMs } = transaction;
    if (place <= count - 2) return this.#answer(asked, transaction, nowMs, nowMs);
    const isNoted = notedAtMs >= transaction.countedAtMs ||
      (count === 1 && notedAtMs > Number.NEGATIVE_INFINITY);
    const left = { effect: "left", reply: asked.reply, to: first } as const;
    if (isNoted || transaction.waiting !== undefined) return [left];
    const stepMs = count === 1 ? STEP_IN_MS : STEP_IN_HURRIED_MS;
    transaction.waiting = { dueAtMs: nowMs + place * stepMs + lagMs, sinceMs: nowMs, of: asked };
    const queue = this.#queues.get(place);
    if (queue === undefined) this.#queues.set(place, [keyOf(asked)]);
    else queue.push(keyOf(asked));
    return [left];
  }

  /** Another member says that it answers. */
  noted(note: AnswerNote, nowMs: number): void {
    this.#forget(nowMs);
    const transaction = this.#transactions.get(keyOf(note)) ?? this.#begin(note, nowMs, 0);
    transaction.notedAtMs = nowMs;
    transaction.waiting = undefined;
  }

  /** When something is due; infinite for never. Never early, and late by no more than the others of
   * its place in the order. */
  deadlineMs(): number {
    let dueAtMs = Number.POSITIVE_INFINITY;
    for (const queue of this.#queues.values()) {
      for (;;) {
        const [key] = queue;
        if (key === undefined) break;
        const waiting = this.#transactions.get(key)?.waiting;
        if (waiting === undefined) {
          queue.shift();
          continue;
        }
        dueAtMs = Math.min(dueAtMs, waiting.dueAtMs);
        break;
      }
    }
    return dueAtMs;
  }

  /** Steps in where the time has come. */
  tick(nowMs: number): AnsweringEffect<Reply>[] {
    const effects: AnsweringEffect<Reply>[] = [];
    for (const [place, queue] of this.#queues) {
      while (queue.length > 0) {
        const transaction = this.#transactions.get(queue[0] as string);
        const waiting = transaction?.waiting;
        if (waiting !== undefined && waiting.dueAtMs > nowMs) break;
        queue.shift();
        if (transaction === undefined || waiting === undefined) continue;
        effects.push(...this.#answer(waiting.of, transaction, waiting.sinceMs, nowMs));
      }
      if (queue.length === 0) this.#queues.delete(place);
    }
    return effects;
  }

  // ----

  #answer(
    asked: Answerable<Reply>,
    transaction: Transaction<Reply>,
    sinceMs: number,
    nowMs: number,
  ): AnsweringEffect<Reply>[] {
    transaction.waiting = undefined;
    const { mac, xid, isDiscover, order, reply } = asked;
    const self = this.#self();
    const others = order.filter((id) => id !== self);
    const answer = { effect: "answer", reply, afterMs: nowMs - sinceMs } as const;
    if (others.length === 0) return [answer];
    return [{ effect: "note", to: others, note: { mac, xid, isDiscover } }, answer];
  }

  #transaction(asked: Answerable<Reply>, nowMs: number): Transaction<Reply> {
    const known = this.#transactions.get(keyOf(asked));
    if (known === undefined) return this.#begin(asked, nowMs, 1);
    // The word of another came first, or it is heard twice: over two relays, say.
    if (known.count === 0 || nowMs - known.countedAtMs >= REPEATED_MS) {
      known.count++;
      known.countedAtMs = known.count === 1 ? known.countedAtMs : nowMs;
    }
    return known;
  }

  #begin(of: AnswerNote, nowMs: number, count: number): Transaction<Reply> {
    if (this.#transactions.size >= MAX_TRANSACTIONS) {
      const [oldest] = this.#transactions.keys();
      this.#transactions.delete(oldest as string);
    }
    const begun = {
      ...{ firstAtMs: nowMs, count, countedAtMs: nowMs },
      notedAtMs: Number.NEGATIVE_INFINITY,
      waiting: undefined,
    };
    this.#transactions.set(keyOf(of), begun);
    return begun;
  }

  #forget(nowMs: number): void {
    for (const [key, { firstAtMs }] of this.#transactions) {
      if (nowMs - firstAtMs < FORGET_TRANSACTION_MS) break;
      this.#transactions.delete(key);
    }
  }
}

function keyOf({ mac, xid, isDiscover }: AnswerNote): string {
  return `${mac} ${xid} ${isDiscover}`;
}
