/**
 * A voter's promises. Before the nodes of a silent member X are given to others, a majority
 * promises that X cannot act: whoever promises stops answering X, waits until every lease that X
 * drew from its answers is over, has the promise on disk, and only then says so (I4).
 *
 * 1. A lease counts from when X sent its round, by X's clock; the wait counts from when this member
 *    last answered, by its own, and is longer by what two clocks may differ (LEASE_MARGIN_MS).
 * 2. Who was just started does not know whom it answered before, and promises nothing yet.
 * 3. A promise ends with the entry that took X's nodes (X's lease then counts only once X has
 *    applied that one), with any entry of a later term (the leader that was promised can then
 *    propose nothing any more), or when that leader, having proposed nothing, says so. `since` and
 *    `ask` tell this promise from an earlier one of the same term.
 * 4. So a promise is made only by whoever has applied an entry of the asking leader's term: what
 *    was promised to the leaders before is over then, and what they proposed is applied.
 */
import type { Deadline } from "../base/instant.ts";
import { LEASE_MARGIN_MS, LEASE_MS } from "../base/limits.ts";
import type { Mutant } from "../base/mutant.ts";
import type { MemberId } from "../model/member.ts";
import type { SilencePromise } from "../wire/promise.ts";

const NEVER = Number.POSITIVE_INFINITY;
/** After so long without an answer to it no lease of its holder's counts one. */
const WAIT_MS = LEASE_MS + LEASE_MARGIN_MS;

interface Held {
  promise: SilencePromise;
  /** The version of all promises with which it goes to disk; undefined while it is not yet due. */
  dueIn: number | undefined;
}

export class Promises {
  readonly #startedAtMs: number;
  readonly #answeredAtMs = new Map<MemberId, number>();
  readonly #held = new Map<MemberId, Held>();
  /** Promises that are over, though what ended them may not be on disk yet. */
  #ending: { readonly promise: SilencePromise; readonly endedAt: number }[] = [];
  readonly #mutant: Mutant | undefined;
  /** Of what should be on disk, and of what is. */
  #version = 0;
  #kept = 0;

  /** `kept`: what the disk held. */
  constructor(kept: readonly SilencePromise[], nowMs: number, mutant?: Mutant) {
    this.#startedAtMs = nowMs;
    this.#mutant = mutant;
    const isForgetful = mutant === "promises-forgotten";
    for (const promise of isForgetful ? [] : kept) {
      this.#held.set(promise.of, { promise, dueIn: 0 });
    }
  }

  /** Whether this peer is not to be answered. */
  isSilentTo(peer: MemberId): boolean {
    return this.#held.has(peer);
  }

  /** The peer is answered just now. */
  answered(peer: MemberId, nowMs: number): void {
    this.#answeredAtMs.set(peer, nowMs);
  }

  /** Whom this member is silent to. */
  get all(): readonly SilencePromise[] {
    return [...this.#held.values()].map(({ promise }) => promise);
  }

  /** The leader of the term of the entry that was applied last asks for a promise. */
  take(promise: SilencePromise, nowMs: number): void {
    const held = this.#held.get(promise.of);
    if (held === undefined) {
      this.#held.set(promise.of, { promise, dueIn: undefined });
    } else if (held.promise.term < promise.term || held.promise.ask < promise.ask) {
      // It was silent all along: what has been waited for need not be waited for again.
      held.promise = promise;
      if (held.dueIn !== undefined) held.dueIn = ++this.#version;
    }
    this.tick(nowMs);
  }

  /** When the next promise can be made. */
  deadline(): Deadline | undefined {
    const waiting = [...this.#held.values()].filter(({ dueIn }) => dueIn === undefined);
    if (waiting.length === 0) return undefined;
    const atMs = Math.min(...waiting.map(({ promise }) => this.#dueAtMs(promise.of)));
    return { atMs, reason: "a promise" };
  }

  /** Makes the promises that are due: they are to go to disk. */
  tick(nowMs: number): void {
    for (const held of this.#held.values()) {
      if (held.dueIn === undefined && nowMs >= this.#dueAtMs(held.promise.of)) {
        held.dueIn = ++this.#version;
      }
    }
  }

  #dueAtMs(of: MemberId): number {
    if (this.#mutant === "no-promises") return 0;
    return Math.max(this.#startedAtMs, this.#answeredAtMs.get(of) ?? 0) + WAIT_MS;
  }

  /** Whether something of them should go to disk. */
  get isDirty(): boolean {
    return this.#version > this.#kept;
  }

  /** What is to be on disk, and its version, together with the verdicts of entries up to `index`:
   * a promise that ended with a later one must not be gone before that is there. */
  record(
    index: number,
  ): { readonly version: number; readonly promises: readonly SilencePromise[] } {
    this.#ending = this.#ending.filter(({ endedAt }) => endedAt > index);
    const made = [...this.#held.values()].filter(({ dueIn }) => dueIn !== undefined);
    const all = [...made, ...this.#ending];
    return { version: this.#version, promises: all.map(({ promise }) => promise) };
  }

  /** That version is on disk. */
  persisted(version: number): void {
    this.#kept = Math.max(this.#kept, version);
  }

  /** The promise that was made to that leader, if it is on disk and may be said. */
  madeTo(of: MemberId, term: number): SilencePromise | undefined {
    const held = this.#held.get(of);
    if (held === undefined || held.promise.term !== term) return undefined;
    return (held.dueIn ?? NEVER) <= this.#kept ? held.promise : undefined;
  }

  /** The entry of that term and index was applied; `lostAt` says at which index nodes were last
   * taken from a member. */
  applied(term: number, index: number, lostAt: (id: MemberId) => number): void {
    for (const [of, { promise, dueIn }] of this.#held) {
      if (term <= promise.term && lostAt(of) <= promise.since) continue;
      if (dueIn !== undefined) this.#ending.push({ promise, endedAt: index });
      this.#end(of);
    }
  }

  /** The leader takes its asking back, having proposed nothing. */
  withdrawn(of: MemberId, term: number, ask: number): void {
    const promise = this.#held.get(of)?.promise;
    if (promise?.term === term && promise.ask === ask) this.#end(of);
  }

  #end(of: MemberId): void {
    this.#held.delete(of);
    this.#version++;
  }
}
