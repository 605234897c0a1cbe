/** Machines with real firmware, from power-on to the installed system: they find members by
 * themselves, and carry on with others when those die. */
import { doesNotMatch, match, notEqual } from "node:assert/strict";

import type { BootSite } from "../boot/boot_site.ts";
import { withMachine } from "../boot/booted_nodes.ts";
import {
  defineNodes,
  defineProfile,
  deploymentTest,
  listenForServer,
  ran,
  serverHeard,
  shown,
  startsUnnamed,
} from "./deployed_nodes.ts";
import type { Firmware } from "../boot/machine.ts";
import { ENDED } from "./node_init.ts";
import { agreed } from "../collective.ts";

const PROFILE = "image";
const HELD = /NODE-HELD end/;
/** Slow enough to be in the middle of a disk of 10 MB when something is done. */
const RATE = "16mbit";
/** Bytes of a frame that carries something; and of one that is full, as only long files fill it. */
const ANY = 200, FULL = 1_400;

/** A script of the profile that goes on once there is a file. */
async function holdAtPre(site: BootSite): Promise<() => Promise<void>> {
  const wait = "until confluent-node fetch held/go /tmp/go; do sleep 1; done";
  await site.script(PROFILE, "pre.d/20-hold", `echo "NODE-HELD end"\n${wait}`);
  return async () => {
    await Deno.mkdir(`${site.content}/public/held`);
    await Deno.writeTextFile(`${site.content}/public/held/go`, "go\n");
  };
}

/** The members whose end it sees are lost for a while only: two of three are needed. */
async function isInstalled(site: BootSite, firmware: Firmware): Promise<void> {
  await defineProfile(site, PROFILE, "installer");
  const release = await holdAtPre(site);
  await defineNodes(site, 1, PROFILE);
  await site.first.done("nodedeploy", "n1", "--lock", "autolock");
  const disk = `${site.segment.folder}/disk`;
  await Deno.writeFile(disk, new Uint8Array());
  await Deno.truncate(disk, 64 << 20);
  const passing = await listenForServer(site, ANY);
  await withMachine(site, { number: 1, firmware, disk }, async (machine) => {
    await startsUnnamed(machine, 1);
    await machine.prints(HELD);
    const found = await serverHeard(site, passing);
    await passing.kill();
    await found.kill();
    await site.segment.slow(machine.port, RATE);
    const fetching = await listenForServer(site, FULL);
    await release();
    await machine.prints(/NODE-FETCHES end/);
    const sending = await serverHeard(site, fetching);
    await fetching.kill();
    await found.serve();
    await agreed(site.members, site.members.length);
    await sending.kill();
    await machine.prints(/NODE-ENDED staged end/);
    await ran(machine, "pre", "post");
    await sending.serve();
  });
  match(await shown(site.first, "n1"), /^n1: staged: image/);
  await withMachine(site, { number: 1, firmware, disk, fromDisk: true }, async (machine) => {
    await startsUnnamed(machine, 1);
    await machine.prints(ENDED);
    await ran(machine, "firstboot");
  });
  match(await shown(site.first, "n1"), /^n1: completed: image/);
  const again = await site.first.run("nodedeploy", "n1", "-n", PROFILE, "-p");
  notEqual(again.code, 0);
  match(again.err, /locked/);
  const timeline = await site.first.done("explain", "n1");
  match(timeline, /status staged: taken[^]*status complete: taken/);
  doesNotMatch(timeline, /does not name this collective/);
}

for (const firmware of ["bios", "uefi-pxe"] as const) {
  await deploymentTest(
    `${firmware} is installed, though the member that serves it dies twice`,
    { members: 3 },
    (site) => isInstalled(site, firmware),
  );
}

await deploymentTest("a diskless profile ends booted", { members: 1 }, async (site) => {
  await defineProfile(site, "ram", "diskless");
  await defineNodes(site, 1, "ram");
  await withMachine(site, { number: 1, firmware: "bios" }, async (machine) => {
    await startsUnnamed(machine, 1);
    await machine.prints(/NODE-ENDED booted end/);
    await ran(machine, "pre", "onboot");
  });
  match(await shown(site.first, "n1"), /^n1: .*pending: ram/);
});
