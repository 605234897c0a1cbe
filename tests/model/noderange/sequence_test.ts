import { deepEqual, equal } from "node:assert/strict";
import fc from "fast-check";

import { MAX_NODERANGE_NODES } from "../../src/base/limits.ts";
import { fullRoom, namesOf } from "../../src/model/name_sequence.ts";

Deno.test("brackets and the sequence of the same ends name the same nodes", () => {
  fc.assert(fc.property(fc.nat(9999), fc.nat(50), fc.nat(3), (first, more, zeros) => {
    const from = String(first).padStart(String(first).length + zeros, "0");
    const last = String(first + more);
    deepEqual(
      namesOf(`n[${from}-${last}]`, 1, fullRoom()),
      namesOf(`n${from}-n${last}`, 1, fullRoom()),
    );
  }));
});

Deno.test("room is what a word may still name", () => {
  const room = { names: 15, numbers: 100 };
  equal(namesOf("n1-n10", 1, room).ok, true);
  deepEqual(room, { names: 5, numbers: 90 });
  equal(namesOf("n1-n6", 1, room).ok, false);
});

Deno.test("what brackets take away is gone, and names nothing when nothing is left", () => {
  deepEqual(namesOf("n[1-3,-1,-3]", 1, fullRoom()), { ok: true, value: ["n2"] });
  deepEqual(namesOf("n[1,-1]", 1, fullRoom()), { ok: true, value: [] });
});

Deno.test("what is too much is refused before it is counted out, however it is spelled", () => {
  const most = MAX_NODERANGE_NODES;
  for (
    const word of [
      `n${"[1-99999]".repeat(6_000)}`,
      `n[${Array.from({ length: 6_000 }, () => "1-99999").join(",")}]`,
      `n[${Array.from({ length: 3_000 }, () => "1-99999,-1-99999").join(",")}]`,
      `n[1-${most + 1}]`,
    ]
  ) {
    const room = fullRoom();
    const outcome = namesOf(word, 1, room);
    equal(outcome.ok || /more than 200000 nodes/.test(outcome.refusal.message), true);
    equal(room.names, most);
  }
  // Nothing is left in the last place: nothing is counted out for the others.
  deepEqual(namesOf(`n${"[1-9]".repeat(400)}[1,-1]`, 1, fullRoom()), { ok: true, value: [] });
  const long = `a${"1-".repeat(30_000)}`;
  deepEqual(namesOf(long, 1, fullRoom()), { ok: true, value: [long] });
  equal(namesOf(`n[1-${most}]`, 1, fullRoom()).ok, true);
});
