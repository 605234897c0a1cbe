/** Who waits for a turn, in the order of coming. Whoever's signal comes first leaves the queue. */
import { BmcFault } from "./bmc_fault.ts";

/** Ends a turn. */
export type EndTurn = () => void;

/** See above. */
export class TurnQueue {
  readonly #waiting = new Set<(end: EndTurn | undefined) => void>();

  /** How many wait. */
  get size(): number {
    return this.#waiting.size;
  }

  /** Begins at once where `mayBegin`, else when `serve` says so. Throws {@link BmcFault} `stopped`,
   * for that reason, where the signal comes first. */
  async take(
    mayBegin: boolean,
    begin: () => EndTurn,
    signal: AbortSignal,
    why: string,
  ): Promise<EndTurn> {
    const end = mayBegin ? begin() : await this.#turn(signal);
    if (end !== undefined && !signal.aborted) return end;
    end?.();
    throw new BmcFault("stopped", why);
  }

  /** Gives turns for as long as `mayBegin`: here and now, so that nobody who comes meanwhile takes
   * one. */
  serve(mayBegin: () => boolean, begin: () => EndTurn): void {
    for (const turn of this.#waiting) {
      if (!mayBegin()) return;
      this.#waiting.delete(turn);
      turn(begin());
    }
  }

  async #turn(signal: AbortSignal): Promise<EndTurn | undefined> {
    const { promise, resolve } = Promise.withResolvers<EndTurn | undefined>();
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
}
