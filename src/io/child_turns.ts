/**
 * How many children run at a time. Whoever has to wait is served in the order of coming, in three
 * lanes: what has begun goes on before something new begins, so that what is long does not stay
 * half done; and what is thought to be in vain has a share of its own, so that whoever never
 * answers does not keep others waiting.
 */
import { QueueSet } from "../base/queue_set.ts";

/** `goes-on`: of something that has begun. `vain`: the last time nobody answered. */
export type Lane = "goes-on" | "new" | "vain";

interface Waiter {
  readonly lane: Lane;
  readonly begin: () => void;
}

/** The turns of children. */
export class ChildTurns {
  readonly #most: number;
  readonly #mostInVain: number;
  readonly #inVainBeside: number;
  readonly #waiting = {
    "goes-on": new QueueSet<Waiter>(),
    new: new QueueSet<Waiter>(),
    vain: new QueueSet<Waiter>(),
  };
  #running = 0;
  #runningInVain = 0;

  /** `mostInVain` is a part of `most`, and `inVainBeside` of that: while others wait. */
  constructor(most: number, mostInVain: number, inVainBeside: number) {
    this.#most = most;
    this.#mostInVain = mostInVain;
    this.#inVainBeside = inVainBeside;
  }

  get running(): number {
    return this.#running;
  }

  /** Resolves when the turn has come, with what ends it; undefined where `signal` was sooner. */
  async take(lane: Lane, signal: AbortSignal): Promise<(() => void) | undefined> {
    if (signal.aborted) return undefined;
    const { promise, resolve } = Promise.withResolvers<boolean>();
    const waiter: Waiter = { lane, begin: () => resolve(true) };
    const queue = this.#waiting[lane];
    const leave = (): void => {
      if (queue.delete(waiter)) resolve(false);
    };
    queue.add(waiter);
    signal.addEventListener("abort", leave, { once: true });
    this.#serve();
    const hasCome = await promise;
    signal.removeEventListener("abort", leave);
    return hasCome ? this.#ending(lane) : undefined;
  }

  #ending(lane: Lane): () => void {
    let isOver = false;
    return () => {
      if (isOver) return;
      isOver = true;
      this.#running--;
      if (lane === "vain") this.#runningInVain--;
      this.#serve();
    };
  }

  #serve(): void {
    while (this.#running < this.#most) {
      const waiter = this.#next();
      if (waiter === undefined) return;
      this.#running++;
      if (waiter.lane === "vain") this.#runningInVain++;
      waiter.begin();
    }
  }

  #next(): Waiter | undefined {
    const { "goes-on": goesOn, new: fresh, vain } = this.#waiting;
    const inVain = (most: number): Waiter | undefined =>
      this.#runningInVain < most ? vain.take() : undefined;
    return goesOn.take() ?? inVain(this.#inVainBeside) ?? fresh.take() ?? inVain(this.#mostInVain);
  }
}
