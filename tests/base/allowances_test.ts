import { deepEqual, equal } from "node:assert/strict";

import { Allowances } from "../../src/base/allowances.ts";

Deno.test("so much at once, then so much a second, each by itself", () => {
  const allowances = new Allowances(3, 2, 10);
  deepEqual([1, 2, 3, 4].map(() => allowances.take("a", 0)), [0, 0, 0, 500]);
  equal(allowances.take("b", 0), 0);
  deepEqual([allowances.waitMs("a", 400), allowances.waitMs("a", 500)], [100, 0]);
  deepEqual([allowances.take("a", 500), allowances.take("a", 500)], [0, 500]);
  deepEqual([1, 2, 3, 4].map(() => allowances.take("a", 60_000)), [0, 0, 0, 500]);
});

Deno.test("what is given back may be taken again, and no more", () => {
  const allowances = new Allowances(2, 1, 10);
  deepEqual([1, 2, 3].map(() => allowances.take("a", 0)), [0, 0, 1_000]);
  allowances.giveBack("a", 0);
  deepEqual([1, 2].map(() => allowances.take("a", 0)), [0, 1_000]);
  for (let i = 0; i < 5; i++) allowances.giveBack("a", 0);
  deepEqual([1, 2, 3].map(() => allowances.take("a", 0)), [0, 0, 1_000]);
});

Deno.test("a clock that goes back gives nothing and takes nothing", () => {
  const allowances = new Allowances(1, 1, 10);
  deepEqual([allowances.take("a", 5_000), allowances.take("a", 1_000)], [0, 1_000]);
});

Deno.test("of the newest so many it is known", () => {
  const allowances = new Allowances(1, 1, 2);
  for (const whose of ["a", "b", "c"]) equal(allowances.take(whose, 0), 0);
  deepEqual(["b", "c", "a"].map((whose) => allowances.waitMs(whose, 0)), [1_000, 1_000, 0]);
});
