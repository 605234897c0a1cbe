import { deepEqual, equal } from "node:assert/strict";

import { LinkLanes } from "../../src/io/link_lanes.ts";

function frame(mark: number, bytes = 1): Uint8Array {
  return new Uint8Array(bytes).fill(mark);
}

function marksOf(frames: readonly Uint8Array[]): number[] {
  return frames.map((bytes) => bytes[0] as number);
}

Deno.test("what is urgent goes first, and the bulk one by one behind the rest", () => {
  const lanes = new LinkLanes();
  lanes.push(frame(1, 100_000), "bulk");
  lanes.push(frame(2, 100_000), "bulk");
  lanes.push(frame(3), "data");
  lanes.push(frame(4), "data");
  lanes.push(frame(5), "urgent");
  deepEqual(marksOf(lanes.take()), [5, 3, 4, 1]);
  deepEqual(marksOf(lanes.take()), [2]);
  equal(lanes.bytes, 0);
  deepEqual(lanes.take(), []);
});

Deno.test("a write holds entries of about 256 KiB, and at least one", () => {
  const lanes = new LinkLanes();
  for (let mark = 1; mark <= 4; mark++) lanes.push(frame(mark, 200_000), "data");
  lanes.push(frame(9), "bulk");
  deepEqual(marksOf(lanes.take()), [1, 2, 9]);
  lanes.push(frame(7), "urgent");
  deepEqual(marksOf(lanes.take()), [7, 3, 4]);
});

Deno.test("bytes are counted as they will be on the wire", () => {
  const lanes = new LinkLanes();
  lanes.push(frame(1, 10), "urgent");
  lanes.push(frame(2, 20), "bulk");
  equal(lanes.bytes, 38);
  lanes.clear();
  equal(lanes.bytes, 0);
  deepEqual(lanes.take(), []);
});
