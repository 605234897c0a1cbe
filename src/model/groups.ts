/**
 * Groups of nodes. A static group has members, and they inherit its attributes; who its members are
 * stands with the nodes alone, each of which lists its groups by priority. A dynamic group has a
 * noderange instead, and nothing is inherited from it.
 */
import { EVERYTHING } from "./catalogue/membership.ts";
import { groupRow } from "./operation.ts";
import type { Rows } from "./rows.ts";

/** The cell of a node's row that lists its groups. */
export const GROUPS = "groups";

/** The cell of a group's row that makes it dynamic. */
export const NODERANGE = "noderange";

/** What a group's nodes are told as. */
export const NODES = "nodes";

/** What a node's list of groups says, in the order of their priority. */
export function groupsInText(text: string | null): string[] {
  const listed = text === null || text === "" ? [] : text.split(",");
  return listed.includes(EVERYTHING) ? listed : [...listed, EVERYTHING];
}

/** The list as it is kept. */
export function groupsText(groups: readonly string[]): string {
  return (groups.at(-1) === EVERYTHING ? groups.slice(0, -1) : groups).join(",");
}

/** The cell that says of the group of all that somebody removed it. */
export const REMOVED = "removed";

/** Whether there is such a group. That of all is there from the beginning, until it is removed. */
export function groupExists(rows: Rows, group: string): boolean {
  if (group !== EVERYTHING) return rows.exists(groupRow(group));
  return rows.value(groupRow(group), REMOVED) === null;
}
