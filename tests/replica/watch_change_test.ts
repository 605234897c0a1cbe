import { deepEqual, equal } from "node:assert/strict";

import { invitationRow, ROW_MARK } from "../../src/model/operation.ts";
import type { PublicRow } from "../../src/model/public_row.ts";
import { toCell } from "../../src/model/stored_value.ts";
import { bytesOf, changeAt, changeOf, stateAt } from "../../src/replica/watch_change.ts";
import type { WatchedChange } from "../../src/wire/watch.ts";
import { clear, create, drop, entryAt, guard, set } from "./entries.ts";

type Operations = Parameters<typeof entryAt>[1]["operations"];

const ALL = (_row: PublicRow): boolean => true;

function changes(operations: Operations, isWanted = ALL): WatchedChange[] {
  return [...changeOf(entryAt(3, { operations }))?.changes(isWanted) ?? []];
}

Deno.test("an entry's time is its clock's, and nodes that change alike stand together", () => {
  const rows = ["node/n1", "node/n2"];
  const operations: Operations = [
    guard({ test: "exists", rows }),
    { kind: "set", rows, cells: [["info.note", "x"]] },
    set("node/n3", ["info.note", "y"]),
  ];
  equal(changeOf(entryAt(3, { operations }))?.timeMs, 30);
  deepEqual(changes(operations), [
    { nodes: ["n1", "n2"], attributes: { "info.note": "x" } },
    { nodes: ["n3"], attributes: { "info.note": "y" } },
  ]);
  deepEqual(changes(operations, ({ name }) => name === "n2"), [
    { nodes: ["n2"], attributes: { "info.note": "x" } },
  ]);
});

Deno.test("of two operations on a cell the last is told, and drops come first", () => {
  deepEqual(
    changes([
      set("node/n1", ["a", "1"], ["a", "2"], ["b", "1"]),
      clear("node/n1", "b"),
      drop("node/n1", "node/n2"),
      create("node/n3"),
    ]),
    [
      { nodes: ["n1"], dropped: true, attributes: { a: "2", b: null } },
      { nodes: ["n2"], dropped: true, attributes: {} },
      { nodes: ["n3"], created: true, attributes: {} },
    ],
  );
});

Deno.test("nodes and groups that change alike stand in changes of their own", () => {
  const rows = ["node/a", "group/a", "node/b", "group/everything"];
  deepEqual(changes([{ kind: "set", rows, cells: [["info.note", "x"]] }]), [
    { nodes: ["a", "b"], attributes: { "info.note": "x" } },
    { groups: ["a"], attributes: { "info.note": "x" } },
    { groups: ["everything"], attributes: { "info.note": "x" } },
  ]);
  deepEqual(changes([create("group/g"), drop("group/h")]), [
    { groups: ["g"], created: true, attributes: {} },
    { groups: ["h"], dropped: true, attributes: {} },
  ]);
});

Deno.test("the group of all is there without a mark, until it is removed", () => {
  const row = "group/everything", groups = ["everything"], attributes = {};
  deepEqual(changes([create(row)]), []);
  deepEqual(changes([create(row), set(row, ["a", "1"])]), [{ groups, attributes: { a: "1" } }]);
  deepEqual(changes([drop(row), set(row, ["removed", "true"])]), [
    { groups, dropped: true, attributes },
  ]);
  deepEqual(changes([create(row), clear(row, "removed")]), [
    { groups, created: true, attributes },
  ]);
  // It lost all it had, and is there as ever.
  const emptied = { groups, created: true, dropped: true, attributes };
  deepEqual(changes([drop(row, "group/g")]), [
    emptied,
    { groups: ["g"], dropped: true, attributes },
  ]);
  const mark = [ROW_MARK, { value: "", stamp: 2 }] as const;
  const removed = [["removed", { value: "true", stamp: 4 }]] as const;
  deepEqual(changeAt({ row, floor: 4, cells: removed }, 4), { groups, dropped: true, attributes });
  deepEqual(changeAt({ row, floor: 4, cells: [] }, 4), emptied);
  deepEqual(stateAt({ row, floor: 4, cells: removed }, 4), { groups, dropped: true, attributes });
  equal(stateAt({ row, floor: 0, cells: [mark] }, 4), undefined);
  deepEqual(stateAt({ row, floor: 0, cells: [mark, ["a", { value: "1", stamp: 3 }]] }, 4), {
    groups,
    attributes: { a: "1" },
  });
});

const EXPRESSION = toCell({ kind: "expression", expression: "{nodename}" });
const JSON_CELL = toCell({ kind: "json", json: "[1,true]" });
const SEALED = toCell({ kind: "sealed", sealed: "SECRET" });
const TOLD = { a: { expression: "{nodename}" }, b: [1, true] };

