import { deepEqual, equal, match } from "node:assert/strict";

import { groupRow, nodeRow } from "../../src/model/operation.ts";
import { type Asking, asking, newGroup, refusalOf, withoutLinks } from "./asking.ts";

async function groupsOf({ ask }: Asking, node: string): Promise<unknown> {
  return withoutLinks((await ask(`GET /nodes/${node}/attributes/current`)).body)["groups"];
}

async function groupAt({ ask }: Asking, group: string): Promise<unknown> {
  return withoutLinks((await ask(`GET /nodegroups/${group}/attributes/current`)).body);
}

async function put({ ask }: Asking, group: string, body: object): Promise<string> {
  const asked = await ask(`PUT /nodegroups/${group}/attributes/current`, body);
  return asked.status === 200 ? "200" : refusalOf(asked);
}

Deno.test("a group is made, read, changed and removed, each by one entry", async () => {
  const site = asking("n1");
  const { ask, member } = site;
  const made = await ask("POST /nodegroups/", { name: "g", "location.rack": "7" });
  deepEqual(withoutLinks(made.body), { created: "g" });
  deepEqual(await groupAt(site, "g"), { "location.rack": { value: "7" } });
  const changed = await ask("PUT /nodegroups/g/attributes/current", {
    "location.rack": null,
    "custom.a": "{n1}",
    nodes: "n1",
  });
  deepEqual(withoutLinks(changed.body), { "custom.a": { expression: "{n1}" }, nodes: ["n1"] });
  deepEqual(await groupsOf(site, "n1"), ["g", "everything"]);
  deepEqual(withoutLinks((await ask("DELETE /nodegroups/g")).body), { deleted: "g" });
  deepEqual(await groupsOf(site, "n1"), ["everything"]);
  equal(member.proposed.length, 3);
  equal(member.state.value(nodeRow("n1"), "groups"), null);
});

Deno.test("groups are listed in natural order, the one of all among them", async () => {
  const { ask } = asking(newGroup("g10"), newGroup("g2"));
  const { _links } = (await ask("GET /nodegroups/")).body as { _links: { item: unknown } };
  deepEqual(_links.item, [{ href: "everything/" }, { href: "g2/" }, { href: "g10/" }]);
  const group = (await ask("GET /nodegroups/g2/")).body as { _links: { item: unknown } };
  deepEqual(group._links.item, [{ href: "attributes/" }]);
});

Deno.test("nodes are put in front of their other groups, by noderanges", async () => {
  const site = asking("n1", "n2", "n3", newGroup("a"), newGroup("b"));
  equal(await put(site, "a", { nodes: "n1-n2" }), "200");
  equal(await put(site, "b", { nodes: { prepend: "n2,n3" } }), "200");
  deepEqual(await groupsOf(site, "n2"), ["b", "a", "everything"]);
  equal(await put(site, "a", { nodes: { remove: "n1" } }), "200");
  deepEqual(await groupAt(site, "a"), { nodes: ["n2"] });
  equal(await put(site, "a", { nodes: ["n3", "n1"] }), "200");
  deepEqual(await groupAt(site, "a"), { nodes: ["n1", "n3"] });
  deepEqual(await groupsOf(site, "n2"), ["b", "everything"]);
  equal(await put(site, "a", { nodes: null }), "200");
  deepEqual(await groupAt(site, "a"), {});
});

Deno.test("what cannot be of a group's nodes is refused, and nothing is done", async () => {
  const site = asking("n1", "n2", newGroup("a"));
  await put(site, "a", { nodes: "n1" });
  const { length } = site.member.proposed;
  const cases: [body: object, error: RegExp][] = [
    [{ nodes: "n9" }, /^400 Invalid Noderange: n9 not a recognized node, group, or alias/],
    [{ nodes: { prepend: "n1" } }, /^400 Node n1 is already in group a$/],
    [{ nodes: { remove: "n2" } }, /^400 node "n2" is not a member of a$/],
    [{ noderange: "n1" }, /^400 Cannot set both nodes and noderange on group$/],
  ];
  for (const [body, error] of cases) match(await put(site, "a", body), error);
  equal(site.member.proposed.length, length);
});

