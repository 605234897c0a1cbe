import { deepEqual, equal } from "node:assert/strict";

import { groupName, memberName, nodeName } from "../../src/model/node_name.ts";

Deno.test("names that fit a host name, a path and a noderange are taken", () => {
  for (const name of ["n1", "1", "web-01", "r1u04.example.org", "a_b", "n".repeat(253)]) {
    deepEqual(nodeName(name), { ok: true, value: name });
  }
});

Deno.test("any other name is refused, and the refusal says what would be right", () => {
  for (
    const name of ["", "-n1", ".n1", "_n", "n 1", "n/1", "n[1]", "n,1", "é", "n\n", "n".repeat(254)]
  ) {
    const outcome = nodeName(name);
    equal(outcome.ok ? "taken" : outcome.refusal.kind, "invalid", name);
  }
  const outcome = memberName("m/1");
  equal(
    outcome.ok || outcome.refusal.message,
    '"m/1" is not a valid member name: it takes letters, digits, "." "_" "-", ' +
      "and starts with a letter or a digit",
  );
});

Deno.test("reserved names are refused in any case", () => {
  for (const name of ["everything", "Everything", "localhost"]) equal(nodeName(name).ok, false);
});

Deno.test("what is said of a group's name says that it is one", () => {
  const outcome = groupName("g 1");
  equal(
    outcome.ok ? "taken" : outcome.refusal.message.slice(0, 32),
    '"g 1" is not a valid group name:',
  );
  deepEqual(groupName("g1"), { ok: true, value: "g1" });
});
