/** How late the event loop is: everything that a member answers waits at least so long. */
import { LOOP_LAG_LOOK_MS, LOOP_LAG_LOOKS } from "../../base/limits.ts";
import type { Clock } from "../../io/clock.ts";
import type { Histogram, Metrics } from "./metrics.ts";

const BUCKETS_SECONDS = [0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5];

/** Looks every {@link LOOP_LAG_LOOK_MS}, from its making until it is closed. */
export class LoopLag {
  readonly #clock: Clock;
  readonly #lag: Histogram;
  #dueMs = 0;
  #latestMs = 0;
  /** Of the last looks. */
  readonly #lately: number[] = [];
  #cancel: () => void = () => {};

  constructor(metrics: Metrics, clock: Clock) {
    this.#clock = clock;
    this.#lag = metrics.histogram(
      "confluent_event_loop_lag_seconds",
      "how late a timer was, looked at ten times a second",
      BUCKETS_SECONDS,
    );
    this.#look();
  }

  /** How late it was last. */
  get latestMs(): number {
    return this.#latestMs;
  }

  /** How late it was at the worst in the last second, or is by now. */
  get worstMs(): number {
    return Math.max(0, this.#clock.now().monoMs - this.#dueMs, ...this.#lately);
  }

  close(): void {
    this.#cancel();
  }

  #look(): void {
    this.#dueMs = this.#clock.now().monoMs + LOOP_LAG_LOOK_MS;
    this.#cancel = this.#clock.after(LOOP_LAG_LOOK_MS, () => {
      this.#latestMs = Math.max(0, this.#clock.now().monoMs - this.#dueMs);
      this.#lately.push(this.#latestMs);
      if (this.#lately.length > LOOP_LAG_LOOKS) this.#lately.shift();
      this.#lag.observe(this.#latestMs / 1_000);
      this.#look();
    });
  }
}
