import { deepEqual, equal, ok as holds } from "node:assert/strict";

import fc from "fast-check";

import { NewestMap } from "../../src/base/newest_map.ts";

const KEY = fc.integer({ min: 0, max: 9 });

Deno.test("it is a map of the newest, whatever is set, deleted and looked at", () => {
  const step = fc.record({ does: fc.constantFrom("set", "set", "delete", "look"), key: KEY });
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 6 }),
      fc.array(step, { maxLength: 80 }),
      (most, steps) => {
        const map = new NewestMap<number, number>(most), model = new Map<number, number>();
        for (const [at, { does, key }] of steps.entries()) {
          if (does === "set") {
            map.set(key, at);
            model.delete(key);
            model.set(key, at);
            const [oldest = -1] = model.keys();
            if (model.size > most) model.delete(oldest);
          } else if (does === "delete") equal(map.delete(key), model.delete(key));
          else deepEqual(map.oldest(), [...model][0]);
          deepEqual([map.size, map.get(key)], [model.size, model.get(key)]);
          deepEqual([...map.values()], [...model.values()]);
        }
        deepEqual(map.oldest(), [...model][0]);
      },
    ),
    { numRuns: 500 },
  );
});

Deno.test("a full one costs the same for each that comes, however many went", () => {
  const timed = (most: number): number => {
    const map = new NewestMap<string, number>(most);
    for (let i = 0; i < most; i++) map.set(`first ${i}`, i);
    const startedAtMs = performance.now();
    for (let i = 0; i < 20_000; i++) map.set(`then ${i}`, i);
    return performance.now() - startedAtMs;
  };
  timed(100);
  const small = Math.min(timed(100), timed(100)), large = Math.min(timed(32_768), timed(32_768));
  // With a plain map it is a hundred times as long.
  holds(large < 20 * small + 20, `${small} ms with 100, ${large} ms with 32,768`);
});
