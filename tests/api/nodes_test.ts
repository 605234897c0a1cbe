import { deepEqual, equal, match } from "node:assert/strict";

import { ok, refused } from "../../src/base/outcome.ts";
import { newKeyOperations } from "../../src/collective/key_ring.ts";
import { nodeRow } from "../../src/model/operation.ts";
import type { Links } from "../../src/wire/http.ts";
import { asking, attributesIn, newNodes, refusalOf, withoutLinks } from "./asking.ts";

Deno.test("nodes are listed as links, in natural order", async () => {
  const { ask } = asking("n10", "n2", "n1");
  const asked = await ask("GET /nodes/");
  equal(asked.status, 200);
  deepEqual(asked.body, {
    _links: {
      self: { href: "./" },
      collection: { href: "../" },
      item: [{ href: "n1/" }, { href: "n2/" }, { href: "n10/" }],
    },
  });
  const { _links } = (await ask("GET /nodes")).body as Links;
  deepEqual([_links.self, _links.collection], [{ href: "./nodes" }, { href: "./" }]);
});

Deno.test("a node is made, read, changed and removed, each by one entry", async () => {
  const { ask, member } = asking();
  const made = await ask("POST /nodes/", { name: "n1", "location.rack": "7", bmc: "10.0.0.1" });
  deepEqual([made.status, withoutLinks(made.body), made.headers.get("confluent-index")], [
    200,
    { created: "n1" },
    "2", // the first took a number for it
  ]);
  deepEqual(attributesIn((await ask("GET /nodes/n1/attributes/current")).body), {
    "id.index": { value: 1 },
    "hardwaremanagement.manager": { value: "10.0.0.1" },
    "location.rack": { value: "7" },
  });
  const put = await ask("PUT /nodes/n1/attributes/current", {
    "location.rack": null,
    "location.u": 4,
    "net.eth0.bootable": "yes",
    "info.note": { value: "{as it stands}" },
  });
  deepEqual([put.headers.get("confluent-index"), put.headers.get("etag")], ["3", '"3"']);
  deepEqual(attributesIn(put.body), {
    "id.index": { value: 1 },
    "hardwaremanagement.manager": { value: "10.0.0.1" },
    "info.note": { value: "{as it stands}" },
    "location.u": { value: "4" },
    "net.eth0.bootable": { value: true },
  });
  const removed = await ask("DELETE /nodes/n1");
  deepEqual([withoutLinks(removed.body), removed.headers.get("confluent-index")], [{
    deleted: "n1",
  }, "4"]);
  equal(refusalOf(await ask("GET /nodes/n1/attributes/current")), "404 Unknown node n1");
  equal(member.proposed.length, 4);
});

Deno.test("all tells every attribute there is, unset ones and sealed ones too", async () => {
  const { ask } = asking("n1");
  await ask("PUT /nodes/n1/attributes/all", { "net.eth0.hwaddr": "aa:bb", "custom.x": "" });
  const all = (await ask("GET /nodes/n1/attributes/all")).body as Record<string, unknown>;
  deepEqual(all["location.rack"], { value: null });
  deepEqual(all["net.bootable"], { value: null });
  deepEqual(all["net.eth0.hwaddr"], { value: "aa:bb" });
  deepEqual(all["custom.x"], { value: "" });
  deepEqual(all["secret.hardwaremanagementpassword"], { isset: false });
  deepEqual(all["groups"], ["everything"]);
  const names = Object.keys(all).filter((name) => name !== "_links");
  deepEqual(names, names.toSorted());
});

Deno.test("a node that exists is not made again, one that does not is not changed", async () => {
  const { ask, member } = asking("n1");
  equal(refusalOf(await ask("POST /nodes/", { name: "n1" })), "409 node n1 exists already");
  const body = { "location.u": "1" };
  equal(refusalOf(await ask("PUT /nodes/n2/attributes/all", body)), "404 Unknown node n2");
  equal(refusalOf(await ask("DELETE /nodes/n2")), "404 Unknown node n2");
  equal(refusalOf(await ask("GET /nodes/n2/")), "404 Unknown node n2");
  equal(member.state.exists("node/n2"), false);
});

Deno.test("If-Match is compare-and-set, on the ETag that reading gave", async () => {
  const { ask } = asking("n1", "n2");
  const path = "/nodes/n1/attributes/current";
  const etag = (await ask(`GET ${path}`)).headers.get("etag") ?? "";
  equal(etag, '"1"');
  const first = await ask(`PUT ${path}`, { "location.u": "1" }, { "If-Match": etag });
  equal(first.status, 200);
  const second = await ask(`PUT ${path}`, { "location.u": "2" }, { "If-Match": etag });
  equal(refusalOf(second), "412 node n1 was changed after index 1");
  const last = await ask("DELETE /nodes/n1", undefined, { "If-Match": etag });
  equal(refusalOf(last), "412 node n1 was changed after index 1");
  deepEqual(attributesIn((await ask(`GET ${path}`)).body), { "location.u": { value: "1" } });
  equal((await ask(`PUT ${path}`, { "location.u": "3" }, { "If-Match": "*" })).status, 200);
  const wrong = await ask(`PUT ${path}`, { "location.u": "4" }, { "If-Match": "7" });
  equal(refusalOf(wrong), '400 If-Match: 7: wanted one index in quotes, as "42"');
});

