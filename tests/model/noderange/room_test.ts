import { equal } from "node:assert/strict";

import { MAX_NODERANGE_WORK } from "../../../src/base/limits.ts";
import { fullRoom, spendWork } from "../../../src/model/noderange/room.ts";

Deno.test("work is spent until there is no room, and a refusal spends nothing", () => {
  const room = fullRoom();
  equal(spendWork(room, MAX_NODERANGE_WORK - 10), undefined);
  equal(
    spendWork(room, 11)?.refusal.message,
    "Invalid Noderange: it looks at more than 2000000 names, which is MAX_NODERANGE_WORK; " +
      "write it shorter, or ask for its parts",
  );
  equal(spendWork(room, 10), undefined);
  equal(room.work, 0);
});
