import { deepEqual } from "node:assert/strict";

import { inOrder, paged } from "../../../src/model/noderange/ordered.ts";
import { SiteBook } from "../../conformance/site.ts";

const NAMES = Array.from({ length: 100 }, (_, i) => `n${i + 1}`);
const BOOK = new SiteBook({
  groups: {},
  nodes: Object.fromEntries(
    NAMES.toReversed().map((name) => [name, { groups: [], attributes: {} }]),
  ),
});

Deno.test("names are in natural order, however many of all they are", () => {
  for (const count of [0, 1, 5, 50, 100]) {
    deepEqual(inOrder(new Set(NAMES.slice(0, count).toReversed()), BOOK), NAMES.slice(0, count));
  }
});

Deno.test("a few names are sorted by the places that the book knows", () => {
  const backwards = Object.assign(new SiteBook({ groups: {}, nodes: {} }), {
    nodes: (): string[] => NAMES.toReversed(),
    orderOf: (name: string): number => -Number(name.slice(1)),
  });
  deepEqual(inOrder(new Set(["n2", "n10", "n1"]), backwards), ["n10", "n2", "n1"]);
});

Deno.test("a page skips, and then takes", () => {
  deepEqual(paged(["a", "b", "c", "d"], { skip: 1, take: 2 }), ["b", "c"]);
  deepEqual(paged(["a", "b"], { skip: 1, take: Infinity }), ["b"]);
  deepEqual(paged(["a", "b"], { skip: 5, take: 1 }), []);
  deepEqual(paged(["a", "b"], { skip: 0, take: 0 }), []);
  deepEqual(paged(["a", "b"], undefined), ["a", "b"]);
});
