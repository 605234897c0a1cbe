/**
 * What every codec of `src/wire` promises:
 *
 * - what is printed is read back, and nothing less and nothing more than it;
 * - reading is total: any bytes give a value or a MalformedError, never another exception;
 * - what was read, of whatever bytes, can be printed, and is then read back.
 */
import { deepEqual, equal, fail, ok as holds } from "node:assert/strict";
import fc from "fast-check";

import { ByteReader, ByteWriter, concat, MalformedError, toHex } from "../../src/base/bytes.ts";

export interface Codec<T> {
  readonly encode: (value: T) => Uint8Array;
  readonly decode: (bytes: Uint8Array) => T;
}

/** A codec of what is only ever a part of something: it is read to the end of the bytes. */
export function codecOf<T>(
  write: (writer: ByteWriter, value: T) => void,
  read: (reader: ByteReader) => T,
): Codec<T> {
  return {
    encode(value: T): Uint8Array {
      const writer = new ByteWriter();
      write(writer, value);
      return writer.finish();
    },
    decode(bytes: Uint8Array): T {
      const reader = new ByteReader(bytes);
      const value = read(reader);
      reader.end();
      return value;
    },
  };
}

/** The error's message; fails where the bytes are read, or by any other exception. */
export function malformed<T>(codec: Codec<T>, bytes: Uint8Array): string {
  try {
    codec.decode(bytes);
  } catch (error) {
    holds(error instanceof MalformedError, `${error} of ${toHex(bytes)}`);
    return error.message;
  }
  return fail(`${toHex(bytes)} was read`);
}

/** Reads bytes that nobody printed. True where they gave a value. */
function readAnything<T>({ encode, decode }: Codec<T>, bytes: Uint8Array): boolean {
  let value: T;
  try {
    value = decode(bytes);
  } catch (error) {
    holds(error instanceof MalformedError, `${error} of ${toHex(bytes)}`);
    return false;
  }
  deepEqual(decode(encode(value)), value, toHex(bytes));
  return true;
}

/** 2^53 - 1, the largest, and 2^31, which is more than anybody has. */
const HUGE = ["ffffffffffffff0f", "8080808008"].map((hex) =>
  Uint8Array.from(hex.match(/../g) ?? [], (pair) => parseInt(pair, 16))
);

/** The bytes with those at `at` replaced, `wide` of them. */
function patched(bytes: Uint8Array, at: number, wide: number, by: Uint8Array): Uint8Array {
  return concat([bytes.subarray(0, at), by, bytes.subarray(at + wide)]);
}

/** Registers the laws as tests: over values drawn of `values`, and bytes drawn of nothing. */
export function codecLaws<T>(name: string, values: fc.Arbitrary<T>, codec: Codec<T>): void {
  Deno.test(`${name}: what is written is read, and stays as it was when it is read`, () => {
    fc.assert(fc.property(values, (value) => {
      const bytes = codec.encode(value);
      const before = toHex(bytes);
      deepEqual(codec.decode(bytes), value);
      equal(toHex(bytes), before);
    }));
  });

  Deno.test(`${name}: cut off at any byte it is malformed, and with any byte more`, () => {
    fc.assert(
      fc.property(values, fc.uint8Array({ minLength: 1, maxLength: 5 }), (value, more) => {
        const bytes = codec.encode(value);
        for (let cut = 0; cut < bytes.length; cut++) malformed(codec, bytes.subarray(0, cut));
        equal(malformed(codec, concat([bytes, more])), `${more.length} bytes too many`);
      }),
      { numRuns: 10 },
    );
  });

  Deno.test(`${name}: with a huge number anywhere it is a value or malformed, at once`, () => {
    fc.assert(
      fc.property(values, (value) => {
        const bytes = codec.encode(value);
        for (let at = 0; at < bytes.length; at++) {
          for (const huge of HUGE) readAnything(codec, patched(bytes, at, 1, huge));
        }
      }),
      { numRuns: 8 },
    );
  });

  Deno.test(`${name}: with any bytes changed, or of any bytes, it is a value or malformed`, () => {
    const change = fc.record({
      at: fc.nat(),
      wide: fc.nat(2),
      by: fc.uint8Array({ maxLength: 3 }),
    });
    fc.assert(fc.property(values, change, (value, { at, wide, by }) => {
      const bytes = codec.encode(value);
      readAnything(codec, patched(bytes, at % (bytes.length + 1), wide, by));
    }));
    fc.assert(fc.property(fc.uint8Array({ maxLength: 80 }), (bytes) => {
      readAnything(codec, bytes);
    }));
  });
}
