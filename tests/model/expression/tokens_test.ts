import { deepEqual, equal } from "node:assert/strict";

import { MAX_EXPRESSION_DIGITS } from "../../../src/base/limits.ts";
import { tokenize } from "../../../src/model/expression/tokens.ts";

function words(field: string): unknown[] | string {
  const tokens = tokenize(field);
  if ("words" in tokens) return `${tokens.words}: ${tokens.where}`;
  return tokens.map((token) => token.kind === "constant" ? { is: token.value } : token.text);
}

Deno.test("a field is names, signs and constants, and ends", () => {
  deepEqual(words(" net.ib0 [n_1:]<<2 "), ["net", ".", "ib0", "[", "n_1", ":", "]", "<<", {
    is: 2,
  }, ""]);
  deepEqual(words("größe"), ["größe", ""]);
  deepEqual(words("power.1"), ["power", { is: 0 }, ""], "as Python reads it");
  deepEqual(words("a//b**c!=d"), ["a", "//", "b", "**", "c", "!=", "d", ""]);
  const tokens = tokenize("n1 + 2");
  deepEqual("words" in tokens ? tokens : tokens.map((token) => token.at), [0, 3, 5, 6]);
});

Deno.test("numbers have any size and base, and lose their fraction", () => {
  const cases: [spelled: string, value: number | bigint][] = [
    ["0", 0],
    ["00", 0],
    ["1_000", 1000],
    ["0x_ff", 255],
    ["0B11", 3],
    ["0o17", 15],
    ["1.5", 1],
    [".9", 0],
    ["2.", 2],
    ["1e3", 1000],
    ["0e0", 0],
    ["0E5", 0],
    ["1e22", 10n ** 22n],
    ["9007199254740993", 9007199254740993n],
  ];
  for (const [spelled, value] of cases) deepEqual(words(spelled), [{ is: value }, ""], spelled);
});

Deno.test("texts stand in either quote, with few escapes", () => {
  deepEqual(words(`'a"b'`), [{ is: 'a"b' }, ""]);
  deepEqual(words(String.raw`"\"\\\n\t'"`), [{ is: "\"\\\n\t'" }, ""]);
});

Deno.test("what is no word is told with its place", () => {
  const cases: [field: string, told: string][] = [
    [
      "n1 $",
      "invalid syntax: n1 -->$<--: a name, a number, a quoted text or a sign could stand here",
    ],
    ["012", "invalid syntax: -->0<--12: a number does not begin with 0"],
    ["12ab", "invalid syntax: 12-->a<--b: no letter can follow a number"],
    ["'ab", "invalid syntax: -->'<--ab: this quote is never closed"],
    [String.raw`'a\x41'`, String.raw`invalid syntax: 'a-->\<--x41': the escapes are \ ' " n t`],
    ["1e999", `invalid syntax: -->1<--e999: a number has at most ${MAX_EXPRESSION_DIGITS} digits`],
  ];
  for (const [field, told] of cases) equal(words(field), told, field);
  equal(typeof words("1".repeat(MAX_EXPRESSION_DIGITS)), "object");
  equal(typeof words("1".repeat(MAX_EXPRESSION_DIGITS + 1)), "string");
});
