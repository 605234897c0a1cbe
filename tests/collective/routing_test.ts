import { deepEqual, equal } from "node:assert/strict";

import { partsOf, ResultBatch, sharesOf } from "../../src/collective/routing.ts";
import { memberId } from "../../src/model/member.ts";

const M1 = memberId("0000000000000001"), M2 = memberId("0000000000000002");

Deno.test("nodes go to whoever manages each, in their order", () => {
  const managers: Record<string, typeof M1> = { n1: M2, n2: M1, n4: M2, n5: M1 };
  const managerOf = (node: string): { id: typeof M1 } | undefined => {
    const id = managers[node];
    return id && { id };
  };
  const shares = sharesOf(["n5", "n4", "n3", "n2", "n1"], managerOf, M1);
  deepEqual(shares.here, ["n5", "n2"]);
  deepEqual([...shares.passed], [[M2, ["n4", "n1"]]]);
  deepEqual(shares.nobodys, ["n3"]);
});

Deno.test("parts hold all of them, and none more than it may", () => {
  deepEqual(partsOf(["a", "b", "c", "d", "e"], 2), [["a", "b"], ["c", "d"], ["e"]]);
  deepEqual(partsOf(["a", "b"], 2), [["a", "b"]]);
  deepEqual(partsOf([], 2), []);
});

Deno.test("results are gathered until there is enough of them", () => {
  const batch = new ResultBatch<string>(10);
  equal(batch.isEmpty, true);
  equal(batch.add("a", 9), false);
  equal(batch.add("b", 1), true);
  deepEqual(batch.take(), ["a", "b"]);
  equal(batch.isEmpty, true);
  equal(batch.add("c", 9), false);
});
