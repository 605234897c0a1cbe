/** What becomes of two members' copies in the order of a generated life: changes, looks, tombstones
 * that are collected, a member that was away and takes in the state, or begins with none. */
import fc from "fast-check";

import type { Operation } from "../../src/model/operation.ts";
import { Replica } from "../../src/replica/replica.ts";
import { Follower } from "./follower.ts";

type Step =
  | { readonly do: "change"; readonly operations: readonly Operation[] }
  | { readonly do: "look" | "collect" | "follow" | "replace" };

function stepOf(change: fc.Arbitrary<Operation[]>): fc.Arbitrary<Step> {
  return fc.oneof(
    { weight: 6, arbitrary: change.map((operations) => ({ do: "change", operations } as const)) },
    { weight: 4, arbitrary: fc.constant({ do: "look" } as const) },
    {
      weight: 1,
      arbitrary: fc.constantFrom(
        { do: "collect" } as const,
        { do: "follow" } as const,
        { do: "replace" } as const,
      ),
    },
  );
}

/** Checks both copies now and then, and at the end, in so many lives of such changes. */
export function checkLives(
  change: fc.Arbitrary<Operation[]>,
  check: (member: Follower) => void,
  numRuns: number,
): void {
  fc.assert(
    fc.property(fc.array(stepOf(change), { maxLength: 40, size: "max" }), (steps) => {
      const leader = new Follower(), away = new Follower();
      for (const step of steps) {
        switch (step.do) {
          case "change":
            leader.apply(...step.operations);
            break;
          case "look":
            check(leader);
            break;
          case "collect":
            leader.apply({ kind: "collect", floor: leader.replica.applied });
            break;
          case "follow":
            away.jumpTo(leader.replica);
            check(away);
            break;
          case "replace":
            away.replica = new Replica();
            check(away);
        }
      }
      check(leader);
      away.jumpTo(leader.replica);
      check(away);
    }),
    { numRuns },
  );
}
