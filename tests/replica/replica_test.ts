import { deepEqual, equal, throws } from "node:assert/strict";

import { ByteWriter, MalformedError } from "../../src/base/bytes.ts";
import type { RowRecord } from "../../src/model/cell.ts";
import {
  type Guard,
  type Operation,
  type OperationId,
  ROSTER_ROW,
  ROW_MARK,
  type Verdict,
} from "../../src/model/operation.ts";
import { Replica } from "../../src/replica/replica.ts";
import { encodeBody } from "../../src/wire/entry.ts";
import {
  by,
  clear,
  create,
  drop,
  entryAt,
  guard,
  id,
  MS,
  roster,
  rosterOf,
  set,
  stateOf,
} from "./entries.ts";

const APPLIED: Verdict = { result: "applied" };

/** Applies one entry after the last, and returns its verdict. */
function apply(replica: Replica, operations: readonly Operation[], id?: OperationId): Verdict {
  return replica.apply(entryAt(replica.applied + 1, { operations, id })).verdict;
}

function refusedBy(operation: number, row: string): Verdict {
  return { result: "refused", operation, row };
}

Deno.test("of one entry drops come first, wherever they stand", () => {
  const replica = new Replica();
  apply(replica, [set("r", [ROW_MARK, ""], ["a", "old"], ["b", "old"])]);
  deepEqual(apply(replica, [set("r", ["a", "new"]), drop("r")]), APPLIED);
  equal(replica.cells.value("r", "a"), "new");
  equal(replica.cells.value("r", "b"), null);
  equal(replica.cells.exists("r"), false);
  equal(replica.cells.record("r")?.floor, 2);
});

Deno.test("of two operations of one entry on a cell the last wins", () => {
  const replica = new Replica();
  apply(replica, [
    set("r", ["a", "1"]),
    set("r", ["a", "2"]),
    clear("r", "b"),
    set("r", ["b", "3"]),
  ]);
  equal(replica.cells.value("r", "a"), "2");
  equal(replica.cells.value("r", "b"), "3");
  apply(replica, [set("r", ["a", "4"], ["a", "5"], ["b", "6"]), clear("r", "b")]);
  equal(replica.cells.value("r", "a"), "5");
  equal(replica.cells.value("r", "b"), null);
  deepEqual(replica.cells.cell("r", "b"), { value: null, stamp: 2 });
});

Deno.test("an operation on many rows changes each of them", () => {
  const replica = new Replica();
  const cells: [string, string][] = [[ROW_MARK, ""], ["a", "x"], ["b", "y"]];
  apply(replica, [{ kind: "set", rows: ["r", "s", "t"], cells }]);
  apply(replica, [{ kind: "clear", rows: ["r", "s"], attributes: ["a", "b"] }, drop("t")]);
  deepEqual([...replica.cells.rows("")].sort(), ["r", "s"]);
  deepEqual(["r", "s", "t"].map((row) => [...replica.cells.valuesOf(row)]), [[], [], []]);
});

/** A replica at index 3: `r` and `s` exist, `r` changed at 2, `s` was created at 3. */
function withRows(): Replica {
  const replica = new Replica();
  apply(replica, [create("r")]);
  apply(replica, [set("r", ["a", "x"], ["until", "60"])]);
  apply(replica, [create("s")]);
  return replica;
}

/** Each guard, where it holds, and where it fails: on which row. */
const GUARDS: readonly (readonly [name: string, guard: Guard, failsOn?: string])[] = [
  ["exists", { test: "exists", rows: ["r", "s"] }],
  ["exists of nothing", { test: "exists", rows: [] }],
  ["exists fails on the first row that is not there", {
    test: "exists",
    rows: ["r", "u", "t"],
  }, "u"],
  ["absent", { test: "absent", rows: ["t", "u"] }],
  ["absent fails on the first row that is there", { test: "absent", rows: ["t", "s", "r"] }, "s"],
  ["equals", { test: "equals", row: "r", attribute: "a", value: "x" }],
  ["equals nothing", { test: "equals", row: "r", attribute: "b", value: null }],
  ["equals nothing, of no row", { test: "equals", row: "t", attribute: "a", value: null }],
  ["equals another", { test: "equals", row: "r", attribute: "a", value: "y" }, "r"],
  ["equals empty text is not nothing", {
    test: "equals",
    row: "r",
    attribute: "b",
    value: "",
  }, "r"],
  [
    "equals nothing fails on a value",
    { test: "equals", row: "r", attribute: "a", value: null },
    "r",
  ],
  ["unchanged since its last change", { test: "unchanged", rows: ["r", "s"], since: 3 }],
  ["unchanged of a row that never was", { test: "unchanged", rows: ["t"], since: 0 }],
  [
    "unchanged fails on the first newer row",
    { test: "unchanged", rows: ["r", "s"], since: 2 },
    "s",
  ],
  ["unchanged fails on an older change", { test: "unchanged", rows: ["r", "s"], since: 1 }, "r"],
  ["before", { test: "before", row: "r", attribute: "until" }], // the entry is of 40 ms
  ["before nothing", { test: "before", row: "r", attribute: "b" }, "r"],
  ["before what is no time", { test: "before", row: "r", attribute: "a" }, "r"],
];

