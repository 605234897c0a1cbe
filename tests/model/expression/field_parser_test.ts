import { equal } from "node:assert/strict";

import {
  MAX_EXPRESSION_DEPTH,
  MAX_EXPRESSION_STEPS,
  MAX_EXPRESSION_UNKNOWN_NAMES,
} from "../../../src/base/limits.ts";
import { explained, type Fault } from "../../../src/model/expression/fault.ts";
import { parseField, wholeBudget } from "../../../src/model/expression/field_parser.ts";
import type { Term } from "../../../src/model/expression/term.ts";

function parse(field: string): string {
  const term = parseField(field, wholeBudget());
  return "words" in term ? fault(term) : shown(term);
}

function fault(found: Fault): string {
  return `${found.words} | ${explained(found)}`;
}

/** The tree, with brackets around everything. */
function shown(term: Term): string {
  switch (term.kind) {
    case "constant":
      return JSON.stringify(term.value, (_, v) => typeof v === "bigint" ? `${v}n` : v);
    case "node":
      return "node";
    case "digits":
      return `n${term.which}`;
    case "attribute":
      return term.name;
    case "operation":
      return `(${shown(term.left)} ${term.operator} ${shown(term.right)})`;
    case "negation":
      return `-${shown(term.of)}`;
    case "item":
      return `${shown(term.of)}[${shown(term.at)}]`;
    case "slice": {
      const [from, to] = [term.from, term.to].map((end) => end === undefined ? "" : shown(end));
      return `${shown(term.of)}[${from}:${to}]`;
    }
    case "call":
      return `${shown(term.of)}.${term.method}(${term.given.map(shown).join(", ")})`;
    case "broken":
      return `broken: ${term.fault.words}`;
  }
}

Deno.test("operators bind as in Python", () => {
  const cases: [field: string, tree: string][] = [
    ["n1+n2*2", "(n1 + (n2 * 2))"],
    ["n1-n2-3", "((n1 - n2) - 3)"],
    ["(n1-1)/42+1", "(((n1 - 1) / 42) + 1)"],
    ["1|2^3&4<<5+6*-7", "(1 | (2 ^ (3 & (4 << (5 + (6 * -7))))))"],
    ["-n1[0]", "-n1[0]"],
    ["--n1", "--n1"],
    ["n1%8>>1", "((n1 % 8) >> 1)"],
  ];
  for (const [field, tree] of cases) equal(parse(field), tree, field);
});

Deno.test("names are the node's, its numbers', or those of attributes", () => {
  const cases: [field: string, tree: string][] = [
    ["node", "node"],
    ["nodename", "node"],
    ["n0", "n0"],
    ["n01", "n1"],
    ["bmc", "hardwaremanagement.manager"],
    ["type", "type"],
    ["net.ib0.ipv4_address", "net.ib0.ipv4_address"],
    ["custom.a.b.upper()", "custom.a.b.upper()"],
    [" n1 ", "n1"],
    ["secret.hardwaremanagementuser", '""'],
    ["custom.nodesecret.lic[0]", '""[0]'],
    ["bmcpass", '""'],
    ["custom", "broken: custom is not a valid attribute name"],
    ["nodename.__class__", "broken: nodename.__class__ is not a valid attribute name"],
    ["größe", "broken: größe is not a valid attribute name"],
    ["n", "broken: n is not a valid attribute name"],
    ["n1=1", "1"],
  ];
  for (const [field, tree] of cases) equal(parse(field), tree, field);
});

Deno.test("places, slices and methods follow any value", () => {
  const cases: [field: string, tree: string][] = [
    ["nodename[n1]", "node[n1]"],
    ["nodename[-2:]", "node[-2:]"],
    ["nodename[:n1-1][0]", "node[:(n1 - 1)][0]"],
    ["nodename[:]", "node[:]"],
    ["nodename.replace('r','rack').upper()", 'node.replace("r", "rack").upper()'],
    ["n2.block_number(8)+1", "(n2.block_number(8) + 1)"],
    ["(n1*40+n2).block_offset(n1)", "((n1 * 40) + n2).block_offset(n1)"],
    ["nodename.title()", "broken: Unsupported function in expression"],
    ["n1()", "broken: Invalid function call syntax in expression"],
    ["abs(n1)", "broken: Invalid function call syntax in expression"],
    ["n2.block_number()", "broken: Invalid function call syntax in expression"],
    ["nodename.replace(a='b', c='d')", "broken: Invalid function call syntax in expression"],
    ["nodename[::2]", "broken: Unrecognized expression syntax"],
    ["nodename.upper().foo", "broken: Unrecognized expression syntax"],
  ];
  for (const [field, tree] of cases) equal(parse(field), tree, field);
});

