import { deepEqual, equal } from "node:assert/strict";
import fc from "fast-check";

import { compactNames } from "../../../src/model/noderange/compact_names.ts";
import { expandNew } from "../../../src/model/noderange/expand.ts";

Deno.test("names that differ in numbers are put together", () => {
  const cases: [names: string, pieces: string][] = [
    ["", ""],
    ["a", "a"],
    ["r1n01 r1n02 r1n03", "r1n[01:03]"],
    ["r1n01 r1n03 r2n02", "r1n[01,03],r2n02"],
    ["r8n01 r9n01 r10n01", "r[8:10]n01"],
    ["r1n1 r1n2 r2n1 r2n2", "r[1:2]n[1:2]"],
    ["mds-a oss-1 oss-2", "mds-a,oss-[1:2]"],
    ["n1 n01 n2 n02", "n[1:2,01:02]"],
    ["n9 n10 n99 n100", "n[9:10,99:100]"],
    ["n09 n10 n8", "n[8,09:10]"],
    ["n3 n1 n3", "n[1,3]"],
  ];
  for (const [names, pieces] of cases) {
    equal(compactNames(names.split(" ").filter(Boolean)).join(","), pieces, names);
  }
});

Deno.test("the pieces name the same nodes and no others", () => {
  const digits = fc.stringMatching(/^[0-9]{1,3}$/);
  const name = fc.tuple(
    fc.constantFrom("n", "rack", "sw-"),
    digits,
    fc.constantFrom("", "u", "-x"),
    digits,
  )
    .map((parts) => parts.join(""));
  fc.assert(fc.property(fc.uniqueArray(name, { minLength: 1, maxLength: 60 }), (names) => {
    const expanded = expandNew(compactNames(names).join(","));
    deepEqual(expanded.ok ? expanded.value.toSorted() : expanded, names.toSorted());
  }));
});

Deno.test("a hundred thousand names make one piece", () => {
  const names = Array.from(
    { length: 100_000 },
    (_, i) => `r${Math.floor(i / 1000) + 1}n${String(i % 1000).padStart(3, "0")}`,
  );
  deepEqual(compactNames(names), ["r[1:100]n[000:999]"]);
});
