import { deepEqual, equal, fail, ok as holds, throws } from "node:assert/strict";
import fc from "fast-check";

import {
  ByteReader,
  ByteWriter,
  concat,
  equalBytes,
  fromHex,
  fromUtf8,
  MalformedError,
  toHex,
  utf8,
} from "../../src/base/bytes.ts";

function written(write: (writer: ByteWriter) => void): Uint8Array {
  const writer = new ByteWriter(1);
  write(writer);
  equal(writer.length, writer.finish().length);
  return writer.finish();
}

/** What `read` makes of all the bytes, and of nothing less and nothing more. */
function read<T>(bytes: Uint8Array, take: (reader: ByteReader) => T): T {
  const reader = new ByteReader(bytes);
  const value = take(reader);
  reader.end();
  return value;
}

function malformed(hex: string, take: (reader: ByteReader) => unknown): string {
  try {
    read(fromHex(hex), take);
  } catch (error) {
    if (error instanceof MalformedError) return error.message;
    throw error;
  }
  return fail(`${hex} was taken`);
}

const uint = fc.oneof(fc.maxSafeNat(), fc.nat(300), fc.nat(52).map((power) => 2 ** power - 1));
const text = fc.string({ unit: "binary", maxLength: 90 });

Deno.test("unsigned integers: seven bits a byte, the least significant first", () => {
  const known: readonly (readonly [number, string])[] = [
    [0, "00"],
    [1, "01"],
    [127, "7f"],
    [128, "8001"],
    [300, "ac02"],
    [16_384, "808001"],
    [2 ** 32, "8080808010"],
    [Number.MAX_SAFE_INTEGER, "ffffffffffffff0f"],
  ];
  for (const [value, hex] of known) {
    equal(toHex(written((w) => w.uint(value))), hex);
    equal(read(fromHex(hex), (r) => r.uint()), value);
  }
  fc.assert(fc.property(uint, (value) => {
    equal(read(written((w) => w.uint(value)), (r) => r.uint()), value);
  }));
});

Deno.test("unsigned integers: what is none is not written", () => {
  for (const wrong of [-1, 0.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 53]) {
    throws(() => new ByteWriter().uint(wrong), RangeError, String(wrong));
  }
});

Deno.test("unsigned integers: beyond 2^53 - 1, or without an end, they are malformed", () => {
  const beyond = "integer beyond 2^53 - 1";
  equal(malformed("8080808080808010", (r) => r.uint()), beyond);
  equal(malformed("ffffffffffffff7f", (r) => r.uint()), beyond);
  equal(malformed("ffffffffffffffff01", (r) => r.uint()), beyond);
  // Zeros add nothing, however many: 7 bits x 160 is beyond what a double can scale.
  equal(malformed("80".repeat(8) + "00", (r) => r.uint()), beyond);
  equal(malformed("80".repeat(160) + "00", (r) => r.uint()), beyond);
  equal(malformed("80", (r) => r.uint()), "truncated");
  equal(malformed("", (r) => r.uint()), "truncated");
});

Deno.test("32-bit integers stand with the most significant byte in front", () => {
  equal(toHex(written((w) => w.u32(0x8a9136aa))), "8a9136aa");
  equal(read(fromHex("8a9136aa"), (r) => r.u32()), 0x8a9136aa);
  fc.assert(fc.property(fc.nat(0xffff_ffff), (value) => {
    equal(read(written((w) => w.u32(value)), (r) => r.u32()), value);
  }));
  equal(malformed("8a9136", (r) => r.u32()), "truncated");
});

Deno.test("a boolean is 0 or 1; anything else is malformed", () => {
  deepEqual([...written((w) => w.bool(true).bool(false))], [1, 0]);
  deepEqual(read(fromHex("0100"), (r) => [r.bool(), r.bool()]), [true, false]);
  equal(malformed("02", (r) => r.bool()), "2 is not a boolean");
  equal(malformed("ff", (r) => r.optional(() => r.byte())), "255 is not a boolean");
});

Deno.test("texts: UTF-8 behind the length in bytes, and every text comes back", () => {
  equal(toHex(written((w) => w.text("n1"))), "026e31");
  equal(toHex(written((w) => w.text("né"))), "036ec3a9");
  // At the edge of the short way, and of one byte of length.
  for (const length of [0, 1, 62, 63, 64, 65, 127, 128, 300]) {
    for (const content of ["x".repeat(length), "é".repeat(length), "x".repeat(length) + "é"]) {
      const bytes = written((w) => w.text(content));
      equal(bytes.length, utf8(content).length + (utf8(content).length > 127 ? 2 : 1));
      equal(read(bytes, (r) => r.text()), content);
    }
  }
  fc.assert(fc.property(text, (content) => {
    equal(read(written((w) => w.text(content)), (r) => r.text()), content);
  }));
});

Deno.test("texts: a byte order mark is kept like any other character", () => {
  for (const content of ["\uFEFF", "\uFEFFlocation", "\uFEFF\uFEFF", `\uFEFF${"x".repeat(80)}`]) {
    equal(read(written((w) => w.text(content)), (r) => r.text()), content);
    equal(fromUtf8(utf8(content)), content);
  }
});

Deno.test("texts: bytes that are not UTF-8 are malformed, short or long", () => {
  const wrong = "text is not valid UTF-8";
  for (
    const hex of ["02ff41", "01c3", "03eda080", "02c080", "04f4908080", "46" + "80".repeat(70)]
  ) {
    equal(malformed(hex, (r) => r.text()), wrong, hex);
  }
  throws(() => fromUtf8(Uint8Array.of(0xff)), MalformedError);
});

