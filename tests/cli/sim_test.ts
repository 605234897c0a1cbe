/** `sim`: what it is asked for, what it tells, and how it fails. All of it runs in tests/system. */
import { deepEqual, equal, match } from "node:assert/strict";

import { ActionRecord } from "../../src/cli/sim/action_record.ts";
import { Fleet } from "../../src/cli/sim/fleet.ts";
import { textOf } from "../../src/cli/sim/sim_events.ts";
import { enoughFiles, readPlan } from "../../src/cli/sim/sim_plan.ts";
import type { RecordedAction } from "../../src/cli/sim/simulated_bmc.ts";
import { definitionsOf, rangeOf } from "../../src/cli/sim/simulated_nodes.ts";
import { inFolder, run } from "./shell.ts";

const ACTION: RecordedAction = {
  trueTimeMs: Date.UTC(2026, 0, 2, 3, 4, 5, 67),
  bmc: "bmc7",
  member: "m2",
  epoch: 31,
  action: "reset On",
};

Deno.test("so many nodes are asked for, and so many dead ones of them", () => {
  deepEqual(readPlan("1"), { ok: true, value: { count: 1, silent: 0 } });
  deepEqual(readPlan("10000", "10000"), { ok: true, value: { count: 10_000, silent: 10_000 } });
  const why = (count: string, silent?: string): string => {
    const plan = readPlan(count, silent);
    return plan.ok ? "" : plan.refusal.message;
  };
  for (const count of ["0", "10001", "-3", "2.5", "1e3", "", "many", "0x10"]) {
    equal(why(count), `"${count}" nodes: wanted a whole number from 1 to 10,000`);
  }
  const wanted = "wanted a whole number from 0 to 5, the number of nodes";
  for (const silent of ["6", "-1", "half"]) {
    equal(why("5", silent), `--silent "${silent}": ${wanted}`);
  }
});

Deno.test("a simulation that is asked for wrongly is not begun", async () => {
  const none = await run(["sim", "0"]);
  deepEqual(none, {
    code: 2,
    out: "",
    err: 'Error: "0" nodes: wanted a whole number from 1 to 10,000\nRead `confluent help sim`.\n',
  });
  equal((await run(["sim"])).code, 2);
  equal((await run(["sim", "3", "--silent", "4"])).code, 2);
  const nowhere = await run(["sim", "3", "--record", "/nonexistent/record"]);
  deepEqual([nowhere.code, nowhere.out], [1, ""]);
  match(nowhere.err, /^Error: cannot record to \/nonexistent\/record: No such file/);
});

Deno.test("fewer nodes are proposed where so many files may not be open", () => {
  const limits = (most: string): string =>
    `Limit                     Soft Limit           Hard Limit           Units     \n` +
    `Max open files            256                  ${most}               files     \n`;
  const judged = (count: number, most: string): string => {
    const enough = enoughFiles({ count, silent: 0 }, limits(most));
    return enough.ok ? "enough" : enough.refusal.message;
  };
  equal(judged(10_000, "20000"), "enough");
  equal(judged(10_000, "unlimited"), "enough");
  equal(judged(1_948, "4096"), "enough");
  equal(
    judged(1_949, "4096"),
    "cannot simulate 1949 nodes: this process may open 4096 files and needs 4098; " +
      "raise the limit (ulimit -Hn), or simulate at most 1948 nodes",
  );
  match(judged(1, "64"), /raise the limit \(ulimit -Hn\)$/);
});

Deno.test("what happens is a line each", () => {
  const trueTimeMs = ACTION.trueTimeMs;
  const line = (event: Parameters<typeof textOf>[0]): string => {
    const [, time = "", rest = ""] = /^(\S+) (.*)$/s.exec(textOf(event)) ?? [];
    match(time, /^\d\d:\d\d:05\.067$/); // the hour is that of the place
    return rest;
  };
  equal(line({ event: "action", node: "n7", ...ACTION }), "n7: reset On (m2, epoch 31)");
  const rude = { ...ACTION, member: "m\n2" };
  equal(line({ event: "action", node: "n7", ...rude }), "n7: reset On (m\\n2, epoch 31)");
  const of = { trueTimeMs, member: "m2" };
  equal(line({ event: "ended", ...of, how: "SIGKILL" }), "m2 ended: SIGKILL");
  equal(
    line({ event: "moved", ...of, managed: { m1: 10, m3: 9 }, afterMs: 5_060 }),
    "the nodes of m2 are with others after 5.1 s: m1 has 10, m3 has 9",
  );
  equal(
    line({ event: "stuck", ...of, why: "7 wait" }),
    "the nodes of m2 are with nobody else: 7 wait",
  );
});

