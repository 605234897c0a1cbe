import { deepEqual, equal, match } from "node:assert/strict";

import { ok, refused } from "../../src/base/outcome.ts";
import { type Links, links } from "../../src/wire/http.ts";
import { profileAnswer } from "../../src/wire/profile_http.ts";
import { asking, refusalOf } from "./asking.ts";
import { deployed, DIGEST, holder } from "./stand_in_profiles.ts";

function itemsOf(body: unknown): string[] {
  const { _links }: Links = links.parse(body);
  return _links.item.map(({ href }) => href);
}

Deno.test("profiles are listed below deployment, in their order", async () => {
  const { ask, member } = asking();
  member.deployed.all.set("alma-10", deployed("alma-10"));
  const below = itemsOf((await ask("GET /deployment/")).body);
  deepEqual(below, ["profiles/", "importing/", "content"]);
  deepEqual(itemsOf((await ask("GET /deployment/profiles/")).body), ["alma-9/", "alma-10/"]);
  deepEqual(itemsOf((await ask("GET /deployment/profiles")).body), ["alma-9/", "alma-10/"]);
});

Deno.test("a profile is told with what each member holds of it", async () => {
  const { ask, member } = asking();
  const holders = [
    holder("m1"),
    holder("m2", { content: "differs", digest: "cd".repeat(32) }),
    holder("m3", { content: "missing", digest: undefined, isBootable: false }),
  ];
  member.deployed.all.set("alma-9", deployed("alma-9", { holders }));
  const { body, status } = await ask("GET /deployment/profiles/alma-9");
  equal(status, 200);
  deepEqual(profileAnswer.parse(body), {
    name: "alma-9",
    label: "alma-9 for tests",
    ostype: "linux",
    kernelargs: "quiet",
    loader: "ipxe",
    bootable: true,
    whyNot: null,
    digest: DIGEST,
    reference: DIGEST,
    members: [
      { name: "m1", content: "equal", bootable: true, digest: DIGEST, why: null },
      { name: "m2", content: "differs", bootable: true, digest: "cd".repeat(32), why: null },
      { name: "m3", content: "missing", bootable: false, digest: null, why: null },
    ],
  });
  const again = await ask("GET /deployment/profiles/alma-9/");
  deepEqual(profileAnswer.parse(again.body), profileAnswer.parse(body));
});

Deno.test("one that is held elsewhere only is told as far as it is known", async () => {
  const { ask, member } = asking();
  const here = { profile: undefined, isBootable: false, whyNot: "m1 does not hold it" };
  const unknown = { digest: undefined, reference: undefined };
  member.deployed.all.set("alma-9", deployed("alma-9", { ...here, ...unknown }));
  const { members: _, ...told } = profileAnswer.parse(
    (await ask("GET /deployment/profiles/alma-9")).body,
  );
  deepEqual(told, {
    ...{ name: "alma-9", label: null, ostype: null, kernelargs: null, loader: null },
    ...{ bootable: false, whyNot: "m1 does not hold it", digest: null, reference: null },
  });
});

Deno.test("an update sets the reference by what is here, and says so", async () => {
  const { ask, member } = asking();
  const { status, body, headers } = await ask("PUT /deployment/profiles/alma-9", { updateboot: 1 });
  deepEqual([status, body], [200, { updated: "alma-9", digest: DIGEST }]);
  equal(headers.get("confluent-index"), "88");
  deepEqual(member.deployed.updated, ["alma-9"]);
});

Deno.test("what is no profile, or no update, is refused", async () => {
  const { ask, member } = asking();
  equal(
    refusalOf(await ask("GET /deployment/profiles/rocky")),
    "404 no member holds a profile rocky; there are alma-9",
  );
  match(
    refusalOf(await ask("GET /deployment/profiles/..%2fx")),
    /^400 "\.\.\/x" is not a valid pr/,
  );
  equal(
    refusalOf(await ask("PUT /deployment/profiles/rocky", { updateboot: 1 })),
    "404 m1 does not hold the profile rocky",
  );
  for (const body of [{}, { updateboot: 0 }, { updateboot: 1, x: 1 }]) {
    match(refusalOf(await ask("PUT /deployment/profiles/alma-9", body)), /^400 /);
  }
  const key = { "Idempotency-Key": "k" };
  equal((await ask("PUT /deployment/profiles/alma-9", { updateboot: 1 }, key)).status, 400);
  deepEqual(member.deployed.updated, []);
  member.deployed.update = () => Promise.resolve(refused("unavailable", "still being read"));
  equal(
    refusalOf(await ask("PUT /deployment/profiles/alma-9", { updateboot: 1 })),
    "503 still being read",
  );
});

Deno.test("without quorum profiles are shown, and none is updated", async () => {
  const { ask, member } = asking();
  member.holdsQuorum = false;
  member.deployed.update = (name) => Promise.resolve(ok({ index: 1, name, digest: DIGEST }));
  equal((await ask("GET /deployment/profiles/alma-9")).status, 200);
  equal((await ask("PUT /deployment/profiles/alma-9", { updateboot: 1 })).status, 503);
});
