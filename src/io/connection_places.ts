/** How many connections to controllers there may be, in the making or made. */
import { type EndTurn, TurnQueue } from "./turn_queue.ts";

/** See above. */
export class ConnectionPlaces {
  readonly #most: number;
  readonly #evict: () => void;
  readonly #waiting = new TurnQueue();
  #held = 0;

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
   * BmcFault `stopped` where the signal comes first. */
  async take(signal: AbortSignal): Promise<EndTurn> {
    const mayBegin = this.#waiting.size === 0 && this.#isFree();
    const why = "there were too many connections to make another";
    return await this.#waiting.take(mayBegin, () => this.#begin(), signal, why);
  }

  /** A connection has nobody who uses it: it may make room for somebody who waits. */
  spared(): void {
    this.#serve();
  }

  #serve(): void {
    this.#waiting.serve(() => this.#isFree(), () => this.#begin());
  }

  #isFree(): boolean {
    if (this.#held >= this.#most) this.#evict();
    return this.#held < this.#most;
  }

  #begin(): EndTurn {
    let isHeld = true;
    this.#held++;
    return () => {
      if (!isHeld) return;
      isHeld = false;
      this.#held--;
      this.#serve();
    };
  }
}
