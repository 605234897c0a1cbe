/**
 * A small seeded generator (sfc32, Chris Doty-Humphrey's PractRand). Used for election jitter and
 * by the simulator, where one seed must give one history (I10). Never for secrets.
 */
export class Prng {
  #a: number;
  #b: number;
  #c: number;
  #counter = 1;

  constructor(seed: number | string) {
    let h = 0x811c9dc5;
    for (const ch of String(seed)) h = Math.imul(h ^ ch.charCodeAt(0), 0x01000193) >>> 0;
    this.#a = h;
    this.#b = Math.imul(h, 0x9e3779b1) >>> 0;
    this.#c = ~h >>> 0;
    for (let i = 0; i < 12; i++) this.next();
  }

  /** A whole number, uniform in 0 to 2^32 - 1. */
  next(): number {
    const t = (this.#a + this.#b + this.#counter) >>> 0;
    this.#counter = (this.#counter + 1) >>> 0;
    this.#a = this.#b ^ (this.#b >>> 9);
    this.#b = (this.#c + (this.#c << 3)) >>> 0;
    this.#c = ((this.#c << 21) | (this.#c >>> 11)) >>> 0;
    this.#c = (this.#c + t) >>> 0;
    return t;
  }

  /** Uniform in [0, 1). */
  unit(): number {
    return this.next() / 0x1_0000_0000;
  }

  /** A whole number, uniform in `low` to `high`, both included. */
  between(low: number, high: number): number {
    return low + Math.floor(this.unit() * (high - low + 1));
  }

  chance(probability: number): boolean {
    return this.unit() < probability;
  }

  pick<T>(items: readonly T[]): T {
    const item = items[this.between(0, items.length - 1)];
    if (item === undefined) throw new RangeError("pick from an empty list");
    return item;
  }

  /** A generator of its own: what one purpose draws does not reshuffle another's. */
  fork(purpose: string): Prng {
    return new Prng(`${purpose}/${this.#a}/${this.#b}/${this.#c}`);
  }
}
