import { deepEqual, equal, match } from "node:assert/strict";

import { explanation } from "../../src/wire/explanation_http.ts";
import { nodeRow } from "../../src/model/operation.ts";
import { asking, newNodes, refusalOf } from "./asking.ts";
import { explained } from "./stand_in_explanation.ts";

Deno.test("a node is explained, with quorum and without", async () => {
  const { ask, member } = asking("n1");
  const { status, body, headers } = await ask("GET /explain/n1");
  deepEqual([status, body, headers.get("confluent-stale")], [200, explained("n1"), null]);
  member.holdsQuorum = false;
  member.ageMs = 8_000;
  const stale = await ask("GET /explain/n1");
  deepEqual([stale.status, stale.body], [200, explained("n1")]);
  equal(stale.headers.get("confluent-stale"), "8");
});

Deno.test("one that was made elsewhere just now is looked for", async () => {
  const { ask, member } = asking("n1");
  member.news.push([newNodes("n2")]);
  equal((await ask("GET /explain/n2")).status, 200);
});

Deno.test("of a node that there is not it is told what is known of it", async () => {
  const { ask, member } = asking("n1");
  const moving = { to: null, because: "the node was removed" };
  member.explanation = { moving };
  const { status, body } = await ask("GET /explain/n7");
  deepEqual([status, body], [404, {
    errorcode: 404,
    error: "Target not found - Unknown node n7; m2 has not let go of it yet: the node was removed",
    ...explained("n7"),
    exists: false,
    moving,
  }]);
  deepEqual(explanation.parse(body).node, "n7");
  member.explanation = { manager: null };
  const unknown = await ask("GET /explain/n7");
  equal((unknown.body as { error: string }).error, "Target not found - Unknown node n7");
});

Deno.test("a machine is named by its hardware address, its node's or nobody's", async () => {
  const { ask, member } = asking("n1");
  const cells = [["net.hwaddr", "AA-BB-CC-00-00-01"]] as const;
  member.apply([{ kind: "set", rows: [nodeRow("n1")], cells }]);
  const known = await ask("GET /explain/aabb.cc00.0001");
  deepEqual([known.status, known.body], [200, explained("n1")]);
  const stranger = await ask("GET /explain/aa:bb:cc:00:00:02");
  const body = { ...explained("aa:bb:cc:00:00:02"), exists: false };
  deepEqual([stranger.status, stranger.body], [200, body]);
});

Deno.test("where machines are booted requests are judged, and strangers listed", async () => {
  const { ask, member } = asking("n1");
  const request = {
    message: "AQ==",
    from: "0.0.0.0",
    fromPort: 68,
    to: "255.255.255.255",
    port: 67,
  };
  const judged = { mac: "", node: null, asked: "", members: [], told: "too short" };
  const strangers = { machines: [], silent: ["m2 does not answer"] };
  const heard: unknown[] = [];
  member.boots = {
    replay: (recorded) => (heard.push(...recorded), [judged]),
    strangers: () => Promise.resolve(strangers),
    tell: () => {},
  };
  const replayed = await ask("POST /explain/requests", { requests: [request] });
  deepEqual([replayed.status, replayed.body, heard], [200, { decisions: [judged] }, [request]]);
  const wrong = { requests: [{ ...request, from: "::1" }] };
  match(refusalOf(await ask("POST /explain/requests", wrong)), /^400 .*wanted an IPv4 address/);
  deepEqual((await ask("GET /discovery/by-mac/")).body, strangers);
  member.boots = undefined;
  match(refusalOf(await ask("GET /discovery/by-mac/")), /^409 m1 boots no machines: .*--no-boot/);
});

Deno.test("over TCP it is told to who proves itself", async () => {
  const { askBy } = asking("n1");
  equal((await askBy("tcp", "GET /explain/n1")).status, 401);
});
