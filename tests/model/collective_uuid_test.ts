import { equal } from "node:assert/strict";

import { collectiveUuid, fixedName } from "../../src/model/collective_uuid.ts";

function restored(json: string | null): string {
  return collectiveUuid({ value: () => json }, "own");
}

Deno.test("the id is the restored one, or else the collective's own", () => {
  equal(restored(null), "own");
  equal(restored('"of-the-original"'), "of-the-original");
  equal(restored("5"), "own");
});

Deno.test("the fixed name is one that DNS could have", () => {
  equal(
    fixedName("0123456789abcdef0123456789abcdef"),
    "0123456789abcdef0123456789abcdef.confluent",
  );
  equal(fixedName("F5AD8A86-1B6B-4B8F-8C4D-7C2A34C5DA5E")?.endsWith(".confluent"), true);
  for (const strange of ["", "-a", "a-", "a.b", "a b", "ä", "x".repeat(64)]) {
    equal(fixedName(strange), undefined, strange);
  }
});
