import { deepEqual, equal } from "node:assert/strict";

import { broken, explained, marked, misspelled } from "../../../src/model/expression/fault.ts";

Deno.test("the place of a fault stands between arrows, with no more around it than helps", () => {
  equal(marked("power.1.outlet", 5), "power-->.<--1.outlet");
  equal(marked("n1+", 3), "n1+--><--");
  equal(marked("a😀b", 1), "a-->😀<--b");
  const long = marked("x".repeat(200), 100);
  equal(long, `...${"x".repeat(40)}-->x<--${"x".repeat(39)}...`);
});

Deno.test("a broken value tells the words alone, or where it is misspelled", () => {
  const spelling = misspelled("n1+", 3, "a value must stand here");
  deepEqual(broken(spelling).refusal, {
    kind: "invalid",
    message: "invalid syntax: n1+--><--: a value must stand here",
  });
  equal(explained(spelling), "n1+--><--: a value must stand here");
  const meaning = { words: "Unsupported operation", where: "n1-->*<--*2: no" };
  equal(broken(meaning).refusal.message, "Unsupported operation");
  equal(explained(meaning), "Unsupported operation: n1-->*<--*2: no");
});