Deno.test("a dynamic group has a noderange alone, which is what its nodes are", async () => {
  const site = asking("n1", "n2");
  const { ask } = site;
  const mixed = await ask("POST /nodegroups/", { name: "d", noderange: "n1", type: "server" });
  equal(refusalOf(mixed), "400 Attributes cannot be set on a group with a noderange");
  await ask("POST /nodegroups/", { name: "d", noderange: "n2" });
  equal(
    await put(site, "d", { type: "server" }),
    `400 Attributes cannot be set on a group with a noderange`,
  );
  const { _links } = (await ask("GET /noderange/d/nodes/")).body as { _links: { item: unknown } };
  deepEqual(_links.item, [{ href: "n2/" }]);
  deepEqual(await groupAt(site, "d"), { noderange: { value: "n2" } });
});

Deno.test("a group that is not there is not found, one that is is not made again", async () => {
  const site = asking(newGroup("a"));
  const { ask } = site;
  const missing = "404 Invalid nodegroup: z not found";
  equal(refusalOf(await ask("GET /nodegroups/z/attributes/current")), missing);
  equal(refusalOf(await ask("GET /nodegroups/z/")), missing);
  equal(await put(site, "z", { type: "server" }), missing);
  equal(refusalOf(await ask("DELETE /nodegroups/z")), missing);
  equal(refusalOf(await ask("PUT /nodegroups/z/attributes/rename", { rename: "y" })), missing);
  equal(refusalOf(await ask("POST /nodegroups/", { name: "a" })), "409 group a exists already");
  const odd = await ask("POST /nodegroups/", { name: "a b" });
  equal(odd.status, 400);
});

Deno.test("a group just made at another member is found by asking the leader", async () => {
  const site = asking();
  site.member.news.push([newGroup("g")]);
  equal(await put(site, "g", { type: "server" }), "200");
});

Deno.test("If-Match is compare-and-set for groups too", async () => {
  const { ask } = asking(newGroup("g"));
  const path = "/nodegroups/g/attributes/current";
  const etag = (await ask(`GET ${path}`)).headers.get("etag") ?? "";
  const matched = { "If-Match": etag };
  equal((await ask(`PUT ${path}`, { type: "server" }, matched)).status, 200);
  equal((await ask(`PUT ${path}`, { type: "dense" }, matched)).status, 412);
  equal((await ask("DELETE /nodegroups/g", undefined, matched)).status, 412);
});

// ---- the group of all

Deno.test("the group of all can be removed by one small entry, and made again", async () => {
  const site = asking("n1", "n2", newGroup("g"));
  const { ask, member } = site;
  await put(site, "g", { nodes: "n1" });
  await put(site, "everything", { "custom.a": "of all" });
  deepEqual(withoutLinks((await ask("DELETE /nodegroups/everything")).body), {
    deleted: "everything",
  });
  const rows = member.proposed.at(-1)?.flatMap((one) => "rows" in one ? one.rows : []);
  deepEqual(rows, [groupRow("everything"), groupRow("everything")]);
  deepEqual(await groupsOf(site, "n1"), ["g"]);
  deepEqual(await groupsOf(site, "n2"), []);
  const missing = "404 Invalid nodegroup: everything not found";
  equal(refusalOf(await ask("GET /nodegroups/everything/")), missing);
  equal(await put(site, "everything", { type: "server" }), missing);
  equal(refusalOf(await ask("DELETE /nodegroups/everything")), missing);
  const put1 = await ask("PUT /nodes/n2/attributes/current", { groups: "g" });
  deepEqual((put1.body as { groups: unknown }).groups, ["g"]);
  await ask("POST /nodegroups/", { name: "everything", "custom.b": "again" });
  deepEqual(await groupsOf(site, "n2"), ["g", "everything"]);
  deepEqual(await groupAt(site, "everything"), {
    "custom.b": { value: "again" },
    nodes: ["n1", "n2"],
  });
});

