import { equal } from "node:assert/strict";

import { patternTest } from "../../../src/model/noderange/pattern.ts";

function found(pattern: string, text: string): boolean | string {
  const test = patternTest(pattern);
  return test.ok ? test.value(text) : test.refusal.message;
}

Deno.test("a pattern is found anywhere, as re.search finds it", () => {
  equal(found("n0[1-3]", "r1n02"), true);
  equal(found("^n0", "r1n02"), false);
  equal(found("", "x"), true);
  equal(found("r.n", "r\nn"), false);
  equal(found("end$", "the end\n"), true);
  equal(found("end$", "the end\n\n"), false);
  equal(found("[^a]", "\n"), true);
});

Deno.test("what is no pattern is refused, and why", () => {
  equal(
    found("*", "x"),
    '"*" is not a regular expression: missing argument to repetition operator: `*`',
  );
  equal(
    found("(?<=a)b", "ab"),
    '"(?<=a)b" is not a regular expression: invalid named capture: `(?<=a)b`',
  );
  equal(
    found("a".repeat(513), "a"),
    `the regular expression "${"a".repeat(64)}..." has 513 characters; ` +
      "MAX_PATTERN_LENGTH is 512",
  );
});

Deno.test("no pattern takes more than linear time", () => {
  // A backtracking engine would not come back from these.
  equal(found("^(a+)+$", "a".repeat(50_000) + "x"), false);
  equal(found(".*a".repeat(60) + "x", "a".repeat(10_000)), false);
});
