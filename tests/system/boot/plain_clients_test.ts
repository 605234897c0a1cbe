/** Clients of installed systems: each gets from the collective what the database says of it. */
import { deepEqual, equal, notEqual, ok as holds } from "node:assert/strict";

import type { Server } from "../collective.ts";
import { type BootSite, bootTest } from "./boot_site.ts";
import { Capture, type Passed } from "./capture.ts";
import { Dhclient, dhcpcd, type Lease, networkd, Udhcpc, udhcpc } from "./clients.ts";
import { clientMac } from "./segment.ts";

/** A first answer takes a little time, but no other DISCOVER. */
const STEPS_IN_WITHIN_MS = 2_000;
const DAY_S = 86_400;

async function defineClients(site: BootSite, count: number): Promise<void> {
  for (let i = 1; i <= count; i++) {
    await site.node(`n${i}`, {
      "net.hwaddr": clientMac(`c${i}`),
      "net.ipv4_address": `10.77.1.5${i}/16`,
      "net.ipv4_gateway": "10.77.0.1",
      "dns.servers": "10.77.0.53",
      "dns.domain": "cluster.test",
    });
  }
}

/** Besides who gave it, and by what word. */
function holdsWhat(lease: Lease | undefined, number: number): void {
  deepEqual({ ...lease, why: "", serverId: "" }, {
    why: "",
    address: `10.77.1.5${number}`,
    mask: "255.255.0.0",
    router: "10.77.0.1",
    dns: "10.77.0.53",
    domain: "cluster.test",
    leaseS: DAY_S,
    serverId: "",
    hostname: `n${number}`,
  });
}

/** Of each transaction: how often each type passed. */
function counted(passed: readonly Passed[], type: Passed["type"]): number[] {
  const counts = new Map<number, number>();
  for (const each of passed) {
    const one = each.type === type ? 1 : 0;
    counts.set(each.xid, (counts.get(each.xid) ?? 0) + one);
  }
  return [...counts.values()];
}

await bootTest(
  "udhcpc, dhclient, dhcpcd and networkd get what the database says, from one of three members",
  { members: 3, clients: 5, tools: ["dhclient", "dhcpcd", "/lib/systemd/systemd-networkd"] },
  async (site) => {
    const { segment } = site;
    await defineClients(site, 4);
    const capture = await Capture.start(segment);

    const { client, lease } = await Udhcpc.start(segment, "c1");
    holdsWhat(lease, 1);
    holdsWhat(await client.renew(), 1);
    await client.release();
    const dhclient = new Dhclient(segment, "c2");
    const first = await dhclient.lease();
    holdsWhat(first, 2);
    const again = await dhclient.lease();
    holdsWhat(again, 2);
    deepEqual([first?.why, again?.why], ["BOUND", "REBOOT"]);
    await dhclient.release();
    holdsWhat(await dhcpcd(segment, "c3"), 3);
    const { hostname: _, ...byNetworkd } = await networkd(segment, "c4") as Lease;
    holdsWhat({ ...byNetworkd, hostname: "n4" }, 4);
    equal(await udhcpc(segment, "c5", "-t", "2"), undefined);

    const passed = await capture.end();
    const of = (name: string): Passed[] => passed.filter(({ mac }) => mac === clientMac(name));
    for (const name of ["c1", "c2", "c3", "c4"]) {
      const offers = counted(of(name), "OFFER");
      holds(offers.every((count) => count <= 1), `${name} had ${offers} offers`);
      equal(of(name).filter(({ type }) => type === "NAK").length, 0);
    }
    deepEqual(of("c1").map(({ type }) => type), [
      ...["DISCOVER", "OFFER", "REQUEST", "ACK"],
      ...["REQUEST", "ACK", "RELEASE"],
    ]);
    // From the second time on ISC's client asks for what it had.
    deepEqual(of("c2").map(({ type }) => type), [
      ...["DISCOVER", "OFFER", "REQUEST", "ACK"],
      ...["REQUEST", "ACK", "RELEASE"],
    ]);
    deepEqual(new Set(of("c5").map(({ type }) => type)), new Set(["DISCOVER"]));
  },
);

await bootTest(
  "dhclient asks for an address that is no longer its node's, is told so, and gets the new one",
  { members: 3, clients: 1, tools: ["dhclient"] },
  async (site) => {
    await defineClients(site, 1);
    const dhclient = new Dhclient(site.segment, "c1");
    holdsWhat(await dhclient.lease(), 1);
    await site.first.done("nodeattrib", "n1", "net.ipv4_address=10.77.1.57/16");
    const capture = await Capture.start(site.segment);
    const moved = await dhclient.lease();
    deepEqual([moved?.why, moved?.address], ["BOUND", "10.77.1.57"]);
    const types = (await capture.end()).map(({ type }) => type);
    deepEqual(types, ["REQUEST", "NAK", "DISCOVER", "OFFER", "REQUEST", "ACK"]);
  },
);

/** The one that answered it before is lost in one way or other. */
async function isAnsweredWithout(
  site: BootSite,
  lose: (answerer: Server) => Promise<void>,
): Promise<void> {
  await defineClients(site, 1);
  const before = await udhcpc(site.segment, "c1");
  const answerer = site.at(before?.serverId ?? "");
  const capture = await Capture.start(site.segment);
  await lose(answerer);
  const after = await udhcpc(site.segment, "c1", "-T", "4");
  holdsWhat(after, 1);
  notEqual(site.at(after?.serverId ?? ""), answerer);
  const passed = await capture.end();
  deepEqual(passed.map(({ type }) => type), ["DISCOVER", "OFFER", "REQUEST", "ACK"]);
  const [discover, offer] = passed as [Passed, Passed];
  const tookMs = offer.atMs - discover.atMs;
  holds(tookMs < STEPS_IN_WITHIN_MS, `the offer came ${tookMs} ms after the DISCOVER`);
}

await bootTest(
  "a client is answered in time though the member that answered it was killed",
  { members: 3, clients: 1 },
  async (site) => await isAnsweredWithout(site, (answerer) => answerer.kill()),
);

await bootTest(
  "a client is answered in time though the member that answered it fell silent",
  { members: 3, clients: 1 },
  async (site) =>
    // Nothing tells the others; only that no note comes of it.
    await isAnsweredWithout(site, (answerer) => site.segment.cut(site.place(answerer))),
);
