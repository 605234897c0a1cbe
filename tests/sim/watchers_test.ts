/** Watchers in worlds: all that can happen to one does, and what it is not told is missed. */
import { strict as assert } from "node:assert";
import { MAX_WATCH_BEHIND, MAX_WATCH_GAP_ROWS } from "../../src/base/limits.ts";
import type { Mutant } from "../../src/base/mutant.ts";
import { Violation } from "./checks.ts";
import { NO_FAULTS } from "./plan.ts";
import { HASTY, quietPlan } from "./scene.ts";
import type { WatchCounts, WatchersPlan } from "./watchers.ts";
import { World } from "./world.ts";

const PACE = { behind: MAX_WATCH_BEHIND, gapRows: MAX_WATCH_GAP_ROWS, partBytes: 1 };
const SLOW: WatchersPlan = { count: 2, everyMs: 100, most: 3, pace: { ...PACE, behind: 20 } };

/** Members that crash, forget their logs and copy from each other, and clients at all of them. */
function watched(seed: number, watchers: WatchersPlan, mutant?: Mutant): WatchCounts {
  const quiet = quietPlan(3, HASTY);
  const workload = { clients: 3, thinkMs: 20, keys: 3 };
  const chaos = { ...quiet.chaos, ...NO_FAULTS, everyMs: 800, crashes: true };
  const world = new World(seed, { mutant, plan: { ...quiet, workload, chaos, watchers } });
  world.workload.start();
  world.watchers.start();
  world.chaos.start();
  world.runUntil(6_000);
  world.chaos.calm();
  world.chaos.comeBack();
  world.workload.stop();
  world.checks.demandConvergence();
  world.checks.atTheEnd();
  return world.watchers.counts;
}

Deno.test("watchers are cut off, go on elsewhere through gaps and resets, and miss nothing", () => {
  const plans = [SLOW, { ...SLOW, pace: { ...PACE, behind: 3, gapRows: 2 } }];
  const all = plans.flatMap((plan) => [1, 2, 3].map((seed) => watched(seed, plan)));
  for (const what of Object.keys(all[0]!) as (keyof WatchCounts)[]) {
    const count = all.reduce((sum, counts) => sum + counts[what], 0);
    assert.ok(count > 10, `${what}: ${count}`);
  }
});

Deno.test("a last value that is skipped is found", () => {
  const found = [1, 2, 3, 4, 5].some((seed) => {
    try {
      watched(seed, SLOW, "watch-skips-last");
      return false;
    } catch (error) {
      assert.ok(error instanceof Violation);
      assert.match(error.message, /^watcher w\d at m\d has /);
      return true;
    }
  });
  assert.ok(found);
});
