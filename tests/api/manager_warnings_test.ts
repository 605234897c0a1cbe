/** Who looks after nodes, as people write it: what is refused at once, and what is warned of. */
import { deepEqual, equal, match } from "node:assert/strict";

import { nodeRow } from "../../src/model/operation.ts";
import { CANDIDATES, MANAGER } from "../../src/model/placement.ts";
import { type Asked, asking, newGroup, refusalOf } from "./asking.ts";

const WARNED = ["collective.manager: no member is called m9; there are m1, m2, m3"];

function warnings({ status, body }: Asked): unknown {
  equal(status, 200);
  return (body as { _warnings?: unknown })._warnings;
}

Deno.test("a manager that is no member is kept, with a warning, on every way in", async () => {
  const { ask, member } = asking("n1", "n2", newGroup("g"));
  const values = { [MANAGER]: "m9" };
  const routes: [route: string, body: Record<string, unknown>][] = [
    ["PUT /nodes/n1/attributes/current", values],
    ["PUT /noderange/n1-n2/attributes/current", values],
    ["POST /nodes/", { name: "n3", ...values }],
    ["POST /noderange/", { name: "n4-n5", ...values }],
    ["POST /nodes/", { nodes: [{ name: "n6", ...values }, { name: "n7", ...values }] }],
    ["POST /nodes/", { nodes: [{ name: "n6", ...values }], existing: "update" }],
    ["PUT /nodegroups/g/attributes/current", values],
    ["POST /nodegroups/", { name: "h", ...values }],
  ];
  for (const [route, body] of routes) deepEqual(warnings(await ask(route, body)), WARNED, route);
  for (const node of ["n1", "n2", "n3", "n4", "n5", "n6", "n7"]) {
    equal(member.state.value(nodeRow(node), MANAGER), "m9");
  }
  for (const fine of ["m2", "", "m{n1}", null]) {
    const asked = await ask("PUT /nodes/n1/attributes/current", { [MANAGER]: fine });
    equal(warnings(asked), undefined, `${fine}`);
  }
});

Deno.test("candidates that are no noderange are refused on nodes and on groups", async () => {
  const { ask, member } = asking("n1", newGroup("g"));
  const values = { [CANDIDATES]: "m1,(m2" };
  const { index } = member;
  const routes: [route: string, body: Record<string, unknown>][] = [
    ["PUT /nodes/n1/attributes/current", values],
    ["POST /nodes/", { name: "n3", ...values }],
    ["POST /noderange/", { name: "n4-n5", ...values }],
    ["PUT /nodegroups/g/attributes/current", values],
    ["POST /nodegroups/", { name: "h", ...values }],
  ];
  for (const [route, body] of routes) {
    match(
      refusalOf(await ask(route, body)),
      /^400 collective\.managercandidates: Invalid Noderange/,
    );
  }
  match(
    refusalOf(await ask("POST /nodes/", { nodes: [{ name: "n3", ...values }] })),
    /^400 nodes\[0\]: collective\.managercandidates: Invalid Noderange/,
  );
  equal(member.index, index);
  for (const fine of ["m1,m7", "g", "~^m[12]", ""]) {
    const asked = await ask("PUT /nodes/n1/attributes/current", { [CANDIDATES]: fine });
    equal(warnings(asked), undefined, fine);
  }
});