Deno.test("a guard that holds lets its entry through, one that fails names its row", () => {
  for (const [name, condition, failsOn] of GUARDS) {
    const replica = withRows();
    const before = stateOf(replica);
    const verdict = apply(replica, [set("r", ["changed", "yes"]), guard(condition)]);
    deepEqual(verdict, failsOn === undefined ? APPLIED : refusedBy(1, failsOn), name);
    const changed = replica.cells.value("r", "changed") === "yes";
    equal(changed, failsOn === undefined, name);
    if (failsOn !== undefined) equal(stateOf(replica), before, name);
    equal(replica.applied, 4, name);
  }
});

Deno.test("guards are judged on the state before the entry, all or nothing", () => {
  const replica = withRows();
  const operations = [
    drop("s"),
    create("t"),
    guard({ test: "exists", rows: ["s"] }),
    guard({ test: "absent", rows: ["t"] }),
  ];
  deepEqual(apply(replica, operations), APPLIED);
  deepEqual(apply(replica, operations), refusedBy(2, "s"));
  deepEqual(apply(replica, [create("s"), ...operations.slice(2)]), refusedBy(1, "s"));
  apply(replica, [create("s")]);
  deepEqual(apply(replica, operations), refusedBy(3, "t"));
  equal(replica.cells.exists("s"), true);
});

Deno.test("before is judged by the entry's time, to the millisecond", () => {
  for (const [hlc, verdict] of [[59 * MS + 1023, APPLIED], [60 * MS, refusedBy(0, "r")]] as const) {
    const replica = withRows();
    const condition: Guard = { test: "before", row: "r", attribute: "until" };
    const body = encodeBody({ operations: [guard(condition)] });
    deepEqual(replica.apply({ index: 4, term: 1, hlc, body }).verdict, verdict);
  }
});

Deno.test("compare-and-set counts clears and drops as changes", () => {
  for (const operation of [clear("r", "a"), drop("r")]) {
    const replica = withRows();
    apply(replica, [operation]);
    const unchanged = (since: number): Operation =>
      guard({ test: "unchanged", rows: ["r"], since });
    deepEqual(apply(replica, [unchanged(3)]), refusedBy(0, "r"));
    deepEqual(apply(replica, [unchanged(4)]), APPLIED);
  }
});

Deno.test("a request takes effect once, also where it was refused", () => {
  const replica = new Replica();
  apply(replica, [roster(1, 2)]);
  const first = replica.apply(entryAt(2, { operations: [set("r", ["a", "1"])], id: by(1, 1) }));
  deepEqual(first, { verdict: APPLIED, id: by(1, 1), operations: [set("r", ["a", "1"])] });
  deepEqual(apply(replica, [set("r", ["a", "2"])], by(2, 1)), APPLIED);
  deepEqual(apply(replica, [set("r", ["a", "1"])], by(1, 1)), { result: "duplicate" });
  equal(replica.cells.value("r", "a"), "2");
  const wanting = [guard({ test: "exists", rows: ["n"] }), set("r", ["a", "3"])];
  deepEqual(apply(replica, wanting, by(1, 2)), refusedBy(0, "n"));
  apply(replica, [create("n")], by(2, 2));
  deepEqual(apply(replica, wanting, by(1, 2)), { result: "duplicate" });
  equal(replica.cells.value("r", "a"), "2");
});

Deno.test("an earlier boot and an origin that is not listed are outdated", () => {
  const replica = new Replica();
  apply(replica, [roster(1, 2)]);
  deepEqual(apply(replica, [create("r")], by(1, 1, 5)), APPLIED);
  deepEqual(apply(replica, [create("late")], by(1, 2, 4)), { result: "outdated" });
  deepEqual(apply(replica, [create("again")], by(1, 1, 6)), APPLIED);
  deepEqual(apply(replica, [create("late")], by(1, 2, 5)), { result: "outdated" });
  deepEqual(apply(replica, [create("late")], by(3, 1)), { result: "outdated" });
  apply(replica, [roster(2, 3)]);
  deepEqual(apply(replica, [create("late")], by(1, 2, 6)), { result: "outdated" });
  deepEqual(apply(replica, [create("three")], by(3, 1)), APPLIED);
  equal(replica.cells.exists("late"), false);
});

Deno.test("a roster is in force with its entry, and takes the windows of those it lacks", () => {
  const replica = new Replica();
  apply(replica, [roster(1, 2)]);
  apply(replica, [create("r")], by(1, 1));
  apply(replica, [create("s")], by(2, 1));
  apply(replica, [roster(2)]);
  deepEqual(replica.roster, { index: 4, roster: rosterOf(2) });
  deepEqual(replica.record(`window/${id(1)}`), {
    row: `window/${id(1)}`,
    floor: 4,
    newest: 4,
    cells: [],
  });
  equal(replica.record(`window/${id(2)}`)?.cells[0]?.[1].stamp, 3);
});

