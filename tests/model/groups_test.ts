import { deepEqual, equal } from "node:assert/strict";

import { groupExists, groupsInText, groupsText, REMOVED } from "../../src/model/groups.ts";
import { RowsOf } from "./rows_of.ts";

Deno.test("every list ends with the group of all, unless it stands elsewhere", () => {
  deepEqual(groupsInText(null), ["everything"]);
  deepEqual(groupsInText(""), ["everything"]);
  deepEqual(groupsInText("b,a"), ["b", "a", "everything"]);
  deepEqual(groupsInText("b,everything,a"), ["b", "everything", "a"]);
});

Deno.test("what is implied is not kept", () => {
  const lists = [["everything"], ["b", "a", "everything"], ["everything", "a"]];
  deepEqual(lists.map(groupsText), ["", "b,a", "everything,a"]);
  for (const list of lists) deepEqual(groupsInText(groupsText(list)), list);
});

Deno.test("the group of all is there until it is removed, and others once they are made", () => {
  const rows = new RowsOf();
  equal(groupExists(rows, "everything"), true);
  equal(groupExists(rows, "a"), false);
  rows.group("a").group("everything", { [REMOVED]: "true" });
  equal(groupExists(rows, "a"), true);
  equal(groupExists(rows, "everything"), false);
  rows.group("everything");
  equal(groupExists(rows, "everything"), true);
});
