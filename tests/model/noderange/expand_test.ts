import { deepEqual, equal } from "node:assert/strict";
import fc from "fast-check";

import type { Outcome } from "../../../src/base/outcome.ts";
import {
  expandAny,
  expandExisting,
  expandNew,
  readRange,
} from "../../../src/model/noderange/expand.ts";
import { SiteBook } from "../../conformance/site.ts";

function told(outcome: Outcome<string[]>): string {
  return outcome.ok
    ? outcome.value.join(" ")
    : `${outcome.refusal.kind}: ${outcome.refusal.message}`;
}

function node(...groups: string[]): { groups: string[]; attributes: Record<string, string> } {
  return { groups, attributes: {} };
}

const BOOK = new SiteBook({
  groups: { rack1: {}, rack2: {}, "n1-n2": {}, first: { noderange: "rack1>2" } },
  nodes: {
    n1: node("rack1"),
    n2: node("rack1"),
    n3: node("rack1"),
    n4: node("rack2"),
    n10: { groups: ["n1-n2"], attributes: { type: "switch", "location.u": "1" } },
    "web-01": node(),
    "web-02": node(),
    "n5-n6": node(),
  },
});

const existing = (range: string): string => told(expandExisting(range, BOOK));
const any = (range: string): string => told(expandAny(range, BOOK));
const fresh = (range: string): string => told(expandNew(range));

Deno.test("a range of new nodes names them in its own order", () => {
  const cases: [range: string, names: string][] = [
    ["n1", "n1"],
    ["n2,n1,n2", "n2 n1"],
    ["n8-n11", "n8 n9 n10 n11"],
    ["n1+2", "n1 n2 n3"],
    ["n[1-3,7]", "n1 n2 n3 n7"],
    ["n[01]-n[03]", "n01 n02 n03"],
    ["web-01", "web-01"],
    ["web-01-web-03", "web-01 web-02 web-03"],
    ["node-a-b", "node-a-b"],
    ["foo-foo", "foo-foo"],
    ["n1,n2@n2-n3,n4", "n2 n4"],
    ["n1-n3,-n2,n2", "n1 n3 n2"],
    ["n1-n3,-(n1@n1-n2)", "n2 n3"],
    [" ( n1 , n2 ) ,- n1 ", "n2"],
    ["n10,n[1-9]<1>2", "n2 n3"],
  ];
  for (const [range, names] of cases) equal(fresh(range), names, range);
});

Deno.test("a range of new nodes looks at no data and names what a node may be called", () => {
  const among = "is looked up among nodes that exist; name new nodes, as n1-n9";
  const cases: [range: string, message: string][] = [
    ["n1,~n2", `Invalid Noderange: the regular expression "~n2" ${among}`],
    ["location.rack=1", `Invalid Noderange: the filter "location.rack=1" ${among}`],
    [">3", `Invalid Noderange: a page of all nodes ${among}`],
    ["n1,everything", 'the name "everything" is reserved; choose another node name'],
    ["n3-n1", "Invalid Noderange: n3-n1 not valid: at character 1, it counts down from 3 to 1"],
  ];
  for (const [range, message] of cases) equal(fresh(range), `invalid: ${message}`, range);
  for (const range of ["-n1", "n1+", "n*", "n1 n2", "a:b"]) {
    equal(expandNew(range).ok, false, range);
  }
});

Deno.test("existing nodes and groups are named exactly, or by a sequence", () => {
  const cases: [range: string, names: string][] = [
    ["n10,n2", "n2 n10"],
    ["rack1", "n1 n2 n3"],
    ["rack1-rack2", "n1 n2 n3 n4"],
    ["rack[1-2],-n2+1", "n1 n4"],
    ["n1-n2", "n10"],
    ["n1:n2", "n1 n2"],
    ["n5-n6", "n5-n6"],
    ["web-01-web-02", "web-01 web-02"],
    ["web-[01-02]", "web-01 web-02"],
    ["first", "n1 n2"],
    ["first,first", "n1 n2"],
    ["type=switch", "n10"],
    ["rack1,type=switch@~1", "n1 n10"],
    ["/^web", "web-01 web-02"],
    ["rack1,rack2<1>2", "n2 n3"],
  ];
  for (const [range, names] of cases) equal(existing(range), names, range);
});

