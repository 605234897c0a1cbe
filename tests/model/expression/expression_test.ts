import { deepEqual, equal } from "node:assert/strict";
import fc from "fast-check";

import { MAX_EXPRESSION_LENGTH } from "../../../src/base/limits.ts";
import { refused } from "../../../src/base/outcome.ts";
import {
  badSyntax,
  type Expression,
  faultOf,
  isExpression,
  literalOf,
  parseExpression,
} from "../../../src/model/expression/expression.ts";

function parsed(text: string): Expression {
  const expression = parseExpression(text);
  if (!expression.ok) throw new Error(expression.refusal.message);
  return expression.value;
}

Deno.test("a text with fields is an expression; one with doubled braces alone is a text", () => {
  const expressions = [
    "{n1}",
    "a{}b",
    "{0}",
    "{{{n1}}}",
    "literal {braces} kept",
    '{"a": 1}',
    "{a b}",
  ];
  for (const text of expressions) equal(isExpression(text), true, text);
  for (const text of ["{n1", "n1}", "{{n1}"]) equal(isExpression(text), true, "to be refused");
  const literals: [text: string, value: string][] = [
    ["", ""],
    ["a b", "a b"],
    ["{{}}", "{}"],
    ["{{n1}}", "{n1}"],
    ["}}{{{{", "}{{"],
  ];
  for (const [text, value] of literals) {
    equal(isExpression(text), false, text);
    equal(literalOf(text), value);
  }
});

Deno.test("whatever a text is, escaping its braces makes it a literal again", () => {
  const text = fc.string({ unit: fc.constantFrom("{", "}", "a", "'", "[", ":", "😀") });
  fc.assert(fc.property(text, (text) => {
    const escaped = text.replaceAll("{", "{{").replaceAll("}", "}}");
    equal(isExpression(escaped), false);
    equal(literalOf(escaped), text);
    deepEqual(parsed(escaped).parts, text === "" ? [] : [text]);
  }));
});

Deno.test("an expression is refused for its braces and its length, and else taken", () => {
  const braces = parseExpression("{{n1}");
  equal(
    braces.ok ? "" : `${braces.refusal.kind}: ${braces.refusal.message}`,
    "invalid: Single '}' encountered in format string: {{n1-->}<--: " +
      "write {{ and }} for braces that are text",
  );
  equal(parseExpression("x".repeat(MAX_EXPRESSION_LENGTH)).ok, true);
  const long = parseExpression("x".repeat(MAX_EXPRESSION_LENGTH + 1));
  equal(
    long.ok ? "" : long.refusal.message,
    "the expression has 16385 characters; MAX_EXPRESSION_LENGTH is 16384",
  );
});

Deno.test("what makes it broken for every node is told in full", () => {
  const value = "a value (a name, a number, a quoted text or a bracket) must stand here";
  const cases: [text: string, told: string | undefined][] = [
    ["10.{n9}.{n1/0}", undefined],
    ["{}", `--><--: ${value}`],
    ["{n1}{n1+}{foo}", `n1+--><--: ${value}`],
    ["{n1!r}", "Unsupported conversion: !r in {n1"],
    ["{n1:ab}", "Invalid format specifier 'ab': :ab in {n1"],
    ["{n1:{n2:{n1}}}", "Max string recursion exceeded: :{n1} in {n2"],
    ["{n1:{n2+}}", `n2+--><--: ${value}`],
    [
      "{nodename.title()}",
      "Unsupported function in expression: nodename-->.<--title(): " +
      "the methods are upper, lower, replace, block_number, block_offset",
    ],
  ];
  for (const [text, told] of cases) {
    deepEqual(faultOf(parsed(text)), told === undefined ? told : refused("invalid", told), text);
  }
  const unknown = faultOf(parsed("{n1+info.noet}"))?.refusal.message ?? "";
  equal(unknown.startsWith("info.noet is not a valid attribute name: n1+-->i<--nfo.noet: "), true);
  equal(unknown.includes("info.note"), true, unknown);
});

Deno.test("the refusal of an expansion says how to write braces", () => {
  equal(
    badSyntax(refused("invalid", "why")).refusal.message,
    'Bad confluent expression syntax (must use "{{" and "}}" if not desiring confluent ' +
      "expansion): why",
  );
});
