/** Profiles of real members: who holds what, and who is named for holding something else. */
import { deepEqual, equal, match } from "node:assert/strict";

import { profileAnswer } from "../../src/wire/profile_http.ts";
import { memberTest, type Server } from "./collective.ts";
import { until } from "./program.ts";

const FILES = {
  "profile.yaml": "label: Alma 9\nkernelargs: quiet\n",
  "boot/kernel": "the kernel",
  "boot/initramfs/distribution": "the initramfs",
  "scripts/post.sh": "echo done\n",
};

async function write({ content }: Server, file: string, text: string): Promise<void> {
  const path = `${content}/public/os/alma-9/${file}`;
  await Deno.mkdir(path.replace(/\/[^/]*$/, ""), { recursive: true });
  await Deno.writeTextFile(path, text);
}

/** What a member knows each to hold, once it is so. */
async function sees(member: Server, wanted: string): Promise<void> {
  await until(`${member.name} sees ${wanted}`, async () => {
    const { status, body } = await member.ask("GET", "/deployment/profiles/alma-9");
    if (status !== 200) return undefined;
    const held = profileAnswer.parse(body).members;
    const said = held.map(({ name, content }) => `${name} ${content}`).join(", ");
    return said === wanted || undefined;
  });
}

memberTest("a profile that is stale at one of them is named by all, until it is right", async (
  scene,
) => {
  const [m1, m2, m3] = await scene.members(3) as [Server, Server, Server];
  equal(await m2.done("osdeploy", "list"), "Profiles:");
  for (const member of [m1, m2, m3]) {
    for (const [file, text] of Object.entries(FILES)) await write(member, file, text);
  }
  await write(m3, "scripts/post.sh", "echo old\n");
  await sees(m1, "m1 unset, m2 unset, m3 unset");
  const updated = await m1.done("osdeploy", "update", "alma-9");
  match(updated, /^alma-9: reference set to [0-9a-f]{12}$/);
  await sees(m2, "m1 equal, m2 equal, m3 differs");
  for (const member of [m1, m2, m3]) {
    const shown = await member.run("collective", "show", "-v");
    match(
      shown.err,
      /^Notice: the profile alma-9 at m3 differs from its reference: copy public\/o/m,
    );
    const checked = await member.run("check");
    equal(checked.code, 1);
    match(
      checked.out,
      /^the profile alma-9 at m3 differs from its reference: .* from m1, m2, or run/m,
    );
    const listed = await member.run("osdeploy", "list");
    deepEqual([listed.out, listed.err], [
      "Profiles:\n  alma-9",
      "alma-9: m3 differs from the reference",
    ]);
  }

  // It is put right while m3 is down, and what was read before is not read again.
  await m3.stop();
  await write(m3, "scripts/post.sh", FILES["scripts/post.sh"]);
  await m3.serve();
  await sees(m1, "m1 equal, m2 equal, m3 equal");
  equal((await m1.run("check")).code, 0);

  await Deno.remove(`${m2.content}/public/os/alma-9/boot/kernel`);
  await m1.shows(
    /^m2 boots no node with the profile alma-9: boot\/kernel is missing; put it right /,
  );
  match((await m3.run("osdeploy", "list")).err, /^alma-9: m2: boot\/kernel is missing$/m);
  await Deno.remove(`${m2.content}/public`, { recursive: true });
  await m3.shows(
    /^the profile alma-9 is missing at m2: copy public\/os\/alma-9 there from m/,
  );
  equal((await m2.run("osdeploy", "update", "alma-9")).code, 1);
});
