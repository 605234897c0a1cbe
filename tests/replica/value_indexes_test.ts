import { deepEqual, equal } from "node:assert/strict";

import type { Cell } from "../../src/model/cell.ts";
import { Inheritance } from "../../src/model/inheritance.ts";
import { nodeRow } from "../../src/model/operation.ts";
import { Resolver } from "../../src/model/resolving.ts";
import { toCell } from "../../src/model/stored_value.ts";
import { ValueIndex } from "../../src/replica/value_index.ts";
import { ValueIndexes } from "../../src/replica/value_indexes.ts";
import { RowsOf } from "../model/rows_of.ts";

const DERIVED = toCell({ kind: "expression", expression: "{custom.a}" });
const NO_CELL = undefined;
const NEW: Cell = { value: "x", stamp: 9 };

class Kept {
  readonly rows = new RowsOf();
  readonly made: string[] = [];
  readonly indexes: ValueIndexes;

  constructor(most: number) {
    const inheritance = new Inheritance(this.rows), resolver = new Resolver(inheritance);
    this.indexes = new ValueIndexes(most, (attribute) => {
      this.made.push(attribute);
      return new ValueIndex(attribute, this.rows, inheritance, resolver);
    });
  }

  /** The nodes of that value, as `of` has them. */
  having(attribute: string, value: string, ...nodes: string[]): string[] {
    const given = nodes.map((name) => [name, { row: nodeRow(name), list: "" }] as const);
    return [...this.indexes.of(attribute, given).byValue.get(value) ?? []];
  }
}

Deno.test("one is made when it is asked for, and filled; then it is kept", () => {
  const kept = new Kept(4);
  kept.rows.node("n1", { "custom.a": "x" }).node("n2", { "custom.b": "x" });
  deepEqual(kept.having("custom.a", "x", "n1", "n2"), ["n1"]);
  deepEqual(kept.having("custom.a", "x"), ["n1"], "it is not filled anew");
  deepEqual(kept.having("custom.b", "x", "n1", "n2"), ["n2"]);
  deepEqual(kept.having("custom.a", "x"), ["n1"]);
  deepEqual(kept.made, ["custom.a", "custom.b"]);
  deepEqual([kept.indexes.has("custom.a"), kept.indexes.has("custom.c")], [true, false]);
});

Deno.test("of too many the one goes that was used longest ago", () => {
  const kept = new Kept(2);
  const used = (...attributes: string[]): void => {
    for (const attribute of attributes) kept.having(attribute, "");
  };
  used("custom.a", "custom.b", "custom.a", "custom.c");
  deepEqual(kept.indexes.attributes(), ["custom.a", "custom.c"]);
  used("custom.a", "custom.b");
  deepEqual(kept.indexes.attributes(), ["custom.a", "custom.b"]);
  deepEqual(kept.made, ["custom.a", "custom.b", "custom.c", "custom.b"]);
  kept.indexes.clear();
  deepEqual(kept.indexes.attributes(), []);
});

Deno.test("a node that changed is looked at where its own cell is new", () => {
  const kept = new Kept(3);
  kept.rows.node("n1", { "custom.a": "x", "custom.b": "x" });
  kept.having("custom.a", "x", "n1");
  kept.having("custom.b", "x", "n1");
  kept.rows.node("n1", { "custom.a": "y", "custom.b": "y" });
  deepEqual(kept.indexes.attributes(), ["custom.a", "custom.b"]);
  kept.indexes.seeNode("n1", true, [NO_CELL, NEW], (cell) => cell === NEW);
  deepEqual(kept.having("custom.a", "x"), ["n1"], "its cell is as it was");
  deepEqual(kept.having("custom.b", "y"), ["n1"]);
  kept.indexes.seeNode("n1", false, [NO_CELL, NO_CELL], () => false);
  deepEqual([kept.having("custom.a", "x"), kept.having("custom.b", "y")], [[], []]);
});

Deno.test("what is computed is looked at whatever changed of the node", () => {
  const kept = new Kept(3);
  kept.rows.node("n1", { "custom.a": "x", "custom.e": DERIVED });
  deepEqual(kept.having("custom.e", "x", "n1"), ["n1"]);
  kept.rows.node("n1", { "custom.a": "y", "custom.e": DERIVED });
  kept.indexes.seeNode("n1", true, [NO_CELL], () => false);
  deepEqual([kept.having("custom.e", "x"), kept.having("custom.e", "y")], [[], ["n1"]]);
});

Deno.test("a group that changed takes with it what it may have changed", () => {
  const kept = new Kept(4);
  kept.rows.node("n1", { "custom.e": DERIVED });
  for (const attribute of ["custom.a", "custom.b", "custom.e"]) kept.having(attribute, "", "n1");
  kept.indexes.seeGroup(new Set(["custom.b"]));
  deepEqual(kept.indexes.attributes(), ["custom.a"]);
  equal(kept.made.length, 3);
});
