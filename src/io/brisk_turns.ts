/**
 * So many at a time that the first are done before the last begin, though whoever takes long holds
 * nobody up: a turn that is not over after a while counts no more.
 */
import { BmcFault } from "./bmc_fault.ts";
import type { Clock } from "./clock.ts";

export class BriskTurns {
  readonly #clock: Clock;
  readonly #most: number;
  readonly #briskMs: number;
  #taken = 0;
  readonly #waiting = new Set<(end: (() => void) | undefined) => void>();

  constructor(clock: Clock, most: number, briskMs: number) {
    this.#clock = clock;
    this.#most = most;
    this.#briskMs = briskMs;
  }

  /** In the order of asking; what is given back ends the turn. Throws {@link BmcFault} `stopped`
   * where the signal comes first. */
  async take(signal: AbortSignal): Promise<() => void> {
    const mustWait = this.#waiting.size > 0 || this.#taken >= this.#most;
    const end = mustWait ? await this.#turn(signal) : this.#begin();
    if (end !== undefined && !signal.aborted) return end;
    end?.();
    throw new BmcFault("stopped", "it was not yet its turn");
  }

  async #turn(signal: AbortSignal): Promise<(() => void) | undefined> {
    const { promise, resolve } = Promise.withResolvers<(() => void) | undefined>();
    const stop = (): void => {
      this.#waiting.delete(resolve);
      resolve(undefined);
    };
    this.#waiting.add(resolve);
    signal.addEventListener("abort", stop, { once: true });
    if (signal.aborted) stop();
    const end = await promise;
    signal.removeEventListener("abort", stop);
    return end;
  }

  #begin(): () => void {
    let isOver = false;
    this.#taken++;
    const end = (): void => {
      if (isOver) return;
      isOver = true;
      cancel();
      this.#taken--;
      const [next] = this.#waiting;
      if (next === undefined || this.#taken >= this.#most) return;
      this.#waiting.delete(next);
      next(this.#begin()); // here and now, so that nobody who comes meanwhile takes it
    };
    const cancel = this.#clock.after(this.#briskMs, end);
    return end;
  }
}
