import { deepEqual, equal } from "node:assert/strict";
import fc from "fast-check";

import { concat, toHex } from "../../src/base/bytes.ts";
import type { Cell, RowRecord } from "../../src/model/cell.ts";
import { ROW_MARK } from "../../src/model/operation.ts";
import { CellMap } from "../../src/replica/cells.ts";
import { encodeRow } from "../../src/wire/record.ts";

/** What one index of the log did to one row: drops come first within an entry. */
interface Change {
  readonly row: string;
  readonly drops: boolean;
  readonly attribute: string | undefined;
  readonly clears: boolean;
}

const CHANGE: fc.Arbitrary<Change> = fc.record({
  row: fc.constantFrom("node/n1", "node/n2", "node/n10"),
  drops: fc.nat(4).map((n) => n === 0),
  attribute: fc.constantFrom(undefined, ROW_MARK, "a", "b", "c"),
  clears: fc.boolean(),
});
/** The change at place i is the one of index i + 1. */
const HISTORY = fc.array(CHANGE, { maxLength: 40, size: "max" });

function written(change: Change, stamp: number): Cell {
  return { value: change.clears ? null : `${change.attribute}${stamp}`, stamp };
}

/** The state at an index: a member that applied the log up to there. */
function stateAt(history: readonly Change[], index: number): CellMap {
  const map = new CellMap();
  for (const [i, change] of history.slice(0, index).entries()) {
    if (change.drops) map.drop(change.row, i + 1);
    if (change.attribute !== undefined) {
      map.put(change.row, change.attribute, written(change, i + 1));
    }
  }
  return map;
}

function recordsOf(map: CellMap): RowRecord[] {
  return [...map.allRows()].sort().flatMap((row) => map.record(row) ?? []);
}

/** The whole state as bytes. */
function bytesOf(map: CellMap): string {
  return toHex(concat(recordsOf(map).map(encodeRow)));
}

function joined(...records: readonly RowRecord[]): CellMap {
  const map = new CellMap();
  for (const record of records) map.join(record);
  return map;
}

/** A state cut into its smallest parts, one floor or one cell each, in the order of their keys. */
function partsOf(map: CellMap): RowRecord[] {
  return recordsOf(map).flatMap(({ row, floor, newest, cells }) => [
    ...(floor > 0 ? [{ row, floor, newest, cells: [] }] : []),
    ...cells.map((cell) => ({ row, floor: 0, newest, cells: [cell] })),
  ]);
}

function stampOf(part: RowRecord): number {
  return part.cells[0]?.[1].stamp ?? part.floor;
}

function keyOf(part: RowRecord): string {
  return `${part.row}\0${part.cells[0]?.[0] ?? ""}`;
}

/** Three things known of one history: states at some index, each with part of it lost. */
const THREE_STATES = fc.tuple(
  HISTORY,
  fc.array(fc.tuple(fc.nat(40), fc.infiniteStream(fc.nat(2))), { minLength: 3, maxLength: 3 }),
).map(([history, views]) =>
  views.map(([index, lost]) => {
    const kept = partsOf(stateAt(history, index)).filter(() => lost.next().value !== 0);
    return joined(...kept);
  }) as [CellMap, CellMap, CellMap]
);

function join(...maps: readonly CellMap[]): CellMap {
  return joined(...maps.flatMap(recordsOf));
}

Deno.test("join is idempotent, commutative and associative", () => {
  fc.assert(
    fc.property(THREE_STATES, ([a, b, c]) => {
      equal(bytesOf(join(a, a)), bytesOf(a));
      equal(bytesOf(join(a, b)), bytesOf(join(b, a)));
      equal(bytesOf(join(join(a, b), c)), bytesOf(join(a, join(b, c))));
    }),
    { numRuns: 500 },
  );
});

Deno.test("parts in any order, some twice, give the state they were cut from", () => {
  const cases = HISTORY.chain((history) => {
    const parts = partsOf(stateAt(history, history.length));
    const twice = fc.subarray(parts).map((again) => [...parts, ...again]);
    const order = twice.chain((all) =>
      fc.shuffledSubarray(all, { minLength: all.length, maxLength: all.length })
    );
    return fc.tuple(fc.constant(history), order);
  });
  fc.assert(
    fc.property(cases, ([history, parts]) => {
      const map = joined(...parts);
      const whole = stateAt(history, history.length);
      equal(bytesOf(map), bytesOf(whole));
      for (const row of whole.allRows()) equal(map.newest(row), whole.newest(row), row);
    }),
    { numRuns: 500 },
  );
});

