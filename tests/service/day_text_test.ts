import { equal } from "node:assert/strict";

import { dayText } from "../../src/service/day_text.ts";

Deno.test("a day is that of UTC", () => {
  equal(dayText(0), "1970-01-01");
  equal(dayText(Date.UTC(2026, 0, 31, 23, 59, 59, 999)), "2026-01-31");
});
