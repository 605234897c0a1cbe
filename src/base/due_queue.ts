/** What is due, each at a time of its own, the first of all first: a binary heap. */

/** One that waits in a queue: by it, it is taken out again before its time. */
export interface Due<T> {
  readonly dueAtMs: number;
  readonly item: T;
  /** Its place in the heap, which the queue alone changes; -1 once it is out. */
  at: number;
}

/** See above. The cost of each call grows with the logarithm of how many wait. */
export class DueQueue<T> {
  readonly #heap: Due<T>[] = [];

  get size(): number {
    return this.#heap.length;
  }

  /** When the first is due; infinite where none waits. */
  get firstMs(): number {
    return this.#heap[0]?.dueAtMs ?? Number.POSITIVE_INFINITY;
  }

  add(dueAtMs: number, item: T): Due<T> {
    const due: Due<T> = { dueAtMs, item, at: this.#heap.length };
    this.#heap.push(due);
    this.#rise(due);
    return due;
  }

  /** One that is out already stays out. */
  remove(due: Due<T>): void {
    const { at } = due;
    const last = this.#heap.at(-1);
    if (this.#heap[at] !== due || last === undefined) return;
    this.#heap.pop();
    due.at = -1;
    if (last === due) return;
    this.#put(last, at);
    this.#sink(last);
    this.#rise(last);
  }

  /** Takes out the first, where it is due by now. */
  take(nowMs: number): T | undefined {
    const [first] = this.#heap;
    if (first === undefined || first.dueAtMs > nowMs) return undefined;
    this.remove(first);
    return first.item;
  }

  // ----

  #put(due: Due<T>, at: number): void {
    this.#heap[at] = due;
    due.at = at;
  }

  #rise(due: Due<T>): void {
    while (due.at > 0) {
      const { at } = due;
      const parent = this.#heap[(at - 1) >> 1] as Due<T>;
      if (parent.dueAtMs <= due.dueAtMs) return;
      this.#put(due, parent.at);
      this.#put(parent, at);
    }
  }

  #sink(due: Due<T>): void {
    for (;;) {
      const { at } = due;
      const left = this.#heap[2 * at + 1], right = this.#heap[2 * at + 2];
      const child = left && right && right.dueAtMs < left.dueAtMs ? right : left;
      if (child === undefined || child.dueAtMs >= due.dueAtMs) return;
      this.#put(due, child.at);
      this.#put(child, at);
    }
  }
}
