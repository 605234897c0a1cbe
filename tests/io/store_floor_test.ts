import { deepEqual, equal, rejects } from "node:assert/strict";

import { toHex } from "../../src/base/bytes.ts";
import { FLOOR_FILE_MS } from "../../src/base/limits.ts";
import type { Clock } from "../../src/io/clock.ts";
import {
  createFloor,
  FloorKeeper,
  parseSlot,
  printSlot,
  readFloor,
} from "../../src/io/store_floor.ts";
import { ManualClock } from "../contract/link_bench.ts";

const STILL: Clock = { now: () => ({ monoMs: 0, wallMs: 0 }), after: () => () => {} };

async function withFloor(run: (path: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "confluent-floor-" });
  try {
    await createFloor(`${folder}/floor`, 0);
    await run(`${folder}/floor`);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

async function keeperOf(path: string, clock: Clock = STILL): Promise<FloorKeeper> {
  const floor = await readFloor(path);
  if (floor === undefined) throw new Error("no floor");
  return await FloorKeeper.open(path, floor, clock);
}

Deno.test("a slot on disk is these bytes", () => {
  const slot = printSlot({ sequence: 2, count: 300 });
  equal(slot.length, 4096);
  equal(toHex(slot.subarray(0, 12)), "36f8ce4802ac020000000000");
});

Deno.test("a slot is read as it was written, or not at all", () => {
  const floor = { sequence: 9, count: 2 ** 40 };
  const slot = printSlot(floor);
  deepEqual(parseSlot(slot), floor);
  for (const at of [0, 4, 2000, 4095]) {
    const torn = slot.slice();
    torn[at] = (torn[at] as number) ^ 0x10;
    equal(parseSlot(torn), undefined);
  }
  equal(parseSlot(slot.subarray(1)), undefined);
  equal(parseSlot(new Uint8Array(4096)), undefined);
});

Deno.test("a commit's count is written a while after it returned, once for many", async () => {
  await withFloor(async (path) => {
    const clock = new ManualClock();
    const keeper = await keeperOf(path, clock);
    for (let count = 1; count <= 4; count++) {
      keeper.commitReturned(count);
      clock.advance(FLOOR_FILE_MS / 5);
      equal((await readFloor(path))?.count, 0);
    }
    clock.advance(FLOOR_FILE_MS);
    await keeper.settle();
    deepEqual(await readFloor(path), { sequence: 2, count: 4 });
    keeper.commitReturned(5);
    await keeper.close();
    deepEqual(await readFloor(path), { sequence: 3, count: 5 });
  });
});

Deno.test("slots are written in turn: one is whole while the other is written", async () => {
  await withFloor(async (path) => {
    const keeper = await keeperOf(path);
    const written: (number | undefined)[][] = [];
    for (let count = 1; count <= 3; count++) {
      keeper.commitReturned(count);
      await keeper.settle();
      const bytes = await Deno.readFile(path);
      written.push([0, 4096].map((at) => parseSlot(bytes.subarray(at, at + 4096))?.count));
    }
    deepEqual(written, [[1, 0], [1, 2], [3, 2]]);
    await keeper.close();
  });
});

Deno.test("a write waits for the one before it, and takes the newest count", async () => {
  await withFloor(async (path) => {
    const clock = new ManualClock();
    const keeper = await keeperOf(path, clock);
    for (let count = 1; count <= 50; count++) {
      keeper.commitReturned(count);
      clock.advance(FLOOR_FILE_MS);
    }
    // Nobody settles it: what came due during the first write follows by itself.
    while ((await readFloor(path))?.count !== 50);
    deepEqual(await readFloor(path), { sequence: 3, count: 50 }, "the first count, then the last");
    await keeper.close();
  });
});

Deno.test("a floor that is not there is NotFound, not an empty one", async () => {
  await withFloor(async (path) => {
    await rejects(async () => await readFloor(`${path}.none`), Deno.errors.NotFound);
    await Deno.truncate(path, 100);
    equal(await readFloor(path), undefined);
  });
});
