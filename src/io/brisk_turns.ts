/**
 * So many at a time that the first are done before the last begin, though whoever takes long holds
 * nobody up: a turn that is not over after a while counts no more. After a rest few begin, and one
 * more with each that is over: else the first would take as long as all who began with it.
 */
import { BmcFault } from "./bmc_fault.ts";
import type { Clock } from "./clock.ts";

/** How many begin after a rest. */
const FEW = 4;

export class BriskTurns {
  readonly #clock: Clock;
  readonly #most: number;
  readonly #briskMs: number;
  #taken = 0;
  #allowed: number;
  readonly #waiting = new Set<(end: (() => void) | undefined) => void>();

  constructor(clock: Clock, most: number, briskMs: number) {
    this.#clock = clock;
    this.#most = most;
    this.#allowed = Math.min(FEW, most);
    this.#briskMs = briskMs;
  }

  /** In the order of asking; what is given back ends the turn. Throws {@link BmcFault} `stopped`
   * where the signal comes first. */
  async take(signal: AbortSignal): Promise<() => void> {
    const mustWait = this.#waiting.size > 0 || this.#taken >= this.#allowed;
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
      this.#allowed = Math.min(this.#most, this.#allowed + 1);
      // Here and now, so that nobody who comes meanwhile takes it.
      for (const next of this.#waiting) {
        if (this.#taken >= this.#allowed) return;
        this.#waiting.delete(next);
        next(this.#begin());
      }
      if (this.#taken === 0) this.#allowed = Math.min(FEW, this.#most);
    };
    const cancel = this.#clock.after(this.#briskMs, end);
    return end;
  }
}
