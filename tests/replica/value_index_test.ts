import { deepEqual, equal } from "node:assert/strict";

import { Inheritance } from "../../src/model/inheritance.ts";
import { nodeRow } from "../../src/model/operation.ts";
import { Resolver } from "../../src/model/resolving.ts";
import { toCell } from "../../src/model/stored_value.ts";
import { addTo, removeFrom, ValueIndex } from "../../src/replica/value_index.ts";
import { RowsOf } from "../model/rows_of.ts";

function indexOf(rows: RowsOf): ValueIndex {
  const inheritance = new Inheritance(rows);
  return new ValueIndex("custom.a", rows, inheritance, new Resolver(inheritance));
}

function held(index: ValueIndex): Record<string, string[]> {
  return Object.fromEntries(Array.from(index.byValue, ([value, nodes]) => [value, [...nodes]]));
}

const listOf = (row: string, list: string): { row: string; list: string } => ({ row, list });

Deno.test("nodes are found by their own value, an inherited one, or none", () => {
  const rows = new RowsOf().group("g", { "custom.a": "of g" })
    .node("n1", { groups: "g" }).node("n2", { groups: "g", "custom.a": "own" })
    .node("n3").node("n4", { groups: "g" })
    .node("n5", { groups: "g", "custom.a": toCell({ kind: "sealed", sealed: "x" }) });
  const index = indexOf(rows);
  index.fill(
    [["n1", "g"], ["n2", "g"], ["n3", ""], ["n4", "g"], ["n5", "g"]].map(([name = "", list = ""]) =>
      [name, listOf(nodeRow(name), list)] as const
    ),
  );
  deepEqual(held(index), { "of g": ["n1", "n4"], own: ["n2"], "": ["n3", "n5"] });
  equal(index.isDerived, false);
});

Deno.test("an inherited expression is a value of each node's own", () => {
  const rows = new RowsOf()
    .group("g", { "custom.a": toCell({ kind: "expression", expression: "{n1}" }) })
    .node("n1", { groups: "g" }).node("n2", { groups: "g" }).node("m", { groups: "g" });
  const index = indexOf(rows);
  index.fill(["n1", "n2", "m"].map((name) => [name, listOf(nodeRow(name), "g")] as const));
  deepEqual(held(index), { "1": ["n1"], "2": ["n2"], "": ["m"] });
  equal(index.isDerived, true);
});

Deno.test("a node that changed is under its new value alone; one that is gone under none", () => {
  const rows = new RowsOf().node("n1", { "custom.a": "x" }).node("n2", { "custom.a": "x" });
  const index = indexOf(rows);
  for (const node of ["n1", "n2"]) index.look(node);
  deepEqual(held(index), { x: ["n1", "n2"] });
  rows.node("n1", { "custom.a": "y" });
  index.look("n1");
  index.look("n1");
  deepEqual(held(index), { x: ["n2"], y: ["n1"] });
  index.forget("n2");
  index.forget("nobody");
  deepEqual(held(index), { y: ["n1"] });
});

Deno.test("a set that comes to be empty is gone", () => {
  const sets = new Map<string, Set<string>>();
  addTo(sets, "a", "1");
  addTo(sets, "a", "2");
  removeFrom(sets, "a", "1");
  removeFrom(sets, "b", "1");
  deepEqual([...sets], [["a", new Set(["2"])]]);
  removeFrom(sets, "a", "2");
  equal(sets.size, 0);
});
