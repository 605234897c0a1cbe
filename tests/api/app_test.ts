import { deepEqual, equal } from "node:assert/strict";

import { type Route, ROUTES } from "../../src/api/routes.ts";
import { asking, refusalOf, TOKEN } from "./asking.ts";

const JSON_HEADERS = {
  "cache-control": "no-store",
  "confluent-index": "1",
  "content-type": "application/json",
  "x-content-type-options": "nosniff",
};

Deno.test("over TCP nobody is answered but on the open routes", async () => {
  const { askBy, member } = asking("n1");
  for (const [name, route] of Object.entries(ROUTES) as [string, Route][]) {
    const path = name.replace(":node", "n1").replace(":element{all|current}", "all");
    for (const via of ["tcp", undefined] as const) {
      const asked = await askBy(via, path);
      equal(asked.status, route.open ? 200 : 401, name);
    }
  }
  equal((await askBy("tcp", "GET /nothing/here")).status, 401);
  equal((await askBy("tcp", "PATCH /nodes/")).status, 401);
  equal(member.proposed.length, 0);
});

Deno.test("the bootstrap token lets a caller in over TCP, and no other does", async () => {
  const { askBy } = asking("n1");
  const by = (authorization: string): ReturnType<typeof askBy> =>
    askBy("tcp", "GET /nodes/", { headers: { authorization } });
  equal((await by(`Bearer ${TOKEN}`)).status, 200);
  equal((await by(`bearer  ${TOKEN}`)).status, 200);
  for (const wrong of [`${TOKEN}x`, TOKEN.slice(1), TOKEN.toUpperCase()]) {
    equal(refusalOf(await by(`Bearer ${wrong}`)), "401 the token is not valid");
  }
  const nobody = await by(`Basic ${TOKEN}`);
  equal(nobody.headers.get("www-authenticate"), 'Bearer realm="confluent"');
  equal(
    refusalOf(nobody),
    "401 who is calling is not proven; wanted the header Authorization: Bearer TOKEN",
  );
});

Deno.test("every answer says its index, is JSON, and is not to be kept or guessed at", async () => {
  const { ask, askBy } = asking("n1");
  const headersOf = (headers: Headers): unknown => Object.fromEntries(headers);
  deepEqual(headersOf((await ask("GET /nodes/")).headers), JSON_HEADERS);
  deepEqual(headersOf((await ask("GET /healthz")).headers), JSON_HEADERS);
  deepEqual(headersOf((await ask("GET /nodes/n9/")).headers), JSON_HEADERS);
  deepEqual(headersOf((await ask("GET /nowhere")).headers), JSON_HEADERS);
  deepEqual(headersOf((await askBy("tcp", "GET /")).headers), {
    ...JSON_HEADERS,
    "www-authenticate": 'Bearer realm="confluent"',
  });
  const head = await ask("HEAD /nodes/");
  deepEqual([head.status, head.text, headersOf(head.headers)], [200, "", JSON_HEADERS]);
});

Deno.test("no such path is 404, a method it does not know 405 with those it does", async () => {
  const { ask } = asking("n1");
  equal(refusalOf(await ask("GET /nodez")), "404 there is nothing at /nodez");
  equal((await ask("GET /nodes/n1/attributes/some")).status, 404);
  const asked = await ask("PUT /nodes/n1", {});
  equal(refusalOf(asked), "405 PUT is not supported at /nodes/n1; GET, DELETE are");
  equal(asked.headers.get("allow"), "GET, DELETE");
});

Deno.test("what nobody foresaw is 500, its reason in the log and not in the answer", async () => {
  const { ask, member, failures } = asking("n1");
  member.nextWrite = undefined;
  member.write = () => Promise.reject(new Error("the\ninside"));
  const asked = await ask("DELETE /nodes/n1");
  equal(
    refusalOf(asked),
    "500 an error that nobody foresaw; the log of this member has its reason",
  );
  deepEqual(failures, ["DELETE /nodes/n1: the inside"]);
});

Deno.test("health, readiness, version, uuid and the top of the tree", async () => {
  const { ask, member } = asking("n1");
  deepEqual((await ask("GET /healthz")).body, { status: "ok" });
  deepEqual((await ask("GET /readyz")).body, { status: "ready" });
  deepEqual((await ask("GET /uuid")).body, { uuid: { value: "c0ffee" } });
  deepEqual((await ask("GET /version")).body, {
    version: "0.0.0",
    features: [],
    deno: "2",
    build: "test",
    support: { fewest: 1, most: 1, level: 1 },
  });
  deepEqual((await ask("GET /")).body, {
    _links: {
      self: { href: "./" },
      collection: { href: "./" },
      item: [
        "collective/",
        "deployment/",
        "discovery/",
        "docs",
        "events/",
        "metrics",
        "noderange/",
        "nodegroups/",
        "nodes/",
        "openapi.json",
        "uuid",
        "version",
        "watch",
      ].map((href) => ({ href })),
    },
  });
  member.holdsQuorum = false;
  equal(refusalOf(await ask("GET /readyz")), "503 Collective does not have quorum");
  equal((await ask("GET /healthz")).status, 200);
});
