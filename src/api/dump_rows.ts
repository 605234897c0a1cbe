/** Rows of what a dump holds beside nodes and groups: kept so that a dump gives it back. */
import { utf8 } from "../base/bytes.ts";
import { MAX_NAME_LENGTH, MAX_VALUE_BYTES } from "../base/limits.ts";
import { ok, type Outcome, refused } from "../base/outcome.ts";
import { REDACTED } from "../model/dumped.ts";
import { groupRow, nodeRow } from "../model/operation.ts";
import { fromCell, type StoredValue, toCell } from "../model/stored_value.ts";
import type { DumpKind } from "../wire/dump.ts";

/** The number that the next node gets. */
export const NUMBER_GLOBAL = "max_node_index";

/** Globals that are never kept: keys, and what follows from the nodes. */
export function isOwnGlobal(name: string): boolean {
  return name === NUMBER_GLOBAL || name === "free_node_indexes" || name.endsWith("_key");
}

/** How the rows of each kind begin. */
export const ROW_PREFIXES: Readonly<Record<DumpKind, string>> = {
  group: groupRow(""),
  node: nodeRow(""),
  usergroup: "usergroup/",
  user: "user/",
};

/** What of a user is never told. */
const PASSWORD = "cryptpass";

/** The cell of what a dump says of a user or a group of users. */
export function accountCell(name: string, value: unknown): Outcome<string> {
  if (value === REDACTED) {
    return refused("invalid", `${name}: it is redacted, and such a dump cannot be restored`);
  }
  if (name === PASSWORD && (typeof value !== "string" || value.includes("\n"))) {
    return refused("invalid", `${name}: wanted the hash of a password, a text of one line`);
  }
  const text = typeof value === "string" ? value : JSON.stringify(value);
  if (name.length > MAX_NAME_LENGTH || utf8(text).length > MAX_VALUE_BYTES) {
    const bounds = `MAX_NAME_LENGTH is ${MAX_NAME_LENGTH}, MAX_VALUE_BYTES ${MAX_VALUE_BYTES}`;
    return refused("invalid", `${name.slice(0, 64)}: too long, the name or its value; ${bounds}`);
  }
  if (typeof value !== "string") return ok(toCell({ kind: "json", json: text }));
  const stored: StoredValue = name === PASSWORD
    ? { kind: "hashed", hashes: { crypt: text } }
    : { kind: "text", text };
  return ok(toCell(stored));
}

/** What a dump says of that cell. */
export function accountValue(cell: string, redact: boolean): unknown {
  const stored = fromCell(cell);
  switch (stored.kind) {
    case "text":
      return stored.text;
    case "json":
      return JSON.parse(stored.json);
    case "hashed":
      return redact ? REDACTED : stored.hashes.crypt;
    case "expression":
      return stored.expression;
    case "sealed":
      return REDACTED;
  }
}
