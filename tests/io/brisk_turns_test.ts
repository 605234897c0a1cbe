import assert from "node:assert/strict";

import { BmcFault } from "../../src/io/bmc_fault.ts";
import { BriskTurns } from "../../src/io/brisk_turns.ts";
import { systemClock } from "../../src/io/clock.ts";
import { ConnectionPlaces } from "../../src/io/connection_places.ts";

const NEVER = new AbortController().signal;
const LONG_MS = 60_000;

/** What is given out so far, in order. */
function watched(taking: readonly Promise<() => void>[]): number[] {
  const given: number[] = [];
  taking.forEach((each, at) => void each.then(() => given.push(at), () => given.push(-at)));
  return given;
}

Deno.test("turns are given in order, so many at a time", async () => {
  const turns = new BriskTurns(systemClock, 2, LONG_MS);
  const taking = [1, 2, 3, 4].map(() => turns.take(NEVER));
  const given = watched(taking);
  const end = await taking[0]!;
  await taking[1];
  assert.deepEqual(given, [0, 1]);
  end();
  end(); // once is enough
  await taking[2];
  assert.deepEqual(given, [0, 1, 2]);
  for (const each of [1, 2]) (await taking[each]!)();
  (await taking[3]!)();
});

Deno.test("a turn that takes long counts no more", async () => {
  const turns = new BriskTurns(systemClock, 1, 10);
  await turns.take(NEVER); // and is never ended
  const end = await turns.take(NEVER);
  end();
});

Deno.test("whoever gives up waiting leaves its turn to the next", async () => {
  const turns = new BriskTurns(systemClock, 1, LONG_MS);
  const end = await turns.take(NEVER);
  const stop = new AbortController();
  const stopped = turns.take(stop.signal), next = turns.take(NEVER);
  stop.abort();
  await assert.rejects(stopped, (error) => error instanceof BmcFault && error.kind === "stopped");
  end();
  (await next)();
});

Deno.test("places are bounded; one that nobody uses is made free for who waits", async () => {
  let spare = 0;
  const leaves: (() => void)[] = [];
  const places = new ConnectionPlaces(2, () => {
    if (spare === 0) return;
    spare--;
    leaves.shift()?.();
  });
  for (let i = 0; i < 2; i++) leaves.push(await places.take(NEVER));
  const third = places.take(NEVER);
  assert.equal(places.held, 2);
  spare = 1;
  places.spared();
  leaves.push(await third);
  assert.equal(places.held, 2);
  const stop = new AbortController();
  const fourth = places.take(stop.signal);
  stop.abort();
  await assert.rejects(fourth, BmcFault);
  for (const leave of leaves) leave();
  assert.equal(places.held, 0);
});

Deno.test("after a rest few begin, and one more with each that is over", async () => {
  const turns = new BriskTurns(systemClock, 100, LONG_MS);
  const taking = Array.from({ length: 20 }, () => turns.take(NEVER));
  const given = watched(taking);
  const first = await Promise.all(taking.slice(0, 4));
  assert.equal(given.length, 4);
  first[0]!();
  await taking[5];
  assert.equal(given.length, 6);
  for (const end of first.slice(1)) end();
  await taking[11];
  assert.equal(given.length, 12);
  for (const each of taking) (await each)();
  // Nobody has a turn any more: it begins with few again.
  const anew = Array.from({ length: 20 }, () => turns.take(NEVER));
  const again = watched(anew);
  await anew[3];
  assert.equal(again.length, 4);
  for (const each of anew) (await each)();
});
