import { deepEqual, equal } from "node:assert/strict";

import { asking, refusalOf, withoutLinks } from "./asking.ts";

const ATTRIBUTES = "/noderange/n1-n2/attributes/current";

Deno.test("a range of nodes is made in one entry, named in its order", async () => {
  const { ask, member } = asking();
  const made = await ask("POST /noderange/", { name: "n1-n3,n01", "location.rack": "7" });
  deepEqual(withoutLinks(made.body), { created: ["n1", "n2", "n3", "n01"] });
  equal(member.proposed.length, 2); // the first took their numbers
  equal(member.state.value("node/n3", "location.rack"), "7");
  const again = await ask("POST /noderange/", { name: "n4,n3" });
  equal(refusalOf(again), "409 node n3 exists already");
  equal(member.state.exists("node/n4"), false);
});

Deno.test("a range's nodes are listed in natural order, without quorum too", async () => {
  const { ask, member } = asking("n1", "n2", "n10");
  member.holdsQuorum = false;
  member.ageMs = 6_200;
  const asked = await ask("GET /noderange/n10,n%5B1-2%5D/nodes/");
  deepEqual(asked.body, {
    _links: {
      self: { href: "./" },
      collection: { href: "../" },
      item: [{ href: "n1/" }, { href: "n2/" }, { href: "n10/" }],
    },
  });
  equal(asked.headers.get("confluent-stale"), "7");
});

Deno.test("attributes of a range are a list with each attribute of each node", async () => {
  const { ask } = asking("n1", "n2", "n3");
  await ask("PUT /nodes/n2/attributes/all", { "info.note": "x" });
  const put = await ask(`PUT ${ATTRIBUTES}`, { "location.u": "1", "net.a.bootable": false });
  deepEqual(withoutGroups(put.body), {
    databynode: [
      { n1: { "location.u": { value: "1" } } },
      { n1: { "net.a.bootable": { value: false } } },
      { n2: { "info.note": { value: "x" } } },
      { n2: { "location.u": { value: "1" } } },
      { n2: { "net.a.bootable": { value: false } } },
    ],
  });
  deepEqual((await ask(`GET ${ATTRIBUTES}`)).body, put.body);
  const n3 = (await ask("GET /noderange/n3/attributes/current")).body;
  deepEqual(withoutGroups(n3), { databynode: [] });
  await ask(`PUT ${ATTRIBUTES}`, { "location.u": null, "net.a.bootable": null, "info.note": null });
  deepEqual(withoutGroups((await ask(`GET ${ATTRIBUTES}`)).body), { databynode: [] });
});

/** What is told of nodes but that they are in the group of all, which all of these are. */
function withoutGroups(body: unknown): unknown {
  const { _links, databynode } = body as { _links: unknown; databynode: object[] };
  deepEqual(_links, { self: { href: "./current" }, collection: { href: "./" } });
  const others = databynode.filter((entry) => !JSON.stringify(entry).includes('"groups"'));
  return { databynode: others };
}

Deno.test("a range is changed and removed as one, or not at all", async () => {
  const { ask, member } = asking("n1", "n2");
  const missing = await ask("PUT /noderange/n1-n3/attributes/all", { "location.u": "1" });
  equal(refusalOf(missing), "404 Invalid Noderange: Unknown node n3");
  equal(member.state.value("node/n1", "location.u"), null);
  await ask("PUT /nodes/n2/attributes/all", { "location.u": "2" });
  const stale = await ask("DELETE /noderange/n1-n2", undefined, { "If-Match": '"1"' });
  equal(refusalOf(stale), "412 node n2 was changed after index 1");
  const removed = await ask("DELETE /noderange/n2,n1");
  deepEqual(withoutLinks(removed.body), { deleted: ["n1", "n2"] });
  deepEqual([...member.state.rows("node/")], []);
});

Deno.test("a node that is removed while a range is read is refused by its guard", async () => {
  const { ask, member } = asking("n1", "n2");
  member.news.push([{ kind: "drop", rows: ["node/n2"] }]);
  const asked = await ask(`PUT ${ATTRIBUTES}`, { "location.u": "1" });
  equal(refusalOf(asked), "404 Unknown node n2");
  equal(member.state.value("node/n1", "location.u"), null);
});

Deno.test("what is wrong with a range is told with the place; nothing needs no write", async () => {
  const { ask, member } = asking("n1", "n2");
  const wrong = await ask("GET /noderange/n1%20n2/nodes/");
  equal(
    refusalOf(wrong),
    '400 Invalid Noderange: n1n2 not a recognized node, group, or alias: read "n2" at ' +
      'character 4 where ",", ",-", "@" or the end could stand',
  );
  deepEqual(withoutLinks((await ask("DELETE /noderange/n1@n2")).body), { deleted: [] });
  const put = await ask("PUT /noderange/n1@n2/attributes/all", { "location.u": "1" });
  deepEqual((put.body as { databynode: unknown }).databynode, []);
  equal(member.proposed.length, 0);
});
