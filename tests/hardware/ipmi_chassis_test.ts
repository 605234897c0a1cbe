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
  const on = { does: "control", control: "on", until: "on", told: "on" };
  const reset = { does: "control", control: "reset", until: undefined, told: "reset" };
  deepEqual(powerStep("boot", "off"), on);
  deepEqual(powerStep("boot", "on"), reset);
  deepEqual(powerStep("reset", "on"), reset);
});

Deno.test("on, off and shutdown are waited for", () => {
  const off = { does: "control", until: "off", told: "off" };
  deepEqual(powerStep("on", "off"), { does: "control", control: "on", until: "on", told: "on" });
  deepEqual(powerStep("off", "on"), { ...off, control: "off" });
  deepEqual(powerStep("shutdown", "on"), { ...off, control: "shutdown" });
});

Deno.test("a machine that is off is never reset nor interrupted", () => {
  for (const goal of POWER_GOALS) {
    const step = powerStep(goal, "off");
    if (step.does === "control") equal(step.control, "on");
  }
  deepEqual(powerStep("reset", "off"), { does: "nothing" });
  deepEqual(powerStep("diag", "off"), { does: "nothing" });
  equal(powerStep("diag", "on").does, "control");
});