Deno.test("values are told as what they stand for, whichever way they are told", () => {
  deepEqual(changes([set("group/g", ["a", EXPRESSION], ["b", JSON_CELL])]), [
    { groups: ["g"], attributes: TOLD },
  ]);
  const cells = [
    ["a", { value: EXPRESSION, stamp: 4 }],
    ["b", { value: JSON_CELL, stamp: 4 }],
  ] as const;
  deepEqual(changeAt({ row: "node/n1", floor: 0, cells }, 4), { nodes: ["n1"], attributes: TOLD });
  deepEqual(stateAt({ row: "node/n1", floor: 0, cells }, 4), {
    nodes: ["n1"],
    created: true,
    attributes: TOLD,
  });
});

Deno.test("a secret under any name takes the place of what was told, and is not told", () => {
  deepEqual(changes([set("node/n1", ["a", SEALED])]), [{ nodes: ["n1"], attributes: { a: null } }]);
  const cells = [["a", { value: SEALED, stamp: 4 }]] as const;
  deepEqual(changeAt({ row: "node/n1", floor: 0, cells }, 4), {
    nodes: ["n1"],
    attributes: { a: null },
  });
  equal(stateAt({ row: "node/n1", floor: 0, cells }, 4), undefined);
  const marked = [[ROW_MARK, { value: "", stamp: 3 }], ...cells] as const;
  deepEqual(stateAt({ row: "node/n1", floor: 0, cells: marked }, 4), {
    nodes: ["n1"],
    created: true,
    attributes: {},
  });
});

Deno.test("an entry that applies a stage does not say what it changed", () => {
  const staged = [{ kind: "applyStage", stage: "a0", parts: 1 }] as const;
  equal(changeOf(entryAt(3, { operations: staged })), undefined);
});

Deno.test("what is not public is never told", () => {
  deepEqual(changes([set(invitationRow("i1"), ["key", "K"]), drop(invitationRow("i2"))]), []);
  deepEqual(changes([set("node/n1", ["secret.ipmikg", "S"]), clear("group/g", "crypted.x")]), []);
  deepEqual(changes([set("node/n1", ["secret.ipmikg", "S"], ["a", "1"])]), [
    { nodes: ["n1"], attributes: { a: "1" } },
  ]);
  const cells = [["secret.ipmikg", { value: "S", stamp: 4 }]] as const;
  equal(changeAt({ row: "node/n1", floor: 0, cells }, 4), undefined);
  equal(changeAt({ row: invitationRow("i1"), floor: 4, cells }, 4), undefined);
});

const RECORD = {
  row: "node/n1",
  floor: 4,
  cells: [
    [ROW_MARK, { value: "", stamp: 4 }],
    ["a", { value: "1", stamp: 5 }],
    ["b", { value: null, stamp: 4 }],
  ],
} as const;

Deno.test("a row at a stamp is what was written there and is still so", () => {
  deepEqual(changeAt(RECORD, 4), {
    nodes: ["n1"],
    created: true,
    dropped: true,
    attributes: { b: null },
  });
  deepEqual(changeAt(RECORD, 5), { nodes: ["n1"], attributes: { a: "1" } });
  equal(changeAt(RECORD, 6), undefined);
});

Deno.test("the state of a row leaves out what is newer, and a row that was not there", () => {
  deepEqual(stateAt(RECORD, 5), { nodes: ["n1"], created: true, attributes: { a: "1" } });
  deepEqual(stateAt(RECORD, 4), { nodes: ["n1"], created: true, attributes: {} });
  equal(stateAt(RECORD, 3), undefined);
});

Deno.test("the state of a row has what is old also where its mark was written again", () => {
  const cells = [...RECORD.cells.slice(1), [ROW_MARK, { value: "", stamp: 9 }]] as const;
  const change = { nodes: ["n1"], created: true, attributes: { a: "1" } };
  deepEqual(stateAt({ ...RECORD, cells }, 8), change);
  equal(stateAt({ ...RECORD, cells }, 4), undefined);
});

Deno.test("bytes are about those of the JSON", () => {
  const change = { nodes: ["n1", "n2"], attributes: { "info.note": "x".repeat(1_000), b: null } };
  const list = Array.from({ length: 200 }, (_, i) => i);
  const groups = { groups: ["g1"], attributes: { a: { expression: "y".repeat(900) }, list } };
  for (const one of [change, groups]) {
    const real = JSON.stringify(one).length, about = bytesOf(one);
    equal(Math.abs(real - about) < 32, true, `${real} and ${about}`);
  }
});