Deno.test("the state is what a map of last writes and last drops says", () => {
  fc.assert(
    fc.property(HISTORY, (history) => {
      const map = stateAt(history, history.length);
      for (const row of ["node/n1", "node/n2", "node/n10"]) {
        const ofRow = history.map((change, i) => ({ change, stamp: i + 1 }))
          .filter(({ change }) => change.row === row);
        const floor = ofRow.findLast(({ change }) => change.drops)?.stamp ?? 0;
        const last = ofRow.findLast(({ change }) => change.drops || change.attribute !== undefined);
        equal(map.newest(row), last?.stamp ?? 0);
        equal(map.record(row)?.floor ?? 0, floor);
        for (const attribute of [ROW_MARK, "a", "b", "c"]) {
          const write = ofRow.findLast(({ change }) => change.attribute === attribute);
          const lives = write !== undefined && write.stamp >= floor;
          const cell = lives ? written(write.change, write.stamp) : undefined;
          deepEqual(map.cell(row, attribute), cell);
          equal(map.value(row, attribute), cell?.value ?? null);
        }
      }
    }),
    { numRuns: 500 },
  );
});

/** Who receives, and who sends: an index each, of one history; and where the first is cut off. */
const CATCH_UP = fc.tuple(HISTORY, fc.nat(40), fc.nat(40), fc.nat(40), fc.nat(60)).map(
  ([history, a, b, c, sent]) => {
    const [from, first, second] = [a, b, c].map((i) => Math.min(i, history.length))
      .sort((x, y) => x - y) as [number, number, number];
    return { history, from, first, second, sent };
  },
);

function newerThan(map: CellMap, index: number): RowRecord[] {
  return partsOf(map).filter((part) => stampOf(part) > index);
}

Deno.test("what is newer than my index brings me to the sender's, part by part", () => {
  fc.assert(
    fc.property(CATCH_UP, ({ history, from, second }) => {
      const receiver = stateAt(history, from);
      for (const part of newerThan(stateAt(history, second), from).reverse()) receiver.join(part);
      equal(bytesOf(receiver), bytesOf(stateAt(history, second)));
    }),
    { numRuns: 500 },
  );
});

Deno.test("cut off in the middle, another sender further on ends what the first began", () => {
  fc.assert(
    fc.property(CATCH_UP, ({ history, from, first, second, sent }) => {
      const receiver = stateAt(history, from);
      const before = newerThan(stateAt(history, first), from).slice(0, sent);
      for (const part of before) receiver.join(part);
      const reached = before.map(keyOf).at(-1) ?? "";
      for (const part of partsOf(stateAt(history, second))) {
        if (stampOf(part) > (keyOf(part) > reached ? from : first)) receiver.join(part);
      }
      equal(bytesOf(receiver), bytesOf(stateAt(history, second)));
    }),
    { numRuns: 500 },
  );
});

Deno.test("two senders at once, their parts mixed at random, give the later one's state", () => {
  const mixed = CATCH_UP.chain((course) => {
    const parts = [course.first, course.second].flatMap((index) =>
      newerThan(stateAt(course.history, index), course.from)
    );
    const order = fc.shuffledSubarray(parts, { minLength: parts.length });
    return fc.tuple(fc.constant(course), order);
  });
  fc.assert(
    fc.property(mixed, ([{ history, from, second }, parts]) => {
      const receiver = stateAt(history, from);
      for (const part of parts) receiver.join(part);
      equal(bytesOf(receiver), bytesOf(stateAt(history, second)));
    }),
    { numRuns: 500 },
  );
});

Deno.test("the greater stamp wins, and what changes nothing says so", () => {
  const map = new CellMap();
  equal(map.put("r", "a", { value: "five", stamp: 5 }), true);
  equal(map.put("r", "a", { value: "five", stamp: 5 }), false);
  equal(map.put("r", "a", { value: "four", stamp: 4 }), false);
  equal(map.value("r", "a"), "five");
  equal(map.put("r", "a", { value: "six", stamp: 6 }), true);
  equal(map.value("r", "a"), "six");
});

Deno.test("a cell whose stamp equals its row's floor lives, one below it is gone", () => {
  const map = new CellMap();
  map.put("r", "a", { value: "four", stamp: 4 });
  map.put("r", "b", { value: "five", stamp: 5 });
  equal(map.drop("r", 5), true);
  equal(map.cell("r", "a"), undefined);
  equal(map.value("r", "b"), "five");
  equal(map.put("r", "a", { value: "late", stamp: 4 }), false);
  equal(map.put("r", "c", { value: "five", stamp: 5 }), true);
  equal(map.drop("r", 5), false);
  equal(map.drop("r", 3), false);
  deepEqual(map.record("r"), {
    row: "r",
    floor: 5,
    newest: 5,
    cells: [["b", { value: "five", stamp: 5 }], ["c", { value: "five", stamp: 5 }]],
  });
});

Deno.test("a row dropped before anything was heard of it takes no late cells", () => {
  const map = joined({ row: "r", floor: 7, newest: 7, cells: [] }, {
    row: "r",
    floor: 0,
    newest: 0,
    cells: [["a", { value: "late", stamp: 6 }]],
  });
  equal(map.cell("r", "a"), undefined);
  equal(map.newest("r"), 7);
});

