/** Work of which only so much is under way at a time; the rest waits in the order of asking. */

/** See above. */
export class FewAtOnce {
  readonly #most: number;
  readonly #waiting: (() => void)[] = [];
  #begun = 0;

  constructor(most: number) {
    this.#most = most;
  }

  /** Does the work in its turn, and settles as it does. */
  async run<T>(work: () => Promise<T>): Promise<T> {
    if (this.#begun < this.#most) this.#begun++;
    else await new Promise<void>((resolve) => void this.#waiting.push(resolve));
    try {
      return await work();
    } finally {
      const next = this.#waiting.shift(); // it takes this place
      if (next === undefined) this.#begun--;
      else next();
    }
  }
}
