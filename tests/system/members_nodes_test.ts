/** Commands on nodes, by real members over simulated controllers. */
import { deepEqual, equal, ok as holds } from "node:assert/strict";

import { Fleet } from "../../src/cli/sim/fleet.ts";
import { memberTest, type Server } from "./collective.ts";
import { until } from "./program.ts";

/** So many nodes n1, n2, ... with a simulated controller each, managed by the members in turn. */
async function nodesOf(members: readonly Server[], fleet: Fleet): Promise<void> {
  const [m1] = members;
  const nodes = fleet.all.map(({ address }, at) => ({
    name: `n${at + 1}`,
    "hardwaremanagement.method": "redfish",
    "hardwaremanagement.manager": address,
    "secret.hardwaremanagementuser": "admin",
    "secret.hardwaremanagementpassword": "simulated",
    "collective.manager": `m${at % members.length + 1}`,
  }));
  const { status, body } = await m1!.ask("POST", "/nodes/", { nodes });
  equal(status, 200, JSON.stringify(body));
}

function sorted(out: string): string[] {
  return out.split("\n").filter((line) => line !== "").sort();
}

memberTest(
  "any member answers for nodes that others manage, and goes on without one",
  async (scene) => {
    const fleet = await Fleet.start({ count: 9 });
    try {
      const members = await scene.members(3);
      const [m1, m2, m3] = members as [Server, Server, Server];
      await nodesOf(members, fleet);
      const all = fleet.all.map((_, at) => `n${at + 1}`);
      const are = (state: string): string[] => all.map((node) => `${node}: ${state}`);
      for (const member of members) {
        const power = await until("all answer", async () => {
          const { code, out } = await member.run("nodepower", "n1-n9");
          return code === 0 ? out : undefined;
        });
        deepEqual(sorted(power), are("off"));
      }
      deepEqual(sorted(await m3.done("nodepower", "n1-n9", "on")), are("on"));
      equal(fleet.actions.length, 9);
      equal(fleet.all.every(({ bmc }) => bmc.isOn), true);
      equal(await m1.done("nodepower", "n2", "boot"), "n2: on->reset");
      equal(await m1.done("nodepower", "n2", "off"), "n2: off");
      equal((await m3.ask("GET", "/nodes/n1/power/state")).status, 200);
      equal((await m3.ask("PUT", "/nodes/n1/power/state", { state: "up" })).status, 400);
      holds((await m2.done("nodehealth", "n1-n3")).startsWith("n"));

      await m2.kill();
      const lost = ["n2", "n5", "n8"];
      const without = await until("m2 is known to be gone", async () => {
        const ended = await m1.run("nodepower", "n1-n9");
        return ended.err.includes("is unreachable") ? ended : undefined;
      });
      equal(without.code, 1);
      deepEqual(sorted(without.out), are("on").filter((line) => !lost.includes(line.slice(0, 2))));
      const why = "Error: Collective member m2 is unreachable";
      deepEqual(sorted(without.err), lost.map((node) => `${node}: ${why}`));
      const { status, body } = await m3.ask("GET", "/nodes/n5/power/state");
      deepEqual([status, (body as { error: string }).error], [503, why.slice("Error: ".length)]);
      const known = await m3.done("--stale", "nodepower", "n1-n9");
      deepEqual(sorted(known.replace(/ \(\d+ s ago\)/g, "")), [
        "n1: on",
        "n2: off",
        ...are("on").slice(2),
      ]);
    } finally {
      fleet.close();
    }
  },
);
