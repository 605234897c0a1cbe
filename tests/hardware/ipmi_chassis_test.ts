import { deepEqual, equal } from "node:assert/strict";

import fc from "fast-check";

import { powerStep, readChassisStatus } from "../../src/hardware/ipmi_chassis.ts";
import { POWER_GOALS } from "../../src/model/node_command.ts";

Deno.test("the status tells power, faults and the light", () => {
  deepEqual(readChassisStatus([0x00, 0x00, 0x00]), { power: "off", identify: "", faults: [] });
  deepEqual(readChassisStatus([0x61, 0x10, 0x40]), { power: "on", identify: "off", faults: [] });
  equal(readChassisStatus([0x01, 0x00, 0x50])?.identify, "on", "for a time");
  equal(readChassisStatus([0x01, 0x00, 0x60, 0x00])?.identify, "on", "until it is put out");
  const names = (bytes: number[]): unknown =>
    readChassisStatus(bytes)?.faults.map(({ name, health }) => `${name}: ${health}`);
  deepEqual(names([0x1b, 0x00, 0x0c]), [
    "Power overload: critical",
    "Power fault: critical",
    "Power control fault: critical",
    "Drive fault: critical",
    "Cooling fault: critical",
  ]);
});

Deno.test("any bytes are a status or make no sense", () => {
  const byte = fc.integer({ min: 0, max: 255 });
  fc.assert(fc.property(fc.array(byte, { maxLength: 6 }), (bytes) => {
    equal(readChassisStatus(bytes) !== undefined, bytes.length >= 3);
  }));
});

Deno.test("what is there already needs nothing", () => {
  deepEqual(powerStep("on", "on"), { does: "nothing" });
  deepEqual(powerStep("off", "off"), { does: "nothing" });
  deepEqual(powerStep("shutdown", "off"), { does: "nothing" });
});

Deno.test("boot switches on what is off, and resets what runs", () => {
  deepEqual(powerStep("boot", "off"), { does: "control", control: "on", until: "on" });
  deepEqual(powerStep("boot", "on"), {
    does: "control",
    control: "reset",
    until: undefined,
    told: "reset",
  });
});

Deno.test("on, off and shutdown are waited for", () => {
  deepEqual(powerStep("on", "off"), { does: "control", control: "on", until: "on" });
  deepEqual(powerStep("off", "on"), { does: "control", control: "off", until: "off" });
  deepEqual(powerStep("shutdown", "on"), { does: "control", control: "shutdown", until: "off" });
});

Deno.test("a machine that is off is never reset nor interrupted", () => {
  for (const goal of POWER_GOALS) {
    const step = powerStep(goal, "off");
    if (step.does === "control") equal(step.control, "on");
  }
  equal(powerStep("reset", "off").does, "refuse");
  equal(powerStep("diag", "off").does, "refuse");
  equal(powerStep("reset", "on").does, "control");
});
