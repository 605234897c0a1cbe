import { deepEqual, equal } from "node:assert/strict";

import { BOOT_AGAIN_MS } from "../../../src/base/boot_limits.ts";
import { ok, type Outcome, refused } from "../../../src/base/outcome.ts";
import { KeptOpen } from "../../../src/service/boot/kept_open.ts";
import { ManualClock } from "../../contract/link_bench.ts";

/** A port that others hold until they do not. */
class Port {
  readonly clock = new ManualClock();
  readonly lines: string[] = [];
  readonly kept: KeptOpen<string>;
  why: string | undefined = "port 67 is held by dnsmasq; stop it";
  tries = 0;
  changes = 0;

  constructor(open?: () => Promise<Outcome<string>>) {
    this.kept = new KeptOpen<string>({
      clock: this.clock,
      open: open ?? (() => {
        this.tries++;
        return this.why === undefined ? ok("a socket") : refused("unavailable", this.why);
      }),
      close: (thing) => void this.lines.push(`closed ${thing}`),
      changed: () => void this.changes++,
      tell: (line) => void this.lines.push(line),
    });
  }

  async goOn(ms: number): Promise<void> {
    this.clock.advance(ms);
    // What is under way goes to its end: nothing here waits for more than itself.
    for (let turn = 0; turn < 8; turn++) await Promise.resolve();
  }
}

Deno.test("what can be opened is open at once, and tried no more", async () => {
  const port = new Port();
  port.why = undefined;
  await port.kept.start();
  deepEqual([port.kept.thing, port.kept.why, port.changes], ["a socket", undefined, 1]);
  await port.goOn(10 * BOOT_AGAIN_MS);
  equal(port.tries, 1);
  await port.kept.close();
  deepEqual([port.lines, port.kept.thing], [["closed a socket"], undefined]);
});

Deno.test("what cannot is tried again and again, and each reason told once", async () => {
  const port = new Port();
  await port.kept.start();
  deepEqual([port.kept.thing, port.kept.why, port.changes], [undefined, port.why, 0]);
  for (let i = 0; i < 3; i++) await port.goOn(BOOT_AGAIN_MS);
  equal(port.tries, 4);
  await port.goOn(BOOT_AGAIN_MS - 1);
  equal(port.tries, 4);
  port.why = "permission denied";
  await port.goOn(1);
  await port.goOn(BOOT_AGAIN_MS);
  deepEqual(port.lines, [
    "port 67 is held by dnsmasq; stop it; tries again",
    "permission denied; tries again",
  ]);
  port.why = undefined;
  await port.goOn(BOOT_AGAIN_MS);
  deepEqual([port.kept.thing, port.kept.why, port.changes], ["a socket", undefined, 1]);
  equal(port.lines.length, 2);
});

Deno.test("once it is closed it is tried no more", async () => {
  const port = new Port();
  await port.kept.start();
  await port.kept.close();
  port.why = undefined;
  await port.goOn(10 * BOOT_AGAIN_MS);
  deepEqual([port.tries, port.kept.thing, port.changes], [1, undefined, 0]);
});

Deno.test("what opens after it was closed is closed, and nobody hears of it", async () => {
  const { promise, resolve } = Promise.withResolvers<Outcome<string>>();
  const port = new Port(() => promise);
  const started = port.kept.start();
  await port.kept.close();
  resolve(ok("a late socket"));
  await started;
  deepEqual([port.lines, port.kept.thing, port.changes], [["closed a late socket"], undefined, 0]);
});
