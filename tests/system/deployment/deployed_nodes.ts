/** Nodes of a site that become what a profile makes of them, from power-on to its last report. */
import { deepEqual, equal, ok as holds } from "node:assert/strict";

import type { Server } from "../collective.ts";
import type { Program } from "../program.ts";
import { type BootShape, type BootSite, bootTest } from "../boot/boot_site.ts";
import { machineAddress, machineMac } from "../boot/booted_nodes.ts";
import { overhear } from "../boot/capture.ts";
import { debianKernel, type KernelFiles } from "../boot/debian_kernel.ts";
import { DISK_NEEDS, makeDiskImage } from "./disk_image.ts";
import { type Machine, MACHINE_NEEDS } from "../boot/machine.ts";
import { STARTED } from "./node_init.ts";
import { shell } from "../boot/shell.ts";

const KERNEL = await debianKernel("node");
const CONSOLE = "quiet console=ttyS0";
/** What the executable carries for nodes. */
export const ADDONS = new URL("../../../dist/addons.cpio", import.meta.url).pathname;

const BUILD = new URL("../../../node/build.sh", import.meta.url).pathname;
/** What that needs. */
export const NODE_TOOLS = ["musl-gcc", "curl", "cpio", "gzip"];

export async function makeAddons(): Promise<void> {
  await shell(`bash "$0"`, BUILD);
}

/** A test with machines that are deployed. What the executable would carry is made first. */
export async function deploymentTest(
  title: string,
  shape: BootShape,
  act: (site: BootSite) => Promise<void>,
): Promise<void> {
  const tools = [...MACHINE_NEEDS, ...DISK_NEEDS, ...NODE_TOOLS];
  if (KERNEL === undefined) tools.push("a kernel");
  await bootTest(title, { ...shape, tools }, async (site) => {
    await makeAddons();
    await act(site);
  });
}

/** A profile whose kernel is told `word`, with a script of each sort that says that it ran. */
export async function defineProfile(site: BootSite, name: string, word: string): Promise<void> {
  const folder = `${site.content}/public/os/${name}`;
  for (const sort of ["pre", "post", "firstboot", "onboot"]) {
    await site.script(name, `${sort}.d/10-tell`, `echo "NODE-RUNS ${sort} end"`);
  }
  if (word === "installer") {
    const files = KERNEL as KernelFiles;
    await makeDiskImage(files, `${CONSOLE} installed`, `${folder}/disk.img.gz`);
  }
  await site.profile(name, KERNEL as KernelFiles, `${CONSOLE} ${word}`);
}

/** Defines n1, n2 and so on, which boot the profile the next time. */
export async function defineNodes(site: BootSite, count: number, profile: string): Promise<void> {
  for (let i = 1; i <= count; i++) {
    const [mac, address] = [machineMac(i), `${machineAddress(i)}/16`];
    await site.node(`n${i}`, { "net.hwaddr": mac, "net.ipv4_address": address });
  }
  await site.deploy(`n1:n${count}`, profile);
  await site.segment.advertise();
}

/** Its kernel runs, and was told nothing that names a node or a server. */
export async function startsUnnamed(machine: Machine, number: number): Promise<void> {
  const [, commandLine = ""] = await machine.prints(STARTED);
  for (const name of ["n1", "m1", "m2", "m3", "10.77", "confluent", machineMac(number)]) {
    holds(!commandLine.includes(name), `the kernel was told ${name}: ${commandLine}`);
  }
}

/** What `nodedeploy` shows of a node. */
export async function shown(member: Server, node: string): Promise<string> {
  return (await member.done("nodedeploy", node)).trim();
}

/** The scripts that ran, in their order. */
export async function scriptsRun(machine: Machine): Promise<string[]> {
  return [...(await machine.said()).matchAll(/NODE-RUNS (\w+) end/g)].map(([, sort = ""]) => sort);
}

export async function ran(machine: Machine, ...sorts: readonly string[]): Promise<void> {
  deepEqual(await scriptsRun(machine), sorts);
}

/** Hears who sends frames of so many bytes by HTTPS from now on. */
export async function listenForServer(site: BootSite, bytes: number): Promise<Program> {
  return await overhear(site.segment, `tcp src port 443 and greater ${bytes}`);
}

/** The member that is the first to do so. */
export async function serverHeard(site: BootSite, passing: Program): Promise<Server> {
  const [, ipv4, ipv6] = await passing.line(/(?:(10\.77\.0\.\d+)|(fe80:\S+))\.443 > /, 120_000);
  if (ipv4 !== undefined) return site.at(ipv4);
  const number = Number(/fe00:50([1-9])$/.exec(ipv6 ?? "")?.[1]);
  const member = site.members[number - 1];
  equal(member?.name, `m${number}`, `${ipv6} is no member's`);
  return member as Server;
}
