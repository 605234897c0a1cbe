import { deepEqual, equal } from "node:assert/strict";
import fc from "fast-check";

import { abbreviate } from "../../../src/model/noderange/abbreviate.ts";
import { expandExisting } from "../../../src/model/noderange/expand.ts";
import { siteA, SiteBook } from "../../conformance/site.ts";

const BOOK = new SiteBook(siteA());

Deno.test("groups come first, the largest before others, and dynamic ones never", () => {
  equal(abbreviate([], BOOK), "");
  equal(abbreviate(BOOK.nodes(), BOOK), "everything");
  equal(abbreviate([...BOOK.membersOf("rack1"), ...BOOK.membersOf("mgmt")], BOOK), "mgmt,rack1");
  // testbed is r1n01-r1n08, written so.
  equal(abbreviate(["m1", ..."12345678".split("").map((n) => `r1n0${n}`)], BOOK), "m1,r1n[01:08]");
});

Deno.test("a group is no help where it has one member, or a node has its name", () => {
  const book = new SiteBook({
    groups: { one: {}, n1: {}, two: {} },
    nodes: {
      n1: { groups: ["one"], attributes: {} },
      n2: { groups: ["n1", "two"], attributes: {} },
      n4: { groups: ["n1", "two"], attributes: {} },
    },
  });
  equal(abbreviate(["n1"], book), "n1");
  equal(abbreviate(["n4", "n2"], book), "two");
});

Deno.test("the abbreviation of any nodes names them and no others", () => {
  const groups = [...BOOK.groups()];
  fc.assert(fc.property(
    fc.subarray([...BOOK.nodes()]),
    fc.subarray(groups),
    (nodes, groups) => {
      const names = new Set([...nodes, ...groups.flatMap((group) => [...BOOK.membersOf(group)])]);
      if (names.size === 0) return;
      const expanded = expandExisting(abbreviate(names, BOOK), BOOK);
      const wanted = BOOK.nodes().filter((node) => names.has(node));
      deepEqual(expanded.ok ? expanded.value : expanded, wanted);
    },
  ));
});
