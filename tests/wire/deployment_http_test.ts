import { deepEqual, equal } from "node:assert/strict";

import {
  lockRequest,
  locksByNode,
  profileRequest,
  profilesByNode,
} from "../../src/wire/deployment_http.ts";

function whyNot(schema: typeof profileRequest | typeof lockRequest, body: unknown): string {
  const [issue] = schema.safeParse(body).error?.issues ?? [];
  return issue === undefined ? "" : `${issue.path.join(".")}: ${issue.message}`;
}

Deno.test("a profile is a name, or nothing", () => {
  const wanted = "wanted the name of a profile; an empty one, or null, clears it";
  for (const profile of ["alma-9.4-x86_64-default", "", null, "of some site"]) {
    equal(whyNot(profileRequest, { profile }), "");
  }
  equal(whyNot(profileRequest, {}), `profile: ${wanted}`);
  equal(whyNot(profileRequest, { profile: 9 }), `profile: ${wanted}`);
  equal(whyNot(profileRequest, { profile: "x".repeat(254) }), `profile: ${wanted}`);
  for (const profile of ["../../private", "a\nb", "a\0"]) {
    equal(whyNot(profileRequest, { profile }), `profile: ${wanted}; no name has a slash`);
  }
  equal(profileRequest.safeParse({ profile: "a", force: true }).success, false);
});

Deno.test("a lock is one of its words", () => {
  equal(whyNot(lockRequest, { lock: "autolock" }), "");
  equal(whyNot(lockRequest, { lock: "" }), "lock: wanted one of unlocked, locked, autolock");
});

Deno.test("answers of many nodes are an object a node", () => {
  const none = { value: null };
  const n1 = {
    pending: { value: "alma" },
    ...{ staged: none, completed: none, state: none, state_detail: none, state_last_updated: none },
    lock: { value: "unlocked" },
    armed: { value: "once" },
    controller: { value: true },
  };
  deepEqual(profilesByNode.parse({ databynode: [{ n1 }] }), { databynode: [{ n1 }] });
  equal(profilesByNode.safeParse({ databynode: [{ n1: { pending: none } }] }).success, false);
  const locks = { databynode: [{ n1: { lock: { value: "locked" } } }] };
  deepEqual(locksByNode.parse(locks), locks);
});
