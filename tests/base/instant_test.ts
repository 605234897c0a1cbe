import { equal } from "node:assert/strict";

import { earlier } from "../../src/base/instant.ts";

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