Deno.test("the group of all is no dynamic one, and keeps its name", async () => {
  const site = asking("n1", newGroup("g"));
  const { ask } = site;
  equal(
    await put(site, "everything", { noderange: "n1" }),
    "400 Cannot set both nodes and noderange on group",
  );
  const renamed = await ask("PUT /nodegroups/everything/attributes/rename", { rename: "all" });
  equal(refusalOf(renamed), "400 group everything is the last of every node and keeps its name");
  await ask("DELETE /nodegroups/everything");
  const taken = await ask("PUT /nodegroups/g/attributes/rename", { rename: "everything" });
  equal(refusalOf(taken), '400 the name "everything" is reserved; choose another group name');
});

// ---- renaming

Deno.test("a group is renamed with all it has, and where its nodes list it", async () => {
  const site = asking("n1", "n2", newGroup("a"), newGroup("b"));
  const { ask, member } = site;
  await put(site, "a", { nodes: "n1-n2", "custom.a": "{n1}" });
  await put(site, "b", { nodes: "n1" });
  const { length } = member.proposed;
  const renamed = await ask("PUT /nodegroups/a/attributes/rename", { rename: "c" });
  deepEqual(renamed.body, { oldname: "a", newname: "c" });
  equal(member.proposed.length, length + 1);
  deepEqual(await groupsOf(site, "n1"), ["b", "c", "everything"]);
  deepEqual(await groupAt(site, "c"), { "custom.a": { expression: "{n1}" }, nodes: ["n1", "n2"] });
  equal((await ask("GET /nodegroups/a/")).status, 404);
  equal(
    refusalOf(await ask("PUT /nodegroups/c/attributes/rename", { rename: "b" })),
    "409 The following requested new names conflict with existing groups: b",
  );
});

Deno.test("until when a group arms its nodes gets its new name, and goes with it", async () => {
  const site = asking("n1", newGroup("a"));
  await put(site, "a", { "deployment.apiarmed": "once" });
  const armed = (): string[] => [...site.member.state.rows("armed/")];
  deepEqual(armed(), ["armed/group/a"]);
  await site.ask("PUT /nodegroups/a/attributes/rename", { rename: "b" });
  deepEqual(armed(), ["armed/group/b"]);
  equal((await site.ask("DELETE /nodegroups/b")).status, 200);
  deepEqual(armed(), []);
});

// ---- at the same time

Deno.test("a node that joins a group while that is removed is not in its successor", async () => {
  const site = asking("n1", "n2", newGroup("g"));
  const { ask, member } = site;
  await put(site, "g", { nodes: "n1" });
  member.news.push([{ kind: "set", rows: [nodeRow("n2")], cells: [["groups", "g"]] }]);
  equal((await ask("DELETE /nodegroups/g")).status, 200);
  deepEqual(await groupsOf(site, "n2"), ["everything"]);
  await ask("POST /nodegroups/", { name: "g", nodes: "n1", "custom.a": "new" });
  deepEqual(await groupsOf(site, "n2"), ["everything"]);
  deepEqual(await groupAt(site, "g"), { "custom.a": { value: "new" }, nodes: ["n1"] });
});

Deno.test("what is left of a group is not taken for the nodes of one renamed to it", async () => {
  const site = asking("n1", "n2", newGroup("g"), newGroup("h"));
  const { ask, member } = site;
  member.news.push([{ kind: "set", rows: [nodeRow("n2")], cells: [["groups", "g"]] }]);
  await ask("DELETE /nodegroups/g");
  await put(site, "h", { nodes: "n1" });
  await ask("PUT /nodegroups/h/attributes/rename", { rename: "g" });
  deepEqual(await groupAt(site, "g"), { nodes: ["n1"] });
  deepEqual(await groupsOf(site, "n2"), ["everything"]);
});

Deno.test("a dynamic group may take the name of one that left something behind", async () => {
  const { ask, member } = asking("n1", newGroup("g"));
  member.news.push([{ kind: "set", rows: [nodeRow("n1")], cells: [["groups", "g"]] }]);
  await ask("DELETE /nodegroups/g");
  equal((await ask("POST /nodegroups/", { name: "g", noderange: "n1" })).status, 200);
});

