/**
 * How much each of many may do: so much at once, and then so much a second (a token bucket each).
 * Of the newest so many alone it is known; whoever was forgotten begins anew.
 */
import { NewestMap } from "./newest_map.ts";

interface Allowance {
  left: number;
  atMs: number;
}

/** See above. */
export class Allowances {
  readonly #burst: number;
  readonly #perSecond: number;
  readonly #known: NewestMap<string, Allowance>;

  /** `most`: of how many it is known. */
  constructor(burst: number, perSecond: number, most: number) {
    this.#burst = burst;
    this.#perSecond = perSecond;
    this.#known = new NewestMap(most);
  }

  /** Takes one of what is left: 0, or in how many milliseconds there will be one. */
  take(whose: string, nowMs: number): number {
    const waitMs = this.waitMs(whose, nowMs);
    const left = this.#left(whose, nowMs);
    this.#known.set(whose, { left: waitMs > 0 ? left : left - 1, atMs: nowMs });
    return waitMs;
  }

  /** What was taken in advance, and was not due. */
  giveBack(whose: string, nowMs: number): void {
    const left = Math.min(this.#burst, this.#left(whose, nowMs) + 1);
    this.#known.set(whose, { left, atMs: nowMs });
  }

  /** The same as `take`, and nothing is taken. */
  waitMs(whose: string, nowMs: number): number {
    const left = this.#left(whose, nowMs);
    return left >= 1 ? 0 : Math.ceil((1 - left) * 1000 / this.#perSecond);
  }

  #left(whose: string, nowMs: number): number {
    const known = this.#known.get(whose);
    if (known === undefined) return this.#burst;
    const passedMs = Math.max(0, nowMs - known.atMs);
    return Math.min(this.#burst, known.left + passedMs * this.#perSecond / 1000);
  }
}