Deno.test("what nobody has is an error, never nothing", () => {
  const cases: [range: string, message: string][] = [
    ["n1,n9", "not-found: Invalid Noderange: n9 not a recognized node, group, or alias"],
    ["n3-n5", "not-found: Invalid Noderange: Unknown node n5"],
    ["n09-n11", "not-found: Invalid Noderange: Unknown node n09"],
    [
      "web-03",
      "not-found: Invalid Noderange: web-03 not valid: at character 1, it is no node and no " +
      "group, and the sides of a sequence differ in numbers only",
    ],
    ["nosuch=1", "invalid: Invalid Noderange: nosuch is not a valid attribute name"],
    ["bmcpass=1", "invalid: Invalid Noderange: Filter by secret attributes is not supported"],
  ];
  for (const [range, message] of cases) equal(existing(range), message, range);
});

Deno.test("a range of any names takes a stranger for a node to come", () => {
  equal(any("n9,rack2,n3-n5"), "n9 n4 n3 n5");
  equal(any("n1-n2"), "n10");
  equal(any("web-03"), "web-03");
  equal(any("~web,n9"), "web-01 web-02 n9");
  equal(
    any("n3-n1"),
    "invalid: Invalid Noderange: n3-n1 not valid: at character 1, it counts down from 3 to 1",
  );
});

Deno.test("a text is a range or is not, whatever nodes and groups there are", () => {
  const attributeName = (name: string): string | undefined => name === "type" ? name : undefined;
  const read = (text: string): string => {
    const outcome = readRange(text, attributeName);
    return outcome.ok ? "ok" : outcome.refusal.message;
  };
  for (const text of ["m1", "m[1-3],-m2", "racks", "~^m", "type=server@m1:m9", "nobody", "m1@g"]) {
    equal(read(text), "ok", text);
  }
  for (const text of ["m1,(m2", "m[1-", "~(", "m1)", "typo=server"]) {
    equal(read(text).startsWith("Invalid Noderange"), true, `${text}: ${read(text)}`);
  }
});

Deno.test("no range names more nodes than the bound, and says so before it makes them", () => {
  equal(expandNew("n[1-200000]").ok, true);
  for (
    const range of ["n[1-1000]x[1-1000]x[1-1000]", "n1-n200000,m1-m9", "a1b1c1-a999b999c999"]
  ) {
    equal(fresh(range).endsWith("more than 200000 nodes, which is MAX_NODERANGE_NODES"), true);
  }
});

const PIECES = [
  ..."n 1 09 - , ,- @ ( ) [ ] : .. + ~ / = ! < > . * ^ $ a.b é ' | \\".split(" "),
  ...["n1", "rack1", "first", "web-01", "n[1-3]", "location.u=", "type!=", " "],
];

Deno.test("any text is a list of distinct names or a refusal", () => {
  const text = fc.array(fc.constantFrom(...PIECES), { maxLength: 14 }).map((all) => all.join(""));
  fc.assert(
    fc.property(fc.oneof(text, fc.string({ unit: "binary", maxLength: 30 })), (range) => {
      for (
        const outcome of [expandNew(range), expandAny(range, BOOK), expandExisting(range, BOOK)]
      ) {
        if (outcome.ok) deepEqual(outcome.value, [...new Set(outcome.value)]);
        else equal(/^[^\n]+$/.test(outcome.refusal.message), true, outcome.refusal.message);
      }
      const nodes = expandExisting(range, BOOK);
      if (nodes.ok) {
        deepEqual(
          nodes.value,
          BOOK.nodes().filter((name) => nodes.value.includes(name)),
        );
      }
    }),
    { numRuns: 3_000 },
  );
});

type Tree = { text: string; names: Set<string> };

Deno.test("operators on sets do what they do on sets of names", () => {
  const term = fc.constantFrom("n1", "rack1", "rack2", "rack1-rack2", "~n", "type=", "location.u!=")
    .map((text): Tree => ({ text, names: new Set(existing(text).split(" ")) }));
  const tree = fc.letrec<{ tree: Tree }>((tie) => ({
    tree: fc.oneof(
      { maxDepth: 4 },
      term,
      fc.tuple(tie("tree"), fc.constantFrom(",", ",-", "@"), tie("tree")).map(
        ([left, operator, right]): Tree => ({
          text: `(${left.text})${operator}(${right.text})`,
          names: operator === ","
            ? left.names.union(right.names)
            : operator === "@"
            ? left.names.intersection(right.names)
            : left.names.difference(right.names),
        }),
      ),
    ),
  })).tree;
  fc.assert(fc.property(tree, ({ text, names }) => {
    equal(existing(text), BOOK.nodes().filter((name) => names.has(name)).join(" "), text);
  }));
});
