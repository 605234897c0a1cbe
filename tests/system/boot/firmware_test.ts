/** Machines with real firmware, from power-on to the kernel of a profile. */
import { deepEqual } from "node:assert/strict";

import { boots, defineMachines, machineTest, withMachine } from "./booted_nodes.ts";
import { Capture } from "./capture.ts";

await machineTest(
  "SeaBIOS with iPXE, and OVMF by PXE, boot a profile of three members",
  { members: 3 },
  async (site) => {
    await defineMachines(site, 2);
    await Promise.all([
      boots(site, { number: 1, firmware: "bios" }),
      boots(site, { number: 2, firmware: "uefi-pxe" }),
    ]);
  },
);

await machineTest(
  "OVMF boots a profile by HTTP, be GRUB its loader",
  { members: 1 },
  async (site) => {
    await defineMachines(site, 1, "loader: grub");
    await boots(site, { number: 1, firmware: "uefi-http" });
  },
);

await machineTest("OVMF boots a profile by PXE and GRUB", { members: 1 }, async (site) => {
  await defineMachines(site, 1, "loader: grub");
  await boots(site, { number: 1, firmware: "uefi-pxe" });
});

await machineTest(
  "a machine that has no profile pending meets silence",
  { members: 1 },
  async (site) => {
    await defineMachines(site, 1);
    await site.first.done("nodedeploy", "n1", "-c");
    const capture = await Capture.start(site.segment);
    await withMachine(site, { number: 1, firmware: "bios" }, async (machine) => {
      await machine.prints(/No bootable device/);
    });
    const types = new Set((await capture.end()).map(({ type }) => type));
    deepEqual(types, new Set(["DISCOVER"]));
  },
);
