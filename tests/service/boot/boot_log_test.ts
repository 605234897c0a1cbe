import { deepEqual, equal, ok as holds } from "node:assert/strict";

import fc from "fast-check";

import {
  MAX_BOOT_EVENTS,
  MAX_BOOT_EVENTS_KEPT,
  MAX_BOOT_SUBJECTS,
  MAX_STRANGERS,
} from "../../../src/base/boot_limits.ts";
import type { BootEvent } from "../../../src/model/boot_event.ts";
import { BootLog, type Sighting } from "../../../src/service/boot/boot_log.ts";

const A = "52:54:00:00:00:0a", B = "52:54:00:00:00:0b";

function event(asked: string, atMs: number, more: Partial<BootEvent> = {}): BootEvent {
  return {
    atMs,
    topic: "dhcp",
    mac: A,
    asked,
    outcome: "answered",
    told: "OFFER",
    count: 1,
    ...more,
  };
}

function sighting(mac: string, why = "no node"): Sighting {
  return { mac, uuid: "", client: "iPXE", via: "eth0", relayAgent: "", why };
}

Deno.test("what happened is in order, of each machine its own; of nobody nothing", () => {
  const log = new BootLog();
  log.add("n1", event("DISCOVER", 1));
  log.add("n2", event("DISCOVER", 2));
  log.add("n1", event("REQUEST", 3));
  deepEqual(log.of("n1").map(({ asked, atMs }) => `${atMs} ${asked}`), ["1 DISCOVER", "3 REQUEST"]);
  equal(log.of("n2").length, 1);
  deepEqual(log.of("n3"), []);
});

Deno.test("what is the same as the last is counted, with its newest time", () => {
  const log = new BootLog();
  for (const atMs of [1, 2, 3]) log.add("n1", event("DISCOVER", atMs));
  deepEqual(log.of("n1"), [event("DISCOVER", 3, { count: 3 })]);
  const others: Partial<BootEvent>[] = [
    { told: "-" },
    { outcome: "left" },
    { topic: "tftp" },
    { mac: B },
    { asked: "REQUEST" },
  ];
  for (const other of others) {
    const one = new BootLog();
    one.add("n1", event("DISCOVER", 1));
    one.add("n1", { ...event("DISCOVER", 2), ...other });
    one.add("n1", event("DISCOVER", 3));
    deepEqual(one.of("n1").map(({ count }) => count), [1, 1, 1], JSON.stringify(other));
  }
});

Deno.test("of one machine so many are kept, the newest", () => {
  const log = new BootLog();
  const most = MAX_BOOT_EVENTS_KEPT;
  for (let i = 0; i < most + 5; i++) log.add("n1", event(`${i}`, i));
  deepEqual(log.of("n1").map(({ atMs }) => atMs), Array.from({ length: most }, (_, i) => i + 5));
});

Deno.test("of so many machines, those that did something last", () => {
  const log = new BootLog();
  log.add("early", event("DISCOVER", 0));
  for (let i = 0; i < MAX_BOOT_SUBJECTS - 1; i++) log.add(`n${i}`, event("DISCOVER", i));
  log.add("early", event("REQUEST", 1));
  log.add("new", event("DISCOVER", 2));
  deepEqual([log.of("early").length, log.of("n0").length, log.of("n1").length], [2, 0, 1]);
});

Deno.test("of all machines so many: those of the one that was silent longest go first", () => {
  const log = new BootLog();
  const machines = Math.ceil(MAX_BOOT_EVENTS / MAX_BOOT_EVENTS_KEPT);
  for (let machine = 0; machine < machines; machine++) {
    for (let i = 0; i < MAX_BOOT_EVENTS_KEPT; i++) log.add(`n${machine}`, event(`${i}`, i));
    if (machine === 1) log.add("n0", event("again", 1));
  }
  deepEqual(log.of("n1"), []);
  for (const name of ["n0", "n2", `n${machines - 1}`]) {
    equal(log.of(name).length, MAX_BOOT_EVENTS_KEPT, name);
  }
});

Deno.test("a stranger is counted since it was seen first, by what it says now", () => {
  const log = new BootLog();
  log.sighted(sighting(A, "first"), 10);
  log.sighted(sighting(B), 20);
  log.sighted(sighting(A, "second"), 30);
  deepEqual(log.strangers(), [
    { ...sighting(A, "second"), firstAtMs: 10, lastAtMs: 30, count: 2 },
    { ...sighting(B), firstAtMs: 20, lastAtMs: 20, count: 1 },
  ]);
  equal(log.stranger(A)?.count, 2);
  log.recognized(A);
  log.recognized("nobody");
  deepEqual([log.stranger(A), log.strangers().length], [undefined, 1]);
  log.sighted(sighting(A), 40);
  equal(log.stranger(A)?.firstAtMs, 40);
});

Deno.test("strangers are so many, the newest, in whatever order they come", () => {
  const log = new BootLog();
  for (let i = 0; i < MAX_STRANGERS; i++) log.sighted(sighting(`${i}`), i);
  log.sighted(sighting("0"), MAX_STRANGERS);
  log.sighted(sighting("new"), MAX_STRANGERS);
  const macs = log.strangers().map(({ mac }) => mac);
  deepEqual([macs.length, macs[0], macs[1], macs.at(-1)], [MAX_STRANGERS, "new", "0", "2"]);
});

Deno.test("it is as one that forgets nothing, in what it has", () => {
  const step = fc.tuple(fc.constantFrom("n1", "n2"), fc.constantFrom("a", "b"), fc.nat(9));
  fc.assert(fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
    const log = new BootLog();
    for (const [name, asked, atMs] of steps) log.add(name, event(asked, atMs));
    for (const name of ["n1", "n2"]) {
      const own = steps.filter(([subject]) => subject === name);
      equal(log.of(name).reduce((sum, { count }) => sum + count, 0), own.length);
      const runs = own.filter(([, asked], i) => asked !== own[i - 1]?.[1]).map(([, asked]) =>
        asked
      );
      deepEqual(log.of(name).map(({ asked }) => asked), runs.slice(-MAX_BOOT_EVENTS_KEPT));
      equal(log.of(name).at(-1)?.atMs, own.at(-1)?.[2]);
    }
  }));
});

Deno.test("machines that nobody knows cost the same however many came before", () => {
  const log = new BootLog();
  const batchMs: number[] = [];
  for (let batch = 0; batch < 10; batch++) {
    const startedAtMs = performance.now();
    for (let i = 0; i < 8_192; i++) {
      const mac = `${batch} ${i}`;
      log.add(mac, event("DISCOVER", i));
      log.sighted(sighting(mac), i);
    }
    batchMs.push(performance.now() - startedAtMs);
  }
  const early = Math.min(...batchMs.slice(1, 4)), late = Math.min(...batchMs.slice(5));
  holds(late < 6 * early + 10, `${early} ms before the bound, ${late} ms at it`);
});
