import { deepEqual, equal, notEqual } from "node:assert/strict";

import fc from "fast-check";

import { GROUPS } from "../../src/model/groups.ts";
import { groupRow, nodeRow, type Operation, ROW_MARK } from "../../src/model/operation.ts";
import { toCell } from "../../src/model/stored_value.ts";
import { NodeCache } from "../../src/replica/node_cache.ts";
import { Replica } from "../../src/replica/replica.ts";
import { clear, create, drop, set } from "./entries.ts";
import { Follower } from "./follower.ts";

const ATTRIBUTES = ["custom.a", "custom.e"];

class Watched {
  readonly member = new Follower();
  readonly cache: NodeCache<{ readonly text: string }>;
  /** How often something was made. */
  count = 0;

  constructor() {
    this.cache = new NodeCache(this.member.source, (node) => {
      this.count++;
      return { text: this.fresh(node) };
    });
  }

  fresh(node: string): string {
    const { index } = this.member;
    const texts = ATTRIBUTES.map((attribute) => index.resolver.textOf(node, attribute));
    return [index.hasNode(node), ...texts].join(" ");
  }
}

function node(name: string, ...cells: [string, string][]): Operation {
  return set(nodeRow(name), [ROW_MARK, ""], ...cells);
}

Deno.test("what was made is kept while its node and all groups stay as they are", () => {
  const { member, cache, ...counted } = new Watched();
  equal(counted.count, 0);
  member.apply(node("n1", ["custom.a", "x"]), node("n2", ["custom.a", "y"]));
  const one = cache.of("n1"), two = cache.of("n2");
  deepEqual([one.text, two.text], ["true x ", "true y "]);
  member.apply(set("profile/alma", [ROW_MARK, ""]), set(nodeRow("n2"), ["custom.a", "z"]));
  equal(cache.of("n1"), one);
  deepEqual(cache.of("n2").text, "true z ");
  member.apply(create(groupRow("g")));
  notEqual(cache.of("n1"), one);
});

Deno.test("a group's change is seen, though only an expression of the node reads it", () => {
  const { member, cache } = new Watched();
  const derived = toCell({ kind: "expression", expression: "{custom.a}" });
  member.apply(
    set(groupRow("g"), [ROW_MARK, ""], ["custom.a", "x"]),
    node("n1", [GROUPS, "g"], ["custom.e", derived]),
  );
  equal(cache.of("n1").text, "true x x");
  member.apply(set(groupRow("g"), ["custom.a", "y"]));
  equal(cache.of("n1").text, "true y y");
  member.apply(drop(groupRow("g")));
  equal(cache.of("n1").text, "true  ");
});

Deno.test("a node that goes and comes is another; one that is none is no node's", () => {
  const { member, cache } = new Watched();
  equal(cache.of("n1").text, "false  ");
  member.apply(node("n1", ["custom.a", "x"]));
  equal(cache.of("n1").text, "true x ");
  member.apply(drop(nodeRow("n1")));
  equal(cache.of("n1").text, "false  ");
});

Deno.test("a state in the place of another is seen, at the same index too", () => {
  const { member, cache } = new Watched();
  member.apply(node("n1", ["custom.a", "x"]));
  equal(cache.of("n1").text, "true x ");
  member.replica = new Replica();
  member.apply(node("n1", ["custom.a", "y"]));
  equal(cache.of("n1").text, "true y ");
});

Deno.test("tombstones that are gone before they were seen do no harm", () => {
  const { member, cache } = new Watched();
  member.apply(node("n1", ["custom.a", "x"]));
  equal(cache.of("n1").text, "true x ");
  member.apply(drop(nodeRow("n1")));
  member.apply({ kind: "collect", floor: member.replica.applied });
  equal(cache.of("n1").text, "false  ");
});

const NODES = ["n1", "n2"];
const ROW = fc.oneof(
  fc.constantFrom(...NODES).map(nodeRow),
  fc.constantFrom("g1", "g2", "everything").map(groupRow),
);
const CELL = fc.tuple(
  fc.constantFrom(...ATTRIBUTES),
  fc.constantFrom("x", "y", toCell({ kind: "expression", expression: "{custom.a}" })),
);

const STEP = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.tuple(ROW, CELL).map(([row, cell]) => set(row, [ROW_MARK, ""], cell)),
  },
  fc.tuple(ROW, fc.constantFrom("", "g1", "g2,g1")).map(([row, list]) => set(row, [GROUPS, list])),
  fc.tuple(ROW, fc.constantFrom(...ATTRIBUTES)).map(([row, name]) => clear(row, name)),
  ROW.map((row) => drop(row)),
  { weight: 3, arbitrary: fc.constantFrom("look" as const, "collect" as const, "follow" as const) },
);

Deno.test("whatever happens, it has what would be made now", () => {
  fc.assert(
    fc.property(fc.array(STEP, { maxLength: 40, size: "max" }), (steps) => {
      const leader = new Follower(), away = new Watched(), here = new Watched();
      for (const step of steps) {
        if (step === "collect") {
          const floor = leader.replica.applied;
          for (const one of [leader, here.member]) one.apply({ kind: "collect", floor });
        } else if (step === "follow") away.member.jumpTo(leader.replica);
        else if (step !== "look") { for (const one of [leader, here.member]) one.apply(step); }
        if (typeof step !== "string") continue;
        for (const watched of [away, here]) {
          for (const name of NODES) equal(watched.cache.of(name).text, watched.fresh(name));
        }
      }
    }),
    { numRuns: 400 },
  );
});
