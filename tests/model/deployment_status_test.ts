import { deepEqual, equal } from "node:assert/strict";

import { CATALOGUE } from "../../src/model/attribute.ts";
import {
  CLIENT_ADDRESS,
  NOTHING_PENDING,
  type Status,
  statusOperations,
  type StatusReport,
} from "../../src/model/deployment_status.ts";
import { nodeRow, type Operation } from "../../src/model/operation.ts";
import { fromCell, toCell } from "../../src/model/stored_value.ts";

type Texts = Readonly<Record<string, string>>;

const TIME = "2026-01-02T03:04:05.678Z";
const PENDING = "deployment.pendingprofile", STAGED = "deployment.stagedprofile";
const DONE = "deployment.profile", LOCK = "deployment.lock";
const STATE = "deployment.state", DETAIL = "deployment.state_detail";
const ALWAYS = { "deployment.client_ip": "10.0.0.7", "deployment.state_last_updated": TIME };

type Made = ReturnType<typeof statusOperations>;

function operations(own: Texts, report: Partial<StatusReport>, group: Texts = {}): Made {
  const node = {
    name: "n1",
    text: (attribute: string): string => own[attribute] ?? group[attribute] ?? "",
    cell: (attribute: string): string | null => {
      const text = own[attribute];
      return text === undefined ? null : toCell({ kind: "text", text });
    },
    isInherited: (attribute: string): boolean => attribute in group,
  };
  const whole = { status: undefined, state: undefined, detail: undefined, ...report };
  return statusOperations(node, whole, "10.0.0.7", TIME);
}

/** What changes beside what each report changes; null for what is cleared. */
function changes(own: Texts, report: Partial<StatusReport>, group: Texts = {}): unknown {
  const made = operations(own, report, group);
  if (!made.ok) return made.refusal.message;
  const changed: Record<string, string | null> = {};
  for (const operation of made.value) {
    if (operation.kind === "set") {
      for (const [attribute, cell] of operation.cells) {
        const value = fromCell(cell);
        changed[attribute] = value.kind === "text" ? value.text : value.kind;
      }
    }
    if (operation.kind === "clear") { for (const one of operation.attributes) changed[one] = null; }
  }
  for (const [attribute, text] of Object.entries(ALWAYS)) {
    equal(changed[attribute], text);
    delete changed[attribute];
  }
  return changed;
}

function status(status: Status): Partial<StatusReport> {
  return { status };
}

Deno.test("the attributes are those of the catalogue", () => {
  for (const name of [PENDING, STAGED, DONE, LOCK, STATE, DETAIL, ...Object.keys(ALWAYS)]) {
    equal(CATALOGUE.has(name), true, name);
  }
  equal(CLIENT_ADDRESS, "deployment.client_ip");
});

Deno.test("an installed system goes from pending by staged to completed", () => {
  deepEqual(changes({ [PENDING]: "alma" }, status("staged")), {
    [PENDING]: null,
    [STAGED]: "alma",
  });
  deepEqual(changes({ [STAGED]: "alma" }, status("complete")), { [STAGED]: null, [DONE]: "alma" });
  deepEqual(changes({ [PENDING]: "alma", [DONE]: "old" }, status("complete")), {
    ...{ [PENDING]: null, [DONE]: "alma" },
  });
  deepEqual(changes({ [PENDING]: "next", [STAGED]: "alma" }, status("complete")), {
    ...{ [PENDING]: null, [STAGED]: null, [DONE]: "alma" },
  });
});

Deno.test("what runs from the network keeps its profile pending", () => {
  deepEqual(changes({ [PENDING]: "live" }, status("booted")), { [DONE]: "live" });
});

Deno.test("a status without a profile is refused; staged may be told twice", () => {
  for (const one of ["staged", "complete", "booted"] as const) {
    equal(changes({ [DONE]: "alma" }, status(one)), NOTHING_PENDING, one);
  }
  deepEqual(changes({ [STAGED]: "alma" }, status("staged")), {});
  equal(changes({ [STAGED]: "alma" }, status("booted")), NOTHING_PENDING);
});

Deno.test("autolock locks once all is complete, and not before", () => {
  const own = { [PENDING]: "alma", [LOCK]: "autolock" };
  deepEqual(changes(own, status("complete")), {
    [PENDING]: null,
    [DONE]: "alma",
    [LOCK]: "locked",
  });
  equal(LOCK in Object(changes(own, status("staged"))), false);
  equal(LOCK in Object(changes({ ...own, [LOCK]: "unlocked" }, status("complete"))), false);
  deepEqual(changes({ [PENDING]: "alma" }, status("complete"), { [LOCK]: "autolock" }), {
    ...{ [PENDING]: null, [DONE]: "alma", [LOCK]: "locked" },
  });
});

Deno.test("a state is kept, and what was said of another goes", () => {
  deepEqual(changes({}, { state: "installing", detail: "disk" }), {
    ...{ [STATE]: "installing", [DETAIL]: "disk" },
  });
  deepEqual(changes({ [DETAIL]: "disk" }, { state: "rebooting" }), {
    ...{ [STATE]: "rebooting", [DETAIL]: null },
  });
  deepEqual(changes({ [STATE]: "installing" }, { detail: "disk" }), { [DETAIL]: "disk" });
  deepEqual(changes({ [PENDING]: "alma", [DETAIL]: "disk" }, status("staged")), {
    ...{ [PENDING]: null, [STAGED]: "alma" },
  });
  deepEqual(changes({ [PENDING]: "alma" }, { status: "staged", state: "x" }), {
    ...{ [PENDING]: null, [STAGED]: "alma", [STATE]: "x" },
  });
});

Deno.test("what a group says is hidden, not uncovered", () => {
  deepEqual(changes({}, status("staged"), { [PENDING]: "alma" }), {
    ...{ [PENDING]: "", [STAGED]: "alma" },
  });
  deepEqual(changes({ [PENDING]: "alma" }, status("staged"), { [PENDING]: "of the group" }), {
    ...{ [PENDING]: "", [STAGED]: "alma" },
  });
});

function guards(made: Made): string[] {
  if (!made.ok) return [];
  const told = (operation: Operation): string => {
    if (operation.kind !== "guard") return operation.kind;
    const { guard } = operation;
    return "value" in guard ? `${guard.attribute} ${guard.value}` : guard.test;
  };
  return made.value.map(told);
}

Deno.test("a status counts for the deployment that it was judged by", () => {
  deepEqual(guards(operations({ [PENDING]: "alma" }, status("staged"))), [
    "exists",
    `${PENDING} ${toCell({ kind: "text", text: "alma" })}`,
    ...[`${STAGED} null`, `${DONE} null`, `${LOCK} null`, "set", "clear"],
  ]);
  deepEqual(guards(operations({}, { state: "x" })), ["exists", "set"]);
  const made = operations({ [PENDING]: "alma" }, status("staged"));
  const rows = made.ok ? made.value.flatMap((one) => "rows" in one ? one.rows : []) : [];
  deepEqual(new Set(rows), new Set([nodeRow("n1")]));
});
