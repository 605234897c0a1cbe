/**
 * Whether a node may have a key: what `deployment.apiarmed` says, and until when.
 *
 * Beside each row, of a node or a group, in which that attribute is set stands another,
 * `armed/ROW`, written by the same entry: until when it counts, in milliseconds since 1970. So a
 * guard can judge it by the time of the entry that grants a key, the same at every member. Where
 * that row is missing (the attribute came by a dump, say) nobody is armed.
 *
 * `continuous` ends at that time too, but for a node with a profile pending: what runs from memory
 * keeps its profile pending, and needs a key at each boot.
 */
import { ARMED_MS } from "../base/boot_limits.ts";
import { ARMED, PENDING } from "./deployment.ts";
import type { Inheritance } from "./inheritance.ts";
import { groupRow, type Guard, nodeRow, type Operation, ROW_MARK } from "./operation.ts";
import type { Resolver } from "./resolving.ts";
import type { Rows } from "./rows.ts";

const ARMED_PREFIX = "armed/";
const UNTIL_CELL = "until";

/** The row that says until when what `row` says of arming counts. */
export function armedRow(row: string): string {
  return ARMED_PREFIX + row;
}

/** Whether the row is such a one. */
export function isArmedRow(row: string): boolean {
  return row.startsWith(ARMED_PREFIX);
}

/** To stand in the entry that sets the attribute in these rows. */
export function armedUntil(rows: readonly string[], wallMs: number): Operation {
  const until = String(Math.floor(wallMs) + ARMED_MS);
  return { kind: "set", rows: rows.map(armedRow), cells: [[ROW_MARK, ""], [UNTIL_CELL, until]] };
}

/** When the row was armed last, in milliseconds since 1970; undefined where that is not known. */
export function armedAtMs(state: Pick<Rows, "value">, row: string): number | undefined {
  const until = state.value(armedRow(row), UNTIL_CELL);
  return until === null ? undefined : Number(until) - ARMED_MS;
}

/** `never`: the attribute says nothing. `over`: it was so, until then. */
export type Arming =
  | { readonly is: "never" }
  | { readonly is: "over"; readonly sinceMs: number | undefined }
  | {
    readonly is: "armed";
    /** The node may have a key again. */
    readonly isContinuous: boolean;
    /** What must still be so where the key is granted. */
    readonly guards: readonly Guard[];
  };

/** What nodes are armed by. */
export interface ArmingState {
  readonly state: Pick<Rows, "value">;
  readonly nodes: { readonly inheritance: Inheritance; readonly resolver: Resolver };
}

/** Whether the node is armed at that time, in milliseconds since 1970. */
export function armingOf({ state, nodes }: ArmingState, node: string, wallMs: number): Arming {
  const { inheritance, resolver } = nodes;
  const word = resolver.textOf(node, ARMED);
  if (word !== "once" && word !== "continuous") return { is: "never" };
  const from = inheritance.find(node, ARMED)?.from;
  const own = nodeRow(node), row = from === undefined ? own : groupRow(from);
  const asIs = (row: string, attribute: string): Guard => (
    { test: "equals", row, attribute, value: state.value(row, attribute) }
  );
  const guards = [...new Set([own, row])].map((row) => asIs(row, ARMED));
  const isContinuous = word === "continuous";
  if (isContinuous && resolver.textOf(node, PENDING) !== "") {
    return { is: "armed", isContinuous, guards: [...guards, asIs(own, PENDING)] };
  }
  const until = state.value(armedRow(row), UNTIL_CELL);
  if (until === null || !(wallMs < Number(until))) {
    return { is: "over", sinceMs: until === null ? undefined : Number(until) };
  }
  const before: Guard = { test: "before", row: armedRow(row), attribute: UNTIL_CELL };
  return { is: "armed", isContinuous, guards: [...guards, before] };
}

/** What takes the arming from the node, what it would inherit as well. */
export function disarmed({ nodes }: ArmingState, node: string): Operation {
  const rows = [nodeRow(node)];
  return nodes.inheritance.inherited(node).has(ARMED)
    ? { kind: "set", rows, cells: [[ARMED, ""]] }
    : { kind: "clear", rows, attributes: [ARMED] };
}
