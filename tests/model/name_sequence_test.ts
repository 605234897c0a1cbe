import { deepEqual, equal } from "node:assert/strict";
import fc from "fast-check";

import { namesOf } from "../../src/model/name_sequence.ts";

Deno.test("brackets and the sequence of the same ends name the same nodes", () => {
  fc.assert(fc.property(fc.nat(9999), fc.nat(50), fc.nat(3), (first, more, zeros) => {
    const from = String(first).padStart(String(first).length + zeros, "0");
    const last = String(first + more);
    deepEqual(
      namesOf(`n[${from}-${last}]`, 1, 1000),
      namesOf(`n${from}-n${last}`, 1, 1000),
    );
  }));
});

Deno.test("room is what a word may still name", () => {
  equal(namesOf("n1-n10", 1, 10).ok, true);
  equal(namesOf("n1-n10", 1, 9).ok, false);
});

Deno.test("what brackets take away is gone, and names nothing when nothing is left", () => {
  deepEqual(namesOf("n[1-3,-1,-3]", 1, 9), { ok: true, value: ["n2"] });
  deepEqual(namesOf("n[1,-1]", 1, 9), { ok: true, value: [] });
});
