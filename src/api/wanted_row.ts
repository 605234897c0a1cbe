/** What an entry of a dump wants of its row: cells, and secrets that are yet to be sealed. */
import { ok, type Outcome, refused } from "../base/outcome.ts";
import { findStored } from "../model/attribute.ts";
import type { Attribute } from "../model/catalogue/entry.ts";
import { OWN_PREFIX, readDumped } from "../model/dumped.ts";
import { GROUPS, groupsText, NODERANGE } from "../model/groups.ts";
import { type DumpKeys, openDumpSecret } from "../model/legacy_crypto.ts";
import { toCell } from "../model/stored_value.ts";

/** See above. */
export interface WantedRow {
  readonly cells: Map<string, string>;
  /** In clear. */
  readonly secrets: Map<string, string>;
  /** Of a node: its groups by priority. */
  groups: readonly string[];
}

/** The list of a group's nodes, where it stands with the group itself. */
export const MEMBERS = "nodes";

const MAX_KNOWN = 4_096;

/** Reads the entries of one dump. */
export class RowReader {
  readonly #keys: DumpKeys | undefined;
  readonly #known = { node: new Map<string, Attribute>(), group: new Map<string, Attribute>() };

  /** Without keys no secret opens. */
  constructor(keys: DumpKeys | undefined) {
    this.#keys = keys;
  }

  /** What the entry wants; each fault in it is told to `fault`. */
  read(
    kind: "node" | "group",
    content: Readonly<Record<string, unknown>>,
    fault: (message: string) => void,
  ): WantedRow {
    const wanted: WantedRow = { cells: new Map(), secrets: new Map(), groups: [] };
    for (const name in content) {
      if (name.startsWith(OWN_PREFIX)) continue;
      const taken = this.#take(wanted, kind, name, content[name]);
      if (!taken.ok) fault(taken.refusal.message);
    }
    if (kind === "group" && wanted.cells.has(NODERANGE) && wanted.cells.size > 1) {
      fault("a group with a noderange has nothing else, since nothing is inherited from it");
    }
    return wanted;
  }

  #take(
    wanted: WantedRow,
    kind: "node" | "group",
    name: string,
    json: unknown,
  ): Outcome<void> {
    if (kind === "node" && name === GROUPS) return takeGroups(wanted, json);
    if (kind === "group" && name === MEMBERS) return ok();
    const attribute = this.#attribute(kind, name);
    if (!attribute.ok) return attribute;
    const read = readDumped(attribute.value, json);
    if (!read.ok) {
      const { message } = read.refusal;
      return message.includes(name) ? read : refused("invalid", `${name}: ${message}`);
    }
    const { value } = read;
    if (value === undefined) return ok();
    if (value.kind !== "crypt") {
      wanted.cells.set(name, toCell(value));
      return ok();
    }
    const plain = this.#open(value.cryptvalue);
    if (!plain.ok) return refused("invalid", `${name}: ${plain.refusal.message}`);
    wanted.secrets.set(name, plain.value);
    return ok();
  }

  #open(cryptvalue: string): Outcome<string> {
    if (this.#keys !== undefined) return openDumpSecret(this.#keys, cryptvalue);
    return refused(
      "invalid",
      "there is no key to open it: the dump was made without its keys; put the keys file of an " +
        "earlier dump beside it",
    );
  }

  #attribute(kind: "node" | "group", name: string): Outcome<Attribute> {
    const known = this.#known[kind];
    const seen = known.get(name);
    if (seen !== undefined) return ok(seen);
    const found = findStored(name, { kind });
    if (found.ok && known.size < MAX_KNOWN) known.set(name, found.value);
    return found;
  }
}

function takeGroups(wanted: WantedRow, json: unknown): Outcome<void> {
  if (!Array.isArray(json) || !json.every((group) => typeof group === "string" && group !== "")) {
    return refused("invalid", `${GROUPS}: wanted a list of names`);
  }
  const twice = json.find((group, at) => json.indexOf(group) < at);
  if (twice !== undefined) return refused("invalid", `${GROUPS}: ${twice} is listed twice`);
  wanted.groups = json;
  const text = groupsText(json);
  if (text !== "") wanted.cells.set(GROUPS, text);
  return ok();
}
