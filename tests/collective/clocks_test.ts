import { deepEqual, equal } from "node:assert/strict";

import { MAX_CLOCK_LEAD_MS } from "../../src/base/limits.ts";
import { agreedWallMs, type Skew, wrongClocks } from "../../src/collective/clocks.ts";

const FAR = MAX_CLOCK_LEAD_MS + 1;

function clocks(...aheadMs: number[]): Skew[] {
  return aheadMs.map((ahead, i) => ({ name: `m${i + 1}`, aheadMs: ahead }));
}

Deno.test("of three clocks the one that differs is wrong, whoever looks", () => {
  deepEqual(wrongClocks(clocks(0, 20, FAR + 20)), [{ name: "m3", aheadMs: FAR }]);
  deepEqual(wrongClocks(clocks(0, FAR, FAR)), [{ name: "m1", aheadMs: -FAR }]);
  deepEqual(wrongClocks(clocks(0, -FAR, 0)), [{ name: "m2", aheadMs: -FAR }]);
  deepEqual(wrongClocks(clocks(0, MAX_CLOCK_LEAD_MS, 0)), []);
});

Deno.test("of two one is named; alone there is none", () => {
  deepEqual(wrongClocks(clocks(0, FAR)), [{ name: "m2", aheadMs: FAR }]);
  deepEqual(wrongClocks(clocks(0, -FAR)), [{ name: "m1", aheadMs: FAR }]);
  deepEqual(wrongClocks(clocks(0)), []);
});

Deno.test("the time of day is the own clock's, unless that is the wrong one", () => {
  equal(agreedWallMs(1_000_000, clocks(0)), 1_000_000);
  equal(agreedWallMs(1_000_000, clocks(0, -FAR)), 1_000_000);
  equal(agreedWallMs(1_000_000, clocks(0, 7, 9)), 1_000_000);
  equal(agreedWallMs(1_000_000, clocks(0, FAR, 0)), 1_000_000);
  equal(agreedWallMs(1_000_000, clocks(0, -FAR - 9, -FAR - 5)), 1_000_000 - FAR - 5);
  equal(agreedWallMs(1_000_000, clocks(0, FAR, FAR)), 1_000_000 + FAR);
});
