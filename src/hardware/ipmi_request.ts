/**
 * What is asked of a controller by IPMI, as the words that ipmitool takes. All is asked as `raw`:
 * its answers are bytes and completion codes, which no version words differently, and ipmitool
 * sends a raw request once only, whatever else it tries again (ipmi_raw.c sets its retries to one).
 *
 * Numbers are those of IPMI 2.0, chapter 28 (chassis commands).
 */
import type { BootDevice, BootDeviceGoal } from "../model/node_command.ts";

/** One request of IPMI. */
export interface IpmiRequest {
  readonly netfn: number;
  readonly command: number;
  readonly data: readonly number[];
  /** Whether it changes something, so that it must never be sent twice. */
  readonly changes: boolean;
}

const CHASSIS = 0x00;
const BOOT_FLAGS = 0x05;
const FLAGS_VALID = 0x80, PERSISTENT = 0x40, EFI = 0x20;

/** Asks for power, faults, and the light that shows where the machine stands (28.2). */
export const CHASSIS_STATUS: IpmiRequest = {
  netfn: CHASSIS,
  command: 0x01,
  data: [],
  changes: false,
};

/** What the chassis can be told to do (28.3). */
export const CHASSIS_CONTROLS = { off: 0, on: 1, reset: 3, diag: 4, shutdown: 5 } as const;
/** One of {@link CHASSIS_CONTROLS}. */
export type ChassisControl = keyof typeof CHASSIS_CONTROLS;

/** Tells the chassis to do it. */
export function chassisControl(control: ChassisControl): IpmiRequest {
  return { netfn: CHASSIS, command: 0x02, data: [CHASSIS_CONTROLS[control]], changes: true };
}

/**
 * Sets the light (28.5). `forced` is how it is told to stay on until it is put out; controllers of
 * before IPMI 2.0 take only a time, of which the longest is 255 seconds.
 */
export function identify(goal: "on" | "off", forced: boolean): IpmiRequest {
  const data = goal === "off" ? [0] : forced ? [255, 1] : [255];
  return { netfn: CHASSIS, command: 0x04, data, changes: true };
}

/** Asks what the machine is to boot from (28.13). */
export const GET_BOOT_FLAGS: IpmiRequest = {
  netfn: CHASSIS,
  command: 0x09,
  data: [BOOT_FLAGS, 0, 0],
  changes: false,
};

/**
 * What {@link bootFlags} sets otherwise lapses when the machine is not started within 60 seconds
 * (28.12, parameter 3, bit 3).
 */
export const KEEP_BOOT_FLAGS: IpmiRequest = {
  netfn: CHASSIS,
  command: 0x08,
  data: [0x03, 0x08],
  changes: true,
};

/** Bits 5 to 2 of the second byte of the boot flags (table 28-14). */
const SELECTORS: Readonly<Partial<Record<BootDevice, number>>> = {
  default: 0x0,
  network: 0x1,
  hd: 0x2,
  cd: 0x5,
  setup: 0x6,
  floppy: 0xf,
};

const DEVICES: ReadonlyMap<number, BootDevice> = new Map([
  [0x0, "default"],
  [0x1, "network"],
  [0x2, "hd"],
  [0x3, "hd"], // in safe mode
  [0x5, "cd"],
  [0x6, "setup"],
  [0x7, "floppy"], // remotely connected, as the next ones
  [0x8, "cd"],
  [0xb, "hd"],
  [0xf, "floppy"],
]);

/** Where nobody said how it is to be started: IPMI cannot leave that to the machine, and few are
 * left that start as a BIOS does. */
export const UNSAID_MODE = "uefi";

/** Sets what the machine is to boot from; undefined where IPMI has no such device. */
export function bootFlags(goal: BootDeviceGoal): IpmiRequest | undefined {
  const selector = SELECTORS[goal.nextdevice];
  if (selector === undefined) return undefined;
  let flags = FLAGS_VALID;
  if (goal.persistent === true) flags |= PERSISTENT;
  if ((goal.bootmode ?? UNSAID_MODE) === "uefi") flags |= EFI;
  // Nothing is wanted of the firmware: not even that these flags are looked at.
  if (selector === 0) flags = 0;
  const data = [BOOT_FLAGS, flags, selector << 2, 0, 0, 0];
  return { netfn: CHASSIS, command: 0x08, data, changes: true };
}

/** What is told where a machine boots as its firmware is set up. */
export const NOTHING_SET: Required<BootDeviceGoal> = {
  nextdevice: "default",
  bootmode: "unspecified",
  persistent: true,
};

/**
 * What the answer to {@link GET_BOOT_FLAGS} says; undefined where it makes no sense. Flags that are
 * not valid say nothing: most controllers take only that bit away once the machine has booted.
 */
export function readBootFlags(bytes: readonly number[]): Required<BootDeviceGoal> | undefined {
  const [version, parameter, flags, device] = bytes;
  if (version === undefined || (version & 0x0f) !== 1) return undefined;
  if (parameter === undefined || (parameter & 0x7f) !== BOOT_FLAGS) return undefined;
  const isLocked = (parameter & 0x80) !== 0;
  if (flags === undefined || device === undefined) return undefined;
  if (isLocked || (flags & FLAGS_VALID) === 0) {
    return NOTHING_SET;
  }
  const nextdevice = DEVICES.get((device >> 2) & 0x0f);
  if (nextdevice === undefined) return undefined;
  const bootmode = (flags & EFI) !== 0 ? "uefi" : "bios";
  return { nextdevice, bootmode, persistent: (flags & PERSISTENT) !== 0 };
}

/** The words of ipmitool that ask for it. */
export function rawWords({ netfn, command, data }: IpmiRequest): string[] {
  return ["raw", ...[netfn, command, ...data].map(hexadecimal)];
}

function hexadecimal(byte: number): string {
  return `0x${byte.toString(16).padStart(2, "0")}`;
}
