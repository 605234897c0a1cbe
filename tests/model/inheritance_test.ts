import { deepEqual, equal } from "node:assert/strict";

import { type Held, Inheritance } from "../../src/model/inheritance.ts";
import { groupRow } from "../../src/model/operation.ts";
import { REMOVED } from "../../src/model/groups.ts";
import { RowsOf } from "./rows_of.ts";

function told(held: Held | undefined): string | undefined {
  if (held === undefined) return undefined;
  const { value, from } = held;
  return `${value.kind === "text" ? value.text : value.kind}${
    from === undefined ? "" : ` <${from}`
  }`;
}

function allOf(inheritance: Inheritance, node: string): Record<string, string | undefined> {
  const all = Object.fromEntries(
    inheritance.sorted(node).map(([name, held]) => [name, told(held)]),
  );
  const unsorted = inheritance.all(node);
  deepEqual(Object.fromEntries([...unsorted].map(([name, held]) => [name, told(held)])), all);
  return all;
}

Deno.test("a node's own value wins, then that of the first of its groups that has one", () => {
  const rows = new RowsOf()
    .group("a", { x: "of a", y: "" }).group("b", { x: "of b", y: "of b", z: "of b" })
    .group("everything", { z: "of all", w: "of all" })
    .node("n1", { groups: "a,b", x: "own" }).node("n2", { groups: "b,a" }).node("n3");
  const inheritance = new Inheritance(rows);
  deepEqual(allOf(inheritance, "n1"), {
    w: "of all <everything",
    x: "own",
    y: " <a",
    z: "of b <b",
  });
  equal(told(inheritance.find("n2", "x")), "of b <b");
  equal(told(inheritance.find("n2", "none")), undefined);
  deepEqual(allOf(inheritance, "n3"), { w: "of all <everything", z: "of all <everything" });
  deepEqual(inheritance.groupsOf("n2"), ["b", "a", "everything"]);
});

Deno.test("everything is told in the order of names, own and inherited", () => {
  const rows = new RowsOf().group("g", { b: "1", d: "1", f: "1" })
    .node("n1", { a: "2", d: "2", groups: "g", z: "2" });
  const names = new Inheritance(rows).sorted("n1").map(([name]) => name);
  deepEqual(names, ["a", "b", "d", "f", "z"]);
});

Deno.test("an own empty text hides what would be inherited", () => {
  const rows = new RowsOf().group("g", { x: "of g" }).node("n1", { groups: "g", x: "" });
  equal(told(new Inheritance(rows).find("n1", "x")), "");
});

Deno.test("what makes a group dynamic is not inherited, nor are lists of groups", () => {
  const rows = new RowsOf().group("g", { noderange: "n1", groups: "h", x: "1" })
    .node("n1", { groups: "g" });
  deepEqual(allOf(new Inheritance(rows), "n1"), { x: "1 <g" });
});

Deno.test("a change of a group is seen at once, and so are its removal and return", () => {
  const rows = new RowsOf().group("g", { x: "1" }).node("n1", { groups: "g" });
  const inheritance = new Inheritance(rows);
  equal(told(inheritance.find("n1", "x")), "1 <g");
  rows.group("g", { x: "2" });
  equal(told(inheritance.find("n1", "x")), "2 <g");
  rows.drop(groupRow("g"));
  equal(told(inheritance.find("n1", "x")), undefined);
  deepEqual(inheritance.groupsOf("n1"), ["everything"]);
  rows.group("g", { x: "3" });
  equal(told(inheritance.find("n1", "x")), "3 <g");
  rows.group("everything", { [REMOVED]: "true" });
  deepEqual(inheritance.groupsOf("n1"), ["g"]);
});

Deno.test("more lists of groups than are kept are told all the same", () => {
  const rows = new RowsOf();
  const nodes = Array.from({ length: 5_000 }, (_, i) => `n${i}`);
  for (const node of nodes) rows.group(`g${node}`, { x: node }).node(node, { groups: `g${node}` });
  const inheritance = new Inheritance(rows);
  for (const node of [...nodes, ...nodes]) {
    equal(told(inheritance.find(node, "x")), `${node} <g${node}`);
  }
});