Deno.test("no node is put into a group that was removed meanwhile", async () => {
  const site = asking("n1", newGroup("a"), newGroup("b"));
  const { ask, member } = site;
  await put(site, "a", { nodes: "n1" });
  for (const groups of ["b", ["a", "b"], { prepend: "b" }]) {
    member.news.push([{ kind: "drop", rows: [groupRow("b")] }]);
    const asked = await ask("PUT /nodes/n1/attributes/current", { groups });
    equal(refusalOf(asked), "400 group b does not exist");
    member.apply([newGroup("b")]);
  }
  member.news.push([
    { kind: "drop", rows: [groupRow("a")] },
    { kind: "clear", rows: [nodeRow("n1")], attributes: ["groups"] },
  ]);
  const asked = await ask("PUT /nodes/n1/attributes/current", { groups: "a,b" });
  equal(refusalOf(asked), "400 group a does not exist");
});

Deno.test("a change that was computed of what is no more is computed again", async () => {
  const site = asking("n1", newGroup("a"), newGroup("b"));
  const { ask, member } = site;
  member.news.push([{ kind: "set", rows: [nodeRow("n1")], cells: [["groups", "b"]] }]);
  equal((await ask("PUT /nodes/n1/attributes/current", { groups: { prepend: "a" } })).status, 200);
  deepEqual(await groupsOf(site, "n1"), ["a", "b", "everything"]);
  equal(member.proposed.length, 2);
});

Deno.test("after some tries a change that is always overtaken is busy", async () => {
  const { ask, member } = asking("n1", newGroup("a"), newGroup("b"));
  const write = member.write.bind(member);
  member.write = (operations) => {
    member.news.push([{ kind: "set", rows: [nodeRow("n1")], cells: [["groups", "b"]] }]);
    return write(operations);
  };
  const asked = await ask("PUT /nodes/n1/attributes/current", { groups: { prepend: "a" } });
  equal(refusalOf(asked), "429 node n1 is changed by others all the time; try again");
  equal(member.proposed.length, 8);
  equal(member.state.value(nodeRow("n1"), "groups"), "b");
});

Deno.test("a node put into a group while that is renamed is in it under its new name", async () => {
  const { ask, member } = asking("n1", "n2", newGroup("a"));
  await ask("PUT /nodes/n1/attributes/current", { groups: "a" });
  member.news.push([{ kind: "set", rows: [nodeRow("n2")], cells: [["groups", "a"]] }]);
  equal((await ask("PUT /nodegroups/a/attributes/rename", { rename: "b" })).status, 200);
  for (const node of ["n1", "n2"]) equal(member.state.value(nodeRow(node), "groups"), "b");
});

Deno.test("who wants to be told no more than what changed of a group is told that", async () => {
  const { ask } = asking("n1", newGroup("a"));
  await ask("PUT /nodegroups/a/attributes/current", { nodes: "n1", "info.note": "x" });
  const more = { Prefer: "return=minimal" };
  const put = await ask("PUT /nodegroups/a/attributes/current", { "location.rack": "7" }, more);
  deepEqual(withoutLinks(put.body), { "location.rack": { value: "7" } });
});

Deno.test("a node put into a new group of the old name is left there", async () => {
  const { ask, member } = asking("n1", "n2", newGroup("a"));
  await ask("PUT /nodes/n1/attributes/current", { groups: "a" });
  const write = member.write.bind(member);
  member.write = async (operations) => {
    member.write = write;
    const written = await write(operations);
    const joins = { kind: "set", rows: [nodeRow("n2")], cells: [["groups", "a"]] } as const;
    member.apply([newGroup("a"), joins]);
    return written;
  };
  equal((await ask("PUT /nodegroups/a/attributes/rename", { rename: "b" })).status, 200);
  deepEqual(["n1", "n2"].map((node) => member.state.value(nodeRow(node), "groups")), ["b", "a"]);
});

Deno.test("a noderange that cannot be read is refused where a group is given it", async () => {
  const { ask } = asking("n1", newGroup("a"));
  const made = await ask("POST /nodegroups/", { name: "b", noderange: "((" });
  equal(made.status, 400);
  const put = await ask("PUT /nodegroups/a/attributes/current", { noderange: "n1,)" });
  equal(refusalOf(put).startsWith("400 Invalid Noderange: "), true);
  // What it names need not be there.
  equal((await ask("POST /nodegroups/", { name: "b", noderange: "n7-n9" })).status, 200);
});
