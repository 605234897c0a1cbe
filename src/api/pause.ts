/** Lets others get their turn in the middle of long work. */
import { SLICE_MS } from "../base/limits.ts";

export function pause(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 0));
}

/** For work on many rows: `if (turn.isOver) await turn.pass()` between any two of them. What is
 * read before and after a pass is of two states: who writes demands that the rows are unchanged. */
export class Turn {
  #endMs = performance.now() + SLICE_MS;

  get isOver(): boolean {
    return performance.now() > this.#endMs;
  }

  async pass(): Promise<void> {
    await pause();
    this.#endMs = performance.now() + SLICE_MS;
  }
}
