/**
 * What of the state may be told to whoever follows its changes: rows of nodes and of groups, and of
 * those what is no secret. All else (invitations hold keys, windows and the roster are the
 * collective's own) is never told, and neither is a kind of row that comes later, until this file
 * says so.
 */
import { isSealed } from "./attribute.ts";
import { EVERYTHING } from "./catalogue/membership.ts";
import { REMOVED } from "./groups.ts";
import { groupOfRow, groupRow, nodeOfRow, nodeRow, ROW_MARK } from "./operation.ts";
import type { Rows } from "./rows.ts";
import { fromCell } from "./stored_value.ts";

/** The group of all is a kind of its own: it is there without a mark, until it is removed. */
export type PublicKind = "node" | "group" | "everything";

/** Whose row it is. */
export interface PublicRow {
  readonly kind: PublicKind;
  readonly name: string;
}

/** What an attribute is told as: a text as it stands, an expression unevaluated, JSON as what it
 * says; null for nothing that may be told. */
export type PublicValue =
  | string
  | number
  | boolean
  | null
  | { readonly expression: string }
  | unknown[]
  | Record<string, unknown>;

const NODE_PREFIX = nodeRow("");
const GROUP_PREFIX = groupRow("");

/** The public rows that there are, groups before the nodes that inherit from them: of nodes all, or
 * those of these names, which need not exist. */
export function* publicRows(
  state: Pick<Rows, "rows">,
  nodes?: Iterable<string>,
): Iterable<string> {
  const everything = groupRow(EVERYTHING);
  yield everything;
  for (const row of state.rows(GROUP_PREFIX)) if (row !== everything) yield row;
  if (nodes === undefined) yield* state.rows(NODE_PREFIX);
  else for (const node of nodes) yield nodeRow(node);
}

/** Undefined for a row that is not public. */
export function publicRow(row: string): PublicRow | undefined {
  if (row.startsWith(NODE_PREFIX)) return { kind: "node", name: nodeOfRow(row) };
  if (!row.startsWith(GROUP_PREFIX)) return undefined;
  const name = groupOfRow(row);
  return { kind: name === EVERYTHING ? "everything" : "group", name };
}

/** Whether the cell says that its row is there, or that it is not; undefined where it says neither.
 * Null stands for no value. */
export function isThereBy(
  kind: PublicKind,
  attribute: string,
  cell: string | null,
): boolean | undefined {
  if (kind === "everything") return attribute === REMOVED ? cell === null : undefined;
  return attribute === ROW_MARK ? cell !== null : undefined;
}

/** Whether the attribute of a public row may be told. What says that a row is there is none. */
export function isPublicAttribute(attribute: string): boolean {
  return attribute !== ROW_MARK && attribute !== REMOVED && !isSealed(attribute);
}

/** What the cell of a public attribute is told as. A secret may stand under any name: it is told as
 * if there were nothing, so that what was told before is not believed any longer. */
export function publicValue(cell: string | null): PublicValue {
  if (cell === null) return null;
  const value = fromCell(cell);
  switch (value.kind) {
    case "text":
      return value.text;
    case "json":
      return JSON.parse(value.json);
    case "expression":
      return { expression: value.expression };
    case "sealed":
    case "hashed":
      return null;
  }
}
