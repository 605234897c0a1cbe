import { deepEqual, equal, match } from "node:assert/strict";
import fc from "fast-check";
import { parse } from "yaml";

import { MAX_STATE_DETAIL_LENGTH, MAX_STATE_LENGTH } from "../../src/base/boot_limits.ts";
import { readStatusReport } from "../../src/wire/status_report.ts";

function read(text: string): unknown {
  const report = readStatusReport(parse(text));
  return report.ok ? report.value : report.refusal.message;
}

const NONE = { status: undefined, state: undefined, detail: undefined };

Deno.test("reports as scripts send them", () => {
  deepEqual(read("status: staged"), { ...NONE, status: "staged" });
  deepEqual(read("status: complete\n"), { ...NONE, status: "complete" });
  deepEqual(read('{"status": "booted"}'), { ...NONE, status: "booted" });
  deepEqual(read("state: installing\nstate_detail: disk 1 of 2"), {
    ...{ status: undefined, state: "installing", detail: "disk 1 of 2" },
  });
  deepEqual(read("state_detail: only that"), { ...NONE, detail: "only that" });
  deepEqual(read("status: staged\nstate: x\nprogress: 5"), {
    ...NONE,
    status: "staged",
    state: "x",
  });
});

Deno.test("what YAML takes for no text is one, what is empty says nothing", () => {
  deepEqual(read("state: 404\nstate_detail: yes"), { ...NONE, state: "404", detail: "yes" });
  deepEqual(read("state: true"), { ...NONE, state: "true" });
  deepEqual(read("state: 0"), { ...NONE, state: "0" });
  deepEqual(read("status: staged\nstate:\nstate_detail: ''"), { ...NONE, status: "staged" });
  deepEqual(read("status:\nstate: x"), { ...NONE, state: "x" });
});

Deno.test("a text is one line, and as long as there is room", () => {
  deepEqual(read('state: "a\\nb\\u001b[2J"\nstate_detail: "  c  "'), {
    ...{ status: undefined, state: "a b [2J", detail: "c" },
  });
  const long = readStatusReport({ state: "s".repeat(9_999), state_detail: "d".repeat(9_999) });
  equal(long.ok && long.value.state?.length, MAX_STATE_LENGTH);
  equal(long.ok && (long.value.detail?.length ?? 0) <= MAX_STATE_DETAIL_LENGTH, true);
  equal(long.ok && (long.value.detail?.length ?? 0) >= 1_000, true);
});

Deno.test("anything else is refused with what is wanted", () => {
  for (const text of ["", "staged", "- staged", "7", "{}", "progress: 5", "state:", "status:"]) {
    match(String(read(text)), /wanted lines as `status: staged`/, text);
  }
  equal(read("status: done"), 'status: "done": wanted one of staged, complete, booted');
  equal(read("status: 7"), "status: 7: wanted one of staged, complete, booted");
  equal(read("state: [a]"), 'state: ["a"]: wanted a text');
  equal(read("state_detail:\n  a: b"), 'state_detail: {"a":"b"}: wanted a text');
});

Deno.test("whatever is sent is read or refused", () => {
  fc.assert(fc.property(fc.jsonValue(), fc.jsonValue(), (status, state) => {
    for (const parsed of [status, { status, state }, { state, state_detail: status }]) {
      const report = readStatusReport(parsed);
      if (report.ok) continue;
      equal(report.refusal.kind, "invalid");
      equal(report.refusal.message.length < 300, true);
    }
  }));
});
