/** How many searches are looked at in a second: of each address, and of all. */
import { Allowances } from "../../base/allowances.ts";

/** See above. */
export class SearchBudget {
  readonly #all: Allowances;
  readonly #ofOne: Allowances;

  constructor(most: number, mostOfOne: number) {
    this.#all = new Allowances(most, most, 1);
    this.#ofOne = new Allowances(mostOfOne, mostOfOne, most);
  }

  /** Whether one more of that address may be looked at. One machine that searches without end must
   * not keep others from being heard. */
  take(address: string, nowMs: number): boolean {
    if (this.#all.waitMs("", nowMs) > 0 || this.#ofOne.take(address, nowMs) > 0) return false;
    return this.#all.take("", nowMs) === 0;
  }
}
