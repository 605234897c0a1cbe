import { deepEqual, equal } from "node:assert/strict";

import { ok, type Outcome } from "../../../src/base/outcome.ts";
import type { AttributeFilter } from "../../../src/model/noderange/attribute_filter.ts";
import { Evaluation } from "../../../src/model/noderange/evaluate.ts";
import type { NameSet, NodeBook } from "../../../src/model/noderange/node_book.ts";
import { parse } from "../../../src/model/noderange/parse.ts";
import { fullRoom, type Room } from "../../../src/model/noderange/room.ts";
import { type Site, SiteBook } from "../../conformance/site.ts";

function told(range: string, book: NodeBook, room: Room = fullRoom()): string {
  const parsed = parse(range);
  if (!parsed.ok) return parsed.refusal.message;
  const names = new Evaluation(book, () => undefined, room).names(parsed.value.steps);
  return names.ok ? [...names.value].join(" ") : names.refusal.message;
}

const DEEP = Array.from({ length: 70 }, (_, i) => [`g${i}`, `g${i + 1}`]);

function groups(ranges: Record<string, string>): Site["groups"] {
  return Object.fromEntries(
    Object.entries(ranges).map(([group, noderange]) => [group, { noderange }]),
  );
}

Deno.test("dynamic groups stand for what their noderanges name, pages included", () => {
  const book = new SiteBook({
    groups: groups({ a: "b,n3", b: "n1-n2", c: "a<1>1" }),
    nodes: {},
  });
  equal(told("a", book), "n1 n2 n3");
  equal(told("c,b", book), "n2 n1");
});

Deno.test("what is wrong in a dynamic group is told with the group", () => {
  const book = new SiteBook({ groups: groups({ a: "b", b: "n1-n2,n1;" }), nodes: {} });
  equal(
    told("a", book),
    'Invalid Noderange: Invalid syntax: read ";" at character 9 where ",", ",-", "@" or the end ' +
      "could stand (in the noderange of group b)",
  );
});

Deno.test("dynamic groups that stand in one another are refused with their circle", () => {
  const book = new SiteBook({
    groups: groups({ x: "a", a: "n1,b", b: "c", c: "a@n1" }),
    nodes: {},
  });
  equal(
    told("x", book),
    "Invalid Noderange: group a stands in its own noderange: a -> b -> c -> a; take it out of " +
      "one of them (in the noderange of group c)",
  );
  const deep = new SiteBook({
    groups: groups(
      Object.fromEntries(DEEP),
    ),
    nodes: {},
  });
  equal(
    told("g0", deep),
    "Invalid Noderange: dynamic groups stand in each other's noderanges 65 deep; " +
      "MAX_NODERANGE_DEPTH is 64 (in the noderange of group g63)",
  );
  equal(told("g10", deep), "g70");
});

Deno.test("dynamic groups are evaluated once, however often they stand there", () => {
  const doubling = Object.fromEntries(
    Array.from({ length: 60 }, (_, i) => [`g${i}`, `g${i + 1},g${i + 1}`]),
  );
  equal(told("g0", new SiteBook({ groups: groups({ ...doubling, g60: "n1" }), nodes: {} })), "n1");
});

const FEW_NODES = new Set(["n1", "n2"]);

/** Five thousand nodes; and among how many of them each filter was looked for. */
function manyNodes(): { book: NodeBook; among: (number | undefined)[] } {
  const groups = ["compute"];
  const names = Array.from({ length: 5_000 }, (_, i) => `n${i + 1}`);
  const site = new SiteBook({
    groups: { compute: {} },
    nodes: Object.fromEntries(names.map((name) => [name, { groups, attributes: {} }])),
  });
  const among: (number | undefined)[] = [];
  const book = new Proxy<NodeBook>(site, {
    get(_, key: keyof NodeBook): unknown {
      if (key !== "matching") return site[key as keyof SiteBook]?.bind(site);
      return (filter: AttributeFilter, wanted?: NameSet): Outcome<NameSet> => {
        among.push(wanted?.size);
        return filter.value === "r7" ? ok(FEW_NODES) : site.matching(filter, wanted);
      };
    },
  });
  return { book, among };
}

Deno.test("filters and patterns are looked for among what is left", () => {
  const { book, among } = manyNodes();
  // Less than to look at every node once.
  const few = (): Room => ({ ...fullRoom(), work: 4_000 });
  equal(told("location.rack=r7@compute", book, few()), "n1 n2");
  equal(told("compute@location.rack=r7", book, few()), "n1 n2");
  equal(told("~^n1$@location.rack=r7", book, few()), "n1");
  equal(told("location.rack=r7,-~1", book, few()), "n2");
  equal(told("n1,n3@custom.x!=5", book, few()), "n1 n3");
  equal(told("location.rack=r7@location.u!=1", book, few()), "n1 n2");
  deepEqual(among, [5_000, 5_000, undefined, undefined, 2, undefined, 2]);
});

Deno.test("what looks at too many names is refused, before it is tried", () => {
  const { book } = manyNodes();
  const message = told(Array(500).fill("compute").join(","), book);
  equal(message.startsWith("Invalid Noderange: it looks at more than 2000000 names"), true);
  for (const word of ["~n", "custom.x!=1", "custom.x=~1", "custom.*=1"]) {
    equal(told(Array(500).fill(word).join(","), book), message, word);
  }
  const patterns = Array.from({ length: 5_000 }, (_, i) => `~${i}`).join(",");
  equal(told(patterns, new SiteBook({ groups: {}, nodes: {} })), message);
});
