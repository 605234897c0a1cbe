import { deepEqual, equal } from "node:assert/strict";
import fc from "fast-check";

import { MAX_EXPRESSION_BITS, MAX_EXPRESSION_DIGITS } from "../../../src/base/limits.ts";
import type { Refused } from "../../../src/base/outcome.ts";
import {
  calculate,
  decimal,
  type Operator,
  OPERATORS,
  whole,
  type WholeNumber,
  wholeOf,
} from "../../../src/model/expression/whole_number.ts";

/** Made by Python 3.11: what it calculates. */
const MADE = new URL("../../conformance/whole_numbers.jsonl", import.meta.url);

interface Made {
  readonly a: string;
  readonly sign: Operator;
  readonly b: string;
  readonly result: string;
}

function told(value: WholeNumber | string | Refused): string {
  return typeof value === "object" ? value.refusal.message : String(value);
}

Deno.test("numbers calculate as Python's do", () => {
  const lines = Deno.readTextFileSync(MADE).trimEnd().split("\n");
  for (const line of lines) {
    const { a, sign, b, result }: Made = JSON.parse(line);
    equal(told(calculate(sign, whole(BigInt(a)), whole(BigInt(b)))), result, line);
  }
  equal(lines.length, 780);
});

Deno.test("it makes no difference whether a number is short enough for the quick way", () => {
  const number = fc.bigInt({ min: -(2n ** 60n), max: 2n ** 60n });
  fc.assert(fc.property(fc.constantFrom(...OPERATORS), number, number, (sign, a, b) => {
    const shifts = sign === "<<" || sign === ">>";
    const by = shifts ? ((b % 70n) + 70n) % 70n : b;
    const one = calculate(sign, whole(a), whole(by));
    const other = calculate(sign, a, by);
    deepEqual(one, other);
    if (sign === "/" && by !== 0n) {
      const rest = calculate("%", whole(a), whole(by));
      equal(BigInt(told(one)) * by + BigInt(told(rest)), a);
    }
  }));
});

Deno.test("what has no result is refused, and costs nothing", () => {
  equal(told(calculate("/", 1, 0)), "integer division or modulo by zero");
  equal(told(calculate("%", 1, 0)), "integer modulo by zero");
  equal(told(calculate("<<", 1, -1)), "negative shift count: << -1");
  const long = `the number has more than ${MAX_EXPRESSION_BITS} bits (MAX_EXPRESSION_BITS)`;
  equal(told(calculate("<<", 1, 999_999_999)), long);
  equal(told(calculate("<<", 1, 10n ** 30n)), long);
  equal(told(calculate("<<", 0, 999_999_999)), "0");
  equal(told(calculate(">>", -5, 10n ** 30n)), "-1");
  equal(told(calculate(">>", 5, 2_000)), "0");
  const largest = calculate("<<", 1, MAX_EXPRESSION_BITS - 1);
  equal(typeof largest, "bigint");
  equal(told(calculate("+", largest as bigint, largest as bigint)), long);
  equal(told(calculate("*", largest as bigint, largest as bigint)), long);
});

Deno.test("a text spells a number with decimal digits alone", () => {
  const cases: [text: string, value: WholeNumber | undefined][] = [
    ["044", 44],
    [" +5\n", 5],
    ["-0", 0],
    ["-12", -12],
    ["9007199254740993", 9007199254740993n],
    ["-9007199254740993", -9007199254740993n],
    ["", undefined],
    ["1_0", undefined],
    ["1.0", undefined],
    ["0x1", undefined],
    ["٣", undefined],
    ["--1", undefined],
    ["1 2", undefined],
    ["9".repeat(MAX_EXPRESSION_DIGITS + 1), undefined],
  ];
  for (const [text, value] of cases) equal(wholeOf(text), value, text);
});

Deno.test("a number is shown up to so many digits", () => {
  equal(
    told(decimal(10n ** BigInt(MAX_EXPRESSION_DIGITS) - 1n)),
    "9".repeat(MAX_EXPRESSION_DIGITS),
  );
  equal(
    told(decimal(-(10n ** BigInt(MAX_EXPRESSION_DIGITS)))),
    "Exceeds the limit (4300 digits) for integer string conversion",
  );
});
