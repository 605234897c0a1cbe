/** How late the loop of this process is: what is due now may be done only so much later. */
import { LAG_LOOK_MS, LAG_LOOKS } from "../base/limits.ts";
import type { Clock } from "../io/clock.ts";

export class LoopLag {
  readonly #clock: Clock;
  /** Of the last looks. */
  readonly #late: number[] = [];
  #dueAtMs = 0;
  #cancel: () => void = () => {};

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#plan();
  }

  /** Milliseconds: the most of about the last second. */
  get ms(): number {
    const overdueMs = this.#clock.now().monoMs - this.#dueAtMs;
    return Math.max(0, overdueMs, ...this.#late);
  }

  close(): void {
    this.#cancel();
  }

  #plan(): void {
    this.#dueAtMs = this.#clock.now().monoMs + LAG_LOOK_MS;
    this.#cancel = this.#clock.after(LAG_LOOK_MS, () => {
      this.#late.push(Math.max(0, this.#clock.now().monoMs - this.#dueAtMs));
      if (this.#late.length > LAG_LOOKS) this.#late.shift();
      this.#plan();
    });
  }
}
