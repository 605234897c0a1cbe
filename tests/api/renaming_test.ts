import { deepEqual, equal } from "node:assert/strict";

import { nodeRow, type Operation, ROW_MARK } from "../../src/model/operation.ts";
import { BECAUSE_CELL, placementRow } from "../../src/model/placement.ts";
import { fromCell } from "../../src/model/stored_value.ts";
import { type Asking, asking, attributesIn, newGroup, newNodes, refusalOf } from "./asking.ts";

function rename({ ask }: Asking, range: string, to: string): ReturnType<Asking["ask"]> {
  return ask(`PUT /noderange/${range}/attributes/rename`, { rename: to });
}

Deno.test("a node is renamed with all it has, in one entry", async () => {
  const { ask, member } = asking(newGroup("g"));
  await ask("POST /nodes/", { name: "n1", groups: "g", "custom.a": "{nodename}" });
  const { length } = member.proposed;
  const renamed = await ask("PUT /nodes/n1/attributes/rename", { rename: "m7" });
  deepEqual(renamed.body, { rename: { value: "m7" } });
  equal(member.proposed.length, length + 1);
  equal((await ask("GET /nodes/n1/")).status, 404);
  const { body } = await ask("GET /nodes/m7/attributes/current");
  const { groups, ...attributes } = body as Record<string, unknown>;
  deepEqual(groups, ["g", "everything"]);
  deepEqual(attributesIn({ ...attributes, groups: ["everything"] }), {
    "custom.a": { value: "m7", expression: "{nodename}" },
    "id.index": { value: 1 },
  });
});

Deno.test("many are renamed by an expression, be it in a circle", async () => {
  const site = asking("n1", "n2", "n3");
  await site.ask("PUT /nodes/n1/attributes/current", { "custom.a": "of n1" });
  const renamed = await rename(site, "n1-n3", "n{n1%3+1}");
  deepEqual(renamed.body, {
    databynode: [
      { n1: { rename: { value: "n2" } } },
      { n2: { rename: { value: "n3" } } },
      { n3: { rename: { value: "n1" } } },
    ],
  });
  deepEqual(site.member.nodes.nodes(), ["n1", "n2", "n3"]);
  equal(site.member.state.value(nodeRow("n2"), "custom.a"), "of n1");
  equal(site.member.state.value(nodeRow("n1"), "custom.a"), null);
});

Deno.test("what keeps its name is left as it is", async () => {
  const site = asking("n1", "n2");
  const { index } = site.member;
  const renamed = await rename(site, "n1", "n{n1}");
  deepEqual(renamed.body, { databynode: [{ n1: { rename: { value: "n1" } } }] });
  equal(site.member.state.newest(nodeRow("n1")), index);
  equal(site.member.proposed.length, 0);
});

Deno.test("names that are taken, or none, or the same twice are refused", async () => {
  const site = asking("n1", "n2", "m1");
  const cases: [range: string, to: string, error: string][] = [
    ["n1-n2", "m{n1}", "409 The following requested new names conflict with existing nodes: m1"],
    ["n1-n2", "x", "400 n1 and n2 would both be named x"],
    ["n1", "everything", '400 the name "everything" is reserved; choose another node name'],
  ];
  for (const [range, to, error] of cases) equal(refusalOf(await rename(site, range, to)), error);
  equal((await rename(site, "n1", "a{n9}")).status, 400);
  equal((await rename(site, "n1", "a b")).status, 400);
  equal((await rename(site, "n7", "a")).status, 404);
  equal(
    refusalOf(await site.ask("PUT /nodes/n7/attributes/rename", { rename: "a" })),
    "404 Unknown node n7",
  );
  equal(site.member.proposed.length, 0);
});

Deno.test("what is sealed for the old name is sealed for the new one", async () => {
  const { ask, member } = asking("n1");
  await ask("PUT /nodes/n1/attributes/current", { bmcpass: "dummy-1", "custom.a": "x" });
  await ask("PUT /nodes/n1/attributes/rename", { rename: "n2" });
  const attribute = "secret.hardwaremanagementpassword";
  const value = fromCell(member.state.value(nodeRow("n2"), attribute) ?? "");
  const sealed = value.kind === "sealed" ? value.sealed : "";
  deepEqual(member.secrets.unseal(nodeRow("n2"), attribute, sealed), {
    ok: true,
    value: "dummy-1",
  });
  equal(member.secrets.unseal(nodeRow("n1"), attribute, sealed).ok, false);
});

Deno.test("a node that changed while it was renamed is renamed as it is now", async () => {
  const { ask, member } = asking("n1");
  member.news.push([{ kind: "set", rows: [nodeRow("n1")], cells: [["custom.a", "late"]] }]);
  equal((await ask("PUT /nodes/n1/attributes/rename", { rename: "n2" })).status, 200);
  equal(member.state.value(nodeRow("n2"), "custom.a"), "late");
  member.news.push([newNodes("n3")]);
  equal(
    refusalOf(await ask("PUT /nodes/n2/attributes/rename", { rename: "n3" })),
    "409 The following requested new names conflict with existing nodes: n3",
  );
});

Deno.test("If-Match is held against the nodes under their old names", async () => {
  const { ask } = asking("n1");
  await ask("PUT /nodes/n1/attributes/current", { "custom.a": "x" });
  const stale = await ask("PUT /nodes/n1/attributes/rename", { rename: "n2" }, {
    "If-Match": '"1"',
  });
  equal(refusalOf(stale), "412 node n1 was changed after index 1");
});

const HELD = "0123456789abcdef";

/** Somebody acts on the node. */
function hold(node: string, id = HELD): Operation {
  return { kind: "set", rows: [placementRow(node)], cells: [[ROW_MARK, id], [BECAUSE_CELL, "!"]] };
}

Deno.test("whoever acts on a node goes on under its new name, from the same entry on", async () => {
  const site = asking("n1", "n2", "n3", hold("n1"), hold("n2", "f".repeat(16)));
  const { state } = site.member;
  const holders = (): (string | null)[] =>
    ["n1", "n2", "n3", "m1"].map((node) => state.value(placementRow(node), ROW_MARK));
  equal((await rename(site, "n1-n3", "n{n1%3+1}")).status, 200);
  deepEqual(holders(), [null, HELD, "f".repeat(16), null]);
  equal(state.newest(placementRow("n2")), state.newest(nodeRow("n2")));
  equal(state.value(placementRow("n2"), BECAUSE_CELL), "!");
  const { body } = await site.ask("PUT /nodes/n2/attributes/rename?dryRun=1", { rename: "m1" });
  equal(JSON.stringify(body).includes("placement"), false);
  equal((await rename(site, "n2", "m1")).status, 200);
  deepEqual(holders(), [null, null, "f".repeat(16), HELD]);
});

Deno.test("where a node goes to another meanwhile it is renamed with that one", async () => {
  const site = asking("n1", hold("n1"));
  const other = "f".repeat(16);
  site.member.news.push([hold("n1", other)]);
  equal((await rename(site, "n1", "m1")).status, 200);
  equal(site.member.state.value(placementRow("m1"), ROW_MARK), other);
});

Deno.test("a name whose last node is not let go of yet is not taken", async () => {
  const site = asking("n1", hold("n1"), hold("gone"));
  equal(
    refusalOf(await rename(site, "n1", "gone")),
    "429 a node gone was removed, and its manager has not let go of it yet; try again",
  );
  equal(site.member.state.value(placementRow("n1"), ROW_MARK), HELD);
});
