/**
 * Which entries of the kept log changed anything: all but those that a guard refused, or that came
 * twice. The log does not say so, their verdicts do. Those of entries that a delta jumped over are
 * not known here, though the log may hold the entries.
 */
import type { Verdict } from "../../model/operation.ts";

export class Effects {
  /** Entries that were judged and changed nothing, by rising index. */
  readonly #refused = new Set<number>();
  /** Nothing is known of the entries up to here. */
  #start: number;

  constructor(start: number) {
    this.#start = start;
  }

  judged(index: number, verdict: Verdict): void {
    if (verdict.result !== "applied") this.#refused.add(index);
  }

  /** Whether the entry, up to which all is applied here, changed anything; undefined where that is
   * not known. */
  has(index: number): boolean | undefined {
    return index <= this.#start ? undefined : !this.#refused.has(index);
  }

  /** The log begins after `index`, or the state jumped to it. */
  forget(index: number): void {
    this.#start = Math.max(this.#start, index);
    for (const refused of this.#refused) {
      if (refused > index) return;
      this.#refused.delete(refused);
    }
  }
}
