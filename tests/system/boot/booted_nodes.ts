/** Nodes n1, n2 and so on of a site, each a machine that boots the profile "marker". */
import { deepEqual, ok as holds } from "node:assert/strict";

import { type BootShape, type BootSite, bootTest } from "./boot_site.ts";
import { debianKernel, type KernelFiles, MARKER } from "./debian_kernel.ts";
import { type Firmware, Machine, MACHINE_NEEDS } from "./machine.ts";

const KERNEL = await debianKernel();
/** That only the profile says. */
const ARGUMENTS = "quiet console=ttyS0 shown.by=profile";

export const PROFILE = "marker";

export interface Booting {
  readonly number: number;
  readonly firmware: Firmware;
  readonly retries?: boolean;
  readonly disk?: string;
  readonly fromDisk?: boolean;
}

export function machineMac(number: number): string {
  return `52:54:00:77:00:0${number}`;
}

export function machineAddress(number: number): string {
  return `10.77.1.5${number}`;
}

/** Defines so many, and has them boot the profile. `more`: lines of its profile.yaml. */
export async function defineMachines(site: BootSite, count: number, more = ""): Promise<void> {
  await site.profile(PROFILE, KERNEL as KernelFiles, ARGUMENTS, more);
  for (let i = 1; i <= count; i++) {
    const [mac, address] = [machineMac(i), `${machineAddress(i)}/16`];
    await site.node(`n${i}`, { "net.hwaddr": mac, "net.ipv4_address": address });
  }
  await site.deploy(`n1:n${count}`, PROFILE);
  // iPXE would wait for a router of IPv6.
  await site.segment.advertise();
}

/** Does what is to be done with a machine whose power was switched on. */
export async function withMachine(
  site: BootSite,
  { number, ...booting }: Booting,
  act: (machine: Machine) => Promise<void>,
): Promise<void> {
  const uuid = `0a770001-1111-2222-3333-44556677889${number}`;
  const shape = { ...booting, mac: machineMac(number), uuid };
  const machine = await Machine.start(site.segment, shape);
  try {
    await act(machine);
  } finally {
    await machine.end();
  }
}

/** It gets all the way to the kernel of its profile, which gets its address. */
export async function reachesKernel(machine: Machine, number: number): Promise<void> {
  const [, commandLine = "", mac, address = ""] = await machine.prints(MARKER);
  holds(commandLine.includes(ARGUMENTS), commandLine);
  deepEqual([mac, address.split("/")[0]], [machineMac(number), machineAddress(number)]);
}

/** From power-on to the kernel. */
export async function boots(site: BootSite, booting: Booting): Promise<void> {
  await withMachine(site, booting, (machine) => reachesKernel(machine, booting.number));
}

/** A test with machines. */
export async function machineTest(
  title: string,
  shape: BootShape,
  act: (site: BootSite) => Promise<void>,
): Promise<void> {
  const tools = KERNEL === undefined ? [...MACHINE_NEEDS, "a kernel"] : MACHINE_NEEDS;
  await bootTest(title, { ...shape, tools }, act);
}
