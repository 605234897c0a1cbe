import { deepEqual, equal } from "node:assert/strict";
import fc from "fast-check";

import { toHex } from "../../src/base/bytes.ts";
import { MAX_CLOCK_LEAD_MS } from "../../src/base/limits.ts";
import { type MemberId, memberId } from "../../src/model/member.ts";
import { compareStamps, OBSERVED_FACTS, type ObservedCell } from "../../src/model/observed.ts";
import { ObservedMap } from "../../src/replica/observed.ts";
import { observedBytes } from "./observed_bytes.ts";

const A = memberId("000000000000000a"), B = memberId("000000000000000b");
/** By the clock of every test, unless it says otherwise. */
const NOON_MS = 1_800_000_000_000;
const HLC = NOON_MS * 1024;
const EVER = Number.MAX_SAFE_INTEGER;

/** Few of everything, so that they meet; two values of one stamp among them. */
const CELL: fc.Arbitrary<ObservedCell> = fc.record({
  node: fc.constantFrom("n1", "n2", "n3", "n4", "n5"),
  fact: fc.constantFrom(...OBSERVED_FACTS),
  value: fc.constantFrom("", "on", "off", "warning"),
  stamp: fc.record({
    epoch: fc.nat(3),
    hlc: fc.nat(3).map((more) => HLC + more),
    by: fc.constantFrom(A, B),
  }),
});
const CELLS = fc.array(CELL, { maxLength: 40 });

function mapOf(...parts: readonly (readonly ObservedCell[])[]): ObservedMap {
  const map = new ObservedMap();
  for (const part of parts) map.join(part, NOON_MS);
  return map;
}

function bytes(...parts: readonly (readonly ObservedCell[])[]): string {
  return toHex(observedBytes(mapOf(...parts)));
}

function wrote(
  map: ObservedMap,
  node: string,
  value: string,
  { epoch = 1, by = A, wallMs = NOON_MS }: { epoch?: number; by?: MemberId; wallMs?: number } = {},
): boolean {
  return map.write(node, [["power", value], ["seen", ""]], { epoch, by, wallMs });
}

function power(map: ObservedMap, node: string): string | undefined {
  return map.cell(node, "power")?.value;
}

Deno.test("the laws: joining is idempotent, commutative and associative, to the byte", () => {
  fc.assert(fc.property(CELLS, CELLS, CELLS, (a, b, c) => {
    equal(bytes(a, a), bytes(a));
    equal(bytes(a, b), bytes(b, a));
    const ab = [...mapOf(a, b).cells()], bc = [...mapOf(b, c).cells()];
    equal(bytes(ab, c), bytes(a, bc));
  }));
});

Deno.test("cells in any order, twice, or in parts come to the same, sums and all", () => {
  const shuffled = CELLS.chain((cells) =>
    fc.tuple(
      fc.constant(cells),
      fc.shuffledSubarray([...cells, ...cells], {
        minLength: cells.length * 2,
      }),
      fc.nat(80),
    )
  );
  fc.assert(fc.property(shuffled, ([cells, again, cut]) => {
    const once = mapOf(cells), parts = mapOf(again.slice(0, cut), again.slice(cut));
    equal(toHex(observedBytes(parts)), toHex(observedBytes(once)));
    deepEqual(parts.sums, once.sums);
  }));
});

Deno.test("what is held has the greatest stamp of its fact, and join tells what was new", () => {
  fc.assert(fc.property(CELLS, CELLS, (a, b) => {
    const map = mapOf(a), before = new Map([...map.cells()].map((cell) => [keyOf(cell), cell]));
    const told = map.join(b, NOON_MS);
    for (const cell of map.cells()) {
      const rivals = [...a, ...b].filter((one) => keyOf(one) === keyOf(cell));
      const best = rivals.toSorted((x, y) =>
        compareStamps(x.stamp, y.stamp) || (x.value < y.value ? -1 : 1)
      ).at(-1);
      deepEqual(cell, best);
      const wasThere = JSON.stringify(before.get(keyOf(cell))) === JSON.stringify(cell);
      const lastTold = told.findLast((one) => keyOf(one) === keyOf(cell));
      deepEqual(lastTold, wasThere ? undefined : cell);
    }
  }));
});

