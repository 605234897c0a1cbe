import { equal, throws } from "node:assert/strict";
import fc from "fast-check";

import { StringPool } from "../../src/replica/string_pool.ts";

Deno.test("a string keeps its number, alone, while somebody holds it", () => {
  const step = fc.record({ text: fc.constantFrom("a", "b", "c", "d", ""), holds: fc.boolean() });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const pool = new StringPool();
      const held = new Map<string, { number: number; times: number }>();
      for (const { text, holds } of steps) {
        const known = held.get(text);
        if (holds) {
          const number = pool.hold(text);
          if (known !== undefined) equal(number, known.number);
          held.set(text, { number, times: (known?.times ?? 0) + 1 });
        } else if (known !== undefined) {
          pool.release(known.number);
          if (known.times === 1) held.delete(text);
          else known.times--;
        }
        for (const [kept, { number }] of held) {
          equal(pool.string(number), kept);
          equal(pool.numberOf(kept), number);
        }
        equal(new Set([...held.values()].map(({ number }) => number)).size, held.size);
        for (const gone of ["a", "b", "c", "d", ""]) {
          if (!held.has(gone)) equal(pool.numberOf(gone), undefined);
        }
      }
    }),
  );
});

Deno.test("no string is number 0, held or not", () => {
  const pool = new StringPool();
  equal(pool.hold(null), 0);
  pool.release(0);
  equal(pool.string(0), null);
  throws(() => pool.release(1), /string/);
});

Deno.test("a frozen pool goes on as it was", () => {
  const pool = new StringPool();
  const a = pool.hold("a");
  const frozen = pool.frozen();
  pool.release(a);
  equal(pool.hold("b"), a);
  equal(frozen.string(a), "a");
  equal(frozen.numberOf("a"), a);
  equal(frozen.numberOf("b"), undefined);
});
