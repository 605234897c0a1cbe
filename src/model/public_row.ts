/**
 * What of the state may be told to whoever follows its changes: rows of nodes, and of those what is
 * not sealed. All else (invitations hold keys, windows and the roster are the collective's own) is
 * never told, and neither is a kind of row that comes later, until this file says so.
 */
import { isSealed } from "./attribute.ts";
import { nodeRow, ROW_MARK } from "./operation.ts";

const NODE_PREFIX = nodeRow("");

/** Rows whose names begin with this are public, and no others. */
export const PUBLIC_PREFIX = NODE_PREFIX;

/** The name of the node that the row is of; undefined for a row that is not public. */
export function publicNode(row: string): string | undefined {
  return row.startsWith(NODE_PREFIX) ? row.slice(NODE_PREFIX.length) : undefined;
}

/** Whether the attribute of a public row may be told. The mark of a row is none. */
export function isPublicAttribute(attribute: string): boolean {
  return attribute !== ROW_MARK && !isSealed(attribute);
}
