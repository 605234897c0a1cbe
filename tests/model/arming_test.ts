import { deepEqual, equal } from "node:assert/strict";

import { ARMED_MS } from "../../src/base/boot_limits.ts";
import {
  armedAtMs,
  armedRow,
  armedUntil,
  type Arming,
  armingOf,
  disarmed,
  isArmedRow,
} from "../../src/model/arming.ts";
import { ARMED, PENDING } from "../../src/model/deployment.ts";
import { GROUPS } from "../../src/model/groups.ts";
import { Inheritance } from "../../src/model/inheritance.ts";
import { groupRow, nodeRow, ROW_MARK } from "../../src/model/operation.ts";
import { Resolver } from "../../src/model/resolving.ts";
import { RowsOf } from "./rows_of.ts";

/** When everything here was armed. */
const AT_MS = 1_700_000_000_000;

interface Armed {
  is(wallMs: number): Arming;
  disarmed(): unknown;
}

/** n1 of group g, with rows that were armed at AT_MS. */
function n1(
  own: Readonly<Record<string, string>>,
  group: Readonly<Record<string, string>> = {},
  armed: readonly string[] = [nodeRow("n1"), groupRow("g")],
): Armed {
  const rows = new RowsOf().group("g", group).node("n1", { [GROUPS]: "g", ...own });
  const until = new Map(armed.map((row) => [armedRow(row), String(AT_MS + ARMED_MS)]));
  const inheritance = new Inheritance(rows);
  const all = {
    state: {
      value: (row: string, attribute: string) => until.get(row) ?? rows.value(row, attribute),
    },
    nodes: { inheritance, resolver: new Resolver(inheritance) },
  };
  return {
    is: (wallMs) => armingOf(all, "n1", wallMs),
    disarmed: () => disarmed(all, "n1"),
  };
}

function guarded(arming: Arming): string[] {
  return arming.is !== "armed" ? [arming.is] : arming.guards.map((guard) => {
    const { test, row, attribute } = guard as { test: string; row: string; attribute: string };
    return `${test} ${row} ${attribute}`;
  });
}

Deno.test("the row beside another says until when it is armed", () => {
  const rows = [nodeRow("n1"), groupRow("g")];
  deepEqual(armedUntil(rows, AT_MS + 0.7), {
    kind: "set",
    rows: ["armed/node/n1", "armed/group/g"],
    cells: [[ROW_MARK, ""], ["until", String(AT_MS + ARMED_MS)]],
  });
  equal(isArmedRow(armedRow(nodeRow("n1"))), true);
  equal(isArmedRow(nodeRow("armed")), false);
  const state = (until: string | null): { value(): string | null } => ({ value: () => until });
  equal(armedAtMs(state(String(AT_MS + ARMED_MS)), nodeRow("n1")), AT_MS);
  equal(armedAtMs(state(null), nodeRow("n1")), undefined);
});

Deno.test("a node is armed from when it was set until four hours later", () => {
  const { is } = n1({ [ARMED]: "once" });
  const armed = is(AT_MS + ARMED_MS - 1);
  equal(armed.is === "armed" && armed.isContinuous, false);
  deepEqual(guarded(armed), [
    "equals node/n1 deployment.apiarmed",
    "before armed/node/n1 until",
  ]);
  deepEqual(is(AT_MS + ARMED_MS), { is: "over", sinceMs: AT_MS + ARMED_MS });
});

Deno.test("what says nothing of arming arms nobody, nor does what nobody knows the time of", () => {
  for (const word of ["", "never", "ONCE", "2030-01-01T00:00:00Z"]) {
    deepEqual(n1({ [ARMED]: word }).is(AT_MS), { is: "never" }, word);
  }
  deepEqual(n1({}).is(AT_MS), { is: "never" });
  deepEqual(n1({ [ARMED]: "once" }, {}, []).is(AT_MS), { is: "over", sinceMs: undefined });
});

Deno.test("continuous goes on while a profile is pending, whatever the time", () => {
  const { is } = n1({ [ARMED]: "continuous", [PENDING]: "diskless" });
  const late = is(AT_MS + 10 * ARMED_MS);
  equal(late.is === "armed" && late.isContinuous, true);
  deepEqual(guarded(late), [
    "equals node/n1 deployment.apiarmed",
    "equals node/n1 deployment.pendingprofile",
  ]);
  const idle = n1({ [ARMED]: "continuous" });
  deepEqual(guarded(idle.is(AT_MS)), [
    "equals node/n1 deployment.apiarmed",
    "before armed/node/n1 until",
  ]);
  equal(idle.is(AT_MS + ARMED_MS).is, "over");
});

Deno.test("a group arms by its own time; the node's own word hides it", () => {
  const { is } = n1({}, { [ARMED]: "once" }, [groupRow("g")]);
  deepEqual(guarded(is(AT_MS)), [
    "equals node/n1 deployment.apiarmed",
    "equals group/g deployment.apiarmed",
    "before armed/group/g until",
  ]);
  deepEqual(n1({ [ARMED]: "" }, { [ARMED]: "once" }).is(AT_MS), { is: "never" });
});

Deno.test("whoever is disarmed inherits no arming", () => {
  const rows = [nodeRow("n1")];
  deepEqual(n1({ [ARMED]: "once" }).disarmed(), { kind: "clear", rows, attributes: [ARMED] });
  deepEqual(n1({}, { [ARMED]: "once" }).disarmed(), { kind: "set", rows, cells: [[ARMED, ""]] });
});