Deno.test("lengths beyond what is there are refused before anything is taken", () => {
  const huge = "ffffffffffffff0f";
  const is = "9007199254740991";
  equal(malformed(`${huge}00`, (r) => r.bytes()), `truncated: ${is} bytes wanted, 1 left`);
  equal(malformed(`${huge}00`, (r) => r.text()), `truncated: ${is} bytes wanted, 1 left`);
  equal(malformed("0341", (r) => r.text()), "truncated: 3 bytes wanted, 1 left");
  const item = (): never => fail("an item was read");
  equal(malformed(`${huge}00`, (r) => r.list(item)), `a list of ${is} in 1 bytes`);
  equal(malformed("03aabb", (r) => r.list(item)), "a list of 3 in 2 bytes");
});

Deno.test("lists, options, bytes and raw bytes come back in their order", () => {
  const item = fc.record({
    names: fc.array(text, { maxLength: 5 }),
    body: fc.uint8Array({ maxLength: 300 }),
    vote: fc.option(uint, { nil: undefined }),
    mark: fc.uint8Array({ minLength: 3, maxLength: 3 }),
    one: fc.nat(255),
  });
  fc.assert(fc.property(item, ({ names, body, vote, mark, one }) => {
    const bytes = written((w) => {
      w.list(names, (name) => w.text(name)).bytes(body);
      w.optional(vote, (value) => w.uint(value)).raw(mark).byte(one);
    });
    const back = read(bytes, (r) => ({
      names: r.list(() => r.text()),
      body: r.bytes(),
      vote: r.optional(() => r.uint()),
      mark: r.raw(3),
      one: r.byte(),
    }));
    deepEqual(back, { names, body, vote, mark, one });
    for (let cut = 0; cut < bytes.length; cut++) {
      throws(() =>
        read(bytes.subarray(0, cut), (r) => {
          r.list(() => r.text());
          r.bytes();
          r.optional(() => r.uint());
          r.raw(3);
          r.byte();
        }), MalformedError);
    }
  }));
});

Deno.test("a reader knows what is left, and what is left over is refused", () => {
  const reader = new ByteReader(Uint8Array.of(1, 2, 3));
  equal(reader.left, 3);
  reader.byte();
  equal(reader.left, 2);
  throws(() => reader.end(), /^MalformedError: 2 bytes too many$/);
  reader.byte();
  throws(() => reader.end(), /^MalformedError: 1 bytes too many$/);
  reader.byte();
  reader.end();
  equal(reader.left, 0);
});

Deno.test("a writer grows as it must, and starts as large as it is told", () => {
  const parts = [
    new Uint8Array(3).fill(1),
    new Uint8Array(1_000).fill(2),
    new Uint8Array(5).fill(3),
  ];
  for (const capacity of [0, 1, 1_008, 5_000]) {
    const writer = new ByteWriter(capacity);
    for (const part of parts) writer.raw(part);
    holds(equalBytes(writer.finish(), concat(parts)), `capacity ${capacity}`);
  }
});

Deno.test("concat joins, equalBytes compares", () => {
  deepEqual(concat([]), new Uint8Array(0));
  deepEqual(concat([utf8("ab"), new Uint8Array(0), utf8("c")]), utf8("abc"));
  equal(equalBytes(utf8("abc"), utf8("abc")), true);
  equal(equalBytes(utf8("abc"), utf8("abd")), false);
  equal(equalBytes(utf8("abc"), utf8("ab")), false);
  equal(equalBytes(utf8("ab"), utf8("abc")), false);
  equal(equalBytes(new Uint8Array(0), new Uint8Array(0)), true);
});

Deno.test("hexadecimal: two digits a byte, lower case out, either case in", () => {
  equal(toHex(Uint8Array.of(0, 10, 255)), "000aff");
  deepEqual(fromHex("000AfF"), Uint8Array.of(0, 10, 255));
  deepEqual(fromHex(""), new Uint8Array(0));
  fc.assert(fc.property(fc.uint8Array(), (bytes) => {
    deepEqual(fromHex(toHex(bytes)), bytes);
  }));
});

Deno.test("hexadecimal: what is none is malformed, and the message shows its beginning", () => {
  for (const text of ["0", "0g", "0x00", " 00", "00\n", "-1", "é0", "000"]) {
    throws(() => fromHex(text), MalformedError, text);
  }
  throws(() => fromHex(`${"00".repeat(100)}zz`), {
    name: "MalformedError",
    message: `"${"00".repeat(16)}" is not hexadecimal`,
  });
});

Deno.test("reading is total: any bytes give a value or a MalformedError", () => {
  const steps: readonly ((reader: ByteReader) => unknown)[] = [
    (r) => r.uint(),
    (r) => r.text(),
    (r) => r.bytes(),
    (r) => r.bool(),
    (r) => r.u32(),
    (r) => r.list(() => r.text()),
    (r) => r.optional(() => r.uint()),
  ];
  const plan = fc.array(fc.constantFrom(...steps), { maxLength: 6 });
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 60 }), plan, (bytes, taken) => {
      const reader = new ByteReader(bytes);
      try {
        for (const take of taken) take(reader);
      } catch (error) {
        holds(error instanceof MalformedError, String(error));
      }
      holds(reader.left >= 0 && reader.left <= bytes.length);
    }),
    { numRuns: 1_000 },
  );
});
