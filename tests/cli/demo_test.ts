/** The demo where it fails, and what it loads. The whole of it runs in tests/system. */
import { deepEqual, equal, match } from "node:assert/strict";

import { MAX_ENTRY_BYTES } from "../../src/base/limits.ts";
import { loadTable } from "../../src/cli/commands/nodedefine.ts";
import { madeUpCluster } from "../../src/cli/demo/made_up_cluster.ts";
import { MemberProcess } from "../../src/cli/stage/member_process.ts";
import { ServiceClient } from "../../src/cli/service_client.ts";
import { encodeBody } from "../../src/wire/entry.ts";
import { inFolder, run, withService } from "./shell.ts";

Deno.test("the made-up cluster is one that could be", async () => {
  const table = madeUpCluster();
  for (
    const unique of ["name", "id.serial", "id.uuid", "net.hwaddr", "hardwaremanagement.manager"]
  ) {
    equal(new Set(table.nodes.map((node) => node[unique])).size, table.nodes.length, unique);
  }
  const places = table.nodes.map((node) => `${node["location.rack"]} ${node["location.u"]}`);
  equal(new Set(places).size, places.length);
  await withService([], async ({ socket, member }) => {
    const client = new ServiceClient({ kind: "socket", path: socket });
    const loaded = await loadTable(client, "", table);
    client.close();
    equal(loaded.ok && loaded.value.created.length, table.nodes.length);
    equal(table.nodes.length > 200, true);
    const [operations = []] = member.proposed;
    equal(encodeBody({ operations }).length < MAX_ENTRY_BYTES / 2, true);
  });
});

Deno.test("a demo whose program cannot be run, or ends, says so and leaves nothing", async () => {
  await inFolder(async (folder) => {
    const env = { TMPDIR: folder };
    const ownCommand = ["/nonexistent/confluent"];
    const absent = await run(["demo", "--once"], { env, ownCommand });
    equal(absent.code, 1);
    match(absent.err, /^Error: step 1 did not come true: /);

    const failing = `${folder}/failing`;
    await Deno.writeTextFile(failing, "#!/bin/sh\necho the disk is gone >&2\nexit 7\n");
    await Deno.chmod(failing, 0o755);
    const ended = await run(["demo", "--once"], { env, ownCommand: [failing] });
    equal(ended.code, 1);
    match(ended.err, /step 1 did not come true: m1 ended before "ready": exit code 7\n/);
    match(
      ended.err,
      /Error: m1 \(ended: exit code 7\), the end of its log .*m1\.log:\n {4}the disk/,
    );
    match(ended.out, /^1\/9 m1 starts/m);
    match(ended.out, /Stopped; .*confluent-demo-.* is removed\.\n$/);
    const left = [...Deno.readDirSync(folder)].filter(({ name }) => /^confluent-demo-/.test(name));
    deepEqual(left, []);
  });
});

Deno.test("a demo is not begun with an inventory that cannot be used", async () => {
  const absent = await run(["demo", "--inventory", "/nonexistent/t.csv"]);
  deepEqual(absent, {
    code: 1,
    out: "",
    err: "Error: cannot read /nonexistent/t.csv: there is no such file\n",
  });
  const wrong = await run(["demo", "--inventory", "-"], { stdin: "node\nn1\n" });
  deepEqual([wrong.code, wrong.out], [1, ""]);
  match(wrong.err, /cannot use table -: the header "node" has no column called name/);
});

Deno.test("a process is followed line by line until its end", async () => {
  await inFolder(async (folder) => {
    const start = (script: string, stdin?: string): MemberProcess =>
      new MemberProcess({
        name: "m1",
        command: ["sh", "-c"],
        args: [script],
        stdin,
        logFile: `${folder}/log`,
      });
    const script =
      "read token; echo got $token >&2; echo ready name=m1 peer=p api=a socket=/s=1; " +
      "exec sleep 600";
    const member = start(script, "secret\n");
    deepEqual(await member.ready(10_000), {
      ok: true,
      value: { peer: "p", api: "a", socket: "/s=1" },
    });
    equal(member.ended, undefined);
    await member.stop(10_000);
    equal(member.ended, "SIGTERM");
    await member.stop(0);
    equal((await Deno.readTextFile(`${folder}/log`)).includes("got secret\n"), true);

    const silent = start("exec sleep 600");
    const late = await silent.result("ready ", 50);
    equal(late.ok || late.refusal.message, 'm1 did not print "ready" within 0.05 s');
    await silent.kill();
    equal(silent.ended, "SIGKILL");
    const stubborn = start("trap '' TERM; echo joined; while :; do sleep 1; done");
    equal((await stubborn.result("joined", 10_000)).ok, true);
    await stubborn.stop(20);
    equal(stubborn.ended, "SIGKILL");
  });
});
