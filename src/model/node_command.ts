/**
 * What can be asked of a node's hardware, whoever manages the node and however its hardware is
 * reached, and what comes of it. The paths and words are those of confluent 4.0.
 */

/** What `power/state` can be set to. */
export const POWER_GOALS = ["on", "off", "reset", "boot", "diag", "shutdown"] as const;
/** One of {@link POWER_GOALS}. */
export type PowerGoal = typeof POWER_GOALS[number];

/** What a node boots from: the next time, or from then on. */
export const BOOT_DEVICES = [
  "network",
  "hd",
  "setup",
  "default",
  "cd",
  "floppy",
  "usb",
  "http",
] as const;
/** One of {@link BOOT_DEVICES}. */
export type BootDevice = typeof BOOT_DEVICES[number];

/** How what a node boots from is started. */
export const BOOT_MODES = ["unspecified", "bios", "uefi"] as const;
/** One of {@link BOOT_MODES}. */
export type BootMode = typeof BOOT_MODES[number];

/** What the light that shows where a machine stands can be set to. */
export const IDENTIFY_GOALS = ["on", "off", "blink"] as const;
/** One of {@link IDENTIFY_GOALS}. */
export type IdentifyGoal = typeof IDENTIFY_GOALS[number];

/** `health/hardware` says one of these, the worst of all that it is made of. */
export const HEALTHS = ["ok", "warning", "critical", "failed", "unknown"] as const;
/** One of {@link HEALTHS}. */
export type Health = typeof HEALTHS[number];

/** What a node is to boot from. */
export interface BootDeviceGoal {
  readonly nextdevice: BootDevice;
  readonly bootmode?: BootMode;
  /** From then on, not only the next time. */
  readonly persistent?: boolean;
}

/** `set` is there where something is to be changed; without it it is asked how things are. */
export type NodeCommand =
  | { readonly path: "power/state"; readonly set?: PowerGoal }
  | { readonly path: "boot/nextdevice"; readonly set?: BootDeviceGoal }
  | { readonly path: "health/hardware" }
  | { readonly path: "identify"; readonly set?: IdentifyGoal };

/** What is asked for, or set. */
export type NodePath = NodeCommand["path"];

/** Whether the command changes something, so that it must never be sent twice. */
export function changes(command: NodeCommand): boolean {
  return "set" in command && command.set !== undefined;
}

/** What a node answered, in the shape that is told: `{"state": {"value": "on"}}`. */
export type NodeValues = Readonly<Record<string, unknown>>;

/** What came of a command at one node. */
export type NodeResult =
  | { readonly node: string; readonly values: NodeValues }
  | { readonly node: string; readonly errorcode: number; readonly error: string };
