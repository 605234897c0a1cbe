import { deepEqual, equal } from "node:assert/strict";

import fc from "fast-check";

import { freshBytes } from "../../src/base/fresh_bytes.ts";

Deno.test("fresh bytes are zeros of the length asked for, and no two share any", () => {
  fc.assert(
    fc.property(fc.array(fc.nat(2_000), { maxLength: 60 }), (lengths) => {
      const all = lengths.map((length, i) => {
        const bytes = freshBytes(length);
        deepEqual(bytes, new Uint8Array(length));
        return bytes.fill(i + 1);
      });
      for (const [i, bytes] of all.entries()) {
        equal(bytes.length, lengths[i]);
        equal(bytes.every((byte) => byte === i + 1), true);
      }
    }),
  );
});

Deno.test("small ones are cut from one piece of memory, until it is used up", () => {
  const buffers = new Set(Array.from({ length: 100 }, () => freshBytes(320).buffer));
  equal(buffers.size <= 3, true, `${buffers.size} pieces for 32,000 bytes`);
  equal(freshBytes(1_025).buffer.byteLength, 1_025);
});
