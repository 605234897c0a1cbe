/**
 * A set that is emptied from its front while others are added at its end. To take the first costs
 * the same however many were taken before: a plain set looks over all the places that those left.
 */
export class QueueSet<T> {
  readonly #members = new Set<T>();
  /** Goes on where the last one was taken. */
  #next: SetIterator<T> | undefined;

  constructor(members: Iterable<T> = []) {
    this.addAll(members);
  }

  get size(): number {
    return this.#members.size;
  }

  has(member: T): boolean {
    return this.#members.has(member);
  }

  /** One that is in it keeps its place. */
  add(member: T): void {
    this.#members.add(member);
  }

  addAll(members: Iterable<T>): void {
    for (const member of members) this.add(member);
  }

  delete(member: T): boolean {
    return this.#members.delete(member);
  }

  /** Takes out the one that is first; undefined where it is empty. */
  take(): T | undefined {
    for (;;) {
      this.#next ??= this.#members.values();
      const { done, value } = this.#next.next();
      if (!done) {
        this.#members.delete(value);
        return value;
      }
      this.#next = undefined;
      if (this.#members.size === 0) return undefined;
    }
  }

  [Symbol.iterator](): SetIterator<T> {
    return this.#members.values();
  }
}