Deno.test("a node just made at another member is found by asking the leader", async () => {
  const { ask, member } = asking();
  member.news.push([newNodes("n5")]);
  equal((await ask("GET /nodes/n5/attributes/current")).status, 200);
  member.news.push([newNodes("n6")]);
  equal((await ask("GET /noderange/n5-n6/nodes/")).status, 200);
});

Deno.test("a body that is wrong is refused with where and what would be right", async () => {
  const { ask, member } = asking("n1");
  const path = "PUT /nodes/n1/attributes/current";
  const cases: [body: unknown, error: string][] = [
    ["", "the body is empty; wanted JSON"],
    ['{"a":', "the body is not JSON: Unexpected end of JSON input"],
    [new Uint8Array([0x22, 0xff, 0x22]), "the body is not JSON: text is not valid UTF-8"],
    ["[]", "the body: wanted an object of attribute names and values"],
    [
      { "location.u": { x: 1 } },
      'location.u: wanted a text, a number, true, false, null (which clears) or {"value": text}',
    ],
    [
      { "location.rak": "1" },
      "location.rak attribute on node n1 is invalid; did you mean location.rack?",
    ],
    [
      { type: "toaster" },
      "Attribute type does not accept value toaster " +
      "(valid values would be switch,server,rackmount,dense,enclosure,)",
    ],
    [
      { bmc: "1", "hardwaremanagement.manager": "2" },
      "hardwaremanagement.manager is given twice",
    ],
    [
      { "hardwaremanagement.manager": "1", bmc: "2" },
      "hardwaremanagement.manager is given twice",
    ],
    [{ groups: ["a"] }, "group a does not exist"],
    [{ groups: { prepend: "everything" } }, "Node n1 is already in group everything"],
    [{ groups: { remove: "a" } }, "node n1 is not a member of group a"],
    [
      { "deployment.lock": "locked" },
      "Attribute deployment.lock is set through deployment/lock of the node alone, " +
      "as `nodedeploy NODE --lock` does",
    ],
    [
      { bmcpass: { expression: "{n1}" } },
      "secret.hardwaremanagementpassword is secret: wanted a text, not an expression or a list",
    ],
    [
      { type: "{n1}" },
      "Attribute type takes no expression: it takes certain words alone: " +
      "switch,server,rackmount,dense,enclosure,",
    ],
    [
      { "info.note": "}" },
      "Single '}' encountered in format string: -->}<--: write {{ and }} for braces that are text",
    ],
    [{ "info.note": ["x"] }, "info.note: wanted one value, not a list or a change of one"],
  ];
  for (const [body, error] of cases) equal(refusalOf(await ask(path, body)), `400 ${error}`);
  equal(member.proposed.length, 0);
});

Deno.test("a body beyond the bound is refused before it is kept, announced or not", async () => {
  const { ask, askBy } = asking("n1");
  const announced = await ask("PUT /nodes/n1/attributes/all", "{}", {
    "Content-Length": String(16 * 1024 * 1024 + 1),
  });
  equal(refusalOf(announced), "413 a body of 16777217 bytes; MAX_BODY_BYTES is 16777216");
  let sent = 0;
  const body = new ReadableStream<Uint8Array>({
    pull(controller): void {
      sent++;
      controller.enqueue(new Uint8Array(1024 * 1024));
    },
  });
  const streamed = await askBy("unix", "PUT /nodes/n1/attributes/all", { body });
  equal(refusalOf(streamed), "413 a body of more bytes; MAX_BODY_BYTES is 16777216");
  equal(sent < 20, true);
});

Deno.test("an inventory is made in one entry, or not at all", async () => {
  const { ask, member } = asking("n2");
  const nodes = [
    { name: "n1", "location.rack": "1" },
    { name: "n2", "location.rack": "2", "info.note": null },
  ];
  equal(refusalOf(await ask("POST /nodes/", { nodes })), "409 node n2 exists already");
  equal(member.state.exists("node/n1"), false);
  const skipped = await ask("POST /nodes/", { nodes, existing: "skip" });
  deepEqual(skipped.body, { created: ["n1"], updated: [], skipped: ["n2"] });
  equal(member.state.value("node/n2", "location.rack"), null);
  const updated = await ask("POST /nodes/", { nodes, existing: "update" });
  deepEqual(updated.body, { created: [], updated: ["n1", "n2"], skipped: [] });
  equal(member.state.value("node/n2", "location.rack"), "2");
  const { length } = member.proposed;
  const nothing = await ask("POST /nodes/", { nodes, existing: "skip" });
  deepEqual(nothing.body, { created: [], updated: [], skipped: ["n1", "n2"] });
  equal(member.proposed.length, length);
});

