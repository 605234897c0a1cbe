import { deepEqual, equal } from "node:assert/strict";

import fc from "fast-check";

import type { Outcome } from "../../src/base/outcome.ts";
import { GROUPS, NODERANGE, REMOVED } from "../../src/model/groups.ts";
import { Inheritance } from "../../src/model/inheritance.ts";
import { naturalSort } from "../../src/model/natural_order.ts";
import { readFilter } from "../../src/model/noderange/attribute_filter.ts";
import type { NameSet } from "../../src/model/noderange/node_book.ts";
import {
  groupOfRow,
  groupRow,
  nodeOfRow,
  nodeRow,
  type Operation,
  ROW_MARK,
} from "../../src/model/operation.ts";
import { Resolver } from "../../src/model/resolving.ts";
import { toCell } from "../../src/model/stored_value.ts";
import type { NodeIndex } from "../../src/replica/node_index.ts";
import { Replica } from "../../src/replica/replica.ts";
import { clear, create, drop, set } from "./entries.ts";
import { Follower } from "./follower.ts";
import { checkLives } from "./lives_of_copies.ts";

function names(found: Outcome<NameSet>): string[] {
  return found.ok ? naturalSort(found.value) : [found.refusal.message];
}

function matching(index: NodeIndex, filter: string): string[] {
  const read = readFilter(filter);
  return read === undefined ? ["no filter"] : names(index.matching(read));
}

// ---- what it answers, by looking at every row

const FILTERS: readonly (readonly [text: string, test: (told: Told) => boolean])[] = [
  ["type=x", ({ value }) => value("type") === "x"],
  ["type=", ({ value }) => value("type") === ""],
  ["type!=x", ({ value }) => value("type") !== "x"],
  ["custom.e=~^x", ({ value }) => value("custom.e").startsWith("x")],
  ["custom.e!~x", ({ value }) => !value("custom.e").includes("x")],
  ["groups=g1", ({ groups }) => groups.includes("g1")],
  ["groups=~^g", ({ groups }) => groups.some((group) => group.startsWith("g"))],
  ["groups=everything", ({ groups }) => groups.includes("everything")],
  ["custom.*=y", ({ value }) => value("custom.a") === "y" || value("custom.e") === "y"],
  ["g*=g2", ({ groups }) => groups.includes("g2")],
];

interface Told {
  readonly groups: readonly string[];
  readonly value: (attribute: string) => string;
}

function check({ index, replica }: Follower): void {
  const { cells } = replica;
  const inheritance = new Inheritance(cells), resolver = new Resolver(inheritance);
  const nodes = naturalSort([...cells.rows(nodeRow(""))].map(nodeOfRow));
  deepEqual(index.nodes(), nodes);
  deepEqual(nodes.map((node) => index.orderOf(node)), [...nodes.keys()]);
  equal(index.orderOf("nobody"), -1);
  const isAllThere = cells.value(groupRow("everything"), REMOVED) === null;
  const groups = [...cells.rows(groupRow(""))].map(groupOfRow).filter((g) => g !== "everything");
  deepEqual(index.groups(), naturalSort(isAllThere ? ["everything", ...groups] : groups));
  const told = nodes.map((node): [string, Told] => [node, {
    groups: inheritance.groupsOf(node),
    value: (attribute) => resolver.textOf(node, attribute),
  }]);
  for (const group of index.groups()) {
    const members = told.filter(([, { groups }]) => groups.includes(group)).map(([node]) => node);
    const found = index.membersOf(group);
    deepEqual(naturalSort(found), members, group);
    equal(found.size, members.length);
    deepEqual(nodes.filter((node) => found.has(node)), members);
    equal(found.has("nobody"), false);
  }
  for (const [text, test] of FILTERS) {
    const passing = told.filter(([, one]) => test(one)).map(([node]) => node);
    deepEqual(matching(index, text), passing, text);
  }
  for (const [node, { value }] of told) {
    equal(index.resolver.textOf(node, "custom.e"), value("custom.e"));
    deepEqual(index.inheritance.groupsOf(node), inheritance.groupsOf(node));
  }
}

const NODE = fc.constantFrom("n1", "n2", "n10", "m").map(nodeRow);
const GROUP = fc.constantFrom("g1", "g2", "everything").map(groupRow);
const ATTRIBUTE = fc.constantFrom("type", "custom.a", "custom.e");
const VALUE = fc.constantFrom("x", "y", "", toCell({ kind: "expression", expression: "{type}" }));
const LIST = fc.constantFrom("", "g1", "g2", "g1,g2", "everything,g1", "g2,everything,g1");

