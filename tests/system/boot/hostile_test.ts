/**
 * Somebody on the segment means harm. Whatever comes, the members live on, need no more memory than
 * they may, say little, count what it was, and a client that behaves gets its address as quickly as
 * ever, from exactly one of them.
 */
import { deepEqual, equal, ok as holds } from "node:assert/strict";

import { until } from "../program.ts";
import { type BootSite, bootTest } from "./boot_site.ts";
import { Capture } from "./capture.ts";
import { udhcpc } from "./clients.ts";
import {
  attack,
  type Attacked,
  counted,
  defineNodes,
  overheard,
  residentMib,
} from "./hostile_site.ts";
import { ipv4Text, isHostAddress } from "../../../src/model/ipv4.ts";
import { ip } from "./crooked_packets.ts";
import { clientMac, serverAddress } from "./segment.ts";
import { iscRelay } from "./site_dhcp.ts";

const MEMBERS = 3;
/** As many as talk a lot, and no packet may be lost. */
const STRANGERS = 2_500;
/** What all of it may cost a member. */
const MORE_MIB = 300;

/** What all members have counted more of. */
function moreOf({ more }: Attacked, name: string): number {
  return more.reduce((sum, each) => sum + (each.get(name) ?? 0), 0);
}

/** At least so many at each member. */
function counts({ more }: Attacked, name: string, least: number): void {
  for (const each of more) holds((each.get(name) ?? 0) >= least, `${name} ${each.get(name)}`);
}

async function wrongPackets(site: BootSite): Promise<void> {
  counts(await attack(site, "crooked"), "confluent_dhcp_malformed_total", 300);
  await attack(site, "replayed");
  counts(await attack(site, "spoofed"), "confluent_dhcp_silences_total", 100);
}

/** Nothing goes where no relay and no client can be, and not much more than was sent. */
async function reflections(site: BootSite): Promise<void> {
  const { sent, came } = await overheard(site, "src port 67 or src port 4011", async () => {
    const { came } = await attack(site, "reflected");
    return Number(came);
  });
  const members = [1, 2, 3].map((i) => ip(serverAddress(i)));
  const answers = sent.filter(({ source }) => members.includes(source));
  const wrong = answers.filter(({ destination, destinationPort }) =>
    destination === ip("10.77.255.255") || destination === ip("10.77.0.0") ||
    (destination === 0xffff_ffff ? destinationPort !== 68 : !isHostAddress(destination))
  );
  deepEqual(wrong.map(({ destination }) => ipv4Text(destination)), []);
  const bytes = answers.reduce((sum, { payload }) => sum + payload.length, 0);
  console.log(`reflected: ${bytes} bytes for ${came}`);
  holds(answers.length > 50 && bytes < 1.5 * came, `${bytes} bytes for ${came}`);
}

async function floods(site: BootSite): Promise<void> {
  const many = await attack(site, "manyMachines");
  holds(many.sent > 10_000);
  const one = await attack(site, "oneMachine");
  counts(one, "confluent_dhcp_floods_total", 1_000);
}

/** Made-up relays take no place from real ones. */
async function relays(site: BootSite): Promise<void> {
  const { segment } = site;
  await attack(site, "relays");
  await iscRelay(segment, ...[1, 2, 3].map(serverAddress));
  const capture = await Capture.start(segment, "far", clientMac("q1"));
  equal((await udhcpc(segment, "q1"))?.address, "10.78.0.51");
  const types = (await capture.end()).map(({ type }) => type);
  deepEqual(types, ["DISCOVER", "OFFER", "REQUEST", "ACK"]);
}

/** What strangers say is told by all members to each other, in one frame. */
async function strangers(site: BootSite): Promise<void> {
  await attack(site, "talkative");
  for (const member of site.members) {
    const { status, body } = await member.ask("GET", "/discovery/by-mac/");
    equal(status, 200);
    const { machines, silent } = body as { machines: unknown[]; silent: unknown[] };
    deepEqual([silent, machines.length >= STRANGERS], [[], true]);
    holds(((await counted(member)).get("confluent_dhcp_strangers") ?? 0) >= STRANGERS);
  }
}

async function servers(site: BootSite): Promise<void> {
  await attack(site, "chosen");
  for (const member of site.members) {
    equal((await counted(member)).get("confluent_dhcp_foreign_servers"), 0);
  }
}

await bootTest(
  "whatever an attacker sends, members live on and a client gets its address in time",
  { members: MEMBERS, clients: 2, farClients: 1, tools: ["dhcrelay"] },
  async (site) => {
    await defineNodes(site);
    await udhcpc(site.segment, "c1");
    const before = site.members.map(residentMib);
    for (
      const act of [wrongPackets, reflections, servers, strangers, relays, floods, madeUpServers]
    ) await act(site);
    const explained = await site.first.done("explain", "02:66:00:00:00:01");
    holds(!/[^\P{Cc}\n]/u.test(explained), explained);
    site.members.forEach((member, i) => {
      const mib = residentMib(member) - (before[i] ?? 0);
      holds(mib < MORE_MIB, `${member.name} has ${mib} MiB more`);
      equal(member.running.hasEnded, false);
    });
  },
);

/** A file is cut short while it is sent to many: they are told, and the log is not full of it. */
async function torn(site: BootSite): Promise<void> {
  const path = `${site.content}/public/torn`;
  await Deno.writeFile(path, new Uint8Array(8 * 1024 * 1024));
  const attacked = attack(site, "slowly");
  await until("it is under way", async () => {
    const now = await counted(site.first);
    return (now.get("confluent_boot_http_connections") ?? 0) > 20 || undefined;
  });
  await Deno.truncate(path, 100_000);
  await Deno.remove(path);
  const { came } = await attacked;
  deepEqual(Object.keys(came as Record<string, number>), ["cut"]);
}

/** Servers that there are not are told of, and not each of thousands. */
async function madeUpServers(site: BootSite): Promise<void> {
  await attack(site, "madeUpServers", 0);
  for (const member of site.members) {
    const known = (await counted(member)).get("confluent_dhcp_foreign_servers") ?? 0;
    holds(known > 0 && known <= 64, String(known));
    const said = (await member.run("check")).out.split("\n");
    const told = said.filter((line) => line.includes("which is no member, answers DHCP"));
    holds(told.length >= 1 && told.length <= 4, said.join("\n"));
  }
}

await bootTest(
  "files are asked for and never taken, connections made and never used",
  { members: MEMBERS, clients: 2 },
  async (site) => {
    await defineNodes(site);
    await torn(site);
    const { came } = await attack(site, "tftp");
    const { bytesSent, bytesCame } = came as { bytesSent: number; bytesCame: number };
    holds(bytesCame < 4 * bytesSent, `${bytesCame} bytes for ${bytesSent}`);
    const http = await attack(site, "http");
    holds(moreOf(http, "confluent_boot_http_refused_total") > 0);
    await until("connections that ask for nothing are closed", async () => {
      const now = await counted(site.first);
      return now.get("confluent_boot_http_connections") === 0 || undefined;
    });
  },
);
