/**
 * A leader's askings for promises: before it takes the nodes of a silent member from it, a majority
 * of every roster in force during the last lease must have promised that this one cannot act any
 * more (promises.ts). A roster is in force until that long after its successor was: whoever counted
 * a lease by it may do so until then.
 */
import { present } from "../base/assert.ts";
import { LEASE_MARGIN_MS, LEASE_MS, PROMISE_ASK_MS } from "../base/limits.ts";
import type { Mutant } from "../base/mutant.ts";
import { majorityOf, type MemberId, type RosterAt, votersOf } from "../model/member.ts";
import type { SilencePromise } from "../wire/promise.ts";

const WAIT_MS = LEASE_MS + LEASE_MARGIN_MS;

interface Asking {
  readonly promise: SilencePromise;
  readonly promised: Set<MemberId>;
  sayAtMs: number;
}

/** The rosters that somebody may count a lease by. */
export class RostersInForce {
  #sinceMs: number;
  #seen: { readonly at: RosterAt; endedAtMs: number }[] = [];

  /** Nothing is known of the time before `nowMs`. */
  constructor(nowMs: number) {
    this.#sinceMs = nowMs;
  }

  /** The rosters in what is kept of the log, the newest last; to be told whenever there may be
   * another. Several may have come at once: the majorities of rosters that do not follow each other
   * need not meet. Where those in between are not there any more, nothing is known of before. */
  see(all: readonly RosterAt[], nowMs: number): void {
    const newest = this.#seen.at(-1);
    if (newest?.at === all.at(-1)) return;
    const known = newest === undefined ? -1 : all.indexOf(newest.at);
    if (newest !== undefined && known < 0) this.#sinceMs = nowMs;
    if (newest !== undefined) newest.endedAtMs = nowMs;
    for (const at of all.slice(known + 1)) this.#seen.push({ at, endedAtMs: nowMs });
    present(this.#seen.at(-1), "the newest roster").endedAtMs = Number.POSITIVE_INFINITY;
    this.#seen = this.#seen.filter(({ endedAtMs }) => nowMs - endedAtMs < WAIT_MS);
  }

  /** Those that this member saw, the newest last. */
  all(nowMs: number): readonly RosterAt[] {
    return this.#seen.filter(({ endedAtMs }) => nowMs - endedAtMs < WAIT_MS).map(({ at }) => at);
  }

  /** Whether there can be none that it did not see. */
  areAllSeen(nowMs: number): boolean {
    return nowMs - this.#sinceMs >= WAIT_MS;
  }
}

/** What is asked of the voters, in one leadership. */
export class Askings {
  readonly #term: number;
  readonly #mutant: Mutant | undefined;
  readonly #askings = new Map<MemberId, Asking>();
  readonly #withdrawn = new Set<number>();
  #count = 0;

  constructor(term: number, mutant?: Mutant) {
    this.#term = term;
    this.#mutant = mutant;
  }

  /** Whose silence is asked for. */
  get lost(): Iterable<MemberId> {
    return this.#askings.keys();
  }

  isAsking(of: MemberId): boolean {
    return this.#askings.has(of);
  }

  /** Asks from here on; `last`: where the log ends. */
  begin(of: MemberId, last: number): void {
    const promise = { of, term: this.#term, ask: ++this.#count, since: last };
    this.#askings.set(of, { promise, promised: new Set(), sayAtMs: Number.NEGATIVE_INFINITY });
  }

  /** Nothing was proposed, and nothing will be: whoever promised may answer again. The asking
   * that was taken back, if there was one. */
  withdraw(of: MemberId): number | undefined {
    const ask = this.#askings.get(of)?.promise.ask;
    if (ask === undefined) return undefined;
    this.#askings.delete(of);
    this.#withdrawn.add(ask);
    return ask;
  }

  /** The nodes were taken. */
  over(of: MemberId): void {
    this.#askings.delete(of);
  }

  /** Whether that asking was taken back: who is silent for it need not be. */
  isWithdrawn(ask: number): boolean {
    return this.#withdrawn.has(ask);
  }

  /** What to say to all voters now. */
  due(nowMs: number): SilencePromise[] {
    return [...this.#askings.values()].filter(({ sayAtMs }) => nowMs >= sayAtMs)
      .map((asking) => {
        asking.sayAtMs = nowMs + PROMISE_ASK_MS;
        return asking.promise;
      });
  }

  /** When there is something to say again. */
  get dueAtMs(): number {
    return Math.min(
      Number.POSITIVE_INFINITY,
      ...this.#askings.values().map(({ sayAtMs }) => sayAtMs),
    );
  }

  /** A voter has promised. */
  promised(by: MemberId, { of, term, ask }: SilencePromise): void {
    const asking = this.#askings.get(of);
    if (term === this.#term && asking?.promise.ask === ask) asking.promised.add(by);
  }

  /** Whether enough have promised that it cannot act. */
  isSilenced(of: MemberId, inForce: readonly RosterAt[]): boolean {
    const promised = this.#askings.get(of)?.promised;
    if (promised === undefined) return false;
    const rosters = this.#mutant === "promises-of-newest-roster" ? inForce.slice(-1) : inForce;
    return rosters.every(({ roster }) => {
      const voters = votersOf(roster);
      const silent = voters.filter(({ id }) => promised.has(id));
      return voters.length === 0 || silent.length >= majorityOf(voters.length);
    });
  }
}
