/** A site with somebody on the segment who means harm, and what its members come to meanwhile. */
import { deepEqual, equal, fail, ok as holds } from "node:assert/strict";

import { readMetrics } from "../../api/metrics_page.ts";
import { parseUdpFrame, type UdpFrame } from "../../../src/wire/ip_frame.ts";
import { parseCapture } from "../../../src/wire/pcap.ts";
import type { Server } from "../collective.ts";
import { type BootSite } from "./boot_site.ts";
import { Capture, type Passed } from "./capture.ts";
import { udhcpc } from "./clients.ts";
import { ATTACKER_MAC } from "./crooked_packets.ts";
import { clientMac, INTERFACE } from "./segment.ts";

const CHILD = new URL("hostile_child.ts", import.meta.url).pathname;
const ATTACKER = "c2", ATTACKER_ADDRESS = "10.77.9.2/16";
const PROFILE = "small";
/** Of the client that behaves, while the attack lasts. */
const LEASES = 5;
/** The median of them; that of a quiet segment is a tenth of it. */
const LEASED_WITHIN_MS = 2_000;
/** What a member may say of one attack, however many packets that has. */
const MOST_LINES = 4;

/** Frames wait at a member for longer than its own loop lags: two may answer, though the same. */
const AT_FULL_RATE: readonly string[] = ["manyMachines", "oneMachine"];

/** By the sample's whole name. */
export type Counted = ReadonlyMap<string, number>;

/** What an attack came to. */
export interface Attacked {
  /** What the attacker printed. */
  readonly sent: number;
  readonly came: unknown;
  /** What each member has counted more of. */
  readonly more: readonly Counted[];
}

/** n1 is c1's, which behaves; n2 is q1's, behind the router; h0 to h63 are known to the attacker:
 * of them a quarter gets addresses elsewhere, and all have a profile pending. */
export async function defineNodes(site: BootSite): Promise<void> {
  const { first, content, segment } = site;
  const near = { "net.hwaddr": clientMac("c1"), "net.ipv4_address": "10.77.1.51/16" };
  const far = { "net.hwaddr": clientMac("q1"), "net.ipv4_address": "10.78.0.51/24" };
  const nodes = [{ name: "n1", ...near }, { name: "n2", ...far }];
  const known = Array.from({ length: 64 }, (_, i) => ({
    name: `h${i}`,
    "net.hwaddr": `02:66:00:00:00:${i.toString(16).padStart(2, "0")}`,
    "net.ipv4_address": `10.77.2.${i}/16`,
    "net.ipv4_method": i % 4 === 3 ? "dhcp" : "static",
  }));
  for (const node of [...nodes, ...known]) {
    const { status, body } = await first.ask("POST", "/nodes/", node);
    equal(status, 200, JSON.stringify(body));
  }
  const files = { kernel: `${segment.folder}/kernel`, initramfs: `${segment.folder}/initramfs` };
  for (const file of Object.values(files)) await Deno.writeTextFile(file, "small");
  await site.profile(PROFILE, files, "quiet");
  await Deno.writeFile(`${content}/public/big`, new Uint8Array(4 * 1024 * 1024));
  await site.deploy("h0:h63", PROFILE);
  // Busybox's client hears every frame on its link, and could not hear an answer among thousands.
  await segment.drop(`oifname "c1" ether saddr ${ATTACKER_MAC}`);
  await segment.done(ATTACKER, "ip", "addr", "add", ATTACKER_ADDRESS, "dev", INTERFACE);
}

