import { equal } from "node:assert/strict";

import {
  invitationRow,
  nodeRow,
  ROSTER_CELL,
  ROSTER_ROW,
  ROW_MARK,
} from "../../src/model/operation.ts";
import { findAttribute } from "../../src/model/attribute.ts";

Deno.test("rows are named as they are stored: these names are on every disk", () => {
  equal(nodeRow("n1"), "node/n1");
  equal(invitationRow("0123456789abcdef"), "invitation/0123456789abcdef");
  equal(ROSTER_ROW, "collective/roster");
  equal(ROSTER_CELL, "roster");
  equal(ROW_MARK, ".");
});

Deno.test("no node's name makes a row of another kind", () => {
  for (const name of ["", "roster", "../collective/roster", "/collective/roster", "invitation/1"]) {
    const row = nodeRow(name);
    equal(row.startsWith("node/"), true);
    equal(row.slice("node/".length), name);
    equal([ROSTER_ROW, invitationRow(name)].includes(row), false);
  }
});

Deno.test("the mark of a row is no attribute that anybody could set", () => {
  equal(findAttribute(ROW_MARK).ok, false);
});
