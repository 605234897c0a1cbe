/** Beside dnsmasq as the site's own DHCP server: it gives addresses, members give boot files. */
import { equal, ok as holds } from "node:assert/strict";

import { until } from "../program.ts";
import { type BootSite, bootTest } from "./boot_site.ts";
import { boots, defineMachines, machineAddress, machineMac, machineTest } from "./booted_nodes.ts";
import { Capture } from "./capture.ts";
import { udhcpc } from "./clients.ts";
import { clientMac, serverAddress } from "./segment.ts";
import { siteDhcp } from "./site_dhcp.ts";

const FOREIGN = serverAddress(3);

/** Whether all members say that it is there. */
async function areAlarmed(site: BootSite): Promise<boolean> {
  const said = await Promise.all(site.members.map((member) => member.run("check")));
  return said.every(({ out }) => out.includes(`${FOREIGN}, which is no member, answers DHCP`));
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
    // A stranger shows that it is there; members ask no oftener than each 10 s who is.
    await until("both members know of it", async () => {
      equal((await udhcpc(segment, "c2"))?.serverId, FOREIGN);
      return await areAlarmed(site) || undefined;
    });
    const capture = await Capture.start(segment);
    equal((await udhcpc(segment, "c1"))?.serverId, FOREIGN);
    const said = (await capture.end()).filter(({ fromPort }) => fromPort === 67);
    holds(said.every(({ from }) => from === FOREIGN), said.map(({ from }) => from).join(" "));
  },
);

await machineTest(
  "SeaBIOS with iPXE, and OVMF by PXE, boot with addresses of a foreign DHCP server",
  { members: 2, others: 1 },
  async (site) => {
    await defineMachines(site, 2);
    const reserved = [1, 2].map((i) => `--dhcp-host=${machineMac(i)},${machineAddress(i)}`);
    await siteDhcp(site.segment, "s3", ...reserved);
    await boots(site, { number: 1, firmware: "bios" });
    await boots(site, { number: 2, firmware: "uefi-pxe" });
    holds(await areAlarmed(site));
  },
);
