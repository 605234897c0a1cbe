import { equal } from "node:assert/strict";

import type { Field, PlacedNode } from "../../src/collective/placement.ts";
import { type Stuck, stuckBecause } from "../../src/collective/stuck.ts";
import type { MemberId } from "../../src/model/member.ts";

const M1 = "1".repeat(16) as MemberId, M2 = "2".repeat(16) as MemberId;
const ALL = new Set([M1, M2]);

/** Two members, of whom those are able. */
function field(...able: readonly MemberId[]): Field {
  return {
    byName: (name) => name === "m1" ? M1 : name === "m2" ? M2 : undefined,
    nameOf: (id) => id === M1 ? "m1" : "m2",
    isAble: (id) => able.includes(id),
    loadOf: () => 0,
  };
}

function stuck(
  more: Partial<PlacedNode>,
  on: Field,
  out?: string,
  fault?: string,
): Stuck | undefined {
  const node = { exists: true, holder: undefined, manager: "", candidates: undefined, ...more };
  return stuckBecause(node, fault, on, out);
}

Deno.test("a node that should leave and cannot says why", () => {
  const out = "m1 is drained";
  const cases: [Stuck | undefined, Partial<PlacedNode>, Field][] = [
    ["no-candidates", {}, field(M2)],
    ["none-able", { candidates: ALL }, field()],
    ["none-able", { candidates: new Set([M1]) }, field(M2)],
    [undefined, { candidates: ALL }, field(M2)],
    [undefined, { manager: "m2" }, field(M2)],
    [undefined, { manager: "" }, field(M2)],
    [undefined, { exists: false }, field()],
  ];
  for (const [why, more, on] of cases) {
    equal(stuck({ holder: M1, manager: "m1", ...more }, on, out), why, JSON.stringify(more));
  }
  equal(stuck({ holder: M1, manager: "m1" }, field(M2), out, "no range"), "bad-candidates");
});

Deno.test("a node that has somebody who may keep it is well", () => {
  equal(stuck({ holder: M1, manager: "m1" }, field()), undefined);
  equal(stuck({ holder: M1, manager: "m2", candidates: ALL }, field()), undefined);
});

Deno.test("a node that nobody has is stuck where somebody is wished", () => {
  equal(stuck({}, field(M1)), undefined);
  equal(stuck({ manager: "m9" }, field(M1)), "no-such-manager");
  equal(stuck({ candidates: ALL }, field()), "none-able");
  equal(stuck({ candidates: ALL }, field(M1)), undefined);
  equal(stuck({ manager: "m9" }, field(M1), undefined, "no range"), "bad-candidates");
});
