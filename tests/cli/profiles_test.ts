/** osdeploy: profiles are listed with what is wrong with them, and get their reference. */
import { deepEqual, equal } from "node:assert/strict";

import { deployed, DIGEST, holder } from "../api/stand_in_profiles.ts";
import { withService } from "./shell.ts";

Deno.test("profiles are listed as scripts know it, and what is wrong is said beside", async () => {
  await withService([], async ({ run, member }) => {
    deepEqual(await run("osdeploy list"), { code: 0, out: "Profiles:\n  alma-9\n", err: "" });
    const holders = [
      holder("m1"),
      holder("m2", { content: "differs", digest: "cd".repeat(32) }),
      holder("m3", { content: "missing", digest: undefined, isBootable: false }),
      holder("m4", { content: "reading", digest: undefined }),
      holder("m5", { isBootable: false, why: "boot/kernel is missing" }),
    ];
    member.deployed.all.set("alma-9", deployed("alma-9", { holders }));
    member.deployed.all.set("rocky-9", deployed("rocky-9"));
    const listed = await run("osdeploy list");
    deepEqual(listed, {
      code: 0,
      out: "Profiles:\n  alma-9\n  rocky-9\n",
      err: "alma-9: m2 differs from the reference\n" +
        "alma-9: m3 does not have it\n" +
        "alma-9: m4 is still reading its files\n" +
        "alma-9: m5: boot/kernel is missing\n",
    });
    deepEqual(await run("list", { calledAs: "osdeploy" }), listed);
  });
});

Deno.test("one without a reference that is not the same everywhere is said to be so", async () => {
  await withService([], async ({ run, member }) => {
    const holders = [
      holder("m1", { content: "unset" }),
      holder("m2", { content: "unset", digest: "cd".repeat(32) }),
      holder("m3", { content: "missing", digest: undefined, isBootable: false }),
    ];
    member.deployed.all.set("alma-9", deployed("alma-9", { reference: undefined, holders }));
    const { err } = await run("osdeploy list");
    equal(err, "alma-9: it is not the same at all members, and has no reference\n");
  });
});

Deno.test("all that is known of profiles is JSON", async () => {
  await withService([], async ({ run }) => {
    const [profile] = JSON.parse((await run("osdeploy list --json")).out);
    deepEqual([profile.name, profile.reference, profile.members.length], ["alma-9", DIGEST, 3]);
    equal(profile.members[0].content, "equal");
  });
});

Deno.test("an update is made of one profile, by either of its names", async () => {
  await withService([], async ({ run, member }) => {
    const done = { code: 0, out: "alma-9: reference set to abababababab\n", err: "" };
    deepEqual(await run("osdeploy update alma-9"), done);
    deepEqual(await run("updateboot alma-9", { calledAs: "osdeploy" }), done);
    deepEqual(JSON.parse((await run("osdeploy update alma-9 --json")).out), {
      updated: "alma-9",
      digest: DIGEST,
    });
    deepEqual(member.deployed.updated, ["alma-9", "alma-9", "alma-9"]);
    const unknown = await run("osdeploy update rocky");
    deepEqual([unknown.code, unknown.out], [1, ""]);
    equal((await run("osdeploy update")).code, 2);
  });
});