Deno.test("a window that was dropped stays so, in whatever order its rows are joined", () => {
  const sender = new Replica();
  const row = `window/${id(1)}`;
  const windowNow = (): RowRecord => sender.record(row) as RowRecord;
  apply(sender, [roster(1, 2)]);
  apply(sender, [create("r")], by(1, 1));
  const [seen, before] = [windowNow(), sender.record(ROSTER_ROW) as RowRecord];
  apply(sender, [roster(2)]);
  const [dropped, after] = [windowNow(), sender.record(ROSTER_ROW) as RowRecord];
  for (const rows of [[before, seen, after, dropped], [after, dropped, before, seen]]) {
    const replica = new Replica();
    for (const record of rows) replica.join(record);
    replica.caughtUp(sender.applied);
    deepEqual(replica.record(row), { row, floor: 3, newest: 3, cells: [] });
    deepEqual(replica.roster, { index: 3, roster: rosterOf(2) });
    // Listed again, it begins with an empty window, as it does where the entries were applied.
    apply(replica, [roster(1, 2)]);
    deepEqual(apply(replica, [set("r", ["a", "1"])], by(1, 1)), APPLIED);
    deepEqual(apply(replica, [set("r", ["a", "2"])], by(1, 1)), { result: "duplicate" });
  }
});

Deno.test("a window begun after the drop outlives it, whatever the order of its rows", () => {
  const sender = new Replica();
  const row = `window/${id(1)}`;
  const seen: RowRecord[] = [];
  for (const step of [roster(1), create("r"), roster(2), roster(1), create("s")]) {
    const request = step.kind === "set" ? by(1, seen.length) : undefined;
    apply(sender, [step], request);
    const record = sender.record(row);
    if (record !== undefined) seen.push(record);
  }
  deepEqual(seen.map(({ floor, cells }) => [floor, cells.length]), [
    [0, 1],
    [3, 0],
    [3, 0],
    [0, 1],
  ]);
  for (const order of [seen, seen.toReversed(), [...seen.slice(2), ...seen]]) {
    const replica = new Replica();
    for (const record of order) replica.join(record);
    deepEqual(replica.record(row), seen.at(-1));
  }
});

Deno.test("an operation this program does not know changes nothing and is malformed", () => {
  const replica = withRows();
  const before = stateOf(replica);
  const unknown = new ByteWriter().byte(1).byte(0).uint(2)
    .raw(encodeBody({ operations: [create("t")] }).subarray(3)).byte(99).finish();
  const newer = encodeBody({ operations: [] });
  newer[0] = 2;
  for (const body of [unknown, newer]) {
    const entry = { index: 4, term: 1, hlc: 40 * MS, body };
    throws(() => replica.apply(entry), MalformedError);
    throws(() => replica.replay(entry, APPLIED), MalformedError);
  }
  equal(replica.applied, 3);
  equal(stateOf(replica), before);
});

Deno.test("entries are applied in order, none twice and none left out", () => {
  const replica = withRows();
  for (const index of [3, 5]) {
    throws(() => replica.apply(entryAt(index, { operations: [] })), { name: "InvariantError" });
  }
  throws(() => replica.caughtUp(2), { name: "InvariantError" });
});

Deno.test("replay believes the stored verdict, whatever the rows say now", () => {
  const refuses = { operations: [guard({ test: "absent", rows: ["r"] }), set("r", ["a", "y"])] };
  const replica = withRows();
  replica.replay(entryAt(4, refuses), APPLIED);
  equal(replica.cells.value("r", "a"), "y");
  const holds = { operations: [guard({ test: "exists", rows: ["r"] }), set("r", ["a", "z"])] };
  for (const verdict of [refusedBy(0, "r"), { result: "duplicate" }] as const) {
    deepEqual(replica.replay(entryAt(replica.applied + 1, holds), verdict).verdict, verdict);
    equal(replica.cells.value("r", "a"), "y");
  }
});

Deno.test("replay of a request that was refused remembers that it was seen", () => {
  const replica = new Replica();
  apply(replica, [roster(1)]);
  replica.replay(entryAt(2, { operations: [create("r")], id: by(1, 1) }), refusedBy(0, "x"));
  deepEqual(apply(replica, [create("r")], by(1, 1)), { result: "duplicate" });
});

Deno.test("a changed row is dirty until it is taken", () => {
  const replica = withRows();
  equal(replica.dirtyRows, 2);
  const taken = replica.takeDirty(1);
  deepEqual(taken.map(({ row }) => row), ["r"]);
  equal(replica.dirtyRows, 1);
  apply(replica, [clear("s", ROW_MARK), create("t")]);
  deepEqual(replica.takeDirty(9).map(({ row }) => row), ["s", "t"]);
  equal(replica.dirtyRows, 0);
  apply(replica, [guard({ test: "exists", rows: ["none"] }), create("u")]);
  equal(replica.dirtyRows, 0);
  apply(replica, [roster(1)]);
  apply(replica, [create("r")], by(1, 1));
  deepEqual(replica.takeDirty(9).map(({ row }) => row).sort(), [
    ROSTER_ROW,
    "r",
    `window/${id(1)}`,
  ]);
});
