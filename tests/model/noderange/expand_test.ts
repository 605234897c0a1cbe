import { deepEqual, equal } from "node:assert/strict";
import fc from "fast-check";

import { expandExisting, expandNew } from "../../src/model/noderange.ts";
import type { Outcome } from "../../src/base/outcome.ts";

function told(outcome: Outcome<string[]>): string {
  return outcome.ok
    ? outcome.value.join(" ")
    : `${outcome.refusal.kind}: ${outcome.refusal.message}`;
}

const NODES = new Set(["n1", "n2", "n3", "n4", "web-01", "web-02", "n1-n3x", "n5-n6"]);
const existing = (range: string): string => told(expandExisting(range, (name) => NODES.has(name)));
const fresh = (range: string): string => told(expandNew(range));

Deno.test("a range of new nodes names them in its own order", () => {
  const cases: [range: string, names: string][] = [
    ["n1", "n1"],
    ["n2,n1,n2", "n2 n1"],
    ["n8-n11", "n8 n9 n10 n11"],
    ["n08-n11", "n08 n09 n10 n11"],
    ["n1..n3", "n1 n2 n3"],
    ["n1:n3", "n1 n2 n3"],
    ["n1+2", "n1 n2 n3"],
    ["r1u01-r2u03", "r1u01 r1u02 r1u03 r2u01 r2u02 r2u03"],
    ["n[1-3,7]", "n1 n2 n3 n7"],
    ["n[01-03]-x", "n01-x n02-x n03-x"],
    ["n[1-9:3]", "n1 n4 n7"],
    ["n[1-3,-2]", "n1 n3"],
    ["r[1-2]u[1,2]", "r1u1 r1u2 r2u1 r2u2"],
    ["web-01", "web-01"],
    ["web-01-web-03", "web-01 web-02 web-03"],
    ["node-a-b", "node-a-b"],
    ["foo-foo", "foo-foo"],
  ];
  for (const [range, names] of cases) equal(fresh(range), names, range);
});

Deno.test("operators are evaluated strictly left to right", () => {
  equal(fresh("n1,n2@n2-n3,n4"), "n2 n4");
  equal(fresh("n1-n3,-n2,n2"), "n1 n3 n2");
  equal(fresh("n1-n3,-(n1@n1-n2)"), "n2 n3");
  equal(fresh(" ( n1 , n2 ) ,- n1 "), "n2");
  equal(fresh("n1,-"), "n1");
});

Deno.test("a node's exact name wins over the sequence it could be", () => {
  equal(existing("n5-n6"), "n5-n6");
  equal(existing("n5-n6,n1"), "n5-n6 n1");
  equal(existing("n1-n3"), "n1 n2 n3");
  equal(existing("web-01-web-02"), "web-01 web-02");
});

Deno.test("a node that does not exist is an error, never nothing", () => {
  equal(existing("n1,n9"), "not-found: Unknown node n9");
  equal(existing("n3-n5"), "not-found: Unknown node n5");
  equal(existing("n09-n11"), "not-found: Unknown node n09");
});

Deno.test("an error says what was read, where, and what could stand there", () => {
  const term = 'where a name, a sequence as n1-n9 or n[1-9], or "(" could stand';
  const cases: [range: string, message: string][] = [
    ["", `read the end at character 1 ${term}`],
    ["n1,,n2", `read "," at character 4 ${term}`],
    ["n1,", `read the end at character 4 ${term}`],
    ["(n1,-)", `read ")" at character 6 ${term}`],
    ["n1 n2", 'read "n2" at character 4 where ",", ",-", "@" or the end could stand'],
    ["(n1", 'read the end at character 4 where ",", ",-", "@" or ")" could stand'],
    ["n1)", 'read ")" at character 3 where ",", ",-", "@" or the end could stand'],
    [
      "n[1-3",
      'read "[" at character 2 where ",", ",-", "@" or the end could stand; this "[" has no "]"',
    ],
    [
      "n1<2",
      'read "<" at character 3 where ",", ",-", "@" or the end could stand; ' +
      "pages are not supported yet",
    ],
    ["n3-n1", "n3-n1 not valid at character 1: it counts down from 3 to 1"],
    ["n1,n[5-2]", "5-2 not valid at character 6: it counts down from 5 to 2"],
    [
      "n[1,x]",
      'read "x" at character 5 where a number, a range as 1-9 or 1-9:2, or -N could stand',
    ],
    ["n[1-9:0]", "1-9:0 not valid at character 3: a step of 0 does not get on"],
    [
      "n1,~n2",
      'read "~" at character 4: regular expressions and filters are not supported yet',
    ],
    [
      "location.rack=1",
      'read "=" at character 14: regular expressions and filters are not supported yet',
    ],
    [
      "n1:m3",
      "n1:m3 not valid at character 1: both sides must be names that differ in numbers only",
    ],
    [
      "n+3",
      "n+3 not valid at character 1: wanted a name that ends in a number, + and a number, as n1+3",
    ],
  ];
  for (const [range, message] of cases) {
    equal(fresh(range), `invalid: Invalid Noderange: ${message}`, range);
  }
});

Deno.test("a range of new nodes names only what a node may be called", () => {
  equal(
    fresh("n1,everything"),
    'invalid: the name "everything" is reserved; choose another node name',
  );
  equal(expandNew("-n1").ok, false);
});

Deno.test("no range names more nodes than the bound, and says so before it makes them", () => {
  const message = (range: string): string => fresh(range).replace(/^.*: /, "");
  equal(expandNew("n[1-200000]").ok, true);
  equal(
    message("n[1-200001]"),
    "it counts out more than 200000 nodes, which is MAX_NODERANGE_NODES",
  );
  for (const range of ["n[1-1000]x[1-1000]x[1-1000]", "n1-n200000,m1-m9", "a1b1c1-a999b999c999"]) {
    equal(fresh(range).endsWith("more than 200000 nodes, which is MAX_NODERANGE_NODES"), true);
  }
  equal(
    message("n".repeat(65_537)),
    "65537 characters; MAX_NODERANGE_LENGTH is 65536",
  );
  equal(message("n1-n1234567890123456"), "a number has more than 15 digits");
});

Deno.test("parentheses may be as deep as the text is long", () => {
  const depth = 30_000;
  equal(fresh("(".repeat(depth) + "n1" + ")".repeat(depth)), "n1");
  equal(expandNew("(".repeat(depth)).ok, false);
});

Deno.test("any text is a list of distinct names or a refusal", () => {
  const piece = fc.constantFrom(
    "n",
    "1",
    "09",
    "-",
    ",",
    ",-",
    "@",
    "(",
    ")",
    "[",
    "]",
    ":",
    "..",
    "+",
    "~",
    "<",
    " ",
    "a.b",
    "é",
  );
  fc.assert(fc.property(fc.array(piece, { maxLength: 14 }), (pieces) => {
    const outcome = expandNew(pieces.join(""));
    if (outcome.ok) deepEqual(outcome.value, [...new Set(outcome.value)]);
    else equal(outcome.refusal.kind, "invalid");
  }));
});