/** The attacker does that; c1 asks for its address all the while, as often as is told. */
export async function attack(site: BootSite, scene: string, leases = LEASES): Promise<Attacked> {
  const { segment, members } = site;
  const before = await Promise.all(members.map(counted));
  const lines = members.map(({ running }) => running.err.length + running.out.length);
  const command = [Deno.execPath(), "run", "-A", CHILD, scene];
  const attacker = segment.start(ATTACKER, ...command);
  const took = leases > 0 ? await behaves(site, scene, leases) : "";
  const { code, out, err } = await attacker.ended();
  equal(code, 0, err);
  const after = await Promise.all(members.map(counted));
  members.forEach((member, i) => {
    const { err, out } = member.running;
    const said = [...err, ...out];
    holds(said.length - (lines[i] ?? 0) <= MOST_LINES, `${scene}: ${member.running.said()}`);
    deepEqual(said.filter((line) => /\p{Cc}/u.test(line)), [], scene);
  });
  const { sent, came } = JSON.parse(out);
  const rss = members.map(residentMib);
  console.log(`${scene}: ${sent} sent; c1 ${took}; members have ${rss.join(", ")} MiB`);
  const more = after.map((now, i) =>
    new Map([...now].map(([name, value]) => [name, value - (before[i]?.get(name) ?? 0)]))
  );
  return { sent, came, more };
}

/** c1 gets its address again and again, in time, each time from one member alone. */
async function behaves(site: BootSite, scene: string, leases: number): Promise<string> {
  const { segment } = site;
  const capture = await Capture.start(segment, "near", clientMac("c1"));
  const took: number[] = [];
  for (let i = 0; i < leases; i++) {
    const began = performance.now();
    const lease = await udhcpc(segment, "c1", "-t", "20");
    if (lease?.address !== "10.77.1.51") {
      fail(`${scene}: ${lease?.address}: ${await site.first.done("explain", "n1")}`);
    }
    took.push(Math.round(performance.now() - began));
  }
  const passed = await capture.end();
  for (const all of Map.groupBy(passed, ({ xid }) => xid).values()) {
    const of = (type: string): Passed[] => all.filter((one) => one.type === type);
    const offers = of("OFFER");
    equal(new Set(offers.map(({ packet }) => packet.yiaddr)).size <= 1, true, scene);
    // One that waits long for its turn on a busy machine asks again, and is answered again.
    const isOnce = offers.length <= of("DISCOVER").length;
    holds(isOnce || AT_FULL_RATE.includes(scene), `${scene}: ${offers.length} offers`);
  }
  equal(passed.filter(({ type }) => type === "NAK").length, 0, scene);
  took.sort((a, b) => a - b);
  const median = took[leases >> 1] ?? Infinity;
  holds(median < LEASED_WITHIN_MS, `${scene}: leases took ${took} ms`);
  return `leases in ${took} ms`;
}

/** What passes meanwhile and fits, as tcpdump says it. */
export async function overheard<T>(
  { segment }: BootSite,
  filter: string,
  act: () => Promise<T>,
): Promise<{ readonly sent: readonly UdpFrame[]; readonly came: T }> {
  const file = await Deno.makeTempFile({ dir: segment.folder, suffix: ".pcap" });
  const how = ["-i", "near", "-n", "--immediate-mode", "-Z", "root", "-U", "-s", "0", "-w", file];
  const program = segment.start("world", "tcpdump", ...how, filter);
  await program.word(/^tcpdump: listening/);
  const came = await act();
  await program.kill("SIGINT");
  const capture = parseCapture(await Deno.readFile(file));
  if (!capture.ok) throw new Error(capture.refusal.message);
  const sent = capture.value.packets.flatMap(({ frame }) => parseUdpFrame(frame) ?? []);
  return { sent, came };
}

/** GET /metrics, without families. */
export async function counted(member: Server): Promise<Counted> {
  const token = (await Deno.readTextFile(`${member.data}/token`)).trim();
  const proxy = { transport: "unix", path: member.socket } as const;
  using client = Deno.createHttpClient({ proxy });
  const headers = { Authorization: `Bearer ${token}`, Connection: "close" };
  const response = await fetch(`http://${member.api}/metrics`, { headers, client });
  const families = readMetrics(await response.text());
  return new Map(families.values().flatMap(({ samples }) => samples));
}

/** VmRSS of a member's process. */
export function residentMib({ running }: Server): number {
  const status = Deno.readTextFileSync(`/proc/${running.pid}/status`);
  return Math.round(Number(/VmRSS:\s+(\d+)/.exec(status)?.[1]) / 1024);
}
