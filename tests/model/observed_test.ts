import { deepEqual, equal } from "node:assert/strict";

import { MAX_OBSERVED_VALUE_BYTES } from "../../src/base/limits.ts";
import { memberId } from "../../src/model/member.ts";
import type { NodeCommand, NodeValues } from "../../src/model/node_command.ts";
import {
  compareStamps,
  factOf,
  type ObservedStamp,
  type Sighting,
  sightingsOf,
  valuesOf,
} from "../../src/model/observed.ts";

const A = memberId("000000000000000a"), B = memberId("000000000000000b");
const POWER: NodeCommand = { path: "power/state" };
const HEALTH: NodeCommand = { path: "health/hardware" };

function seen(command: NodeCommand, values: NodeValues): Sighting[] {
  return sightingsOf(command, { node: "n1", values });
}

Deno.test("stamps: first the right, then the clock, then the member decides", () => {
  const rising: ObservedStamp[] = [
    { epoch: 1, hlc: 9, by: B },
    { epoch: 2, hlc: 1, by: B },
    { epoch: 2, hlc: 2, by: A },
    { epoch: 2, hlc: 2, by: B },
  ];
  for (const [i, a] of rising.entries()) {
    for (const [j, b] of rising.entries()) {
      equal(Math.sign(compareStamps(a, b)), Math.sign(i - j), `${i} ${j}`);
    }
  }
});

Deno.test("an answer says that the node was seen, and what it tells of power and health", () => {
  deepEqual(seen(POWER, { state: { value: "on" } }), [["seen", ""], ["power", "on"]]);
  deepEqual(seen(HEALTH, { health: { value: "ok" }, sensors: [] }), [["seen", ""], [
    "health",
    "ok",
  ]]);
  deepEqual(seen({ path: "identify" }, {}), [["seen", ""]]);
  deepEqual(sightingsOf(POWER, { node: "n1", errorcode: 504, error: "silent" }), []);
});

Deno.test("what was done to a node is not how it is", () => {
  const done = (set: "off" | "reset", value: string): Sighting[] =>
    seen({ path: "power/state", set }, { state: { value } });
  deepEqual(done("reset", "reset"), [["seen", ""]]);
  deepEqual(done("off", "off"), [["seen", ""], ["power", "off"]]);
});

Deno.test("what a driver did not say as it should is not kept", () => {
  for (const state of [undefined, null, "on", {}, { value: 1 }, { value: "x".repeat(600) }]) {
    deepEqual(seen(POWER, { state }), [["seen", ""]]);
  }
  deepEqual(seen(HEALTH, { health: { value: "two words" } }), [["seen", ""]]);
  deepEqual(seen(POWER, { state: { value: "\ud800" } }), [["seen", ""], ["power", "\ufffd"]]);
});

Deno.test("what is kept is told as the node told it; many sensors are left out", () => {
  const few = { health: { value: "warning" }, sensors: [{ name: "Fan 1", health: "warning" }] };
  const many = { ...few, sensors: Array.from({ length: 50 }, (_, i) => ({ name: `Fan ${i}` })) };
  for (const [values, told] of [[few, few], [many, { health: few.health }]] as const) {
    const [, [fact, value] = ["seen", ""] as const] = seen(HEALTH, values);
    equal(value.length <= MAX_OBSERVED_VALUE_BYTES, true);
    deepEqual(valuesOf({ fact, value }), told);
  }
  deepEqual(valuesOf({ fact: "power", value: "off" }), { state: { value: "off" } });
  deepEqual(valuesOf({ fact: "seen", value: "" }), {});
});

Deno.test("sensors that are no list, which only a peer can say, are left out", () => {
  for (const sensors of ["{}", "[", "", "1"]) {
    const told = valuesOf({ fact: "health", value: `critical ${sensors}` });
    deepEqual(told, { health: { value: "critical" } });
  }
});

Deno.test("only power and health are kept", () => {
  equal(factOf("power/state"), "power");
  equal(factOf("health/hardware"), "health");
  equal(factOf("identify"), undefined);
  equal(factOf("boot/nextdevice"), undefined);
});
