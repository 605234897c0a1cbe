/**
 * What becomes of a node's deployment by what the node itself reports:
 *
 *     pending --staged--> staged --complete--> completed    an installed system
 *     pending ------------complete-----------> completed
 *     pending ------------booted-------------> pending and completed: it runs from the network
 */
import { ok, type Outcome, refused } from "../base/outcome.ts";
import {
  COMPLETED,
  LOCK,
  lockOf,
  PENDING,
  STAGED,
  STATE,
  STATE_DETAIL,
  STATE_UPDATED,
} from "./deployment.ts";
import { nodeRow, type Operation } from "./operation.ts";
import { toCell } from "./stored_value.ts";

/** `staged`: installed, its first boot comes. `complete`: all was done. `booted`: it runs a profile
 * that it boots from the network each time. */
export const STATUSES = ["staged", "complete", "booted"] as const;
/** One of {@link STATUSES}. */
export type Status = typeof STATUSES[number];

/** The address that the last report came from. */
export const CLIENT_ADDRESS = "deployment.client_ip";

/** What a node says of itself; something of it is there. */
export interface StatusReport {
  readonly status: Status | undefined;
  /** For people; undefined where it is not told. */
  readonly state: string | undefined;
  readonly detail: string | undefined;
}

/** A node before its report. */
export interface ReportingNode {
  readonly name: string;
  /** What an attribute comes to; empty where it is unset. */
  text(attribute: string): string;
  /** The node's own cell; null where it has none. */
  cell(attribute: string): string | null;
  /** Whether a group gives it one where it has none of its own. */
  isInherited(attribute: string): boolean;
}

/** The words of confluent 4.0. */
export const NOTHING_PENDING = "No pending profile detected, unable to accept status update";

/** What the operations follow from, beside what nobody else writes. */
const READ = [PENDING, STAGED, COMPLETED, LOCK] as const;

/**
 * One entry for the report: guards that the node is there and its deployment as it was, then what
 * changes. `conflict` with {@link NOTHING_PENDING} where a status has no profile to speak of, and
 * nothing is to be changed then. `address` and `time`: where the report came from and when, ISO.
 */
export function statusOperations(
  node: ReportingNode,
  { status, state, detail }: StatusReport,
  address: string,
  time: string,
): Outcome<Operation[]> {
  const rows = [nodeRow(node.name)];
  const next = status === undefined ? new Map<string, string>() : changed(node, status);
  if (next === undefined) return refused("conflict", NOTHING_PENDING);
  next.set(CLIENT_ADDRESS, address).set(STATE_UPDATED, time);
  if (state !== undefined) next.set(STATE, state);
  // What was said of another state is true no more.
  if (state !== undefined || detail !== undefined) next.set(STATE_DETAIL, detail ?? "");
  const cells: [string, string][] = [], cleared: string[] = [];
  for (const [attribute, text] of next) {
    if (text !== "" || node.isInherited(attribute)) {
      cells.push([attribute, toCell({ kind: "text", text })]);
    } else if (node.cell(attribute) !== null) cleared.push(attribute);
  }
  const operations: Operation[] = [{ kind: "guard", guard: { test: "exists", rows } }];
  for (const attribute of status === undefined ? [] : READ) {
    const value = node.cell(attribute);
    const guard = { test: "equals", row: nodeRow(node.name), attribute, value } as const;
    operations.push({ kind: "guard", guard });
  }
  operations.push({ kind: "set", rows, cells });
  if (cleared.length > 0) operations.push({ kind: "clear", rows, attributes: cleared });
  return ok(operations);
}

/** Attributes that are another than before, empty for none; undefined where nothing is pending. Who
 * got no answer to `staged` reports it again: then it stays as it is. */
function changed(node: ReportingNode, status: Status): Map<string, string> | undefined {
  const pending = node.text(PENDING), staged = node.text(STAGED);
  if (status === "staged" && pending === "" && staged !== "") return new Map();
  const profile = status === "complete" && staged !== "" ? staged : pending;
  if (profile === "") return undefined;
  switch (status) {
    case "staged":
      return new Map([[STAGED, profile], [PENDING, ""]]);
    case "booted":
      return new Map([[COMPLETED, profile]]);
    case "complete": {
      const next = new Map([[COMPLETED, profile], [STAGED, ""], [PENDING, ""]]);
      return lockOf(node.text(LOCK)) === "autolock" ? next.set(LOCK, "locked") : next;
    }
  }
}
