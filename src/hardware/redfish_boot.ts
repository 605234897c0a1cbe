/** What a machine boots from, next time or from then on. */
import { ok, type Outcome, refused } from "../base/outcome.ts";
import {
  type BootDevice,
  type BootDeviceGoal,
  type BootMode,
  type NodeValues,
} from "../model/node_command.ts";
import { entryOf, textAt, valueAt, wordsAt } from "./redfish_document.ts";

const TARGETS: Readonly<Record<Exclude<BootDevice, "default">, string>> = {
  network: "Pxe",
  hd: "Hdd",
  setup: "BiosSetup",
  cd: "Cd",
  floppy: "Floppy",
  usb: "Usb",
  http: "UefiHttp",
};

const DEVICES: Readonly<Record<string, BootDevice>> = {
  None: "default",
  ...Object.fromEntries(Object.entries(TARGETS).map(([device, target]) => [target, device])),
};

const MODES: Readonly<Record<string, BootMode>> = { UEFI: "uefi", Legacy: "bios" };

/** Undefined where the controller says nothing of it. */
export function bootOf(system: unknown): NodeValues | undefined {
  const enabled = textAt(system, "Boot", "BootSourceOverrideEnabled");
  const target = textAt(system, "Boot", "BootSourceOverrideTarget");
  if (enabled === undefined && target === undefined) return undefined;
  const bootmode = modeOf(system);
  if (enabled === "Disabled" || target === undefined) {
    return valuesOf({ nextdevice: "default", bootmode, persistent: true });
  }
  // What no word of ours stands for is told in the controller's, as confluent 4.0 does.
  const nextdevice = entryOf(DEVICES, target) ?? target.toLowerCase();
  return valuesOf({ nextdevice, bootmode, persistent: enabled === "Continuous" });
}

function modeOf(system: unknown): BootMode {
  return entryOf(MODES, textAt(system, "Boot", "BootSourceOverrideMode")) ?? "unspecified";
}

function valuesOf(told: {
  readonly nextdevice: string;
  readonly bootmode: BootMode;
  readonly persistent: boolean;
}): NodeValues {
  return {
    nextdevice: { value: told.nextdevice },
    bootmode: { value: told.bootmode },
    persistent: { value: told.persistent },
  };
}

/** What is asked of the system's document, and what is told once that was taken. */
export interface BootPlan {
  readonly patch: unknown;
  readonly values: NodeValues;
}

/** Refused (`invalid`) where the controller says that it knows no such device or mode. */
export function bootPlan(goal: BootDeviceGoal, system: unknown): Outcome<BootPlan> {
  if (valueAt(system, "Boot") === undefined) {
    return refused("invalid", "it does not offer to choose what the machine boots from");
  }
  const { nextdevice } = goal;
  const bootmode = goal.bootmode ?? "unspecified";
  if (nextdevice === "default") {
    return ok({
      patch: { Boot: { BootSourceOverrideEnabled: "Disabled" } },
      values: valuesOf({ nextdevice, bootmode: modeOf(system), persistent: true }),
    });
  }
  const target = TARGETS[nextdevice], persistent = goal.persistent ?? false;
  const known = wordsAt(system, "Boot", "BootSourceOverrideTarget@Redfish.AllowableValues");
  if (known !== undefined && !known.includes(target)) {
    return refused("invalid", `it cannot boot from ${nextdevice} (${target}); it knows ${known}`);
  }
  const mode = bootmode === "unspecified" ? undefined : bootmode === "uefi" ? "UEFI" : "Legacy";
  const modes = wordsAt(system, "Boot", "BootSourceOverrideMode@Redfish.AllowableValues");
  if (mode !== undefined && modes !== undefined && !modes.includes(mode)) {
    return refused("invalid", `it cannot boot in mode ${bootmode} (${mode}); it knows ${modes}`);
  }
  return ok({
    patch: {
      Boot: {
        BootSourceOverrideEnabled: persistent ? "Continuous" : "Once",
        BootSourceOverrideTarget: target,
        ...(mode === undefined ? {} : { BootSourceOverrideMode: mode }),
      },
    },
    values: valuesOf({
      nextdevice,
      bootmode: mode === undefined ? modeOf(system) : bootmode,
      persistent,
    }),
  });
}
