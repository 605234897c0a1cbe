/** I10: the same seed gives the same world, down to every byte that anybody says. */
import { strict as assert } from "node:assert";
import { crc32c } from "../../src/base/crc32c.ts";
import { MUTANTS } from "../../src/base/mutant.ts";
import { encodeEnvelope } from "../../src/wire/peer.ts";
import { findMutant } from "./mutants.ts";
import { runWorld, World } from "./world.ts";

/** Everything a world said and did, as one number a second. */
function trace(seed: number): { readonly sums: number[]; readonly story: string[] } {
  const world = new World(seed, { tells: true });
  let sum = 0;
  const send = world.network.send.bind(world.network);
  world.network.send = (from, to, envelope) => {
    sum = crc32c(encodeEnvelope(envelope), sum);
    send(from, to, envelope);
  };
  world.workload.start();
  world.chaos.start();
  const sums: number[] = [];
  for (let at = 1_000; at <= world.plan.stormMs; at += 1_000) {
    world.runUntil(at);
    sums.push(sum);
  }
  return { sums, story: world.story };
}

Deno.test("the same seed gives the same events, the same words and the same story", () => {
  let talking = 0;
  for (let seed = 1; seed <= 12; seed++) {
    const first = trace(seed);
    assert.deepEqual(trace(seed), first);
    if (first.sums.at(-1) !== 0) talking++;
  }
  assert.ok(talking > 6, "most worlds have more than one member");
});

Deno.test("another seed gives another world", () => {
  assert.notDeepEqual(trace(1).story, trace(2).story);
});

Deno.test("whether it keeps its story makes no difference to a world", () => {
  for (let seed = 20; seed < 24; seed++) {
    const { story: _, ...silent } = runWorld(seed);
    const { story: __, ...telling } = runWorld(seed, undefined, true);
    assert.deepEqual(silent, telling);
  }
});

/** Those that nearly every world finds; `deno task sim --mutant all` has patience for the rest. */
const QUICK = ["no-fsync", "no-duplicate-window", "no-pre-vote", "half-is-majority"] as const;

for (const mutant of QUICK) {
  Deno.test(`a deliberate bug is found: ${mutant}`, () => {
    assert.ok(MUTANTS.includes(mutant));
    assert.ok(findMutant({ mutant, first: 1, most: 40 }) !== undefined);
  });
}
