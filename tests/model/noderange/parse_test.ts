import { deepEqual, equal } from "node:assert/strict";

import { parse } from "../../../src/model/noderange/parse.ts";

function told(text: string): string {
  const parsed = parse(text);
  if (!parsed.ok) return parsed.refusal.message;
  return parsed.value.steps.map((step) => step.kind === "word" ? step.text : step.kind).join(" ");
}

Deno.test("operators are read left to right, parentheses first", () => {
  equal(told("a,b@c,-d"), "a b , c @ d ,-");
  equal(told("a,(b@(c,d))"), "a b c d , @ ,");
});

Deno.test("of operators in a row the last counts, and one at the end does nothing", () => {
  equal(told("a,,b"), "a b ,");
  equal(told("a,@b"), "a b @");
  equal(told("a@,-b"), "a b ,-");
  for (const text of ["a,", "a,-", "a@", "(a,)", "(a,-),"]) equal(told(text), "a", text);
});

Deno.test("pages stand anywhere, and alone they page all nodes", () => {
  const pageOf = (text: string): unknown => {
    const parsed = parse(text);
    return parsed.ok ? parsed.value.page : parsed.refusal.message;
  };
  equal(pageOf("a"), undefined);
  deepEqual(pageOf("a<3"), { skip: 3, take: Infinity });
  deepEqual(pageOf("(a>1),b<2>5"), { skip: 2, take: 5 });
  equal(told(">3<2"), "all");
  equal(told("<2,-a"), "all a ,-");
  equal(told("a,>2"), "a");
  equal(told("a@b>2"), "a b @");
});

Deno.test("an error says what was read, where, and what could stand there", () => {
  const term =
    "where a name, a sequence as n1-n9 or n[1-9], a filter as location.rack=7, ~ and a " +
    'regular expression, or "(" could stand';
  const operator = 'where ",", ",-", "@" or the end could stand';
  const inside = 'where ",", ",-", "@" or ")" could stand';
  const cases: [range: string, message: string][] = [
    ["", `Invalid syntax: read the end at character 1 ${term}`],
    ["n1,()", `Invalid syntax: read ")" at character 5 ${term}`],
    ["()", `Invalid syntax: read ")" at character 2 ${term}`],
    [",", `, not a recognized node, group, or alias: read "," at character 1 ${term}`],
    ["n1 n2", `n1n2 not a recognized node, group, or alias: read "n2" at character 4 ${operator}`],
    ["(n1", `Invalid syntax: read the end at character 4 ${inside}`],
    ["(n1;n2)", `Invalid syntax: read ";" at character 4 ${inside}`],
    ["n1)", `Invalid syntax: read ")" at character 3 ${operator}`],
    ["n1(n2)", `Invalid syntax: read "(" at character 3 ${operator}`],
    ["r{1}", `Invalid syntax: read "{" at character 2 ${operator}`],
    ["'n1'", `'n1' not a recognized node, group, or alias: read "'n1'" at character 1 ${term}`],
    ["n[1", `Invalid syntax: read "[" at character 2 ${operator}; this "[" has no "]"`],
    [
      "n1<x",
      `Invalid syntax: read "<" at character 3 ${operator}; a page is < or > and a number, ` +
      "as <10>5",
    ],
  ];
  for (const [range, message] of cases) equal(told(range), `Invalid Noderange: ${message}`, range);
  equal(
    told("n".repeat(65_537)),
    "Invalid Noderange: 65537 characters; MAX_NODERANGE_LENGTH is 65536",
  );
});

Deno.test("parentheses may be as deep as the text is long", () => {
  const depth = 30_000;
  equal(told("(".repeat(depth) + "n1" + ")".repeat(depth)), "n1");
  equal(parse("(".repeat(depth)).ok, false);
});
