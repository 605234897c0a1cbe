import { deepEqual, equal, notEqual, ok } from "node:assert/strict";
import fc from "fast-check";

import type { RowRecord } from "../../src/model/cell.ts";
import { CellMap } from "../../src/replica/cells.ts";
import {
  auditKey,
  bucketOf,
  BUCKETS,
  hashCell,
  hashText,
  rootOf,
  sumsFromBytes,
  sumsToBytes,
} from "../../src/replica/sums.ts";
import { sumsOf } from "./entries.ts";

const KEY = auditKey([{ epoch: 0, random: "a1".repeat(16) }]);

/** One step in the life of a cell map, whose index is its place. */
const STEP = fc.record({
  row: fc.constantFrom("node/n1", "node/n2", "node/n3"),
  attribute: fc.constantFrom("a", "b", "c"),
  value: fc.constantFrom(null, "", "x", "y"),
  does: fc.constantFrom("put", "put", "put", "drop", "collect", "join"),
});
const STEPS = fc.array(STEP, { maxLength: 60, size: "max" });

function run(steps: readonly (typeof STEP extends fc.Arbitrary<infer S> ? S : never)[]): CellMap {
  const map = new CellMap(KEY);
  for (const [i, { row, attribute, value, does }] of steps.entries()) {
    const stamp = i + 1;
    if (does === "put") map.put(row, attribute, { value, stamp });
    else if (does === "drop") map.drop(row, stamp);
    else if (does === "collect") map.collect(Math.floor(i / 2));
    else {
      const cells = [[attribute, { value, stamp: Math.max(1, i) }]] as const;
      map.join({ row, floor: Math.floor(i / 3), newest: stamp, cells });
    }
  }
  return map;
}

function recordsOf(map: CellMap): RowRecord[] {
  return [...map.allRows()].flatMap((row) => map.record(row) ?? []);
}

Deno.test("sums follow every change, and are what the rows come to when counted anew", () => {
  fc.assert(
    fc.property(STEPS, (steps) => {
      const map = run(steps);
      deepEqual(map.sums, sumsOf(recordsOf(map), KEY));
    }),
    { numRuns: 500 },
  );
});

Deno.test("equal states have equal sums, whatever way they came about; others have others", () => {
  fc.assert(
    fc.property(STEPS, fc.infiniteStream(fc.nat(1)), (steps, draws) => {
      const map = run(steps);
      const again = new CellMap(KEY);
      for (const record of recordsOf(map).reverse()) {
        for (const cell of record.cells) again.join({ ...record, cells: [cell] });
        again.join({ ...record, cells: draws.next().value === 0 ? [] : record.cells });
      }
      deepEqual(again.sums, map.sums);
      equal(rootOf(again.sums), rootOf(map.sums));
      again.put("node/n1", "z", { value: "other", stamp: 1000 });
      notEqual(rootOf(again.sums), rootOf(map.sums));
    }),
    { numRuns: 500 },
  );
});

Deno.test("a frozen copy does not change the sums, nor is it changed", () => {
  const map = new CellMap(KEY);
  map.put("node/n1", "a", { value: "x", stamp: 1 });
  const before = map.sums;
  map.frozen();
  map.sums.fill(7);
  deepEqual(map.sums, before);
});

Deno.test("every part of a cell counts: row, attribute, value and stamp, above 32 bits too", () => {
  const hashes = new Set<number>();
  const stamps = [1, 2, 2 ** 32, 2 ** 32 + 1, 2 ** 40];
  for (const row of [1, 2]) {
    for (const attribute of [1, 2]) {
      for (const value of [0, 1, 2]) {
        for (const stamp of stamps) hashes.add(hashCell(row, attribute, value, stamp));
      }
    }
  }
  equal(hashes.size, 2 * 2 * 3 * stamps.length);
});

Deno.test("texts have few collisions, other ones in each collective, and null is no text", () => {
  const other = auditKey([{ epoch: 0, random: "b2".repeat(16) }]);
  const texts = Array.from({ length: 20_000 }, (_, i) => `n${i}`);
  ok(new Set(texts.map((text) => hashText(KEY, text))).size > 19_995);
  ok(texts.every((text) => hashText(KEY, text) !== hashText(other, text)));
  equal(hashText(KEY, null), 0);
  notEqual(hashText(KEY, ""), 0);
  const buckets = new Set(texts.map((text) => bucketOf(hashText(KEY, text))));
  ok(buckets.size > BUCKETS * 0.97);
});

Deno.test("sums there and back as bytes, and nothing else", () => {
  const sums = Uint32Array.from({ length: BUCKETS }, (_, i) => Math.imul(i, 0x9e37_79b1));
  deepEqual(sumsFromBytes(sumsToBytes(sums)), sums);
  equal(sumsFromBytes(new Uint8Array()), undefined);
  equal(sumsFromBytes(new Uint8Array(BUCKETS * 4 + 1)), undefined);
});

Deno.test("the root differs wherever a single sum does", () => {
  const sums = new Uint32Array(BUCKETS);
  const roots = new Set([rootOf(sums)]);
  for (let i = 0; i < BUCKETS; i++) {
    sums[i] = 1;
    roots.add(rootOf(sums));
    sums[i] = 0;
  }
  equal(roots.size, BUCKETS + 1);
});
