import { equal } from "node:assert/strict";

import { DUMP_SECTIONS, dumpLine, restoreHead, restoreLine } from "../../src/wire/dump.ts";

Deno.test("every kind of entry has its section, and lines of it are taken both ways", () => {
  for (const kind of Object.keys(DUMP_SECTIONS)) {
    const line = { kind, name: "a", content: { "location.rack": { value: "7" } } };
    equal(dumpLine.safeParse(line).success, true, kind);
    equal(restoreLine.safeParse(line).success, true, kind);
  }
  equal(restoreLine.safeParse({ kind: "members", name: "g", nodes: ["n1"] }).success, true);
  equal(restoreLine.safeParse({ kind: "members", name: "g", nodes: [1] }).success, false);
  equal(restoreLine.safeParse({ kind: "node", name: "a", content: [] }).success, false);
  equal(restoreLine.safeParse({ kind: "failed", error: "e" }).success, false);
});

Deno.test("a head says what is wanted, and nothing that is not known", () => {
  equal(restoreHead.safeParse({ kind: "head", mode: "merge" }).success, true);
  equal(restoreHead.safeParse({ kind: "head", mode: "replace" }).success, false);
  equal(restoreHead.safeParse({ kind: "head", mode: "merge", force: true }).success, false);
});
