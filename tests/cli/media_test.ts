/** osdeploy initialize, import and importcheck against the real API. */
import { deepEqual, equal, match } from "node:assert/strict";

import { withService } from "./shell.ts";

const IMPORTED = "alma-9.4-x86_64-default: imported, digest abababababab\n";
const NOTICE = "Notice: m2, m3 do not have it: copy it\n";

Deno.test("initialize says what was made, what is there, and what is missing", async () => {
  await withService([], async ({ run }) => {
    const told = await run("osdeploy initialize");
    deepEqual(told, {
      code: 0,
      out: "m1: /var/lib/confluent: made public/os, distributions\n" +
        "there: the content folder /var/lib/confluent\n" +
        "missing: bsdtar: `apt-get install libarchive-tools`\n",
      err: "",
    });
    deepEqual(await run("initialize", { calledAs: "osdeploy" }), told);
    const json = JSON.parse((await run("osdeploy initialize --json")).out);
    deepEqual([json.made.length, json.needed[1].there], [2, false]);
    // What it takes elsewhere is not taken, silently least of all.
    const { code, err } = await run("osdeploy initialize -u");
    deepEqual([code, /unknown option '-u'/.test(err)], [2, true]);
  });
});

Deno.test("import tells how far it is on stderr, and the profile on stdout", async () => {
  await withService([], async ({ run, member }) => {
    deepEqual(await run("osdeploy import /srv/alma.iso"), {
      code: 0,
      out: IMPORTED,
      err: `looks at /srv/alma.iso\n${NOTICE}`,
    });
    equal((await run("osdeploy import /srv/alma.iso --name mine")).code, 0);
    deepEqual(member.media.asked.map(({ profile }) => profile), [undefined, "mine"]);
    const { out } = await run("osdeploy import --json /srv/alma.iso");
    equal(JSON.parse(out).imported, "alma-9.4-x86_64-default");
    deepEqual(await run("osdeploy import /srv/alma.iso -n taken"), {
      code: 1,
      out: "",
      err: "looks at /srv/alma.iso\nError: there is a profile taken\n",
    });
    equal((await run("osdeploy import")).code, 2);
    member.holdsQuorum = false;
    equal((await run("osdeploy import /srv/alma.iso")).code, 3);
  });
});

Deno.test("a medium here is named as a whole path, one of another host as it is", async () => {
  await withService([], async ({ run, member, url }) => {
    await run("osdeploy import alma.iso");
    await run("osdeploy import ./alma.iso");
    const env = { CONFLUENT_TOKEN: "bootstrap-token-for-tests" };
    await run(["--server", url, "osdeploy", "import", "alma.iso"], { env });
    const here = `${Deno.cwd()}/alma.iso`;
    deepEqual(member.media.asked.map(({ filename }) => filename), [here, here, "alma.iso"]);
  });
});

Deno.test("importcheck says what a medium is", async () => {
  await withService([], async ({ run, member }) => {
    deepEqual(await run("osdeploy importcheck /srv/alma.iso"), {
      code: 0,
      out: "AlmaLinux 9.4\nprofile: alma-9.4-x86_64-default\ndistribution: alma-9.4-x86_64\n" +
        "kernel: images/pxeboot/vmlinuz\ninitramfs: images/pxeboot/initrd.img\n" +
        "keeps: 6012 files, 9766 MiB\n",
      err: "",
    });
    equal(JSON.parse((await run("osdeploy importcheck --json /a.iso")).out).files, 6_012);
    const none = await run("osdeploy importcheck /srv/x");
    deepEqual([none.code, none.out], [1, ""]);
    match(none.err, /^Error: Bad Request - \/srv\/x is no medium\n/);
    deepEqual(member.media.asked, []);
  });
});
