import { deepEqual, equal } from "node:assert/strict";

import {
  attributesInput,
  createNode,
  createNodes,
  durationMs,
  inviteRequest,
  joinLine,
} from "../../src/wire/http.ts";

Deno.test("durations have a unit or are seconds, and anything else is none", () => {
  equal(durationMs("90s"), 90_000);
  equal(durationMs("30m"), 1_800_000);
  equal(durationMs("1h"), 3_600_000);
  equal(durationMs("7d"), 604_800_000);
  equal(durationMs("15"), 15_000);
  for (const text of ["", "h", "1w", "-1s", "1.5h", "1h30m", "01s", "9".repeat(10)]) {
    equal(durationMs(text), undefined, text);
  }
});

Deno.test("attributes are texts, numbers, booleans, null, or say that they are values", () => {
  const body = {
    "location.rack": "7",
    "location.u": 3,
    "net.bootable": true,
    "info.note": null,
    "custom.a": { value: "{n1}" },
    "custom.b": { expression: "{n1}" },
    "groups": ["a"],
  };
  deepEqual(attributesInput.parse(body), body);
  for (
    const wrong of [{ a: { b: 1 } }, { a: [1] }, { a: { value: "x", more: 1 } }, [], "x", null]
  ) {
    equal(attributesInput.safeParse(wrong).success, false, JSON.stringify(wrong));
  }
});

Deno.test("a wrong value is told by where it stands and what would be right", () => {
  const outcome = createNodes.safeParse({ nodes: [{ name: "n1" }, { name: "n2", type: {} }] });
  deepEqual(outcome.error?.issues.map(({ path, message }) => ({ path, message })), [{
    path: ["nodes", 1, "type"],
    message: 'wanted a text, a number, true, false, null (which clears) or {"value": text}',
  }]);
});

Deno.test("a node is a name and attributes beside it", () => {
  deepEqual(createNode.parse({ name: "n1", type: "server" }), { name: "n1", type: "server" });
  equal(createNode.safeParse({ type: "server" }).success, false);
  equal(createNodes.parse({ nodes: [{ name: "n1" }] }).existing, "refuse");
  equal(createNodes.safeParse({ nodes: [] }).success, false);
  equal(createNodes.safeParse({ nodes: [{ name: "n1" }], exist: "skip" }).success, false);
});

Deno.test("an invitation's misspelt option is refused, not ignored", () => {
  equal(inviteRequest.safeParse({ name: "m2", expires: "1h", nonvoting: true }).success, true);
  equal(inviteRequest.safeParse({ name: "m2", non_voting: true }).success, false);
  equal(inviteRequest.safeParse({ name: "m2", expires: "soon" }).success, false);
});

Deno.test("a line of a join is progress, the answer, or a failure", () => {
  equal(joinLine.safeParse({ progress: "40 %" }).success, true);
  equal(joinLine.safeParse({ errorcode: 503, error: "x" }).success, true);
  equal(joinLine.safeParse({ what: 1 }).success, false);
});
