/** Reading and writing bytes: the primitives that every codec of `src/wire` is made of. */

/** Bytes that do not say what they should: malformed, truncated, or beyond a bound. */
export class MalformedError extends Error {
  override readonly name = "MalformedError";
}

const ENCODER = new TextEncoder();
// A byte order mark is a character like any other: what was written is what is read.
const DECODER = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

export function utf8(text: string): Uint8Array {
  return ENCODER.encode(text);
}

/** The text of `bytes`; {@link MalformedError} where they are not UTF-8. */
export function fromUtf8(bytes: Uint8Array): string {
  try {
    return DECODER.decode(bytes);
  } catch {
    throw new MalformedError("text is not valid UTF-8");
  }
}

/** The parts one after another, in memory of their own. */
export function concat(parts: readonly Uint8Array[]): Uint8Array {
  let length = 0;
  for (const part of parts) length += part.length;
  const whole = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

/** Equality of public bytes. Secrets are compared by `sameSecret` of crypto.ts instead. */
export function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}

/** Two lower-case hexadecimal digits a byte. */
export function toHex(bytes: Uint8Array): string {
  let text = "";
  for (const byte of bytes) text += byte.toString(16).padStart(2, "0");
  return text;
}

/** The bytes of hexadecimal digits in either case; {@link MalformedError} for any other text. */
export function fromHex(text: string): Uint8Array {
  if (text.length % 2 !== 0 || /[^0-9a-f]/i.test(text)) {
    throw new MalformedError(`"${text.slice(0, 32)}" is not hexadecimal`);
  }
  return Uint8Array.from(text.match(/../g) ?? [], (pair) => parseInt(pair, 16));
}

/** RFC 4648, section 4, with padding. */
export function toBase64(bytes: Uint8Array): string {
  return bytes.toBase64();
}

/** The bytes of such a text; {@link MalformedError} for any other. */
export function fromBase64(text: string): Uint8Array {
  try {
    return Uint8Array.fromBase64(text);
  } catch {
    throw new MalformedError(`"${text.slice(0, 32)}" is not base64`);
  }
}

/**
 * Appends values to a growing buffer. Unsigned integers are LEB128 (7 bits a byte, least
 * significant first, at most 2^53 - 1); byte strings and texts are prefixed with their length.
 */
export class ByteWriter {
  #buffer: Uint8Array;
  #length = 0;

  constructor(capacity = 256) {
    this.#buffer = new Uint8Array(capacity);
  }

  get length(): number {
    return this.#length;
  }

  #room(more: number): void {
    const need = this.#length + more;
    if (need <= this.#buffer.length) return;
    const grown = new Uint8Array(Math.max(need, this.#buffer.length * 2));
    grown.set(this.#buffer.subarray(0, this.#length));
    this.#buffer = grown;
  }

  byte(value: number): this {
    this.#room(1);
    this.#buffer[this.#length++] = value;
    return this;
  }

  bool(value: boolean): this {
    return this.byte(value ? 1 : 0);
  }

  uint(value: number): this {
    if (!Number.isSafeInteger(value) || value < 0) {
      throw new RangeError(`${value} is not an unsigned integer`);
    }
    this.#room(8);
    let rest = value;
    while (rest > 127) {
      this.#buffer[this.#length++] = (rest % 128) | 128;
      rest = Math.floor(rest / 128);
    }
    this.#buffer[this.#length++] = rest;
    return this;
  }

  u32(value: number): this {
    return this.byte(value >>> 24).byte((value >>> 16) & 255).byte((value >>> 8) & 255).byte(
      value & 255,
    );
  }

  /** Bytes as they are, with no length before them. */
  raw(bytes: Uint8Array): this {
    this.#room(bytes.length);
    this.#buffer.set(bytes, this.#length);
    this.#length += bytes.length;
    return this;
  }

  bytes(bytes: Uint8Array): this {
    return this.uint(bytes.length).raw(bytes);
  }

  text(text: string): this {
    const length = text.length;
    if (length < 64) {
      this.#room(length + 1);
      const start = this.#length;
      let at = start + 1;
      let i = 0;
      for (; i < length; i++) {
        const code = text.charCodeAt(i);
        if (code > 127) break;
        this.#buffer[at++] = code;
      }
      if (i === length) {
        this.#buffer[start] = length;
        this.#length = at;
        return this;
      }
    }
    return this.bytes(utf8(text));
  }

  list<T>(items: readonly T[], write: (item: T) => void): this {
    this.uint(items.length);
    for (const item of items) write(item);
    return this;
  }

  optional<T>(value: T | undefined, write: (value: T) => void): this {
    this.bool(value !== undefined);
    if (value !== undefined) write(value);
    return this;
  }

  /** What was written. The writer must not be used afterwards. */
  finish(): Uint8Array {
    return this.#buffer.subarray(0, this.#length);
  }
}

/** 2^53 - 1 takes eight bytes of seven bits. */
const MOST_SCALE = 128 ** 8;

/** Names and values come again and again: one that is known need not be made anew, nor hashed. */
const READ_LATELY: string[] = Array.from({ length: 8192 }, () => "");
const MAX_SHORT_TEXT = 40;

function isAt(text: string, bytes: Uint8Array, at: number): boolean {
  for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) !== bytes[at + i]) return false;
  return true;
}

/** Reads what {@link ByteWriter} wrote. Total: any bytes give a value or {@link MalformedError}. */
export class ByteReader {
  readonly #bytes: Uint8Array;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  get left(): number {
    return this.#bytes.length - this.#at;
  }