function keyOf({ node, fact }: ObservedCell): string {
  return `${node} ${fact}`;
}

Deno.test("who took a node over wins, however late the clock of who lost it is", () => {
  const map = new ObservedMap();
  wrote(map, "n1", "on", { epoch: 5, by: A, wallMs: NOON_MS + 9_000 });
  equal(wrote(map, "n1", "off", { epoch: 6, by: B }), true);
  equal(wrote(map, "n1", "on", { epoch: 5, by: A, wallMs: NOON_MS + 9_500 }), false);
  equal(power(map, "n1"), "off");
});

Deno.test("a member whose right is counted anew, lower, goes on; not so where it lost it", () => {
  const map = new ObservedMap();
  wrote(map, "n1", "on", { epoch: 9 });
  equal(wrote(map, "n1", "off", { epoch: 4 }), true);
  equal(power(map, "n1"), "off");
  wrote(map, "n1", "on", { epoch: 10, by: B });
  equal(wrote(map, "n1", "off", { epoch: 4 }), false);
  equal(power(map, "n1"), "on");
});

Deno.test("what a member writes wins against what it wrote, though its clock was set back", () => {
  const map = new ObservedMap();
  for (const setBackMs of [0, 5_000, 3_600_000]) {
    const value = `at ${setBackMs}`;
    equal(wrote(map, "n1", value, { wallMs: NOON_MS - setBackMs }), true);
    equal(power(map, "n1"), value);
  }
  const stamps = [...map.cells()].map(({ stamp }) => stamp.hlc);
  equal(Math.max(...stamps) < (NOON_MS - 3_500_000) * 1024, true, "the wrong time is kept nowhere");
});

Deno.test("so it does after a restart, once it was told what it knew", () => {
  const before = new ObservedMap(), after = new ObservedMap();
  wrote(before, "n1", "on");
  after.join(before.cells(), NOON_MS);
  equal(wrote(after, "n1", "off", { wallMs: NOON_MS - 5_000 }), true);
  before.join(after.cells(), NOON_MS);
  equal(power(before, "n1"), "off");
});

Deno.test("a stamp too far ahead is not taken, and drags no clock", () => {
  const ahead = (ms: number): ObservedCell => ({
    node: "n1",
    fact: "power",
    value: "on",
    stamp: { epoch: 1, hlc: (NOON_MS + ms) * 1024, by: B },
  });
  const map = new ObservedMap();
  deepEqual(map.join([ahead(MAX_CLOCK_LEAD_MS + 1)], NOON_MS), []);
  equal(map.size, 0);
  equal(map.join([ahead(MAX_CLOCK_LEAD_MS)], NOON_MS).length, 1);
  wrote(map, "n2", "off");
  equal(map.cell("n2", "power")?.stamp.hlc, HLC);
});

Deno.test("what turns out to be from the future is dropped by the sweep", () => {
  const map = new ObservedMap();
  wrote(map, "n1", "on", { wallMs: NOON_MS + 3_600_000 });
  wrote(map, "n2", "on", { wallMs: NOON_MS });
  map.sweep(() => false, NOON_MS, 10);
  equal(power(map, "n1"), undefined);
  equal(power(map, "n2"), "on");
  equal(map.size, 1);
});

Deno.test("a sweep drops what is gone, a part of it at a time, and its slot is used again", () => {
  const map = new ObservedMap();
  for (let i = 1; i <= 9; i++) wrote(map, `n${i}`, "on", { epoch: i });
  const isGone = (node: string, epoch: number): boolean => node === "n1" || epoch === 9;
  map.sweep(isGone, NOON_MS, 5);
  equal(map.size, 8);
  map.sweep(isGone, NOON_MS, 5);
  equal(map.size, 7);
  wrote(map, "other", "off");
  deepEqual(map.differing(map.sums, 0, EVER), { cells: [], next: undefined });
  const left = [...map.cells()].filter(({ fact }) => fact === "power").map(({ node }) => node);
  deepEqual(left, ["n2", "n3", "n4", "n5", "n6", "n7", "n8", "other"]);
  deepEqual(map.since(0, EVER).cells.at(-1)?.node, "other");
  map.sweep(() => true, NOON_MS, 100);
  equal(map.size, 0);
  deepEqual(map.sums, new ObservedMap().sums);
  deepEqual(map.since(0, EVER).cells, []);
});

