import { bootTest } from "./boot_site.ts";
import { Capture } from "./capture.ts";
import { Udhcpc } from "./clients.ts";
import { clientMac, ROUTER, serverAddress } from "./segment.ts";
import { iscRelay } from "./site_dhcp.ts";
import { ipv4Text } from "../../../src/model/ipv4.ts";
await bootTest("x", { members: 3, farClients: 1, tools: ["dhcrelay"] }, async (site) => {
    const { segment } = site;
    await site.node("n1", { "net.hwaddr": clientMac("q1"), "net.ipv4_address": "10.78.0.51/24", "net.ipv4_gateway": ROUTER.far });
    await iscRelay(segment, ...[1, 2, 3].map(serverAddress));
    const near = await Capture.start(segment), far = await Capture.start(segment, "far");
    const { client } = await Udhcpc.start(segment, "q1");
    await client.renew();
    await client.end();
    for (const [n,c] of [["near",near],["far",far]] as const) for (const p of await c.end()) console.log(n, Math.round(p.atMs%100000), p.type, p.xid, p.from, p.fromPort, p.to, p.toPort, p.serverId, "gi", ipv4Text(p.packet.giaddr), "ci", ipv4Text(p.packet.ciaddr));
});