Deno.test("newest counts sets, clears and drops, and never falls", () => {
  const map = new CellMap();
  equal(map.newest("r"), 0);
  map.put("r", "a", { value: "x", stamp: 3 });
  equal(map.newest("r"), 3);
  map.put("r", "b", { value: "x", stamp: 2 });
  equal(map.newest("r"), 3);
  map.put("r", "a", { value: null, stamp: 4 });
  equal(map.newest("r"), 4);
  map.drop("r", 6);
  equal(map.newest("r"), 6);
  map.drop("s", 8);
  equal(map.newest("s"), 8);
  equal(map.newest("r"), 6);
});

Deno.test("a tombstone holds no value, but keeps its place against an older write", () => {
  const map = new CellMap();
  map.put("r", ROW_MARK, { value: "", stamp: 1 });
  map.put("r", "a", { value: "x", stamp: 2 });
  map.put("r", "b", { value: "y", stamp: 2 });
  map.put("r", "a", { value: null, stamp: 3 });
  equal(map.value("r", "a"), null);
  deepEqual(map.cell("r", "a"), { value: null, stamp: 3 });
  deepEqual([...map.valuesOf("r")], [["b", "y"]]);
  equal(map.put("r", "a", { value: "x", stamp: 2 }), false);
  deepEqual(map.record("r")?.cells.map(([attribute]) => attribute), [ROW_MARK, "a", "b"]);
});

Deno.test("a row exists while it holds its mark, and leaves a trace when dropped", () => {
  const map = new CellMap();
  map.put("node/n1", ROW_MARK, { value: "", stamp: 1 });
  map.put("node/n2", "a", { value: "no mark", stamp: 2 });
  map.put("user/u1", ROW_MARK, { value: "", stamp: 3 });
  map.put("node/n3", ROW_MARK, { value: "", stamp: 4 });
  map.drop("node/n3", 5);
  deepEqual(["node/n1", "node/n2", "node/n3", "node/n4"].filter((row) => map.exists(row)), [
    "node/n1",
  ]);
  deepEqual([...map.rows("node/")], ["node/n1"]);
  deepEqual([...map.allRows()].sort(), ["node/n1", "node/n2", "node/n3", "user/u1"]);
  equal(map.record("node/n4"), undefined);
});

Deno.test("what is newer, row by row, joined to the older state gives the newer", () => {
  fc.assert(
    fc.property(CATCH_UP, ({ history, from, second }) => {
      const receiver = stateAt(history, from);
      const sender = stateAt(history, second);
      for (const record of sender.changedSince(from)) {
        for (const [, { stamp }] of record.cells) equal(stamp > from, true);
        receiver.join(record);
      }
      equal(bytesOf(receiver), bytesOf(sender));
    }),
    { numRuns: 500 },
  );
});

Deno.test("what is frozen stays as it was, to the byte", () => {
  fc.assert(
    fc.property(CATCH_UP, ({ history, from, first, second }) => {
      const map = stateAt(history, first);
      const frozen = map.frozen();
      for (const [i, change] of history.slice(0, second).entries()) {
        if (i < first) continue;
        if (change.drops) map.drop(change.row, i + 1);
        if (change.attribute !== undefined) {
          map.put(change.row, change.attribute, written(change, i + 1));
        }
      }
      map.collect(second);
      const then = stateAt(history, first);
      equal(bytesOf(frozen as CellMap), bytesOf(then));
      deepEqual([...frozen.changedSince(from)], [...then.changedSince(from)]);
      for (const row of then.allRows()) equal(frozen.value(row, "a"), then.value(row, "a"));
    }),
    { numRuns: 500 },
  );
});

Deno.test("tombstones collected before a delta or after it: the same state, none left", () => {
  fc.assert(
    fc.property(CATCH_UP, ({ history, from: floor, first: from, second }) => {
      const early = stateAt(history, from);
      early.collect(floor);
      const sender = stateAt(history, second);
      sender.collect(floor);
      const receiver = stateAt(history, from);
      for (const part of [...sender.changedSince(from)].reverse()) receiver.join(part);
      receiver.collect(floor);
      for (const record of sender.changedSince(from)) early.join(record);
      equal(bytesOf(receiver), bytesOf(sender));
      equal(bytesOf(early), bytesOf(sender));
      for (const { floor: dropped, cells } of recordsOf(sender)) {
        equal(dropped === 0 || dropped > floor, true);
        for (const [, { value, stamp }] of cells) equal(value !== null || stamp > floor, true);
      }
      for (const row of stateAt(history, second).rows("")) equal(sender.exists(row), true);
    }),
    { numRuns: 500 },
  );
});

Deno.test("cells and tombstones are counted as they come and go", () => {
  fc.assert(
    fc.property(CATCH_UP, ({ history, from: floor, second }) => {
      const map = stateAt(history, second);
      const count = (): void => {
        const rows = recordsOf(map);
        const cells = rows.flatMap((row) => row.cells);
        equal(map.size, cells.length);
        const floors = rows.filter((row) => row.floor > 0).length;
        equal(map.tombstones, floors + cells.filter(([, { value }]) => value === null).length);
      };
      count();
      map.collect(floor);
      count();
    }),
  );
});
