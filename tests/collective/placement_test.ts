import { deepEqual, equal } from "node:assert/strict";

import { best, decide, type Field, type PlacedNode } from "../../src/collective/placement.ts";
import { type MemberId } from "../../src/model/member.ts";

const M1 = "1".repeat(16) as MemberId, M2 = "2".repeat(16) as MemberId;
const M3 = "3".repeat(16) as MemberId;
const NAMES = new Map([["m1", M1], ["m2", M2], ["m3", M3]]);

/** All are there, but those that are `absent`. */
function field(absent: readonly MemberId[] = [], loads: Record<string, number> = {}): Field {
  return {
    byName: (name) => NAMES.get(name),
    nameOf: (id) => [...NAMES].find(([, known]) => known === id)?.[0] ?? id,
    isAble: (id) => !absent.includes(id),
    loadOf: (id) => loads[id] ?? 0,
  };
}

function node(more: Partial<PlacedNode>): PlacedNode {
  return { exists: true, holder: undefined, manager: "", candidates: undefined, ...more };
}

/** Who is to hold the node then; "nobody" where it is let go, "as is" where nothing changes. */
function next(more: Partial<PlacedNode>, on = field(), out?: string): string {
  const move = decide(node(more), on, out);
  if (move === undefined) return "as is";
  const to = move.to === undefined ? "nobody" : on.nameOf(move.to);
  return `${to}${move.isOurs ? ", and its attribute says so" : ""}`;
}

const ALL = new Set([M1, M2, M3]);

Deno.test("a node goes to whom its attribute names", () => {
  equal(next({ manager: "m2" }), "m2");
  equal(next({ manager: "m2", holder: M2 }), "as is");
  equal(next({ manager: "m2", holder: M1 }), "m2");
  // It waits for one who is not there, where somebody looks after it meanwhile.
  equal(next({ manager: "m2", holder: M1 }, field([M2])), "as is");
  equal(next({ manager: "m2" }, field([M2])), "m2");
});

Deno.test("where nobody is named, or nobody who may, a candidate is taken", () => {
  equal(next({ candidates: ALL }), "m1, and its attribute says so");
  equal(next({ candidates: ALL, holder: M3 }), "m3, and its attribute says so");
  equal(next({ manager: "m9", candidates: ALL }), "m1, and its attribute says so");
  equal(next({ manager: "m1", candidates: new Set([M2]) }), "m2, and its attribute says so");
  equal(next({ manager: "m1", holder: M1, candidates: new Set([M2]) }, field([M2])), "as is");
  equal(next({ manager: "m1", candidates: new Set() }), "as is");
});

Deno.test("a node without candidates never moves by itself", () => {
  equal(next({}), "as is");
  equal(next({ manager: "m9" }), "as is");
  equal(next({ manager: "m1", holder: M1 }, field([M1]), "m1 did not answer"), "as is");
  equal(next({ manager: "m1", holder: M1 }, field(), "m1 stops"), "as is");
});

Deno.test("what is removed, or nobody's any more, is let go", () => {
  equal(next({ exists: false, holder: M1, manager: "m1", candidates: ALL }), "nobody");
  equal(next({ exists: false }), "as is");
  equal(next({ holder: M1 }), "nobody");
  equal(next({ holder: M1, manager: "m9" }), "nobody");
});

Deno.test("whoever must let go gives to a candidate, the one with the fewest nodes", () => {
  const lost = { manager: "m1", holder: M1, candidates: ALL };
  equal(next(lost, field([M1]), "m1 did not answer"), "m2, and its attribute says so");
  equal(next(lost, field([M1], { [M2]: 5 }), "lost"), "m3, and its attribute says so");
  equal(next(lost, field([M1, M2]), "lost"), "m3, and its attribute says so");
  equal(next(lost, field([M1, M2, M3]), "lost"), "as is");
  // Where another is named anyway, that one.
  equal(next({ ...lost, manager: "m3" }, field([M1]), "lost"), "m3");
  equal(next({ ...lost, manager: "m3" }, field([M1, M3]), "lost"), "m2, and its attribute says so");
});

Deno.test("it says why", () => {
  const why = (more: Partial<PlacedNode>, out?: string): string | undefined =>
    decide(node(more), field(), out)?.because;
  equal(why({ manager: "m2" }), "collective.manager says so");
  equal(why({ candidates: ALL }), "no manager was set");
  equal(why({ manager: "m9", candidates: ALL }), "m9 is not a candidate");
  equal(why({ manager: "m1", holder: M1, candidates: ALL }, "m1 stops"), "m1 stops");
});

Deno.test("the best has the fewest nodes, and the first name of those", () => {
  equal(best([], field()), undefined);
  equal(best([M3, M2], field()), M2);
  deepEqual(best([M1, M2, M3], field([], { [M1]: 2, [M2]: 2, [M3]: 1 })), M3);
});
