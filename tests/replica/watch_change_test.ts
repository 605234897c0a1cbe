import { deepEqual, equal } from "node:assert/strict";

import { invitationRow, ROW_MARK } from "../../src/model/operation.ts";
import { bytesOf, changeAt, changeOf, stateAt } from "../../src/replica/watch_change.ts";
import type { WatchedChange } from "../../src/wire/watch.ts";
import { clear, create, drop, entryAt, guard, set } from "./entries.ts";

type Operations = Parameters<typeof entryAt>[1]["operations"];

const ALL = (_node: string): boolean => true;

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
  deepEqual(changes(operations, (node) => node === "n2"), [
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

Deno.test("an entry that applies a stage does not say what it changed", () => {
  const staged = [{ kind: "applyStage", stage: "a0", parts: 1 }] as const;
  equal(changeOf(entryAt(3, { operations: staged })), undefined);
});

Deno.test("what is not public is never told", () => {
  deepEqual(changes([set(invitationRow("i1"), ["key", "K"]), drop(invitationRow("i2"))]), []);
  deepEqual(changes([set("node/n1", ["secret.ipmikg", "S"])]), []);
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
  const real = JSON.stringify(change).length, about = bytesOf(change);
  equal(Math.abs(real - about) < 32, true, `${real} and ${about}`);
});
