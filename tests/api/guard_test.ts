import { deepEqual, equal } from "node:assert/strict";

import { type Needs, type Route, ROUTES } from "../../src/api/routes.ts";
import { asking, attributesIn, exampleOf, newGroup, newNodes, refusalOf } from "./asking.ts";

const EVERY: [name: string, needs: Needs][] = Object.entries(ROUTES)
  .map(([name, { needs }]: [string, Route]) => [name, needs]);

Deno.test("with quorum every route of the table is answered", async () => {
  for (const [name] of EVERY) {
    const { ask } = asking("n1", newGroup("g1"));
    equal((await ask(...exampleOf(name))).status, 200, name);
  }
});

Deno.test("without quorum what the table says is answered, the rest changes nothing", async () => {
  for (const [name, needs] of EVERY) {
    const { ask, member } = asking("n1", newGroup("g1"));
    member.holdsQuorum = false;
    const asked = await ask(...exampleOf(name));
    if (needs === "always" || needs === "local-copy") {
      equal(asked.status, name === "GET /readyz" ? 503 : 200, name);
      continue;
    }
    equal(asked.status, 503, name);
    deepEqual(asked.body, {
      errorcode: 503,
      error: "Collective does not have quorum",
      missing: ["m2"],
    });
    deepEqual([member.proposed, member.invited], [[], []], name);
  }
});

Deno.test("stale=ok is the local copy for reads of attributes, nothing for writes", async () => {
  for (const [name, needs] of EVERY) {
    const { ask, member } = asking("n1", newGroup("g1"));
    member.holdsQuorum = false;
    member.ageMs = 12_100;
    const [route, body] = exampleOf(name);
    const asked = await ask(`${route}?stale=ok`, body);
    if (needs === "quorum") equal(asked.status, 503, name);
    if (needs !== "quorum-or-local-copy") continue;
    deepEqual([asked.status, asked.headers.get("confluent-stale")], [200, "13"], name);
  }
});

Deno.test("a member that lags answers catching up, or its copy when asked", async () => {
  const { ask, member } = asking("n1");
  member.isCaughtUp = false;
  const path = "GET /nodes/n1/attributes/current";
  const asked = await ask(path);
  equal(refusalOf(asked), "503 this member is 3 entries behind");
  equal(asked.headers.get("retry-after"), "1");
  equal((await ask(`${path}?stale=ok`)).headers.get("confluent-stale"), "0");
  member.isCaughtUp = true;
  equal((await ask(`${path}?stale=ok`)).headers.get("confluent-stale"), null);
});

Deno.test("a locked member may join, and nothing else that needs quorum", async () => {
  const { ask, member } = asking("n1");
  member.holdsQuorum = false;
  member.locked = "removed";
  equal((await ask("POST /collective/join", { token: "T" })).status, 200);
  equal((await ask("DELETE /nodes/n1")).status, 503);
});

Deno.test("minIndex waits for an index, and consistent for what the leader has", async () => {
  const { ask, member } = asking("n1");
  const path = "GET /nodes/n1/attributes/current";
  const note = (value: string): void =>
    void member.news.push([{ kind: "set", rows: ["node/n1"], cells: [["info.note", value]] }]);
  note("new");
  const before = await ask(path);
  deepEqual([attributesIn(before.body), before.headers.get("confluent-index")], [{}, "1"]);
  const after = await ask(`${path}?minIndex=2`);
  deepEqual([attributesIn(after.body), after.headers.get("confluent-index")], [
    { "info.note": { value: "new" } },
    "2",
  ]);
  note("newer");
  deepEqual(attributesIn((await ask(`${path}?consistent=1`)).body), {
    "info.note": { value: "newer" },
  });
  // The same of what is answered without quorum too, but not to whom nobody knows.
  const far = "503 this member has not reached index 9 yet";
  equal(refusalOf(await ask("GET /nodes/?minIndex=9")), far);
  equal((await ask("GET /version?minIndex=9")).status, 200);
  equal(refusalOf(await ask(`${path}?minIndex=9`)), "503 this member has not reached index 9 yet");
  const wrong = "400 minIndex=x: wanted an index, a whole number";
  equal(refusalOf(await ask(`${path}?minIndex=x`)), wrong);
  member.news.push([newNodes("n2")]);
  member.holdsQuorum = false;
  equal((await ask(`${path}?consistent=1&stale=ok`)).status, 503);
});
