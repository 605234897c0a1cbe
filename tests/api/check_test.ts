import { deepEqual, equal, match } from "node:assert/strict";

import { asking } from "./asking.ts";

Deno.test("what is wrong is told, and whose state is to be kept is passed on", async () => {
  const { ask, member } = asking("n1");
  member.findings = ["m2 does not answer: start it"];
  const asked = await ask("GET /check");
  deepEqual(asked.body, { name: "m1", findings: ["m2 does not answer: start it"] });
  const repaired = await ask("POST /collective/repair", { from: "m2" });
  deepEqual(repaired.body, { from: "m2", repaired: ["m3"] });
  equal((await ask("POST /collective/repair", {})).status, 400);
  equal((await ask("POST /collective/repair", { from: "m2", to: "m3" })).status, 400);
});

Deno.test("a state that is wrong is not shown, stale or not; the rest is answered", async () => {
  const { ask, member } = asking("n1");
  member.odd = "its state is not that of the majority";
  const wrong = [
    "GET /nodes/",
    "GET /nodes/?stale=ok",
    "GET /nodes/n1/",
    "GET /nodes/n1/attributes/all",
    "GET /nodes/n1/attributes/all?stale=ok",
    "GET /noderange/n1/nodes/",
    "GET /noderange/n1/attributes/current?stale=ok",
  ];
  for (const route of wrong) {
    const { status, body } = await ask(route);
    equal(status, 503, route);
    match(JSON.stringify(body), /m1 is locked: its state is not that of the majority/);
  }
  for (const route of ["GET /", "GET /collective/", "GET /check", "GET /version"]) {
    equal((await ask(route)).status, 200, route);
  }
});