  byte(): number {
    const byte = this.#bytes[this.#at];
    if (byte === undefined) throw new MalformedError("truncated");
    this.#at++;
    return byte;
  }

  bool(): boolean {
    const byte = this.byte();
    if (byte > 1) throw new MalformedError(`${byte} is not a boolean`);
    return byte === 1;
  }

  uint(): number {
    let value = 0;
    for (let scale = 1; scale < MOST_SCALE; scale *= 128) {
      const byte = this.byte();
      value += (byte & 127) * scale;
      if (value > Number.MAX_SAFE_INTEGER) break;
      if (byte < 128) return value;
    }
    throw new MalformedError("integer beyond 2^53 - 1");
  }

  u32(): number {
    return ((this.byte() << 24) | (this.byte() << 16) | (this.byte() << 8) | this.byte()) >>> 0;
  }

  raw(length: number): Uint8Array {
    if (length > this.left) {
      throw new MalformedError(`truncated: ${length} bytes wanted, ${this.left} left`);
    }
    const bytes = this.#bytes.subarray(this.#at, this.#at + length);
    this.#at += length;
    return bytes;
  }

  bytes(): Uint8Array {
    return this.raw(this.uint());
  }

  text(): string {
    const length = this.uint();
    const short = length <= MAX_SHORT_TEXT && length <= this.left ? this.#shortText(length) : null;
    if (short === null) return fromUtf8(this.raw(length));
    this.#at += length;
    return short;
  }

  /** A short text of ASCII, the same string as last time where it was read lately; else null. */
  #shortText(length: number): string | null {
    const bytes = this.#bytes, at = this.#at;
    let hash = length;
    for (let i = 0; i < length; i++) {
      const code = bytes[at + i] as number;
      if (code > 127) return null;
      hash = (Math.imul(hash, 31) + code) | 0;
    }
    const slot = (hash ^ (hash >>> 13)) & (READ_LATELY.length - 1);
    const known = READ_LATELY[slot] as string;
    if (known.length === length && isAt(known, bytes, at)) return known;
    const text = String.fromCharCode.apply(
      null,
      bytes.subarray(at, at + length) as unknown as number[],
    );
    READ_LATELY[slot] = text;
    return text;
  }

  list<T>(read: () => T): T[] {
    const count = this.uint();
    if (count > this.left) throw new MalformedError(`a list of ${count} in ${this.left} bytes`);
    const items: T[] = [];
    for (let i = 0; i < count; i++) items.push(read());
    return items;
  }

  optional<T>(read: () => T): T | undefined {
    return this.bool() ? read() : undefined;
  }

  /** Refuses what is left over: a frame says exactly one thing. */
  end(): void {
    if (this.left > 0) throw new MalformedError(`${this.left} bytes too many`);
  }
}
