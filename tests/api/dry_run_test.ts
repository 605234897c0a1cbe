/** `?dryRun=1`: what every kind of write says it would change, and that it changes nothing. */
import { deepEqual, equal } from "node:assert/strict";

import { MAX_DRY_RUN_CHANGES } from "../../src/base/limits.ts";
import { type Asking, asking, newGroup, refusalOf } from "./asking.ts";

interface DryRun {
  readonly count: number;
  readonly changes: readonly Readonly<Record<string, string>>[];
}

/** The changes a line each; nothing was written for them. */
async function dry(
  { ask, member }: Asking,
  route: string,
  body?: unknown,
  headers: Readonly<Record<string, string>> = {},
): Promise<string[]> {
  const { index, proposed: { length } } = member;
  const asked = await ask(`${route}${route.includes("?") ? "&" : "?"}dryRun=1`, body, headers);
  deepEqual([member.index, member.proposed.length], [index, length]);
  if (asked.status !== 200) return [refusalOf(asked)];
  const { count, changes } = asked.body as DryRun;
  equal(count, changes.length);
  return changes.map(({ kind, name, change, attribute, from, to }) =>
    [`${kind}/${name}`, change, attribute, from === undefined ? undefined : `from ${from}`, to]
      .filter((word) => word !== undefined).join(" ")
  );
}

async function site(): Promise<Asking> {
  const made = asking("n1", "n2", newGroup("g"));
  await made.ask("PUT /nodes/n1/attributes/current", { "custom.a": "1", groups: "g" });
  return made;
}

Deno.test("making nodes", async () => {
  const made = await site();
  deepEqual(await dry(made, "POST /nodes/", { name: "n3", type: "server", groups: "g" }), [
    "node/n3 created",
    "node/n3 set groups g",
    "node/n3 set type server",
    "node/n3 set id.index 1",
  ]);
  deepEqual(await dry(made, "POST /noderange/", { name: "n3-n4" }), [
    "node/n3 created",
    "node/n4 created",
    "node/n3 set id.index 1",
    "node/n4 set id.index 2",
  ]);
  const nodes = [{ name: "n1", "custom.a": "2" }, { name: "n3" }];
  const updated = ["node/n1 set custom.a from 1 2", "node/n3 created", "node/n3 set id.index 1"];
  deepEqual(await dry(made, "POST /nodes/", { nodes, existing: "update" }), updated);
  const lines = nodes.map((node) => JSON.stringify(node)).join("\n");
  const type = { "Content-Type": "application/x-ndjson" };
  deepEqual(await dry(made, "POST /nodes/?existing=update", lines, type), updated);
  deepEqual(await dry(made, "POST /nodes/", { nodes, existing: "skip" }), updated.slice(1));
});

Deno.test("changing nodes: what is as wanted already is no change", async () => {
  const made = await site();
  const body = { "custom.a": "1", "custom.b": "{n1}", "info.note": null };
  deepEqual(await dry(made, "PUT /noderange/n1-n2/attributes/current", body), [
    "node/n1 set custom.b {n1}",
    "node/n2 set custom.a 1",
    "node/n2 set custom.b {n1}",
  ]);
  deepEqual(await dry(made, "PUT /nodes/n1/attributes/current", { "custom.*": null }), [
    "node/n1 cleared custom.a from 1",
  ]);
  deepEqual(await dry(made, "PUT /nodes/n1/attributes/current", { groups: null }), [
    "node/n1 cleared groups from g",
  ]);
  deepEqual(await dry(made, "PUT /noderange/n1@n2/attributes/current", body), []);
});

Deno.test("of what is secret it is told that it would be set, and nothing more", async () => {
  const made = await site();
  const body = { bmcpass: "dummy-1", "crypted.rootpassword": "dummy-2" };
  deepEqual(await dry(made, "PUT /nodes/n1/attributes/current", body), [
    "node/n1 set crypted.rootpassword",
    "node/n1 set secret.hardwaremanagementpassword",
  ]);
});

