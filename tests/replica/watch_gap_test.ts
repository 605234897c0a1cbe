import { deepEqual } from "node:assert/strict";

import { atItsStamps, sortByStamp } from "../../src/replica/watch_gap.ts";

function changed(
  row: string,
  floor: number,
  ...stamps: number[]
): Parameters<typeof atItsStamps>[0] {
  return { row, floor, cells: stamps.map((stamp, i) => [`a${i}`, { value: "x", stamp }]) };
}

const ROWS = [changed("b", 0, 5, 3, 5), changed("a", 4, 5), changed("c", 2)];

Deno.test("rows come once for each stamp in them, by stamp and then by name", () => {
  deepEqual(sortByStamp(ROWS.flatMap((row) => atItsStamps(row, 9))), [
    { stamp: 2, row: "c" },
    { stamp: 3, row: "b" },
    { stamp: 4, row: "a" },
    { stamp: 5, row: "a" },
    { stamp: 5, row: "b" },
  ]);
});

Deno.test("what is newer than the end of the gap is left to its entries", () => {
  deepEqual(ROWS.flatMap((row) => atItsStamps(row, 4)), [
    { stamp: 3, row: "b" },
    { stamp: 4, row: "a" },
    { stamp: 2, row: "c" },
  ]);
});
