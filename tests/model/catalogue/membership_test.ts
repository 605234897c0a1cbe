import { deepEqual, equal } from "node:assert/strict";

import {
  changedList,
  EVERYTHING,
  groupMayHave,
  type ListChange,
  listOf,
} from "../../../src/model/catalogue/membership.ts";

function groups(was: string, change: ListChange): string {
  const outcome = changedList(listOf(was), change, { kind: "node", name: "n1" });
  return outcome.ok ? outcome.value.join(",") : outcome.refusal.message;
}

function nodes(was: string, change: ListChange): string {
  const outcome = changedList(listOf(was), change, { kind: "group", name: "g" });
  return outcome.ok ? outcome.value.join(",") : outcome.refusal.message;
}

Deno.test("a list has each name once", () => {
  deepEqual(listOf("a,b,,a,"), ["a", "b"]);
  deepEqual(listOf(""), []);
});

Deno.test("groups of a node are set, put in front and taken out; everything stays", () => {
  equal(groups("", { set: "a,b" }), "a,b,everything");
  equal(groups("x", { set: ["a", "a"] }), "a,everything");
  equal(groups("a", { set: `${EVERYTHING},a` }), "everything,a");
  equal(groups("a,everything", { prepend: "b,c" }), "b,c,a,everything");
  equal(groups("", { prepend: "a" }), "a,everything");
  equal(groups("a,everything", { prepend: "b,a" }), "Node n1 is already in group a");
  equal(groups("a,b,everything", { remove: "a" }), "b,everything");
  equal(groups("a,everything", { remove: "everything" }), "a,everything");
  equal(groups("everything,a", { remove: "a,everything" }), "everything");
  equal(groups("a,everything", { remove: "b" }), "node n1 is not a member of group b");
  equal(groups("a", { set: "" }), "groups of node n1: no group is named; clear them instead");
});

Deno.test("nodes of a group are set, added and taken out", () => {
  equal(nodes("n1", { set: ["n2", "n3"] }), "n2,n3");
  equal(nodes("n1", { set: "" }), "");
  equal(nodes("n1", { prepend: "n4" }), "n4,n1");
  equal(nodes("n1", { prepend: "n1" }), "Node n1 is already in group g");
  equal(nodes("n1,n2", { remove: "n1" }), "n2");
  equal(nodes("n2", { remove: "n1" }), 'node "n1" is not a member of g');
});

Deno.test("a group with a noderange has nothing else", () => {
  const told = (has: string, sets: string): string => {
    const outcome = groupMayHave(listOf(has), listOf(sets));
    return outcome.ok ? "ok" : outcome.refusal.message;
  };
  for (const [has, sets] of [["", "noderange"], ["noderange", "noderange"], ["nodes", "type"]]) {
    equal(told(has ?? "", sets ?? ""), "ok");
  }
  equal(told("noderange,nodes", ""), "ok");
  const both = "Cannot set both nodes and noderange on group";
  for (const [has, sets] of [["nodes", "noderange"], ["", "nodes,noderange"]]) {
    equal(told(has ?? "", sets ?? ""), both);
  }
  equal(told("noderange,nodes", "noderange"), both);
  const only = "Attributes cannot be set on a group with a noderange";
  for (
    const [has, sets] of [["noderange", "type"], ["noderange", "nodes"], ["type", "noderange"]]
  ) {
    equal(told(has ?? "", sets ?? ""), only);
  }
});

Deno.test("a change of 100,000 nodes takes no longer than their number allows", () => {
  const many = Array.from({ length: 100_000 }, (_, i) => `n${i}`);
  const holder = { kind: "group", name: "g" } as const;
  const outcome = changedList(many, { remove: many.slice(1).join(",") }, holder);
  deepEqual(outcome, { ok: true, value: ["n0"] });
});
