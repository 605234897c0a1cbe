/** Which scripts a node runs, and files for nodes of its profile alone; none by another way. */
import { deepEqual, equal } from "node:assert/strict";

import { MAX_SCRIPTS_TOLD } from "../../../src/base/boot_limits.ts";
import { type EndpointStage, endpointStage } from "./endpoint_stage.ts";

interface Scripts extends EndpointStage {
  readonly folder: string;
  /** Status and text. */
  told(route: string, accept?: string): Promise<string>;
}

async function withContent(test: (stage: Scripts) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "confluent-scripts-" });
  try {
    for (const tree of ["public/os/alma/scripts", "private/os/alma/pending", "distributions"]) {
      await Deno.mkdir(`${folder}/${tree}`, { recursive: true });
    }
    const stage = await endpointStage(folder);
    stage.set("n1", { "deployment.pendingprofile": "alma" });
    await test({
      ...{ ...stage, folder },
      told: async (route, accept) => {
        const headers = accept === undefined ? {} : { accept };
        const { status, text } = await stage.ask(`GET ${route}`, { headers });
        return status === 200 ? `200 ${text}` : String(status);
      },
    });
    deepEqual(stage.failures, []);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

async function put(path: string, text = ""): Promise<void> {
  await Deno.mkdir(path.slice(0, path.lastIndexOf("/")), { recursive: true });
  await Deno.writeTextFile(path, text);
}

Deno.test("the scripts of the folder of that name, or with .d, in natural order", async () => {
  await withContent(async ({ told, folder }) => {
    const scripts = `${folder}/public/os/alma/scripts`;
    for (const name of ["10-b", "9-a", ".hidden", "a b", "$(reboot)", "x;"]) {
      await put(`${scripts}/post.d/${name}`);
    }
    await Deno.mkdir(`${scripts}/post.d/folder`);
    await put(`${scripts}/pre`);
    await put(`${scripts}/firstboot/1`);
    await put(`${scripts}/firstboot.d/2`);
    equal(await told("scriptlist/post.d"), "200 - 9-a\n- 10-b\n- x;\n");
    equal(await told("scriptlist/post"), "200 - 9-a\n- 10-b\n- x;\n");
    equal(await told("scriptlist/post", "application/json"), '200 ["9-a","10-b","x;"]\n');
    equal(await told("scriptlist/post", "text/html"), "406");
    equal(await told("scriptlist/firstboot"), "200 - '1'\n");
    equal(await told("scriptlist/pre"), "200 ", "a file is no folder");
    equal(await told("scriptlist/onboot"), "200 ");
    equal(await told("scriptlist/onboot", "application/json"), "200 []\n");
    equal(await told("scriptlist/onboot", "text/html"), "406");
  });
});

Deno.test("they are of the profile that is pending, else staged, else completed", async () => {
  await withContent(async ({ told, folder, set, member }) => {
    for (const profile of ["alma", "staged", "done"]) {
      await put(`${folder}/public/os/${profile}/scripts/post.d/of-${profile}`);
    }
    set("n1", { "deployment.stagedprofile": "staged", "deployment.profile": "done" });
    equal(await told("scriptlist/post"), "200 - of-alma\n");
    set("n1", { "deployment.pendingprofile": null });
    equal(await told("scriptlist/post"), "200 - of-staged\n");
    set("n1", { "deployment.stagedprofile": null });
    equal(await told("scriptlist/post"), "200 - of-done\n");
    set("n1", { "deployment.profile": null });
    equal(await told("scriptlist/post"), "200 ");
    deepEqual(member.reports.map(([, { told }]) => told), [
      ...["1 script of alma", "1 script of staged", "1 script of done", "no profile"],
    ]);
  });
});

Deno.test("no name of scripts leads out of the profile, nor does a link", async () => {
  await withContent(async ({ told, folder, set }) => {
    await put(`${folder}/private/secrets/key`);
    await put(`${folder}/distributions/extra/10-shared`);
    await put(`${folder}/public/os/alma/scripts/post.d/1`);
    await Deno.symlink(`${folder}/private/secrets`, `${folder}/public/os/alma/scripts/bad.d`);
    await Deno.symlink("/etc", `${folder}/public/os/alma/scripts/etc`);
    await Deno.symlink("loop", `${folder}/public/os/alma/scripts/loop`);
    const shared = `${folder}/public/os/alma/scripts/shared.d`;
    await Deno.symlink(`${folder}/distributions/extra`, shared);
    for (const name of ["..%2fpost.d", "..%2f..", "%2e%2e%2f", ".%2fpost.d", "%00", "a%5cb"]) {
      equal(await told(`scriptlist/${name}`), "400", name);
    }
    for (const name of ["../../../../etc", "..", "%2e%2e", "post.d/../post.d/1", ""]) {
      equal(await told(`scriptlist/${name}`), "404", name);
    }
    for (const name of ["bad", "bad.d", "etc"]) {
      equal(await told(`scriptlist/${name}`), "403", name);
    }
    equal((await told("scriptlist/loop")).slice(0, 1), "4");
    equal(await told("scriptlist/shared"), "200 - 10-shared\n");
    set("n1", { "deployment.pendingprofile": "../../private/secrets" });
    equal(await told("scriptlist/post"), "403");
  });
});

Deno.test("a folder of more scripts than a node is told is refused", async () => {
  await withContent(async ({ told, folder }) => {
    const post = `${folder}/public/os/alma/scripts/post.d`;
    await put(`${post}/0`);
    for (let i = 1; i < MAX_SCRIPTS_TOLD; i++) Deno.writeTextFileSync(`${post}/${i}`, "");
    equal((await told("scriptlist/post")).slice(0, 3), "200");
    await put(`${post}/more`);
    equal(await told("scriptlist/post"), "413");
  });
});

Deno.test("a private file is for nodes of which its profile is pending", async () => {
  await withContent(async ({ told, ask, folder, set, member }) => {
    await put(`${folder}/private/os/alma/pending/luks.key`, "alma's");
    await put(`${folder}/private/os/alma/pending/sub/a b`, "deep");
    await put(`${folder}/private/os/other/pending/luks.key`, "another's");
    const path = "profileprivate/pending";
    const { headers, text } = await ask(`GET ${path}/luks.key`);
    deepEqual([text, headers.get("content-type"), headers.get("cache-control")], [
      ...["alma's", "application/octet-stream", "no-store"],
    ]);
    equal(await told(`${path}/sub/a%20b`), "200 deep");
    equal(await told(`${path}/none`), "404");
    equal(await told(`${path}/sub`), "404");
    deepEqual(member.reports[0]?.[1].told, "6 bytes of alma");
    set("n1", { "deployment.pendingprofile": "other" });
    equal(await told(`${path}/luks.key`), "200 another's");
    set("n1", { "deployment.pendingprofile": null, "deployment.stagedprofile": "alma" });
    const none = await ask(`GET ${path}/luks.key`);
    equal(none.status, 400);
    equal(none.text.includes("No pending profile"), true);
  });
});

Deno.test("no path and no link leads out of the profile's private folder", async () => {
  await withContent(async ({ told, folder, set, member }) => {
    const own = `${folder}/private/os/alma`, path = "profileprivate/pending";
    await put(`${own}/shared/key`, "shared");
    await put(`${folder}/private/os/other/pending/key`, "another's");
    await put(`${folder}/private/secret`, "secret");
    await put(`${folder}/public/open`, "open");
    await Deno.symlink("../shared/key", `${own}/pending/within`);
    await Deno.symlink(`${folder}/private/os/other/pending/key`, `${own}/pending/other`);
    await Deno.symlink("../../../secret", `${own}/pending/up`);
    await Deno.symlink("/etc/passwd", `${own}/pending/passwd`);
    await Deno.symlink(`${folder}/public/open`, `${own}/pending/open`);
    await Deno.symlink(`${folder}/private/os/other`, `${own}/pending/folder`);
    await Deno.symlink("circle", `${own}/pending/circle`);
    equal(await told(`${path}/within`), "200 shared");
    const refused = ["other", "up", "passwd", "open", "folder/pending/key", "circle"];
    refused.push("..%2f..%2f..%2fsecret", "..%2fshared%2fkey", "a%2f..%2f..%2fshared/key");
    refused.push("%00", "a%5cb", "..%5csecret");
    for (const name of refused) equal(await told(`${path}/${name}`), "403", name);
    for (const name of ["../../os/alma/shared/key", "%2e%2e/%2e%2e/secret", "%2fetc%2fpasswd"]) {
      equal(await told(`${path}/${name}`), "404", name);
    }
    equal(await told(`${path}/evil%0aline%1b[31m`), "404");
    const asked = member.reports.at(-1)?.[1].asked ?? "";
    equal(/\p{Cc}/u.test(asked), false, "no line of a log is forged");
    for (const profile of ["../os/other", "..", "alma/../other", "/etc"]) {
      set("n1", { "deployment.pendingprofile": profile });
      equal(await told(`${path}/key`), "400", profile);
    }
    await Deno.symlink(`${folder}/public`, `${folder}/private/os/linked`);
    await Deno.mkdir(`${folder}/public/pending`);
    await put(`${folder}/public/pending/key`);
    set("n1", { "deployment.pendingprofile": "linked" });
    equal(await told(`${path}/key`), "403", "the folder itself lies elsewhere");
  });
});

Deno.test("a member without content has no scripts and no files", async () => {
  const { ask, set } = await endpointStage();
  set("n1", { "deployment.pendingprofile": "alma" });
  equal((await ask("GET scriptlist/post")).text, "");
  equal((await ask("GET profileprivate/pending/luks.key")).status, 404);
});
