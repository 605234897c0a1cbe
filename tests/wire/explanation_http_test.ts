import { deepEqual, equal } from "node:assert/strict";

import { type Explanation, explanation } from "../../src/wire/explanation_http.ts";

const LEAST: Explanation = {
  node: "n1",
  exists: false,
  manager: null,
  wanted: { manager: "", candidates: "", failback: false, faults: [] },
  candidates: [],
  moving: null,
  stuck: null,
  lease: null,
  refused: null,
  lastKnown: { power: null, health: null, seen: null },
  operations: [],
  boots: null,
};

Deno.test("an explanation may be of a node that nothing is known of", () => {
  deepEqual(explanation.parse(LEAST), LEAST);
});

Deno.test("an operation is a command, and what came of it unless it is under way", () => {
  const operation = {
    command: { path: "power/state", set: "on" },
    by: "root",
    through: "m1",
    member: "m2",
    at: "2026-11-25T16:20:09.000Z",
    age: 12,
    epoch: 7,
    took: null,
    outcome: null,
  };
  const isOne = (one: unknown): boolean => {
    return explanation.safeParse({ ...LEAST, operations: [one] }).success;
  };
  equal(isOne(operation), true);
  equal(isOne({ ...operation, outcome: { values: { state: { value: "on" } } } }), true);
  equal(isOne({ ...operation, outcome: { errorcode: 504, error: "timeout" } }), true);
  equal(isOne({ ...operation, outcome: { error: "timeout" } }), false);
  equal(isOne({ ...operation, command: { path: "power/state", set: "up" } }), false);
});
