import { deepEqual, equal } from "node:assert/strict";

import { padded, readFormatSpec, unknownType } from "../../../src/model/expression/format_spec.ts";

Deno.test("a format is read part by part", () => {
  deepEqual(
    readFormatSpec("*^+#9,.2f"),
    "the format '*^+#9,.2f' has 9 characters; " +
      "MAX_FORMAT_SPEC_LENGTH is 8",
  );
  deepEqual(readFormatSpec("*^+#9.2f"), {
    fill: "*",
    align: "^",
    sign: "+",
    noNegativeZero: false,
    alternate: true,
    zero: false,
    width: 9,
    grouping: "",
    precision: 2,
    type: "f",
  });
  deepEqual(readFormatSpec("z08_x"), {
    fill: undefined,
    align: undefined,
    sign: "",
    noNegativeZero: true,
    alternate: false,
    zero: true,
    width: 8,
    grouping: "_",
    precision: undefined,
    type: "x",
  });
});

Deno.test("what no value can be shown with is told", () => {
  const cases: [format: string, told: string][] = [
    ["ab", "Invalid format specifier 'ab'"],
    [",_", "Cannot specify both ',' and '_'."],
    [".", "Format specifier missing precision"],
    [",x", "Cannot specify ',' with 'x'."],
    ["99999", "the format '99999' asks for more than 16384 characters (MAX_EXPRESSION_RESULT)"],
    [".99999f", "the format '.99999f' asks for more than 16384 characters (MAX_EXPRESSION_RESULT)"],
  ];
  for (const [format, told] of cases) equal(readFormatSpec(format), told);
  equal(unknownType("s", "int"), "Unknown format code 's' for object of type 'int'");
  equal(unknownType("é", "str"), "Unknown format code '\\xe9' for object of type 'str'");
});

Deno.test("a text is padded before, after or around", () => {
  equal(padded("ab", 2, "*", "<", 5), "ab***");
  equal(padded("ab", 2, "*", ">", 5), "***ab");
  equal(padded("ab", 2, "*", "^", 5), "*ab**");
  equal(padded("ab", 2, "*", "^", 1), "ab");
});
