import { deepEqual } from "node:assert/strict";

import { partsOf, type Term } from "../../../src/model/expression/term.ts";

Deno.test("the parts of a term stand in the order of evaluation", () => {
  const [a, b, c]: Term[] = ["a", "b", "c"].map((value) => ({ kind: "constant", value }));
  if (a === undefined || b === undefined || c === undefined) throw new Error("three terms");
  deepEqual(partsOf(a), []);
  deepEqual(partsOf({ kind: "operation", operator: "+", left: a, right: b }), [a, b]);
  deepEqual(partsOf({ kind: "negation", of: a }), [a]);
  deepEqual(partsOf({ kind: "item", of: a, at: b }), [a, b]);
  deepEqual(partsOf({ kind: "slice", of: a, from: undefined, to: b }), [a, b]);
  deepEqual(partsOf({ kind: "call", of: a, method: "replace", given: [b, c] }), [a, b, c]);
});
