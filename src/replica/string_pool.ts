/**
 * Strings that many cells hold are kept once, under a number. How often each is held is counted,
 * and one that nobody holds is forgotten. Number 0 stands for no string. Each is hashed once, as it
 * comes (sums.ts).
 */
import { present } from "../base/assert.ts";
import { hashText } from "./sums.ts";

export class StringPool {
  #numbers: Map<string, number> | undefined = new Map();
  #strings: (string | null)[] = [null];
  readonly #free: number[] = [];
  #holders = new Uint32Array(64);
  #hashes = new Uint32Array(64);
  readonly #key: number;

  /** `key`: of the hashes. */
  constructor(key = 0) {
    this.#key = key;
  }

  /** As it is now, for reading. */
  frozen(): StringPool {
    const copy = new StringPool();
    copy.#strings = this.#strings.slice();
    copy.#numbers = undefined;
    return copy;
  }

  /** The string of a number; null for 0. */
  string(number: number): string | null {
    return this.#strings[number] ?? null;
  }

  /** All strings that somebody holds, in no order. */
  strings(): Iterable<string> {
    return this.#strings.values().filter((text) => text !== null);
  }

  /** The hash of a string that is held, by its number. */
  hash(number: number): number {
    return this.#hashes[number] as number;
  }

  /** The number of a string, or undefined where nobody holds it. */
  numberOf(text: string): number | undefined {
    return this.#byText.get(text);
  }

  /** The number of a string that one more holds. */
  hold(text: string | null): number {
    if (text === null) return 0;
    let number = this.#byText.get(text);
    if (number === undefined) {
      number = this.#free.pop() ?? this.#strings.length;
      this.#strings[number] = text;
      this.#byText.set(text, number);
      if (number >= this.#holders.length) this.#grow();
      this.#hashes[number] = hashText(this.#key, text);
    }
    this.#holders[number] = (this.#holders[number] as number) + 1;
    return number;
  }

  /** One holds it no more. */
  release(number: number): void {
    if (number === 0) return;
    const left = (this.#holders[number] as number) - 1;
    this.#holders[number] = left;
    if (left > 0) return;
    this.#byText.delete(present(this.#strings[number] ?? undefined, "a string that is held"));
    this.#strings[number] = null;
    this.#free.push(number);
  }

  /** A frozen pool is seldom asked for numbers: it learns them with the first question. */
  get #byText(): Map<string, number> {
    return this.#numbers ??= new Map(
      this.#strings.flatMap((text, number) => text === null ? [] : [[text, number] as const]),
    );
  }

  #grow(): void {
    this.#holders = twiceAsLong(this.#holders);
    this.#hashes = twiceAsLong(this.#hashes);
  }
}

function twiceAsLong(column: Uint32Array<ArrayBuffer>): Uint32Array<ArrayBuffer> {
  const grown = new Uint32Array(column.length * 2);
  grown.set(column);
  return grown;
}
