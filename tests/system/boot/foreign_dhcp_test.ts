/** Beside dnsmasq as the site's own DHCP server: it gives addresses, members give boot files. */
import { deepEqual, equal, ok as holds } from "node:assert/strict";

import { BOOTREPLY } from "../../../src/wire/dhcp4.ts";
import { until } from "../program.ts";
import { type BootSite, bootTest } from "./boot_site.ts";
import { boots, defineMachines, machineAddress, machineMac, machineTest } from "./booted_nodes.ts";
import { Capture } from "./capture.ts";
import { udhcpc } from "./clients.ts";
import { clientMac, serverAddress } from "./segment.ts";
import { siteDhcp } from "./site_dhcp.ts";

const FOREIGN = serverAddress(3);

/** A stranger takes addresses of it until all members say that it is there. */
async function becomeAlarmed(site: BootSite, stranger: string): Promise<void> {
  // They ask no oftener than each 10 s who is there.
  await until(`all members know of ${FOREIGN}`, async () => {
    equal((await udhcpc(site.segment, stranger))?.serverId, FOREIGN);
    const said = await Promise.all(site.members.map((member) => member.run("check")));
    const notice = `${FOREIGN}, which is no member, answers DHCP`;
    return said.every(({ out }) => out.includes(notice)) || undefined;
  });
}

await bootTest(
  "a foreign DHCP server raises an alarm, and is left to give addresses",
  { members: 2, others: 1, clients: 2, tools: ["dnsmasq"] },
  async (site) => {
    const { segment } = site;
    await site.node("n1", {
      "net.hwaddr": clientMac("c1"),
      "net.ipv4_address": "10.77.1.51/16",
    });
    equal((await udhcpc(segment, "c1"))?.address, "10.77.1.51");
    await siteDhcp(segment, "s3");
    await becomeAlarmed(site, "c2");
    const capture = await Capture.start(segment);
    equal((await udhcpc(segment, "c1"))?.serverId, FOREIGN);
    const said = (await capture.end()).filter(({ fromPort }) => fromPort === 67);
    holds(said.every(({ from }) => from === FOREIGN), said.map(({ from }) => from).join(" "));
  },
);

await machineTest(
  "SeaBIOS with iPXE, and OVMF by PXE, boot with addresses of a foreign DHCP server",
  { members: 2, others: 1, clients: 1 },
  async (site) => {
    const { segment } = site;
    await defineMachines(site, 2);
    const reserved = [1, 2].map((i) => `--dhcp-host=${machineMac(i)},${machineAddress(i)}`);
    await siteDhcp(segment, "s3", ...reserved);
    // Members may have offered an address before they knew of it; that is as good.
    await boots(site, { number: 2, firmware: "uefi-pxe" });
    await becomeAlarmed(site, "c1");

    const capture = await Capture.start(segment);
    await Promise.all([
      boots(site, { number: 1, firmware: "bios" }),
      boots(site, { number: 2, firmware: "uefi-pxe" }),
    ]);
    const told = (await capture.end()).filter(({ packet }) => packet.op === BOOTREPLY);
    const [foreign, ours] = [true, false].map((isForeign) =>
      told.filter(({ from }) => (from === FOREIGN) === isForeign)
    );
    holds(foreign?.every(({ packet }) => packet.file === ""));
    holds(ours?.every(({ packet }) => packet.yiaddr === 0 && packet.file !== ""));
    deepEqual(new Set(ours?.map(({ mac }) => mac)), new Set([1, 2].map(machineMac)));
  },
);
