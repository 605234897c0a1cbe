/** How many searches are looked at in a second: of each address, and of all. */

/** See above. */
export class SearchBudget {
  readonly #most: number;
  readonly #mostOfOne: number;
  readonly #ofOne = new Map<string, number>();
  #count = 0;
  #sinceMs = 0;

  constructor(most: number, mostOfOne: number) {
    this.#most = most;
    this.#mostOfOne = mostOfOne;
  }

  /** Whether one more of that address may be looked at. One machine that searches without end must
   * not keep others from being heard. */
  take(address: string, nowMs: number): boolean {
    if (nowMs - this.#sinceMs >= 1_000) {
      this.#ofOne.clear();
      this.#count = 0;
      this.#sinceMs = nowMs;
    }
    if (this.#count >= this.#most) return false;
    const count = (this.#ofOne.get(address) ?? 0) + 1;
    if (count > this.#mostOfOne) return false;
    this.#ofOne.set(address, count);
    this.#count++;
    return true;
  }
}
