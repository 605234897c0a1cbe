import { equal } from "node:assert/strict";

import { nearest } from "../../src/model/nearest.ts";

Deno.test("the candidate with the fewest changes is nearest, unless it takes too many", () => {
  const names = ["location.rack", "location.row", "location.room"];
  equal(nearest("location.rak", names), "location.rack");
  equal(nearest("Location.Rack", names), "location.rack");
  equal(nearest("locatoin.row", names), "location.row");
  equal(nearest("colour", names), undefined);
  equal(nearest("", names), undefined);
  equal(nearest("x".repeat(1_000_000), names), undefined);
});
