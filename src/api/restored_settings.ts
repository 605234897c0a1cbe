/** What a dump says of the whole database: numbers of nodes, globals, the key of its secrets. */
import { utf8 } from "../base/bytes.ts";
import { MAX_VALUE_BYTES } from "../base/limits.ts";
import { ok, type Outcome, type Refused, refused } from "../base/outcome.ts";
import { GLOBALS_ROW } from "../model/collective_uuid.ts";
import { type Guard, nodeRow, ROW_MARK } from "../model/operation.ts";
import { toCell } from "../model/stored_value.ts";
import type { MemberService } from "../service/member_service.ts";
import { NUMBERS_CELL, NUMBERS_ROW } from "../service/node_numbers.ts";
import type { Sealing } from "../service/secrets.ts";
import type { RestoreHead } from "../wire/dump.ts";
import { DUMP_KEY_CELL, DUMP_KEY_ROW, presentDumpKey } from "./dump_key.ts";
import { isOwnGlobal, NUMBER_GLOBAL } from "./dump_rows.ts";
import type { Restoration } from "./restoration.ts";

const INDEX = "id.index";
/** As long as a whole number may be: see src/model/attribute.ts. */
const HIGHEST = 999_999_999_999_999;

/** A condition of the entry, and what its failing means. */
export type Condition = readonly [Guard, Refused];

/** Adds the operations, once all entries were taken; the conditions are for the commit. */
export async function addSettings(
  member: MemberService,
  head: RestoreHead,
  restoration: Restoration,
  sealing: Sealing,
): Promise<Outcome<Condition[]>> {
  const conditions: Condition[] = [];
  const numbered = await addNumbers(member, head, restoration, conditions);
  if (!numbered.ok) return numbered;
  if (head.mode === "merge") return ok(conditions);
  const globals = await addGlobals(member, head, restoration);
  if (!globals.ok) return globals;
  const keyed = await addDumpKey(member, head, restoration, sealing, conditions);
  return keyed.ok ? ok(conditions) : keyed;
}

/** New nodes without a number get one; whatever was given is never given again. */
async function addNumbers(
  member: MemberService,
  { globals }: RestoreHead,
  restoration: Restoration,
  conditions: Condition[],
): Promise<Outcome<void>> {
  const value = member.state.value(NUMBERS_ROW, NUMBERS_CELL);
  const said = globals?.[NUMBER_GLOBAL];
  const highest = typeof said === "number" && Number.isSafeInteger(said) ? said : 0;
  let next = Math.max(member.numbers.next, restoration.highest + 1, highest);
  for (const node of restoration.numberless) {
    const cells = [[INDEX, String(next++)]] as const;
    const added = await restoration.add({ kind: "set", rows: [nodeRow(node)], cells });
    if (!added.ok) return added;
  }
  if (next > HIGHEST) {
    restoration.fault(
      `globals: ${NUMBER_GLOBAL}, or id.index of a node: the next node would get the number ` +
        `${next}; numbers go up to ${HIGHEST}`,
    );
    return ok();
  }
  // Every node that is made takes a number: none came to be while others were looked for.
  conditions.push([
    { test: "equals", row: NUMBERS_ROW, attribute: NUMBERS_CELL, value },
    refused("busy", "nodes were made by somebody else meanwhile; nothing was done, try again"),
  ]);
  if (String(next) === (value ?? "1")) return ok();
  const cells = [[ROW_MARK, ""], [NUMBERS_CELL, String(next)]] as const;
  return await restoration.add({ kind: "set", rows: [NUMBERS_ROW], cells });
}

async function addGlobals(
  { state }: MemberService,
  { globals }: RestoreHead,
  restoration: Restoration,
): Promise<Outcome<void>> {
  if (globals === undefined) return ok();
  const wanted = new Map(
    Object.entries(globals).filter(([name]) => !isOwnGlobal(name))
      .map(([name, value]) => [name, JSON.stringify(value)]),
  );
  for (const [name, json] of wanted) {
    if (utf8(name + json).length <= MAX_VALUE_BYTES) continue;
    restoration.fault(
      `globals: ${name.slice(0, 64)}: too long; MAX_VALUE_BYTES ${MAX_VALUE_BYTES}`,
    );
    return ok();
  }
  const clears: string[] = [];
  for (const [name, json] of state.valuesOf(GLOBALS_ROW)) {
    if (wanted.get(name) === json) wanted.delete(name);
    else if (!wanted.has(name)) clears.push(name);
  }
  const rows = [GLOBALS_ROW];
  if (clears.length > 0) {
    const cleared = await restoration.add({ kind: "clear", rows, attributes: clears });
    if (!cleared.ok) return cleared;
  }
  if (wanted.size === 0) return ok();
  return await restoration.add({ kind: "set", rows, cells: [[ROW_MARK, ""], ...wanted] });
}

/** The key comes along, so that the next dump is the same as this one. */
async function addDumpKey(
  member: MemberService,
  { cryptkey }: RestoreHead,
  restoration: Restoration,
  sealing: Sealing,
  conditions: Condition[],
): Promise<Outcome<void>> {
  if (cryptkey === undefined) return ok();
  const present = presentDumpKey(member);
  if (present.ok && present.value === cryptkey) return ok();
  const [row, attribute] = [DUMP_KEY_ROW, DUMP_KEY_CELL];
  const sealed = sealing.seal(row, attribute, cryptkey);
  if (!sealed.ok) return sealed;
  const value = member.state.value(row, attribute);
  conditions.push([
    { test: "equals", row, attribute, value },
    refused("busy", "the key of dumps was changed meanwhile; nothing was done, try again"),
  ]);
  const cell = toCell({ kind: "sealed", sealed: sealed.value });
  return await restoration.add({
    kind: "set",
    rows: [row],
    cells: [[ROW_MARK, ""], [attribute, cell]],
  });
}
