import { equal, ok as holds } from "node:assert/strict";

import { oneLine, spelledOutControls } from "../../src/base/one_line.ts";

Deno.test("an error is its message, on one line", () => {
  equal(oneLine(new Error("no such file:\n  a\tb ")), "no such file: a b");
  equal(oneLine("as it is"), "as it is");
  equal(oneLine(undefined), "undefined");
});

Deno.test("nothing in it moves the cursor or colours the terminal", () => {
  equal(oneLine("a\x1b[2Jb\x07\x9bc\r\nd\x00"), "a [2Jb c d");
});

Deno.test("what is long is cut, and says so", () => {
  const line = oneLine("x".repeat(1e6));
  holds(line.length < 1_100 && line.endsWith("x ..."));
});

Deno.test("control characters are spelled out, and nothing else is", () => {
  equal(spelledOutControls("a\nr1: b\u001b[31m\t\u009b é"), "a\\nr1: b\\u001b[31m\\t\\u009b é");
});
