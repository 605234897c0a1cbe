/** The member that answered a machine is killed while the machine boots. */
import { equal } from "node:assert/strict";

import type { Server } from "../collective.ts";
import type { Program } from "../program.ts";
import type { BootSite } from "./boot_site.ts";
import {
  defineMachines,
  machineMac,
  machineTest,
  PROFILE,
  reachesKernel,
  withMachine,
} from "./booted_nodes.ts";
import { Capture, overhear } from "./capture.ts";

/** Slow enough to be in the middle of a kernel of 8 MB when something is done. */
const RATE = "16mbit";

/** Kills the member whose acknowledgement passes first. */
async function killAnswerer(site: BootSite, passing: Program): Promise<Server> {
  await passing.line(/DHCP-Message \(53\), length 1: ACK/);
  // Whose offer was taken: requests and acknowledgements name the same.
  const [, address = ""] = await passing.line(/Server-ID \(54\), length 4: (\S+)/);
  const answerer = site.at(address);
  await answerer.kill();
  return answerer;
}

await machineTest(
  "SeaBIOS and OVMF get through at their next try when who gave them an address is lost",
  { members: 3 },
  async (site) => {
    await defineMachines(site, 2);
    for (const [number, firmware] of [[1, "bios"], [2, "uefi-pxe"]] as const) {
      // Nobody is as fast as a machine is with its next question; so that is held up.
      await site.segment.drop("udp dport 69");
      await site.segment.drop("tcp dport 80");
      const passing = await overhear(site.segment, `udp port 67 or udp port 68`);
      await withMachine(site, { number, firmware, retries: true }, async (machine) => {
        const lost = await killAnswerer(site, passing);
        await site.segment.passAll();
        await reachesKernel(machine, number);
        await lost.serve();
      });
      await passing.kill();
    }
  },
);

await machineTest(
  "iPXE goes on by itself when the member is lost of which it has half a kernel",
  { members: 3 },
  async (site) => {
    await defineMachines(site, 1);
    const capture = await Capture.start(site.segment);
    const passing = await overhear(site.segment, "tcp dst port 80");
    await withMachine(site, { number: 1, firmware: "bios" }, async (machine) => {
      await site.segment.slow(machine.port, RATE);
      await passing.line(new RegExp(`GET .*/os/${PROFILE}/boot/kernel`));
      const [, address = ""] = await passing.line(/> (10\.77\.0\.\d+)\.80: /);
      await site.at(address).kill();
      await reachesKernel(machine, 1);
    });
    const asked = (await capture.end()).filter(({ type, mac, packet }) =>
      type === "DISCOVER" && mac === machineMac(1) && packet.options.has(175)
    );
    equal(asked.length, 1, "its firmware began anew");
  },
);
