/** `Idempotency-Key`, and nodes a line. */
import { deepEqual, equal, match } from "node:assert/strict";

import { asking, refusalOf } from "./asking.ts";

const LINES = "application/x-ndjson";

Deno.test("a request with a key takes effect once; a retry has the first one's index", async () => {
  const { ask, member } = asking("n1");
  const put = (rack: string, key: string): ReturnType<typeof ask> =>
    ask("PUT /nodes/n1/attributes/current", { "location.rack": rack }, { "Idempotency-Key": key });
  const first = await put("1", "k1");
  const index = first.headers.get("confluent-index");
  await put("2", "k2");
  const again = await put("1", "k1");
  deepEqual([again.status, again.headers.get("confluent-index")], [200, index]);
  equal(member.state.value("node/n1", "location.rack"), "2");
  const other = await ask("DELETE /nodes/n1", undefined, { "Idempotency-Key": "k1" });
  equal(other.status, 409);
  match(refusalOf(other), /used for another request; nothing was done/);
});

Deno.test("a key is not good for another body, which would be lost without a word", async () => {
  const { ask, member } = asking("n1");
  const put = (body: object): ReturnType<typeof ask> =>
    ask("PUT /nodes/n1/attributes/current", body, { "Idempotency-Key": "k1" });
  equal((await put({ "secret.snmpcommunity": "a", "info.note": "1" })).status, 200);
  equal((await put({ "secret.snmpcommunity": "a", "info.note": "1" })).status, 200);
  for (const other of [{ "secret.snmpcommunity": "b", "info.note": "1" }, { "info.note": "2" }]) {
    match(refusalOf(await put(other)), /^409 this Idempotency-Key was used for another request/);
  }
  equal(member.state.value("node/n1", "info.note"), "1");
  const list = (lines: string): ReturnType<typeof ask> =>
    ask("POST /nodes/?existing=skip", lines, { "Content-Type": LINES, "Idempotency-Key": "k2" });
  equal((await list('{"name":"n2"}\n{"name":"n3"}\n')).status, 200);
  match(refusalOf(await list('{"name":"n2"}\n{"name":"n4"}\n')), /^409 this Idempotency-Key/);
});

Deno.test("a key that is none, or where none is taken, is refused", async () => {
  const { ask, member } = asking("n1");
  const before = member.index;
  for (const key of ["", "two words", "x".repeat(256)]) {
    const put = await ask("PUT /nodes/n1/attributes/current", { type: "server" }, {
      "Idempotency-Key": key,
    });
    match(refusalOf(put), /^400 Idempotency-Key: wanted 1 to 255 visible ASCII characters/);
  }
  const invite = await ask("POST /collective/invitations", { name: "m2" }, {
    "Idempotency-Key": "k",
  });
  match(refusalOf(invite), /^400 Idempotency-Key: taken by what changes nodes and attributes/);
  equal(member.index, before);
});

Deno.test("nodes come a line each, in one change", async () => {
  const { ask, member } = asking("n1");
  const lines = '{"name":"n2","type":"server"}\n\n{"name":"n3"}';
  const made = await ask("POST /nodes/", lines, { "Content-Type": LINES });
  deepEqual(made.body, { created: ["n2", "n3"], updated: [], skipped: [] });
  equal(member.state.newest("node/n2"), member.state.newest("node/n3"));
  const update = '{"name":"n2","type":null}\n{"name":"n4"}\n';
  const updated = await ask("POST /nodes/?existing=update", update, { "Content-Type": LINES });
  deepEqual(updated.body, { created: ["n4"], updated: ["n2"], skipped: [] });
});

Deno.test("a short list costs few of the numbers that nodes are given", async () => {
  const { ask, member } = asking();
  const list = async (prefix: string, count: number): Promise<void> => {
    const lines = Array.from({ length: count }, (_, i) => `{"name":"${prefix}${i}"}`).join("\n");
    await ask("POST /nodes/", lines, { "Content-Type": LINES });
  };
  const next = (): number => member.numbers.next;
  await list("a", 2);
  equal(next(), 9);
  await list("b", 20); // 8, and 16 more
  equal(next(), 33);
  equal(member.state.value("node/b19", "id.index"), "28");
});

Deno.test("a line that is wrong is named, and nothing of the rest is done", async () => {
  const { ask, member } = asking("n1");
  const cases: [string, RegExp][] = [
    ["", /^400 nodes: wanted at least one node/],
    ['{"name":"n2"}\n{"name":', /^400 the body is not JSON/],
    ['{"name":"n2"}\n{"type":"x"}', /^400 nodes\[1\]\.name: wanted the name of a node/],
    ['{"name":"n2"}\n{"name":"n2"}', /^400 nodes\[1\]: n2 is listed twice/],
    ['{"name":"n2"}\n{"name":"n1"}', /^409 node n1 exists already/],
    [`{"name":"${"x".repeat(1024 * 1024)}`, /^413 a line of more than 1048576 characters/],
  ];
  for (const [lines, error] of cases) {
    match(refusalOf(await ask("POST /nodes/", lines, { "Content-Type": LINES })), error);
  }
  equal(member.state.exists("node/n2"), false);
  const policy = await ask("POST /nodes/?existing=maybe", '{"name":"n2"}', {
    "Content-Type": LINES,
  });
  equal(policy.status, 400);
});

Deno.test("a retry is answered as the first time, though the state refuses it now", async () => {
  const { ask } = asking("n1");
  const requests: [route: string, body?: unknown][] = [
    ["POST /nodes/", { name: "a1" }],
    ["POST /noderange/", { name: "b1-b2" }],
    ["POST /nodes/", { nodes: [{ name: "c1" }] }],
    ["POST /nodegroups/", { name: "g" }],
    ["PUT /nodes/a1/attributes/current", { groups: { prepend: "g" } }],
    ["PUT /nodegroups/g/attributes/rename", { rename: "h" }],
    ["DELETE /nodegroups/h/"],
    ["DELETE /nodes/a1/"],
  ];
  for (const [at, [route, body]] of requests.entries()) {
    const key = { "Idempotency-Key": `k${at}` };
    const first = await ask(route, body, key), again = await ask(route, body, key);
    deepEqual(
      [again.status, again.headers.get("confluent-index"), again.body],
      [200, first.headers.get("confluent-index"), first.body],
      route,
    );
  }
  const rename = (): ReturnType<typeof ask> =>
    ask("PUT /nodes/n1/attributes/rename", { rename: "n2" }, { "Idempotency-Key": "rename" });
  equal((await rename()).status, 200);
  match(
    refusalOf(await rename()),
    /^409 renamed already, by the entry at index \d+, with the same/,
  );
  const other = await ask("POST /nodegroups/", { name: "g" }, { "Idempotency-Key": "new" });
  equal(other.status, 200);
  const known = await ask("POST /nodegroups/", { name: "g" }, { "Idempotency-Key": "newer" });
  equal(refusalOf(known), "409 group g exists already");
});
