/** How many connections to controllers there may be, in the making or made. */
import { BmcFault } from "./bmc_fault.ts";

export class ConnectionPlaces {
  readonly #most: number;
  readonly #evict: () => void;
  #held = 0;
  readonly #waiting = new Set<(leave: (() => void) | undefined) => void>();

  /** `evict` closes a connection that nobody uses, where there is one. */
  constructor(most: number, evict: () => void) {
    this.#most = most;
    this.#evict = evict;
  }

  /** Connections that are there or in the making. */
  get held(): number {
    return this.#held;
  }

  /** In the order of asking; what is given back is called when the connection is gone. Throws
   * {@link BmcFault} `stopped` where the signal comes first. */
  async take(signal: AbortSignal): Promise<() => void> {
    const mustWait = this.#waiting.size > 0 || !this.#isFree();
    const leave = mustWait ? await this.#turn(signal) : this.#begin();
    if (leave !== undefined && !signal.aborted) return leave;
    leave?.();
    throw new BmcFault("stopped", "there were too many connections to make another");
  }

  /** A connection has nobody who uses it: it may make room for somebody who waits. */
  spared(): void {
    if (this.#waiting.size > 0) this.#next();
  }

  #isFree(): boolean {
    if (this.#held >= this.#most) this.#evict();
    return this.#held < this.#most;
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
    const leave = await promise;
    signal.removeEventListener("abort", stop);
    return leave;
  }

  #begin(): () => void {
    let isHeld = true;
    this.#held++;
    return () => {
      if (!isHeld) return;
      isHeld = false;
      this.#held--;
      this.#next();
    };
  }

  /** Whoever waits gets its place here and now, so that nobody who comes meanwhile takes it. */
  #next(): void {
    for (const turn of this.#waiting) {
      if (!this.#isFree()) return;
      this.#waiting.delete(turn);
      turn(this.#begin());
    }
  }
}
