import { deepEqual, equal } from "node:assert/strict";

import { explanation } from "../../src/wire/explanation_http.ts";
import { asking, newNodes } from "./asking.ts";
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

Deno.test("over TCP it is told to who proves itself", async () => {
  const { askBy } = asking("n1");
  equal((await askBy("tcp", "GET /explain/n1")).status, 401);
});
