/** Clients of another network, by way of real relays. */
import { deepEqual, equal, match, ok as holds } from "node:assert/strict";

import { BOOTREPLY, BOOTREQUEST } from "../../../src/wire/dhcp4.ts";
import { OPTION } from "../../../src/wire/dhcp4_options.ts";
import { bootTest } from "./boot_site.ts";
import { Capture, type Passed } from "./capture.ts";
import { type Lease, Udhcpc, udhcpc } from "./clients.ts";
import { clientMac, ROUTER, serverAddress } from "./segment.ts";
import { dnsmasqRelay, iscRelay } from "./site_dhcp.ts";

const FAR = {
  "net.ipv4_address": "10.78.0.51/24",
  "net.ipv4_gateway": ROUTER.far,
  "dns.servers": "10.77.0.53",
};

function holdsWhat(lease: Lease | undefined): void {
  const { address, mask, router, dns } = lease ?? {};
  deepEqual([address, mask, router, dns], [
    "10.78.0.51",
    "255.255.255.0",
    ROUTER.far,
    "10.77.0.53",
  ]);
}

await bootTest(
  "one of three members answers by way of ISC's relay, which gets its option 82 back",
  { members: 3, farClients: 1, tools: ["dhcrelay"] },
  async (site) => {
    const { segment } = site;
    await site.node("n1", { "net.hwaddr": clientMac("q1"), ...FAR });
    await iscRelay(segment, ...[1, 2, 3].map(serverAddress));
    const near = await Capture.start(segment), far = await Capture.start(segment, "far");
    const { client, lease } = await Udhcpc.start(segment, "q1");
    holdsWhat(lease);
    const renewed = await client.renew();
    holdsWhat(renewed);
    // Who is asked for more time gives it; nobody has to step in.
    equal(renewed?.serverId, lease?.serverId);
    await client.end();

    // The relay adds it on its way to members, and takes it off on the way back.
    const [atMembers, atClient] = [await near.end(), await far.end()];
    const relayed = atMembers.filter(({ packet }) => packet.giaddr !== 0);
    const agent = ({ packet }: Passed): string =>
      packet.options.get(OPTION.RELAY_AGENT_INFORMATION)?.toHex() ?? "";
    const [asked] = relayed;
    holds(asked !== undefined && agent(asked) !== "");
    for (const each of relayed) equal(agent(each), agent(asked), `of the ${each.type}`);
    // Each question has one answer, and at once. The renewal reaches its member by the router, and
    // all of them by the relay besides. Busybox misses an answer that is here before it listens.
    match(atClient.map(({ type }) => type).join(" "), /^DISCOVER OFFER( REQUEST ACK){2,}$/);
    const questions = atClient.filter(({ packet }) => packet.op === BOOTREQUEST);
    const told = relayed.filter(({ packet }) => packet.op === BOOTREPLY).map(({ type }) => type);
    deepEqual(told.slice(0, 2), ["OFFER", "ACK"]);
    holds(told.length <= questions.length, told.join(" "));
    holds(told.slice(2).every((type) => type === "ACK"), told.join(" "));
  },
);

await bootTest(
  "a relay that adds no option 82 is answered too",
  { members: 1, farClients: 1, tools: ["dnsmasq"] },
  async (site) => {
    await site.node("n1", { "net.hwaddr": clientMac("q1"), ...FAR });
    await dnsmasqRelay(site.segment, serverAddress(1));
    holdsWhat(await udhcpc(site.segment, "q1"));
  },
);