const CHANGE: fc.Arbitrary<Operation[]> = fc.oneof(
  fc.oneof(NODE, NODE, GROUP).map((row) => [create(row)]),
  fc.tuple(NODE, ATTRIBUTE, VALUE).map(([row, attribute, value]) => [set(row, [attribute, value])]),
  fc.tuple(GROUP, ATTRIBUTE, VALUE).map(([row, attribute, value]) => [
    set(row, [attribute, value]),
  ]),
  fc.tuple(fc.oneof(NODE, GROUP), ATTRIBUTE).map(([row, attribute]) => [clear(row, attribute)]),
  fc.tuple(NODE, LIST).map(([row, list]) => [set(row, [GROUPS, list])]),
  NODE.map((row) => [clear(row, GROUPS)]),
  fc.oneof(NODE, GROUP).map((row) => [drop(row)]),
  fc.tuple(NODE, NODE, LIST).map(([from, to, list]) => [
    drop(from),
    set(to, [ROW_MARK, ""], [GROUPS, list], ["type", "x"]),
  ]),
  fc.tuple(GROUP, GROUP).map(([from, to]) => [drop(from), set(to, [ROW_MARK, ""], ["type", "y"])]),
  fc.boolean().map((isRemoved) =>
    isRemoved
      ? [drop(groupRow("everything")), set(groupRow("everything"), [REMOVED, "true"])]
      : [clear(groupRow("everything"), REMOVED)]
  ),
);

Deno.test("whatever happens, the index answers as one who looks at every row", () => {
  checkLives(CHANGE, check, 400);
});

Deno.test("a state that takes the place of another at the same index is seen", () => {
  const member = new Follower();
  member.apply(
    set(groupRow("g"), [ROW_MARK, ""], ["type", "x"]),
    set(nodeRow("n1"), [ROW_MARK, ""], [GROUPS, "g"]),
  );
  deepEqual(matching(member.index, "type=x"), ["n1"]);
  member.replica = new Replica();
  member.apply(
    set(groupRow("g"), [ROW_MARK, ""], ["type", "y"]),
    set(nodeRow("n2"), [ROW_MARK, ""], [GROUPS, "g"]),
  );
  equal(member.index.resolver.textOf("n2", "type"), "y");
  deepEqual(member.index.nodes(), ["n2"]);
  deepEqual(matching(member.index, "type=x"), []);
});

Deno.test("a change of a group is seen in what is made of what it gives", () => {
  const member = new Follower();
  const derived = toCell({ kind: "expression", expression: "{type}" });
  member.apply(
    set(groupRow("g"), [ROW_MARK, ""], ["type", "x"]),
    set(nodeRow("n1"), [ROW_MARK, ""], [GROUPS, "g"], ["custom.e", derived]),
  );
  deepEqual(matching(member.index, "custom.e=x"), ["n1"]);
  member.apply(set(groupRow("g"), ["type", "y"]));
  deepEqual([matching(member.index, "custom.e=x"), matching(member.index, "custom.e=y")], [
    [],
    ["n1"],
  ]);
});

Deno.test("a change of a node is seen in what is made of it, and what went with it is gone", () => {
  const member = new Follower();
  const derived = toCell({ kind: "expression", expression: "{type}" });
  const row = nodeRow("n1");
  member.apply(set(row, [ROW_MARK, ""], ["type", "x"], ["custom.e", derived], ["custom.a", "y"]));
  deepEqual([matching(member.index, "custom.e=x"), matching(member.index, "custom.a=y")], [
    ["n1"],
    ["n1"],
  ]);
  member.apply(set(row, ["type", "y"]));
  deepEqual(matching(member.index, "custom.e=x"), []);
  member.apply(drop(row), set(row, [ROW_MARK, ""]));
  deepEqual(matching(member.index, "custom.a=y"), []);
  deepEqual(matching(member.index, "custom.a="), ["n1"]);
});

Deno.test("what a group had before it was there is seen once it is", () => {
  const member = new Follower();
  member.apply(
    set(groupRow("g"), ["type", "x"]),
    set(nodeRow("n1"), [ROW_MARK, ""], [GROUPS, "g"]),
  );
  deepEqual(matching(member.index, "type=x"), []);
  member.apply(create(groupRow("g")));
  deepEqual(matching(member.index, "type=x"), ["n1"]);
});

Deno.test("a dynamic group has a range and no members; attributes go by their own names", () => {
  const member = new Follower();
  member.apply(set(groupRow("d"), [ROW_MARK, ""], [NODERANGE, "n1"]), create(groupRow("g")));
  deepEqual([member.index.rangeOf("d"), member.index.rangeOf("g")], ["n1", undefined]);
  equal(member.index.membersOf("d").size, 0);
  deepEqual([member.index.attributeName("bmc"), member.index.attributeName("none")], [
    "hardwaremanagement.manager",
    undefined,
  ]);
});

Deno.test("more attributes may be filtered by than indexes are kept", () => {
  const member = new Follower();
  const attributes = Array.from({ length: 200 }, (_, i) => `custom.a${i}`);
  member.apply(set(
    nodeRow("n1"),
    [ROW_MARK, ""],
    ...attributes.map((name): [string, string] => [
      name,
      name,
    ]),
  ));
  for (const name of [...attributes, ...attributes]) {
    deepEqual(matching(member.index, `${name}=${name}`), ["n1"]);
  }
});

Deno.test("a pattern that is none is refused", () => {
  const member = new Follower();
  member.apply(create(nodeRow("n1")));
  equal(matching(member.index, "type=~*")[0]?.includes("is not a regular expression"), true);
});
