import { deepEqual, equal } from "node:assert/strict";

import fc from "fast-check";

import { QueueSet } from "../../src/base/queue_set.ts";

Deno.test("it is a set whose first comes out first, whatever is added or deleted", () => {
  const member = fc.integer({ min: 0, max: 9 });
  const step = fc.oneof(
    fc.record({ does: fc.constantFrom("add", "delete"), member }),
    fc.constant({ does: "take", member: 0 }),
  );
  fc.assert(fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
    const queue = new QueueSet<number>(), model = new Set<number>();
    for (const { does, member } of steps) {
      if (does === "add") {
        queue.add(member);
        model.add(member);
      } else if (does === "delete") equal(queue.delete(member), model.delete(member));
      else {
        const [first] = model;
        if (first !== undefined) model.delete(first);
        equal(queue.take(), first);
      }
      deepEqual([...queue], [...model]);
      equal(queue.size, model.size);
    }
  }));
});

Deno.test("what it begins with is in it, each once", () => {
  const queue = new QueueSet(["b", "a", "b"]);
  deepEqual([queue.has("a"), queue.has("c"), queue.size], [true, false, 2]);
  deepEqual([queue.take(), queue.take(), queue.take()], ["b", "a", undefined]);
});
