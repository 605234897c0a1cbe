import { deepEqual, equal } from "node:assert/strict";
import fc from "fast-check";

import { MAX_EXPRESSION_RESULT } from "../../../src/base/limits.ts";
import {
  itemOf,
  lengthOf,
  replaced,
  sliceOf,
  tooLong,
} from "../../../src/model/expression/text_operation.ts";

Deno.test("characters count, whatever they are made of", () => {
  equal(lengthOf("a😀é"), 3);
  equal(itemOf("a😀é", 1), "😀");
  equal(itemOf("a😀é", -1), "é");
  equal(sliceOf("a😀é😀", 1, -1), "😀é");
  equal(sliceOf("r1n01", -2, undefined), "01");
  equal(sliceOf("r1n01", 3, 1), "");
  equal(sliceOf("r1n01", -(10n ** 30n), 10n ** 30n), "r1n01");
});

Deno.test("a place that is not there is told", () => {
  for (const at of [5, -6, 10n ** 30n]) {
    deepEqual(itemOf("r1n01", at), {
      ok: false,
      refusal: {
        kind: "invalid",
        message: "string index out of range: 'r1n01' has 5 characters",
      },
    });
  }
});

Deno.test("slices are those of an array of the characters", () => {
  const ends = fc.integer({ min: -12, max: 12 });
  fc.assert(
    fc.property(
      fc.string({ unit: fc.constantFrom("a", "é", "😀", "\ud83d") }),
      ends,
      ends,
      (text, from, to) => {
        equal(sliceOf(text, from, to), [...text].slice(from, to).join(""));
        equal(sliceOf(text, from, undefined), [...text].slice(from).join(""));
      },
    ),
  );
});

Deno.test("every occurrence is replaced, and nothing grows too long", () => {
  equal(replaced("r1r2", "r", "rack"), "rack1rack2");
  equal(replaced("aaa", "aa", "b"), "ba");
  equal(replaced("a😀", "", "-"), "-a-😀-");
  equal(replaced("", "", "-"), "-", "as Python does");
  equal(replaced("a.b", ".", "$&"), "a$&b");
  const long = "x".repeat(MAX_EXPRESSION_RESULT);
  equal(replaced(long, "x", "y"), "y".repeat(MAX_EXPRESSION_RESULT));
  deepEqual(replaced(long, "x", "yy"), tooLong());
  deepEqual(replaced(long, "x", long), tooLong());
});
