/**
 * Who acts on which node, as rows of the state.
 *
 * `collective.manager` of a node says who should act on it, and people set it. Who does act is its
 * *holder*: a row of its own, `placement/NODE`, whose mark is the member's id. Only the holder
 * changes it, after it stopped acting on the node; or a leader, once a majority promised that the
 * holder cannot act any more. So it outlives the node's removal, and its stamp is the epoch of the
 * hand-over.
 */
import type { MemberId } from "./member.ts";

/** The rows of holders begin so. */
export const PLACEMENT_PREFIX = "placement/";
/** Why the holder holds the node, for people. */
export const BECAUSE_CELL = "because";

/** The attributes that say who should act on a node. */
export const MANAGER = "collective.manager";
export const CANDIDATES = "collective.managercandidates";
export const FAILBACK = "collective.failback";

export function placementRow(node: string): string {
  return PLACEMENT_PREFIX + node;
}

export function nodeOfPlacement(row: string): string {
  return row.slice(PLACEMENT_PREFIX.length);
}

/** The row whose stamp says when the nodes of this member, which was lost, were taken from it. */
export function lostRow(id: MemberId): string {
  return `lost/${id}`;
}

/** The row that exists while the member is to hold no nodes. */
export function drainedRow(id: MemberId): string {
  return `drained/${id}`;
}
