import { deepEqual, equal } from "node:assert/strict";

import {
  MAX_BOOT_EVENTS,
  MAX_BOOT_EVENTS_KEPT,
  MAX_BOOT_TEXT_LENGTH,
  MAX_STRANGER_EVENTS_KEPT,
  MAX_STRANGERS,
} from "../../../src/base/boot_limits.ts";
import type { BootEvent } from "../../../src/model/boot_event.ts";
import { BootLog, type BootSubject } from "../../../src/service/boot/boot_log.ts";

function node(name: string): BootSubject {
  return { name, isNode: true };
}

function event(told: string, atMs: number): Omit<BootEvent, "count"> {
  return {
    ...{ atMs, topic: "dhcp", mac: "02:00:00:00:00:01" },
    ...{ asked: "DISCOVER", outcome: "answered", told },
  };
}

Deno.test("what is the same as the last is counted there, at its own time", () => {
  const log = new BootLog();
  for (const [told, atMs] of [["OFFER", 1], ["OFFER", 2], ["ACK", 3], ["OFFER", 4]] as const) {
    log.add(node("n1"), event(told, atMs));
  }
  deepEqual(log.of("n1").map(({ told, atMs, count }) => [told, atMs, count]), [
    ["OFFER", 2, 2],
    ["ACK", 3, 1],
    ["OFFER", 4, 1],
  ]);
  deepEqual(log.of("n2"), []);
});

Deno.test("a machine that searches by several ways at once has a line for each way", () => {
  const log = new BootLog();
  const search = (asked: string, told: string, atMs: number): Omit<BootEvent, "count"> => ({
    ...{ ...event(told, atMs), topic: "search", asked },
  });
  log.add(node("n1"), search("by IPv4", "answered", 1));
  log.add(node("n1"), event("OFFER", 2));
  for (const atMs of [3, 13, 23]) {
    log.add(node("n1"), search("by IPv4", "answered", atMs));
    log.add(node("n1"), search("by IPv6", atMs > 20 ? "no quorum" : "answered", atMs + 1));
  }
  deepEqual(log.of("n1").map(({ asked, told, atMs, count }) => [asked, told, atMs, count]), [
    ["by IPv4", "answered", 1, 1],
    ["DISCOVER", "OFFER", 2, 1],
    ["by IPv6", "answered", 14, 2],
    ["by IPv4", "answered", 23, 3],
    ["by IPv6", "no quorum", 24, 1],
  ]);
});

Deno.test("of a machine the newest are kept", () => {
  const log = new BootLog();
  for (let i = 0; i < MAX_BOOT_EVENTS_KEPT + 3; i++) log.add(node("n1"), event(`${i}`, i));
  const kept = log.of("n1");
  equal(kept.length, MAX_BOOT_EVENTS_KEPT);
  equal(kept[0]?.told, "3");
});

Deno.test("of all nodes so many are kept, those of the longest silent one go first", () => {
  const log = new BootLog();
  const machines = Math.ceil(MAX_BOOT_EVENTS / MAX_BOOT_EVENTS_KEPT);
  for (let machine = 0; machine < machines; machine++) {
    for (let i = 0; i < MAX_BOOT_EVENTS_KEPT; i++) log.add(node(`n${machine}`), event(`${i}`, i));
    if (machine === 1) log.add(node("n0"), event("again", 1));
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

Deno.test("strangers are kept less of, and take nothing from nodes, however many there are", () => {
  const log = new BootLog();
  log.add(node("n1"), event("OFFER", 1));
  const stranger = (i: number): BootSubject => ({ name: `s${i}`, isNode: false });
  for (let i = 0; i <= MAX_STRANGERS; i++) log.add(stranger(i), event("nothing", i));
  for (let i = 0; i < 100; i++) log.add(stranger(7), event(`${i}`, i));
  equal(log.of("n1").length, 1);
  deepEqual(log.of("s0"), []);
  equal(log.of("s1").length, 1);
  const last = Array.from({ length: MAX_STRANGER_EVENTS_KEPT }, (_, i) => `${i + 96}`);
  deepEqual(log.of("s7").map(({ told }) => told), last);
});

Deno.test("no text is kept that is longer than one would read", () => {
  const log = new BootLog();
  const asked = "x".repeat(2_000);
  for (let i = 0; i < 2; i++) log.add(node("n1"), { ...event("404", 1), asked });
  deepEqual(log.of("n1").map(({ asked, count }) => [asked, count]), [
    [`${"x".repeat(MAX_BOOT_TEXT_LENGTH)}...`, 2],
  ]);
});
