import { deepEqual, equal } from "node:assert/strict";

import { ok, type Outcome, refused } from "../../src/base/outcome.ts";

Deno.test("an outcome that is well carries its value, even one that is false or absent", () => {
  deepEqual(ok(7), { ok: true, value: 7 });
  deepEqual(ok(false), { ok: true, value: false });
  deepEqual(ok(), { ok: true, value: undefined });
  const roster = { members: [] };
  equal(ok(roster).value, roster);
});

Deno.test("a refusal says its kind and its message, and nobody missing where none is named", () => {
  const outcome = refused("conflict", "cannot promote n1: it was invited as non-voting");
  deepEqual(outcome, {
    ok: false,
    refusal: { kind: "conflict", message: "cannot promote n1: it was invited as non-voting" },
  });
  equal("missing" in outcome.refusal, false);
});

Deno.test("a refusal names who is missing, even where it is nobody", () => {
  deepEqual(refused("no-quorum", "too few", ["n2", "n3"]).refusal.missing, ["n2", "n3"]);
  deepEqual(refused("no-quorum", "too few", []).refusal.missing, []);
});

Deno.test("an outcome is narrowed by ok", () => {
  const outcomes: Outcome<number>[] = [ok(1), refused("busy", "later"), ok(2)];
  const values = outcomes.map((outcome) => outcome.ok ? outcome.value : outcome.refusal.kind);
  deepEqual(values, [1, "busy", 2]);
});