Deno.test("what Python spells and this language has not is broken, not misspelled", () => {
  const words: [words: string, fields: string[]][] = [
    ["Unrecognized expression syntax", [
      ..."n1,n2;n1 and n2;n1==n2;n1 if n2 else 3;n1 not in n2;n1 is not n2;[1,2];(1,2);()".split(
        ";",
      ),
      ..."(1,);True;n1 < -n2;a.b or n1".split(";"),
    ]],
    ["Invalid operation in expression", ["~n1", "+n1", "not n1", "-~n1"]],
    ["Unsupported operation", ["n1**2", "n1//2", "n1@2", "n1**-2**n1"]],
  ];
  for (const [told, fields] of words) {
    for (const field of fields) equal(parse(field), `broken: ${told}`, field);
  }
  equal(parse("n1+(n1 and 2)"), "(n1 + broken: Unrecognized expression syntax)");
});

Deno.test("a fault of spelling is told before any other, with what could stand there", () => {
  const value = "a value (a name, a number, a quoted text or a bracket) must stand here";
  const sign = "an operator (+ - * / % << >> & ^ |) or the end could stand here";
  const cases: [field: string, told: string][] = [
    ["", `--><--: ${value}`],
    ["n1+", `n1+--><--: ${value}`],
    ["foo.bar+", `foo.bar+--><--: ${value}`],
    [".rack", `-->.<--rack: ${value}`],
    ["power.1.outlet+1", `power-->.<--1.outlet+1: ${sign}`],
    ["import os", `-->i<--mport os: ${value}`],
    ["n1 n2", `n1 -->n<--2: ${sign}`],
    ["(n1", `(n1--><--: ) or ${sign}`],
    ["n1.class", "n1.-->c<--lass: a part of a name must stand here"],
    ["nodename[1", "nodename[1--><--: ] or : must stand here"],
    ["1=2", `1-->=<--2: ${sign}`],
  ];
  for (const [field, told] of cases) {
    equal(parse(field), `invalid syntax | ${told}`, field);
  }
});

Deno.test("nothing is nested deeper or longer than it may be", () => {
  const nested = (depth: number): string => "(".repeat(depth) + "1" + ")".repeat(depth);
  equal(parse(nested(MAX_EXPRESSION_DEPTH - 1)), "1");
  equal(
    parse(nested(MAX_EXPRESSION_DEPTH)),
    "it has more than 32 brackets within brackets | " +
      "it has more than 32 brackets within brackets: MAX_EXPRESSION_DEPTH",
  );
  const sum = (values: number): string => Array(values).fill("1").join("+");
  equal(parse(sum(MAX_EXPRESSION_STEPS / 2)).length > 0, true);
  equal(parse(sum(MAX_EXPRESSION_STEPS / 2)).startsWith("it has"), false);
  equal(
    parse(sum(MAX_EXPRESSION_STEPS / 2 + 1)).startsWith("it has more than 512 values"),
    true,
  );
  const unknown = (names: number): string => parse(Array(names).fill("foo").join("+"));
  equal(unknown(MAX_EXPRESSION_UNKNOWN_NAMES).includes("it has more than"), false);
  equal(unknown(MAX_EXPRESSION_UNKNOWN_NAMES + 1).startsWith("it has more than 8 names"), true);
  const tuples = "(".repeat(MAX_EXPRESSION_DEPTH - 1) + "1" + ",)".repeat(MAX_EXPRESSION_DEPTH - 1);
  equal(parse(tuples), "broken: Unrecognized expression syntax", "and at once");
});
