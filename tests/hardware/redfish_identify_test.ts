import assert from "node:assert/strict";

import {
  chassisPathOf,
  hasLight,
  identifyValues,
  lightPatch,
} from "../../src/hardware/redfish_identify.ts";

Deno.test("the light is read by the newer property and the older", () => {
  const read = (document: unknown): unknown =>
    (identifyValues(document).identify as { readonly value: unknown }).value;
  assert.equal(read({ LocationIndicatorActive: true }), "on");
  assert.equal(read({ LocationIndicatorActive: false }), "off");
  assert.equal(read({ IndicatorLED: "Blinking", LocationIndicatorActive: true }), "blink");
  assert.equal(read({ IndicatorLED: "Lit" }), "on");
  for (const nothing of [undefined, {}, { IndicatorLED: "valueOf" }]) {
    assert.equal(read(nothing), "");
  }
});

Deno.test("it is set by the newer where it is there, and blinks by the older alone", () => {
  const both = { LocationIndicatorActive: false, IndicatorLED: "Off" };
  assert.deepEqual(lightPatch("on", both), { LocationIndicatorActive: true });
  assert.deepEqual(lightPatch("blink", both), { IndicatorLED: "Blinking" });
  assert.deepEqual(lightPatch("off", { IndicatorLED: "Lit" }), { IndicatorLED: "Off" });
  assert.equal(lightPatch("blink", { LocationIndicatorActive: true }), undefined);
  assert(hasLight(both) && !hasLight({ IndicatorLED: null }));
});

Deno.test("without one the chassis is looked at", () => {
  assert.equal(chassisPathOf({ Links: { Chassis: [{ "@odata.id": "/c/1" }] } }), "/c/1");
  assert.equal(chassisPathOf({ Links: { Chassis: {} } }), undefined);
});
