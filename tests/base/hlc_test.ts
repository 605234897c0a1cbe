import { equal, ok as holds } from "node:assert/strict";
import fc from "fast-check";

import { MAX_CLOCK_LEAD_MS } from "../../src/base/limits.ts";
import { hlcAfter, hlcMillis } from "../../src/base/hlc.ts";

const wall = fc.oneof(fc.integer({ min: -10, max: 4_102_444_800_000 }), fc.double({ noNaN: true }));

Deno.test("a reading is the wall clock's milliseconds, times 1024", () => {
  equal(hlcAfter(1_700_000_000_000, 0), 1_740_800_000_000_000);
  equal(hlcMillis(1_740_800_000_000_000), 1_700_000_000_000);
  equal(hlcMillis(1_740_800_000_001_023), 1_700_000_000_000);
  equal(hlcMillis(1_740_800_000_001_024), 1_700_000_000_001);
  equal(hlcAfter(12.9, 0), 12 * 1024);
});

Deno.test("a clock that stands still or goes back is counted on from the last reading", () => {
  const first = hlcAfter(1000, 0);
  const second = hlcAfter(1000, first);
  equal(second, first + 1);
  equal(hlcAfter(200, second), second + 1);
  equal(hlcMillis(hlcAfter(200, second)), 1000);
  equal(hlcAfter(1001, second), 1001 * 1024);
});

Deno.test("a reading far ahead of the wall clock was of a wrong clock, and is not followed", () => {
  const ahead = hlcAfter(1_000_000 + MAX_CLOCK_LEAD_MS, 0);
  equal(hlcAfter(1_000_000, ahead), ahead + 1);
  equal(hlcMillis(hlcAfter(1_000_000, hlcAfter(1_000_001 + MAX_CLOCK_LEAD_MS, 0))), 1_000_000);
});

Deno.test("readings are safe integers, not before the wall clock, and grow with it", () => {
  const sane = 250 * 365 * 86_400_000;
  fc.assert(fc.property(fc.array(wall, { maxLength: 20 }), (walls) => {
    let before = 0;
    for (const wallMs of walls) {
      const now = hlcAfter(wallMs, before);
      holds(Number.isSafeInteger(now));
      const leapt = hlcMillis(before) - wallMs >= MAX_CLOCK_LEAD_MS;
      holds(leapt || now > before);
      if (wallMs < sane) holds(hlcMillis(now) >= Math.floor(wallMs));
      before = now;
    }
  }));
});

Deno.test("a wall clock before 1970 is 1970, one far ahead leaves room to count", () => {
  equal(hlcAfter(-5, 0), 1);
  equal(hlcAfter(Number.NEGATIVE_INFINITY, 41), 42);
  const last = hlcAfter(Number.POSITIVE_INFINITY, 0);
  equal(last, hlcAfter(Number.MAX_SAFE_INTEGER, 0));
  equal(new Date(hlcMillis(last)).getUTCFullYear(), 2248);
  // A day's worth of readings, each later than the one before it.
  holds(last + 86_400_000 * 1024 <= Number.MAX_SAFE_INTEGER);
});