Deno.test("removing and renaming nodes", async () => {
  const made = await site();
  deepEqual(await dry(made, "DELETE /nodes/n1"), ["node/n1 removed"]);
  deepEqual(await dry(made, "DELETE /noderange/n1-n2"), ["node/n1 removed", "node/n2 removed"]);
  deepEqual(await dry(made, "PUT /nodes/n1/attributes/rename", { rename: "m1" }), [
    "node/n1 removed",
    "node/m1 created",
    "node/m1 set groups g",
    "node/m1 set custom.a 1",
  ]);
  deepEqual(await dry(made, "PUT /noderange/n1-n2/attributes/rename", { rename: "n{3-n1}" }), [
    "node/n1 removed",
    "node/n2 removed",
    "node/n2 created",
    "node/n2 set groups g",
    "node/n2 set custom.a 1",
    "node/n1 created",
  ]);
});

Deno.test("groups", async () => {
  const made = await site();
  deepEqual(await dry(made, "POST /nodegroups/", { name: "h", type: "server", nodes: "n2" }), [
    "group/h created",
    "group/h set type server",
    "node/n2 set groups h",
  ]);
  deepEqual(await dry(made, "PUT /nodegroups/g/attributes/current", { nodes: "n2" }), [
    "node/n2 set groups g",
    "node/n1 cleared groups from g",
  ]);
  deepEqual(await dry(made, "DELETE /nodegroups/g"), [
    "group/g removed",
    "node/n1 cleared groups from g",
  ]);
  deepEqual(await dry(made, "PUT /nodegroups/g/attributes/rename", { rename: "h" }), [
    "group/g removed",
    "group/h created",
    "node/n1 set groups from g h",
  ]);
});

Deno.test("what would be refused is refused, by the state as it is here", async () => {
  const made = await site();
  deepEqual(await dry(made, "POST /nodes/", { name: "n1" }), ["409 node n1 exists already"]);
  deepEqual(await dry(made, "POST /nodes/", { nodes: [{ name: "n1" }] }), [
    "409 node n1 exists already",
  ]);
  deepEqual(await dry(made, "DELETE /nodes/n9"), ["404 Unknown node n9"]);
  const stale = { "If-Match": '"1"' };
  deepEqual(await dry(made, "PUT /nodes/n1/attributes/current", { type: "server" }, stale), [
    "412 node n1 was changed after index 1",
  ]);
  deepEqual(await dry(made, "PUT /nodes/n1/attributes/current", { groups: "x" }), [
    "400 group x does not exist",
  ]);
});

Deno.test("so many changes are told, and all are counted", async () => {
  const { ask } = asking();
  const more = 7;
  const name = `n1-n${MAX_DRY_RUN_CHANGES / 2 + more}`;
  const { count, changes } = (await ask("POST /noderange/?dryRun=1", { name })).body as DryRun;
  equal(count, MAX_DRY_RUN_CHANGES + 2 * more);
  equal(changes.length, MAX_DRY_RUN_CHANGES);
});

Deno.test("a dry run that is not understood is refused, and nothing is done", async () => {
  const { ask, member } = await site();
  const { index } = member;
  const set = { "custom.a": "2" };
  for (const value of ["true", "0", "yes", ""]) {
    const asked = await ask(`PUT /nodes/n1/attributes/current?dryRun=${value}`, set);
    equal(refusalOf(asked), `400 dryRun=${value}: wanted dryRun=1`);
  }
  for (const name of ["dryrun", "dry_run", "DRY-RUN"]) {
    const asked = await ask(`PUT /nodes/n1/attributes/current?${name}=1`, set);
    equal(refusalOf(asked), `400 ${name}=1: wanted dryRun=1`);
  }
  for (const route of ["DELETE /collective/members/m2", "POST /collective/rotate-key"]) {
    const asked = await ask(`${route}?dryRun=1`);
    equal(
      refusalOf(asked),
      "400 dryRun: understood by what changes nodes and groups; nothing was done, " +
        "leave it out here",
    );
  }
  equal(member.index, index);
});
