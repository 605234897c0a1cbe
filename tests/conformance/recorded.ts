/** Recorded cases, the database that they were asked of, and what of an answer is another. */
import { groupsText } from "../../src/model/groups.ts";
import { groupRow, nodeRow, type Operation, ROW_MARK } from "../../src/model/operation.ts";
import { type StoredValue, toCell } from "../../src/model/stored_value.ts";
import { NUMBERS_CELL, NUMBERS_ROW } from "../../src/service/node_numbers.ts";
import { type Asking, asking, withoutLinks } from "../api/asking.ts";
import type { StandIn } from "../api/stand_in.ts";

/** As a dump has them; of what is secret only that it is set. */
type Dumped =
  | readonly string[]
  | { readonly value: string | number | boolean }
  | { readonly expression: string }
  | { readonly cryptvalue: string }
  | { readonly hashvalue: string };
type Rows = Readonly<Record<string, Readonly<Record<string, Dumped>>>>;

export type Attributes = Readonly<Record<string, unknown>>;

/** How many nodes the whole of site-a has: their numbers are taken. */
const NODES_OF_SITE_A = 462;

/** Recorded cases, one JSON object a line, of tests/conformance/NAME.jsonl. */
export function recordedCases<T>(name: string): T[] {
  const text = Deno.readTextFileSync(new URL(`${name}.jsonl`, import.meta.url));
  return text.split("\n").filter((line) => line !== "").map((line): T => JSON.parse(line));
}

/** A service that holds a cut of site-a: all its groups, and the nodes that cases need. */
export function siteAsked(): Asking {
  const site = asking();
  loadSiteA(site.member, ["site_a_main"]);
  return site;
}

/** Puts site-a into a member: `site_a_main` is all groups and the nodes that most cases need,
 * `site_a_rest` the other nodes, most of them with their groups alone. */
export function loadSiteA(member: StandIn, files: readonly string[]): void {
  for (const file of files) {
    const url = new URL(`${file}.json`, import.meta.url);
    const { nodegroups, nodes }: Record<string, Rows> = JSON.parse(Deno.readTextFileSync(url));
    member.apply([...rowsOf(groupRow, nodegroups ?? {}), ...rowsOf(nodeRow, nodes ?? {})]);
  }
  const next = String(NODES_OF_SITE_A + 1);
  member.apply([
    { kind: "set", rows: [NUMBERS_ROW], cells: [[ROW_MARK, ""], [NUMBERS_CELL, next]] },
  ]);
}

function rowsOf(rowOf: (name: string) => string, rows: Rows): Operation[] {
  return Object.entries(rows).map(([name, attributes]) => {
    const cells = Object.entries(attributes).map(([attribute, dumped]) =>
      [
        attribute,
        Array.isArray(dumped) ? groupsText(dumped) : toCell(storedOf(dumped as never)),
      ] as const
    );
    return { kind: "set", rows: [rowOf(name)], cells: [[ROW_MARK, ""], ...cells] };
  });
}

function storedOf(dumped: Exclude<Dumped, readonly string[]>): StoredValue {
  if ("expression" in dumped) return { kind: "expression", expression: dumped.expression };
  if ("cryptvalue" in dumped) return { kind: "sealed", sealed: dumped.cryptvalue };
  if ("hashvalue" in dumped) return { kind: "hashed", hashes: { crypt: dumped.hashvalue } };
  return { kind: "text", text: String(dumped.value) };
}

/** What a node or group is told to have now; nothing where there is no such. */
export async function attributesAt({ ask }: Asking, path: string): Promise<Attributes> {
  const { status, body } = await ask(`GET ${path}/attributes/current`);
  return status === 200 ? withoutLinks(body) : {};
}

/**
 * What of our answer is not as recorded, by name; null for what we do not have. Who is in a group
 * was recorded in any order, and a fault may be told in more words than it was.
 */
export function differing(
  recorded: Attributes,
  ours: Attributes,
): Readonly<Record<string, unknown>> {
  const names = Object.keys({ ...recorded, ...ours });
  const others = names.filter((name) => !isSame(recorded[name], ours[name], name));
  return Object.fromEntries(others.map((name) => [name, ours[name] ?? null]));
}

function isSame(recorded: unknown, ours: unknown, name: string): boolean {
  if (name === "error") return String(ours).startsWith(String(recorded));
  const [one, other] = [recorded, ours].map((value) => sorted(value, name));
  if (isBroken(one) && isBroken(other) && other.broken.startsWith(one.broken)) {
    return isSame({ ...one, broken: "" }, { ...other, broken: "" }, name);
  }
  return JSON.stringify(one) === JSON.stringify(other);
}

function isBroken(value: unknown): value is { readonly broken: string } {
  return typeof value === "object" && value !== null && "broken" in value && value.broken !== "";
}

function sorted(value: unknown, name: string): unknown {
  if (Array.isArray(value)) {
    return ["nodes", "databynode"].includes(name)
      ? value.map((item) => sorted(item, "")).sort((a, b) =>
        JSON.stringify(a) < JSON.stringify(b) ? -1 : 1
      )
      : value.map((item) => sorted(item, ""));
  }
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).map(([key, item]) => [key, sorted(item, key)] as const);
  return Object.fromEntries(entries.sort(([a], [b]) => a < b ? -1 : 1));
}
