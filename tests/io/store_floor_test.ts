import { deepEqual, equal, rejects } from "node:assert/strict";

import { toHex, utf8 } from "../../src/base/bytes.ts";
import type { Clock } from "../../src/io/clock.ts";
import {
  createFloor,
  FloorKeeper,
  MAX_TAG_BYTES,
  parseSlot,
  printSlot,
  readFloor,
} from "../../src/io/store_floor.ts";

const STILL: Clock = { now: () => ({ monoMs: 0, wallMs: 0 }), after: () => () => {} };

async function withFloor(run: (path: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "confluent-floor-" });
  try {
    await createFloor(`${folder}/floor`, { count: 0, tag: utf8("t") });
    await run(`${folder}/floor`);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

async function keeperOf(path: string): Promise<FloorKeeper> {
  const floor = await readFloor(path);
  if (floor === undefined) throw new Error("no floor");
  return await FloorKeeper.open(path, floor, STILL);
}

Deno.test("a slot on disk is these bytes", () => {
  const slot = printSlot({ sequence: 2, count: 300, tag: utf8("id") });
  equal(slot.length, 4096);
  equal(toHex(slot.subarray(0, 12)), "b4236db402ac020269640000");
});

Deno.test("a slot is read as it was written, or not at all", () => {
  const floor = { sequence: 9, count: 2 ** 40, tag: new Uint8Array(MAX_TAG_BYTES).fill(7) };
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

Deno.test("a commit's count is written when the next one begins, never before", async () => {
  await withFloor(async (path) => {
    const keeper = await keeperOf(path);
    for (let count = 1; count <= 4; count++) {
      keeper.commitBegins();
      await keeper.settle();
      equal((await readFloor(path))?.count, count - 1);
      keeper.commitReturned(count);
      equal((await readFloor(path))?.count, count - 1);
    }
    await keeper.close();
    deepEqual(await readFloor(path), { sequence: 5, count: 4, tag: utf8("t") });
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
    const keeper = await keeperOf(path);
    for (let count = 1; count <= 50; count++) {
      keeper.commitBegins();
      if (count < 50) keeper.commitReturned(count);
    }
    await keeper.settle();
    const floor = await readFloor(path);
    equal(floor?.count, 49);
    equal(floor?.sequence, 3, "one write for the first count, one for the rest");
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