Deno.test("an inventory's fault is told by its row", async () => {
  const { ask } = asking();
  const cases: [nodes: unknown, error: string][] = [
    [
      [{ name: "n1" }, { name: "n/2" }],
      'nodes[1]: "n/2" is not a valid node name: it takes ' +
      'letters, digits, "." "_" "-", and starts with a letter or a digit',
    ],
    [
      [{ name: "n1", "location.rak": "1" }],
      "nodes[0]: location.rak attribute on node n1 is invalid; did you mean location.rack?",
    ],
    [[{ name: "n1" }, { name: "n1" }], "nodes[1]: n1 is listed twice"],
    [[{ "location.rack": "1" }], "nodes[0].name: wanted the name of a node"],
    [[], "nodes: wanted at least one node"],
  ];
  for (const [nodes, error] of cases) {
    equal(refusalOf(await ask("POST /nodes/", { nodes })), `400 ${error}`);
  }
});

Deno.test("what a write came to is told by its kind", async () => {
  const { ask, member } = asking("n1");
  const put = (): ReturnType<typeof ask> =>
    ask("PUT /nodes/n1/attributes/all", { "location.u": "1" });
  member.nextWrite = refused("unknown-outcome", "no answer within 4500 ms");
  equal(refusalOf(await put()), "504 no answer within 4500 ms");
  member.nextWrite = ok({ index: 9, verdict: { result: "duplicate" } });
  equal(refusalOf(await put()), "504 the write may or may not have been made; look first");
  member.nextWrite = refused("busy", "OPERATION_WINDOW is 1024");
  const busy = await put();
  deepEqual([refusalOf(busy), busy.headers.get("retry-after")], [
    "429 OPERATION_WINDOW is 1024",
    "1",
  ]);
  member.nextWrite = refused("too-large", "MAX_ENTRY_BYTES is 524288");
  equal(refusalOf(await put()), "413 MAX_ENTRY_BYTES is 524288");
});

Deno.test("a name that JSON gives a meaning of its own is refused, not dropped", async () => {
  const { ask, member } = asking("n1");
  const body = JSON.parse('{"__proto__": "x", "info.note": "y"}');
  const answer = await ask("PUT /nodes/n1/attributes/current", body);
  equal(answer.status, 400);
  match(answer.text, /__proto__/);
  equal(member.proposed.length, 0);
});

Deno.test("only the attributes that words ask for are told", async () => {
  const { ask } = asking("n1");
  const values = { "location.rack": "7", "location.u": "1", "net.a.switch": "s", "info.note": "x" };
  await ask("PUT /nodes/n1/attributes/current", values);
  const told = async (words: string): Promise<string[]> => {
    const path = `GET /nodes/n1/attributes/current?attributes=${words}`;
    return Object.keys(withoutLinks((await ask(path)).body));
  };
  deepEqual(await told("location"), ["location.rack", "location.u"]);
  deepEqual(await told("net.*switch,groups"), ["groups", "net.a.switch"]);
  deepEqual(await told("bmc"), []);
  const range = await ask("GET /noderange/n1/attributes/all?attributes=bmc");
  deepEqual(withoutLinks(range.body), {
    databynode: [{ n1: { "hardwaremanagement.manager": { value: null } } }],
  });
  const many = Array.from({ length: 257 }, () => "a").join();
  const path = `GET /nodes/n1/attributes/current?attributes=${many}`;
  equal(refusalOf(await ask(path)), "400 attributes: 257 words; MAX_ATTRIBUTE_WORDS is 256");
});

Deno.test("nodes with secrets are not made by a key that was rotated meanwhile", async () => {
  const { ask, member } = asking();
  const rotated = { id: "fedcba9876543210", bytes: new Uint8Array(32) };
  member.apply(newKeyOperations(rotated, undefined, [], () => new Uint8Array(32)));
  const nodes = [{ name: "n1", "secret.hardwaremanagementpassword": "s3cret" }];
  const asked = await ask("POST /nodes/", { nodes });
  match(refusalOf(asked), /^429 the collective's key was rotated meanwhile/);
  equal(member.state.exists(nodeRow("n1")), false);
});

Deno.test("an attribute of our own is among all where it is set, or asked for", async () => {
  const { ask } = asking("n1");
  const all = async (query = ""): Promise<unknown> => {
    const { body } = await ask(`GET /nodes/n1/attributes/all${query}`);
    return (body as Record<string, unknown>)["collective.failback"];
  };
  equal(await all(), undefined);
  deepEqual(await all("?attributes=collective"), { value: null });
  await ask("PUT /nodes/n1/attributes/current", { "collective.failback": "auto" });
  deepEqual([await all(), await all("?attributes=net")], [{ value: "auto" }, undefined]);
  const { body } = await ask("PUT /nodes/n1/attributes/current", { "collective.failback": "yes" });
  equal((body as { errorcode: number }).errorcode, 400);
});
