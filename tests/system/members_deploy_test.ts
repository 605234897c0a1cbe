/** Nodes deployed by the command line, by real members over simulated controllers. */
import { deepEqual, equal, match } from "node:assert/strict";

import { Fleet } from "../../src/cli/sim/fleet.ts";
import { memberTest, type Server } from "./collective.ts";
import { until } from "./program.ts";

const NODES = ["n1", "n2", "n3", "n4"];

/** n1 to n3 have a simulated controller each, managed by the members in turn; n4 has none. */
async function define(member: Server, fleet: Fleet): Promise<void> {
  const nodes = NODES.map((name, at) => ({
    name,
    "net.hwaddr": `52:54:00:00:00:0${at}`,
    ...at < fleet.all.length
      ? {
        "hardwaremanagement.method": "redfish",
        "hardwaremanagement.manager": fleet.all[at]?.address,
        "secret.hardwaremanagementuser": "admin",
        "secret.hardwaremanagementpassword": "simulated",
        "collective.manager": `m${at + 1}`,
      }
      : {},
  }));
  const { status, body } = await member.ask("POST", "/nodes/", { nodes });
  equal(status, 200, JSON.stringify(body));
}

/** It holds a profile of that name, which nobody looks into here. */
async function hold(member: Server, profile: string): Promise<void> {
  const folder = `${member.content}/public/os/${profile}`;
  await Deno.mkdir(folder, { recursive: true });
  await Deno.writeTextFile(`${folder}/profile.yaml`, `label: ${profile}\n`);
}

/** The index of the newest change of each node, as that member has it. */
async function newest(member: Server): Promise<number[]> {
  const answers = await Promise.all(
    NODES.map((node) => member.ask("GET", `/nodes/${node}/attributes/current?consistent=1`)),
  );
  return answers.map(({ etag }) => etag);
}

function actionsOf(fleet: Fleet): string[] {
  return fleet.actions.map(({ bmc, member, action }) => `${bmc} ${action} by ${member}`).sort();
}

function lines(out: string): string[] {
  return out.split("\n").filter((line) => line !== "").sort();
}

memberTest("nodedeploy is one change, then each node boots by its own manager", async (scene) => {
  const fleet = await Fleet.start({ count: 3 });
  try {
    const members = await scene.members(3);
    const [m1, m2, m3] = members as [Server, Server, Server];
    await define(m1, fleet);
    for (const member of members) await hold(member, "alma");
    await until("all know the profile", async () => {
      const told = await Promise.all(members.map((member) => member.run("osdeploy", "list")));
      return told.every(({ out }) => out.includes("alma")) || undefined;
    });
    // Their certificates are pinned, so that nothing more than what is asked for is written.
    await until("all answer", async () => {
      return (await m2.run("nodepower", "n1-n3")).code === 0 || undefined;
    });
    for (const [at, { bmc }] of fleet.all.entries()) {
      bmc.boot = { ...bmc.boot, mode: at === 1 ? "Legacy" : "UEFI" };
    }

    equal(
      await m3.done("nodedeploy", "n1-n4", "-n", "alma", "--prepareonly"),
      NODES.map((node) => `${node}: pending: alma (node authentication armed)`).join("\n"),
    );
    deepEqual(fleet.actions, []);
    equal(new Set(await newest(m1)).size, 1, "one entry for all");

    equal(
      await m1.done("nodedeploy", "n1-n4", "--clear"),
      NODES.map((node) => `${node}: No profile pending or applied`).join("\n"),
    );
    await m1.done("nodedeploy", "n3", "--lock", "locked");
    const before = await newest(m2);
    const locked = await m2.run("nodedeploy", "n1-n4", "-n", "alma");
    deepEqual([locked.code, locked.out], [1, ""]);
    match(locked.err, /^Bad Request - Request to set deployment .* locked deployment: n3;/);
    deepEqual([await newest(m2), fleet.actions], [before, []]);
    await m1.done("nodedeploy", "n3", "--lock", "unlocked");

    deepEqual(lines(await m2.done("nodedeploy", "n1-n4", "-n", "alma")), [
      "n1: network",
      "n1: off->on",
      "n2: network",
      "n2: off->on",
      "n3: network",
      "n3: off->on",
      "n4: pending; power it on by hand",
    ]);
    equal(new Set(await newest(m3)).size, 1, "one entry for all");
    deepEqual(actionsOf(fleet), [
      "bmc1 boot Pxe Once UEFI by m1",
      "bmc1 reset On by m1",
      "bmc2 boot Pxe Once Legacy by m2",
      "bmc2 reset On by m2",
      "bmc3 boot Pxe Once UEFI by m3",
      "bmc3 reset On by m3",
    ]);
    const shown = await m3.ask("GET", "/noderange/n4/deployment/profile");
    match(JSON.stringify(shown.body), /"pending":\{"value":"alma"\}.*"armed":\{"value":"once"\}/);
  } finally {
    fleet.close();
  }
});
