import { deepEqual, equal } from "node:assert/strict";

import fc from "fast-check";

import {
  bootFlags,
  CHASSIS_STATUS,
  chassisControl,
  GET_BOOT_FLAGS,
  identify,
  KEEP_BOOT_FLAGS,
  rawWords,
  readBootFlags,
} from "../../src/hardware/ipmi_request.ts";
import { BOOT_DEVICES, BOOT_MODES, type BootDeviceGoal } from "../../src/model/node_command.ts";

Deno.test("each request is the bytes that IPMI 2.0 has for it", () => {
  const words = (request: Parameters<typeof rawWords>[0]): string => rawWords(request).join(" ");
  equal(words(CHASSIS_STATUS), "raw 0x00 0x01");
  equal(words(chassisControl("off")), "raw 0x00 0x02 0x00");
  equal(words(chassisControl("on")), "raw 0x00 0x02 0x01");
  equal(words(chassisControl("reset")), "raw 0x00 0x02 0x03");
  equal(words(chassisControl("diag")), "raw 0x00 0x02 0x04");
  equal(words(chassisControl("shutdown")), "raw 0x00 0x02 0x05");
  equal(words(identify("on", true)), "raw 0x00 0x04 0xff 0x01");
  equal(words(identify("on", false)), "raw 0x00 0x04 0xff");
  equal(words(identify("off", false)), "raw 0x00 0x04 0x00");
  equal(words(GET_BOOT_FLAGS), "raw 0x00 0x09 0x05 0x00 0x00");
  equal(words(KEEP_BOOT_FLAGS), "raw 0x00 0x08 0x03 0x08");
});

Deno.test("what reads is said to change nothing, and all else to change something", () => {
  const reads = [CHASSIS_STATUS, GET_BOOT_FLAGS];
  const changes = [chassisControl("on"), identify("off", false), KEEP_BOOT_FLAGS];
  deepEqual(reads.map((request) => request.changes), [false, false]);
  deepEqual(changes.map((request) => request.changes), [true, true, true]);
  equal(bootFlags({ nextdevice: "hd" })?.changes, true);
});

Deno.test("boot flags have the device, the mode and whether they stay", () => {
  const bytes = (goal: BootDeviceGoal): string | undefined => {
    const request = bootFlags(goal);
    return request && rawWords(request).slice(3).join(" ");
  };
  equal(bytes({ nextdevice: "network" }), "0x05 0xa0 0x04 0x00 0x00 0x00");
  equal(bytes({ nextdevice: "hd", persistent: true }), "0x05 0xe0 0x08 0x00 0x00 0x00");
  equal(bytes({ nextdevice: "cd", bootmode: "uefi" }), "0x05 0xa0 0x14 0x00 0x00 0x00");
  equal(bytes({ nextdevice: "setup", bootmode: "bios" }), "0x05 0x80 0x18 0x00 0x00 0x00");
  equal(bytes({ nextdevice: "floppy" }), "0x05 0xa0 0x3c 0x00 0x00 0x00");
  equal(
    bytes({ nextdevice: "default", bootmode: "uefi", persistent: true }),
    "0x05 0x00 0x00 0x00 0x00 0x00",
  );
  equal(bytes({ nextdevice: "usb" }), undefined);
  equal(bytes({ nextdevice: "http" }), undefined);
});

Deno.test("what was set is what is read, but for what default and unspecified leave open", () => {
  const goal = fc.record({
    nextdevice: fc.constantFrom(...BOOT_DEVICES),
    bootmode: fc.constantFrom(...BOOT_MODES),
    persistent: fc.boolean(),
  });
  fc.assert(fc.property(goal, (wanted) => {
    const request = bootFlags(wanted);
    if (request === undefined) return;
    const read = readBootFlags([0x01, ...request.data]);
    if (wanted.nextdevice === "default") {
      deepEqual(read, { nextdevice: "default", bootmode: "unspecified", persistent: true });
    } else {
      deepEqual(read, { ...wanted, bootmode: wanted.bootmode === "uefi" ? "uefi" : "bios" });
    }
  }));
});

Deno.test("flags that are not valid any more say nothing, whatever device stands there", () => {
  const nothing = { nextdevice: "default", bootmode: "unspecified", persistent: true };
  deepEqual(readBootFlags([0x01, 0x05, 0x00, 0x04, 0, 0, 0]), nothing);
  deepEqual(readBootFlags([0x01, 0x85, 0xe0, 0x04, 0, 0, 0]), nothing);
});

Deno.test("devices that a controller offers over the network are of their kind", () => {
  equal(readBootFlags([0x01, 0x05, 0x80, 0x8 << 2])?.nextdevice, "cd");
  equal(readBootFlags([0x01, 0x05, 0x80, 0xb << 2])?.nextdevice, "hd");
  equal(readBootFlags([0x01, 0x05, 0x80, 0x7 << 2])?.nextdevice, "floppy");
});

Deno.test("any bytes are flags or make no sense", () => {
  const byte = fc.integer({ min: 0, max: 255 });
  fc.assert(fc.property(fc.array(byte, { maxLength: 9 }), (bytes) => {
    const read = readBootFlags(bytes);
    if (read !== undefined) equal(bytes.length >= 4, true);
  }));
  for (const bytes of [[], [1], [1, 5], [1, 5, 0x80], [2, 5, 0x80, 4], [1, 4, 0x80, 4]]) {
    equal(readBootFlags(bytes), undefined);
  }
  equal(readBootFlags([1, 5, 0x80, 0xe << 2]), undefined);
});
