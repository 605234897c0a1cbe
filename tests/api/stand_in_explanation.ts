/** An explanation of a node that is well, by a member that does not manage it. */
import type { Explanation } from "../../src/wire/explanation_http.ts";

export function explained(node: string): Explanation {
  return {
    node,
    exists: true,
    manager: {
      name: "m2",
      epoch: 7,
      since: "2026-11-25T16:20:09.000Z",
      because: "m3 did not answer",
      isHere: false,
      silence: null,
    },
    wanted: { manager: "m2", candidates: "m1-m3", failback: false, faults: [] },
    candidates: [
      { name: "m1", unable: null, nodes: 12 },
      { name: "m2", unable: null, nodes: 13 },
      { name: "m3", unable: "silent", nodes: 0 },
    ],
    moving: null,
    stuck: null,
    lease: 4.2,
    refused: null,
    lastKnown: {
      power: { value: "on", age: 12, by: "m2" },
      health: null,
      seen: { age: 12, by: "m2" },
    },
    operations: [],
    boots: null,
  };
}
