import { equal } from "node:assert/strict";

import { memberId } from "../../src/model/member.ts";
import { drainedRow, lostRow, nodeOfPlacement, placementRow } from "../../src/model/placement.ts";

const ID = memberId("0123456789abcdef");

Deno.test("rows of holders are told from all others, and back", () => {
  equal(placementRow("n1"), "placement/n1");
  equal(nodeOfPlacement(placementRow("a/b")), "a/b");
  equal(lostRow(ID), "lost/0123456789abcdef");
  equal(drainedRow(ID), "drained/0123456789abcdef");
});
