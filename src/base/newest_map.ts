/**
 * A map that keeps so many, the newest. To find the oldest costs the same however many went before
 * it: a plain map looks over all the places that those left.
 */
export class NewestMap<K, V> {
  readonly #most: number;
  readonly #entries = new Map<K, V>();
  /** Goes on where the last one was found to be the oldest. */
  #next: MapIterator<[K, V]> | undefined;
  #oldest: readonly [key: K, value: V] | undefined;

  /** `most`: how many it keeps. */
  constructor(most: number) {
    this.#most = most;
  }

  get size(): number {
    return this.#entries.size;
  }

  get(key: K): V | undefined {
    return this.#entries.get(key);
  }

  /** Makes it the newest; the oldest goes where there are too many. */
  set(key: K, value: V): void {
    this.delete(key);
    if (this.#entries.size >= this.#most) {
      const oldest = this.oldest();
      if (oldest !== undefined) this.delete(oldest[0]);
    }
    this.#entries.set(key, value);
  }

  delete(key: K): boolean {
    if (this.#oldest?.[0] === key) this.#oldest = undefined;
    return this.#entries.delete(key);
  }

  /** The one that was set longest ago; undefined where there is none. */
  oldest(): readonly [key: K, value: V] | undefined {
    while (this.#oldest === undefined && this.#entries.size > 0) {
      this.#next ??= this.#entries.entries();
      const { done, value } = this.#next.next();
      if (done) this.#next = undefined;
      else this.#oldest = value;
    }
    return this.#oldest;
  }

  /** The oldest first. */
  values(): IterableIterator<V> {
    return this.#entries.values();
  }
}