Deno.test("what is gone is no news, nor is what others say of the node in its slot", () => {
  const map = new ObservedMap();
  wrote(map, "n1", "on");
  const [cell] = map.cells();
  map.sweep(() => true, NOON_MS, 100);
  map.join([{ ...cell as ObservedCell, node: "n2" }], NOON_MS);
  deepEqual(map.since(0, EVER).cells, []);
});

Deno.test("nodes beyond the limit are not taken, those that are there go on", () => {
  const map = new ObservedMap(2);
  equal(wrote(map, "n1", "on"), true);
  equal(wrote(map, "n2", "on"), true);
  equal(wrote(map, "n3", "on"), false);
  deepEqual(map.join([{ ...map.cell("n1", "power") as ObservedCell, node: "n4" }], NOON_MS), []);
  equal(wrote(map, "n1", "off"), true);
  map.sweep((node) => node === "n2", NOON_MS, 100);
  equal(wrote(map, "n3", "on"), true);
});

Deno.test("news is what was written here, oldest first, each node once as it is now", () => {
  const map = new ObservedMap();
  map.join(
    [{ node: "m1", fact: "power", value: "on", stamp: { epoch: 1, hlc: HLC, by: B } }],
    NOON_MS,
  );
  for (const node of ["n1", "n2", "n3", "n1"]) wrote(map, node, node === "n1" ? "off" : "on");
  const news = (from: number): string[] =>
    map.since(from, EVER).cells.filter(({ fact }) => fact === "power").map(({ node }) => node);
  deepEqual(news(0), ["n2", "n3", "n1"]);
  deepEqual(news(2), ["n3", "n1"]);
  deepEqual(map.since(4, EVER), { cells: [], upTo: 4 });
});

Deno.test("news in parts of any size is all the news, and goes on behind what was told", () => {
  const writes = fc.array(fc.constantFrom("n1", "n2", "n3", "n4"), { maxLength: 12 });
  fc.assert(fc.property(writes, fc.integer({ min: 1, max: 200 }), (nodes, size) => {
    const map = new ObservedMap(), copy = new ObservedMap();
    for (const node of nodes) wrote(map, node, "on");
    let at = 0, parts = 0;
    while (at < map.version) {
      const { cells, upTo } = map.since(at, size);
      equal(upTo > at, true);
      copy.join(cells, NOON_MS);
      at = upTo;
      equal(++parts <= nodes.length, true);
    }
    equal(toHex(observedBytes(copy)), toHex(observedBytes(map)));
  }));
});

Deno.test("who is told what differs, in parts of any size, knows as much afterwards", () => {
  fc.assert(fc.property(CELLS, CELLS, fc.integer({ min: 1, max: 200 }), (a, b, size) => {
    const map = mapOf(a), copy = mapOf(b);
    for (let from: number | undefined = 0; from !== undefined;) {
      const part = map.differing(copy.sums, from, size);
      copy.join(part.cells, NOON_MS);
      from = part.next;
    }
    equal(toHex(observedBytes(copy)), bytes(a, b));
  }));
});

Deno.test("where sums agree nothing is told, and where one cell differs only its bucket is", () => {
  const map = new ObservedMap(), copy = new ObservedMap();
  for (let i = 0; i < 5_000; i++) wrote(map, `n${i}`, "on");
  copy.join(map.cells(), NOON_MS);
  deepEqual(map.differing(copy.sums, 0, EVER), { cells: [], next: undefined });
  wrote(map, "n17", "off");
  const { cells } = map.differing(copy.sums, 0, EVER);
  equal(cells.some(({ node, value }) => node === "n17" && value === "off"), true);
  equal(cells.length < 60, true, `${cells.length} cells of 10,000`);
});
