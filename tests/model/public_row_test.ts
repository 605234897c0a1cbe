import { deepEqual, equal } from "node:assert/strict";

import { invitationRow, nodeRow, ROSTER_ROW, ROW_MARK } from "../../src/model/operation.ts";
import { isPublicAttribute, PUBLIC_PREFIX, publicNode } from "../../src/model/public_row.ts";

Deno.test("rows of nodes are public, and no other kind of row is", () => {
  equal(publicNode(nodeRow("n1")), "n1");
  equal(nodeRow("n1").startsWith(PUBLIC_PREFIX), true);
  for (const row of [invitationRow("n1"), ROSTER_ROW, "window/0123", "user/root", "nodes/n1", ""]) {
    deepEqual([publicNode(row), row.startsWith(PUBLIC_PREFIX)], [undefined, false], row);
  }
});

Deno.test("what is sealed, and the mark of a row, are not public", () => {
  for (const name of ["info.note", "custom.x", "net.a.hwaddr", "secretary.x"]) {
    equal(isPublicAttribute(name), true, name);
  }
  const sealed = ["secret.ipmikg", "crypted.rootpassword", "custom.nodesecret.a", "secret.later"];
  for (const name of [...sealed, ROW_MARK]) equal(isPublicAttribute(name), false, name);
});
