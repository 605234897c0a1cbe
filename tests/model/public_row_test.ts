import { deepEqual, equal } from "node:assert/strict";

import type { MemberId } from "../../src/model/member.ts";
import {
  groupRow,
  invitationRow,
  nodeRow,
  ROSTER_ROW,
  ROW_MARK,
} from "../../src/model/operation.ts";
import { drainedRow, lostRow, placementRow } from "../../src/model/placement.ts";
import { profileRow } from "../../src/model/profile.ts";
import {
  isPublicAttribute,
  isThereBy,
  publicRow,
  publicRows,
  publicValue,
} from "../../src/model/public_row.ts";
import { toCell } from "../../src/model/stored_value.ts";

Deno.test("rows of nodes and of groups are public, and no other kind of row is", () => {
  deepEqual(publicRow(nodeRow("n1")), { kind: "node", name: "n1" });
  deepEqual(publicRow(nodeRow("everything")), { kind: "node", name: "everything" });
  deepEqual(publicRow(groupRow("compute")), { kind: "group", name: "compute" });
  deepEqual(publicRow(groupRow("everything")), { kind: "everything", name: "everything" });
  const others = [invitationRow("n1"), ROSTER_ROW, "window/0123", "user/root", "nodes/n1", ""];
  const member = "0123456789abcdef" as MemberId;
  const ofManagers = [placementRow("n1"), lostRow(member), drainedRow(member), profileRow("p")];
  for (const row of [...others, ...ofManagers, "groups/g", "setting/a", "key/0123"]) {
    equal(publicRow(row), undefined, row);
  }
});

Deno.test("the public rows there are: groups first, that of all in any case, each once", () => {
  const there = ["node/n1", "group/g", "group/everything", "user/root"];
  const state = { rows: (prefix: string) => there.filter((row) => row.startsWith(prefix)) };
  deepEqual([...publicRows(state)], ["group/everything", "group/g", "node/n1"]);
  deepEqual([...publicRows(state, new Set(["n9"]))], ["group/everything", "group/g", "node/n9"]);
  deepEqual([...publicRows({ rows: () => [] })], ["group/everything"]);
});

Deno.test("a mark says that a row is there, save of the group of all", () => {
  for (const kind of ["node", "group"] as const) {
    const said = [[ROW_MARK, ""], [ROW_MARK, null], ["removed", "true"]] as const;
    deepEqual(said.map(([name, cell]) => isThereBy(kind, name, cell)), [true, false, undefined]);
  }
  const said = [["removed", null], ["removed", "true"], [ROW_MARK, ""]] as const;
  deepEqual(said.map(([name, cell]) => isThereBy("everything", name, cell)), [
    true,
    false,
    undefined,
  ]);
});

Deno.test("what is secret by name, and what says that a row is there, are not public", () => {
  for (const name of ["info.note", "custom.x", "net.a.hwaddr", "secretary.x", "noderange"]) {
    equal(isPublicAttribute(name), true, name);
  }
  const secret = ["secret.ipmikg", "crypted.rootpassword", "custom.nodesecret.a", "secret.later"];
  for (const name of [...secret, ROW_MARK, "removed"]) equal(isPublicAttribute(name), false, name);
});

Deno.test("a cell is told as what it stands for, and as nothing where it is a secret", () => {
  const expression = "{nodename}-bmc";
  deepEqual(
    [
      publicValue(toCell({ kind: "text", text: "a {b}" })),
      publicValue(toCell({ kind: "text", text: "\u0001e" })),
      publicValue(toCell({ kind: "expression", expression })),
      publicValue(toCell({ kind: "json", json: '["a",5,true]' })),
      publicValue(toCell({ kind: "sealed", sealed: "SECRET" })),
      publicValue(toCell({ kind: "hashed", hashes: { crypt: "$6$SECRET" } })),
      publicValue(null),
    ],
    ["a {b}", "\u0001e", { expression }, ["a", 5, true], null, null, null],
  );
});
