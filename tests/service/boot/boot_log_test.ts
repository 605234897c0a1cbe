import { deepEqual, equal } from "node:assert/strict";

import {
  MAX_BOOT_EVENTS,
  MAX_BOOT_EVENTS_KEPT,
  MAX_STRANGERS,
} from "../../../src/base/boot_limits.ts";
import type { BootEvent } from "../../../src/model/boot_event.ts";
import { BootLog } from "../../../src/service/boot/boot_log.ts";

function event(told: string, atMs: number): Omit<BootEvent, "count"> {
  return {
    ...{ atMs, topic: "dhcp", mac: "02:00:00:00:00:01" },
    ...{ asked: "DISCOVER", outcome: "answered", told },
  };
}

Deno.test("what is the same as the last is counted there, at its own time", () => {
  const log = new BootLog();
  for (const [told, atMs] of [["OFFER", 1], ["OFFER", 2], ["ACK", 3], ["OFFER", 4]] as const) {
    log.add("n1", event(told, atMs));
  }
  deepEqual(log.of("n1").map(({ told, atMs, count }) => [told, atMs, count]), [
    ["OFFER", 2, 2],
    ["ACK", 3, 1],
    ["OFFER", 4, 1],
  ]);
  deepEqual(log.of("n2"), []);
});

Deno.test("of a machine the newest are kept", () => {
  const log = new BootLog();
  for (let i = 0; i < MAX_BOOT_EVENTS_KEPT + 3; i++) log.add("n1", event(`${i}`, i));
  const kept = log.of("n1");
  equal(kept.length, MAX_BOOT_EVENTS_KEPT);
  equal(kept[0]?.told, "3");
});

Deno.test("of all machines so many are kept, those of the one that was silent longest go first", () => {
  const log = new BootLog();
  const machines = Math.ceil(MAX_BOOT_EVENTS / MAX_BOOT_EVENTS_KEPT);
  for (let machine = 0; machine < machines; machine++) {
    for (let i = 0; i < MAX_BOOT_EVENTS_KEPT; i++) log.add(`n${machine}`, event(`${i}`, i));
    if (machine === 1) log.add("n0", event("again", 1));
  }
  deepEqual(log.of("n1"), []);
  equal(log.of("n0").length, MAX_BOOT_EVENTS_KEPT);
  equal(log.of("n2").length, MAX_BOOT_EVENTS_KEPT);
  equal(log.of(`n${machines - 1}`).length, MAX_BOOT_EVENTS_KEPT);
});

Deno.test("of strangers the newest are kept, until one is known", () => {
  const log = new BootLog();
  const more = { uuid: "", client: "iPXE", via: "eth0", relayAgent: "", why: "unknown" };
  for (let i = 0; i <= MAX_STRANGERS; i++) log.sighted({ mac: `m${i}`, ...more }, i);
  log.sighted({ mac: "m1", ...more }, MAX_STRANGERS + 1);
  equal(log.stranger("m0"), undefined);
  equal(log.strangers().length, MAX_STRANGERS);
  deepEqual(log.strangers()[0], {
    ...{ mac: "m1", ...more, firstAtMs: 1, lastAtMs: MAX_STRANGERS + 1, count: 2 },
  });
  log.recognized("m1");
  equal(log.stranger("m1"), undefined);
});
