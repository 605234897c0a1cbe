import { equal } from "node:assert/strict";

import { DAY_MS, dayText, earlier } from "../../src/base/instant.ts";

const SOON = { atMs: 5, reason: "heartbeat" };
const LATE = { atMs: 9, reason: "election" };

Deno.test("of two deadlines the earlier one stays, with its own reason", () => {
  equal(earlier(SOON, LATE), SOON);
  equal(earlier(LATE, SOON), SOON);
});

Deno.test("a deadline that is absent is later than every other", () => {
  equal(earlier(SOON, undefined), SOON);
  equal(earlier(undefined, LATE), LATE);
  equal(earlier(undefined, undefined), undefined);
});

Deno.test("of two at the same time the first named stays", () => {
  const same = { atMs: 5, reason: "resend" };
  equal(earlier(SOON, same), SOON);
  equal(earlier(same, SOON), same);
});

Deno.test("a day is that of UTC", () => {
  equal(dayText(0), "1970-01-01");
  equal(dayText(Date.UTC(2026, 0, 31, 23, 59, 59, 999)), "2026-01-31");
  equal(dayText(DAY_MS), "1970-01-02");
});
