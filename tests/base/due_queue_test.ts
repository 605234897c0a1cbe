import { deepEqual, equal } from "node:assert/strict";

import fc from "fast-check";

import { type Due, DueQueue } from "../../src/base/due_queue.ts";

type Step =
  | { readonly does: "add"; readonly dueAtMs: number }
  | { readonly does: "remove"; readonly which: number }
  | { readonly does: "take"; readonly nowMs: number };

const TIME = fc.integer({ min: 0, max: 20 });
const STEP: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ does: fc.constant("add" as const), dueAtMs: TIME }),
  fc.record({ does: fc.constant("add" as const), dueAtMs: TIME }),
  fc.record({ does: fc.constant("remove" as const), which: fc.nat() }),
  fc.record({ does: fc.constant("take" as const), nowMs: TIME }),
);

Deno.test("the first due is taken first, and none before its time or once it is out", () => {
  fc.assert(
    fc.property(fc.array(STEP, { maxLength: 120, size: "max" }), (steps) => {
      const queue = new DueQueue<number>();
      const all: Due<number>[] = [];
      let waiting: Due<number>[] = [];
      for (const [at, step] of steps.entries()) {
        if (step.does === "add") {
          const due = queue.add(step.dueAtMs, at);
          all.push(due);
          waiting.push(due);
        } else if (step.does === "remove") {
          // One that is out already among them.
          const due = all[step.which % Math.max(1, all.length)];
          if (due !== undefined) queue.remove(due);
          waiting = waiting.filter((other) => other !== due);
        } else {
          const taken = queue.take(step.nowMs);
          const due = waiting.find(({ item }) => item === taken);
          const firstMs = Math.min(...waiting.map(({ dueAtMs }) => dueAtMs));
          if (firstMs > step.nowMs) equal(taken, undefined);
          else equal(due?.dueAtMs, firstMs);
          waiting = waiting.filter((other) => other !== due);
        }
        equal(queue.size, waiting.length);
        equal(queue.firstMs, Math.min(...waiting.map(({ dueAtMs }) => dueAtMs)));
      }
    }),
    { numRuns: 500 },
  );
});

Deno.test("it is never early", () => {
  const queue = new DueQueue<string>();
  queue.add(10, "a");
  deepEqual([queue.take(9.99), queue.take(10), queue.take(11)], [undefined, "a", undefined]);
});
