/** A store whose commits are counted and timed: every write to the log waits for one. */
import type { Clock } from "../../io/clock.ts";
import type { CommitResult, Store, StoreBatch } from "../../io/store.ts";
import type { Counter, Histogram, Metrics } from "./metrics.ts";

const BUCKETS_SECONDS = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 5];

/** Counts over all stores of a process: a join opens another one. */
export class StoreCounts {
  readonly #clock: Clock;
  readonly #commits: Counter<"result">;
  readonly #seconds: Histogram;

  constructor(metrics: Metrics, clock: Clock) {
    this.#clock = clock;
    this.#commits = metrics.counter(
      "confluent_log_commits_total",
      "writes to the disk, by what became of them: done, full, unknown",
      ["result"],
    );
    this.#seconds = metrics.histogram(
      "confluent_log_commit_seconds",
      "how long a write to the disk took until it was synced",
      BUCKETS_SECONDS,
    );
  }

  /** The same store, counted. */
  counting(store: Store): Store {
    const commit = (batch: StoreBatch): Promise<CommitResult> => this.#commit(store, batch);
    return {
      get count(): number {
        return store.count;
      },
      load: () => store.load(),
      commit,
      recover: () => store.recover(),
      close: () => store.close(),
    };
  }

  async #commit(store: Store, batch: StoreBatch): Promise<CommitResult> {
    const beganMs = this.#clock.now().monoMs;
    const done = await store.commit(batch);
    this.#seconds.observe((this.#clock.now().monoMs - beganMs) / 1_000);
    this.#commits.add({ result: done.result });
    return done;
  }
}
