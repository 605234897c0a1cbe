/**
 * What one client knows of the one node that it alone writes, and whether what it is told later can
 * be true. Every write has a serial of its own, which the value begins with, and the node's ETag is
 * the index of its last change: so a write that was applied twice shows, even where nothing else
 * was written in between.
 *
 * 1. The ETag never goes back: what was acknowledged, or seen, is not lost.
 * 2. A serial has one index for ever: nothing is applied twice.
 * 3. A serial is seen only if its write was acknowledged or its outcome was never told.
 */
export interface Seen {
  readonly serial: number;
  readonly index: number;
}

export type Wrong = "lost" | "doubled" | "made though refused" | "refused for no reason";

export class Ledger {
  readonly node: string;
  readonly wrongs: { readonly wrong: Wrong; readonly what: string }[] = [];
  #serial = 0;
  #acknowledged = 0;
  #newest: Seen = { serial: 0, index: 0 };
  readonly #indexes = new Map<number, number>();
  readonly #untold = new Set<number>();

  constructor(node: string) {
    this.node = node;
  }

  /** Of the next write. */
  nextSerial(): number {
    return ++this.#serial;
  }

  /** How many writes were acknowledged. */
  get acknowledged(): number {
    return this.#acknowledged;
  }

  /** The newest change that is known. */
  get newest(): Seen {
    return this.#newest;
  }

  wasAcknowledged(seen: Seen): void {
    this.#acknowledged++;
    if (seen.index <= this.#newest.index) this.#accuse("lost", seen);
    this.#indexes.set(seen.serial, seen.index);
    this.#newest = seen;
  }

  /** It may have been made, or may be yet. */
  isUntold(serial: number): void {
    this.#untold.add(serial);
  }

  /** A write was refused because the node had changed, and this is what was then read. */
  wasStale(seen: Seen): void {
    if (seen.index === this.#newest.index) this.#accuse("refused for no reason", seen);
    this.wasRead(seen);
  }

  /** A linearizable read, or a look at any member once all is quiet. */
  wasRead(seen: Seen): void {
    const known = this.#indexes.get(seen.serial);
    if (known !== undefined && known !== seen.index) this.#accuse("doubled", seen);
    else if (seen.index < this.#newest.index) this.#accuse("lost", seen);
    else if (known === undefined && seen.serial !== 0) {
      if (!this.#untold.has(seen.serial)) this.#accuse("made though refused", seen);
      this.#indexes.set(seen.serial, seen.index);
    }
    if (seen.index > this.#newest.index) this.#newest = seen;
  }

  #accuse(wrong: Wrong, seen: Seen): void {
    const { serial, index } = this.#newest;
    const what =
      `${this.node}: write ${seen.serial} at index ${seen.index}, after write ${serial} ` +
      `at index ${index}; write ${seen.serial} was at ${this.#indexes.get(seen.serial)}`;
    this.wrongs.push({ wrong, what });
  }
}
