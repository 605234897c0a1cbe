/**
 * So many at a time that the first are done before the last begin, though whoever takes long holds
 * nobody up: a turn that is not over after a while counts no more. After a rest few begin, and one
 * more with each that is over: else the first would take as long as all who began with it.
 */
import type { Clock } from "./clock.ts";
import { type EndTurn, TurnQueue } from "./turn_queue.ts";

/** How many begin after a rest. */
const FEW = 4;

/** See above. */
export class BriskTurns {
  readonly #clock: Clock;
  readonly #most: number;
  readonly #briskMs: number;
  readonly #waiting = new TurnQueue();
  #taken = 0;
  #allowed: number;

  /** At most `most` at a time, each of which counts for `briskMs` at the longest. */
  constructor(clock: Clock, most: number, briskMs: number) {
    this.#clock = clock;
    this.#most = most;
    this.#allowed = Math.min(FEW, most);
    this.#briskMs = briskMs;
  }

  /** In the order of asking; what is given back ends the turn. Throws BmcFault `stopped` where the
   * signal comes first. */
  async take(signal: AbortSignal): Promise<EndTurn> {
    const mayBegin = this.#waiting.size === 0 && this.#taken < this.#allowed;
    const begin = (): EndTurn => this.#begin();
    return await this.#waiting.take(mayBegin, begin, signal, "it was not yet its turn");
  }

  #begin(): EndTurn {
    let isOver = false;
    this.#taken++;
    const end = (): void => {
      if (isOver) return;
      isOver = true;
      cancel();
      this.#taken--;
      this.#allowed = Math.min(this.#most, this.#allowed + 1);
      this.#waiting.serve(() => this.#taken < this.#allowed, () => this.#begin());
      if (this.#taken === 0) this.#allowed = Math.min(FEW, this.#most);
    };
    const cancel = this.#clock.after(this.#briskMs, end);
    return end;
  }
}