Deno.test("nodes are defined for the controllers that are there", async () => {
  const fleet = await Fleet.start({ count: 300, isTls: false });
  try {
    const nodes = definitionsOf(fleet.all);
    deepEqual(nodes[6], {
      "name": "n7",
      "hardwaremanagement.method": "redfish",
      "hardwaremanagement.manager": fleet.all[6]?.address,
      "secret.hardwaremanagementuser": "admin",
      "secret.hardwaremanagementpassword": "simulated",
      "collective.managercandidates": "m1,m2,m3",
    });
    equal(new Set(nodes.map((node) => node["hardwaremanagement.manager"])).size, 300);
    deepEqual([rangeOf(1, 300), rangeOf(5, 5)], ["n1-n300", "n5"]);
  } finally {
    fleet.close();
  }
});

Deno.test("actions are appended as they happen; a full disk is told", async () => {
  await inFolder(async (folder) => {
    const path = `${folder}/record`;
    await Deno.writeTextFile(path, "before\n");
    const opened = ActionRecord.open(path);
    if (!opened.ok) throw new Error(opened.refusal.message);
    using record = opened.value;
    equal(record.append(ACTION).ok, true);
    equal(
      await Deno.readTextFile(path),
      'before\n{"trueTimeMs":1767323045067,"bmc":"bmc7","member":"m2","epoch":31,' +
        '"action":"reset On"}\n',
    );
    const full = ActionRecord.open("/dev/full");
    if (!full.ok) throw new Error(full.refusal.message);
    using disk = full.value;
    const refused = disk.append(ACTION);
    match(refused.ok ? "" : refused.refusal.message, /^cannot record to \/dev\/full: No space/);
  });
});

Deno.test("a simulation whose members cannot be run says so and leaves nothing", async () => {
  await inFolder(async (folder) => {
    const failing = `${folder}/failing`;
    await Deno.writeTextFile(failing, "#!/bin/sh\necho the disk is gone >&2\nexit 7\n");
    await Deno.chmod(failing, 0o755);
    const asked = { env: { TMPDIR: folder }, ownCommand: [failing] };
    const ended = await run(["sim", "3"], asked);
    equal(ended.code, 1);
    match(
      ended.err,
      /^Error: cannot set the simulation up: m1 ended before "ready": exit code 7\n/,
    );
    match(ended.err, /the end of its log .*m1\.log:\n {4}the disk is gone/);
    match(ended.out, /^Three members and 3 simulated nodes .*\nStopped; .* is removed\.\n$/);
    const inJson = await run(["sim", "3", "--json"], asked);
    deepEqual([inJson.code, inJson.out], [1, ""]);
    deepEqual(Array.from(Deno.readDirSync(folder), ({ name }) => name), ["failing"]);
  });
});

Deno.test("a simulation that is interrupted before it is ready ends with 130", async () => {
  await inFolder(async (folder) => {
    const idle = `${folder}/idle`;
    await Deno.writeTextFile(idle, "#!/bin/sh\nexec sleep 600\n");
    await Deno.chmod(idle, 0o755);
    const asked = { env: { TMPDIR: folder }, ownCommand: [idle] };
    const ended = await run(["sim", "1"], {
      ...asked,
      sees: (out, _, hands) => /a simulated node on/.test(out) && hands.interrupt(),
    });
    equal(ended.code, 130);
    match(ended.out, /\nInterrupted before it was ready\.\nStopped; /);
    deepEqual(Array.from(Deno.readDirSync(folder), ({ name }) => name), ["idle"]);
  });
});
