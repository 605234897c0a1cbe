import assert from "node:assert/strict";

import { bootOf, bootPlan } from "../../src/hardware/redfish_boot.ts";
import { BOOT_DEVICES, type BootDeviceGoal } from "../../src/model/node_command.ts";

function system(enabled: unknown, target: unknown, mode?: unknown): unknown {
  return {
    Boot: {
      BootSourceOverrideEnabled: enabled,
      BootSourceOverrideTarget: target,
      BootSourceOverrideMode: mode,
    },
  };
}

function told(nextdevice: string, bootmode: string, persistent: boolean): unknown {
  return {
    nextdevice: { value: nextdevice },
    bootmode: { value: bootmode },
    persistent: { value: persistent },
  };
}

Deno.test("what a machine boots from is told in the words of confluent", () => {
  assert.deepEqual(bootOf(system("Once", "Pxe", "UEFI")), told("network", "uefi", false));
  assert.deepEqual(bootOf(system("Continuous", "Hdd", "Legacy")), told("hd", "bios", true));
  assert.deepEqual(bootOf(system("Disabled", "Pxe", "UEFI")), told("default", "uefi", true));
  assert.deepEqual(bootOf(system("Once", "None")), told("default", "unspecified", false));
  assert.deepEqual(bootOf(system("Once", "UefiShell")), told("uefishell", "unspecified", false));
  for (const nothing of [undefined, {}, { Boot: 7 }, system(7, null)]) {
    assert.equal(bootOf(nothing), undefined);
  }
});

Deno.test("what is set is read back the same, for every device", () => {
  for (const nextdevice of BOOT_DEVICES) {
    for (const persistent of [true, false]) {
      const goal: BootDeviceGoal = { nextdevice, bootmode: "bios", persistent };
      const plan = bootPlan(goal, system("Disabled", "None", "Legacy"));
      assert(plan.ok);
      const { nextdevice: read, persistent: lasts } = bootOf(plan.value.patch) ?? {};
      assert.deepEqual(read, { value: nextdevice });
      assert.deepEqual(plan.value.values.nextdevice, read);
      assert.deepEqual(plan.value.values.persistent, lasts);
      assert.deepEqual(plan.value.values.bootmode, { value: "bios" });
    }
  }
});

Deno.test("a mode is asked for where one is wished, and else left as it is", () => {
  const plan = bootPlan({ nextdevice: "network" }, system("Disabled", "None", "UEFI"));
  assert(plan.ok);
  assert.deepEqual(plan.value.patch, {
    Boot: { BootSourceOverrideEnabled: "Once", BootSourceOverrideTarget: "Pxe" },
  });
  assert.deepEqual(plan.value.values, told("network", "uefi", false));
});

Deno.test("a device or a mode that the controller does not know is refused by its name", () => {
  const Boot = {
    "BootSourceOverrideTarget@Redfish.AllowableValues": ["Pxe", "Hdd"],
    "BootSourceOverrideMode@Redfish.AllowableValues": ["UEFI"],
  };
  const refusals = [
    bootPlan({ nextdevice: "floppy" }, { Boot }),
    bootPlan({ nextdevice: "hd", bootmode: "bios" }, { Boot }),
    bootPlan({ nextdevice: "hd" }, {}),
  ].map((plan) => plan.ok ? "taken" : plan.refusal.message);
  assert.match(refusals[0] ?? "", /cannot boot from floppy \(Floppy\); it knows Pxe,Hdd/);
  assert.match(refusals[1] ?? "", /mode bios \(Legacy\); it knows UEFI/);
  assert.match(refusals[2] ?? "", /does not offer/);
  assert(bootPlan({ nextdevice: "default" }, { Boot }).ok);
});
