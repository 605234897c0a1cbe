import assert from "node:assert/strict";

import { healthValues } from "../../src/hardware/redfish_health.ts";

Deno.test("health is what is rolled up, else the machine's own, else unknown", () => {
  const health = (Status: unknown): unknown => healthValues({ Status }).health;
  assert.deepEqual(health({ HealthRollup: "Critical", Health: "OK" }), { value: "critical" });
  assert.deepEqual(health({ Health: "Warning" }), { value: "warning" });
  assert.deepEqual(health({ HealthRollup: "OK" }), { value: "ok" });
  for (const nothing of [undefined, 7, {}, { Health: "toString" }, { HealthRollup: null }]) {
    assert.deepEqual(health(nothing), { value: "unknown" });
  }
});

Deno.test("parts that are not well are named", () => {
  const { sensors } = healthValues({
    Status: {
      HealthRollup: "Critical",
      Conditions: [
        { Severity: "Critical", Message: "Fan 3 stands still." },
        { Severity: "OK", Message: "Fan 4 turns." },
      ],
    },
    ProcessorSummary: { Status: { Health: "OK" } },
    MemorySummary: { Status: { HealthRollup: "Warning" } },
  });
  const part = { value: null, units: null };
  assert.deepEqual(sensors, [
    { name: "Memory", ...part, states: ["warning"], health: "warning", type: "Memory" },
    {
      name: "System",
      ...part,
      states: ["Fan 3 stands still."],
      health: "critical",
      type: "System",
    },
  ]);
});
