/** Attributes of nodes: what a request sets and clears, and how they are told. */
import { ok, type Outcome, type Refused, refused } from "../base/outcome.ts";
import { CATALOGUE, findAttribute, findStored, refusalOf, settable } from "../model/attribute.ts";
import type { Attribute } from "../model/catalogue/entry.ts";
import { nodeRow, type Operation, ROW_MARK } from "../model/operation.ts";
import type { StateView } from "../service/member_service.ts";
import type { AttributeInput, AttributeOutput, AttributesAnswer } from "../wire/http.ts";
import type { Draft } from "./draft.ts";

/** What a request makes of attributes, by their own names and not their aliases. */
export interface Changes {
  readonly sets: readonly (readonly [attribute: string, value: string])[];
  readonly clears: readonly string[];
}

/** Reads names and values; `at` is where they stand in the body, for the refusal. */
export function changesOf(
  values: Readonly<Record<string, AttributeInput>>,
  at = "",
): Outcome<Changes> {
  const sets: [string, string][] = [];
  const clears: string[] = [];
  const seen = new Set<string>();
  const wrong = ({ refusal }: Refused): Refused => refused(refusal.kind, at + refusal.message);
  for (const given in values) {
    const input = values[given] as AttributeInput;
    const attribute = findAttribute(given);
    if (!attribute.ok) return wrong(attribute);
    const { name } = attribute.value;
    if (seen.has(name)) return wrong(refused("invalid", `${name} is given twice`));
    seen.add(name);
    const value = valueOf(attribute.value, input);
    if (!value.ok) return wrong(value);
    if (value.value === null) clears.push(name);
    else sets.push([name, value.value]);
  }
  return ok({ sets, clears });
}

function valueOf(attribute: Attribute, input: AttributeInput): Outcome<string | null> {
  const { name } = attribute;
  const refusal = refusalOf(attribute);
  if (refusal !== undefined) return refusal;
  if (input === null) return ok(null);
  if (typeof input !== "object") {
    if (typeof input !== "string" || !/[{}]/.test(input)) return settable(attribute, input);
    return refused(
      "invalid",
      `${name}: braces make an expression, and those are not evaluated yet; ` +
        '{"value": "..."} sets the text as it stands',
    );
  }
  if ("value" in input) return settable(attribute, input.value);
  if ("expression" in input) {
    return refused("invalid", `${name}: expressions are not evaluated yet`);
  }
  return refused("invalid", `${name}: wanted one value, not a list or a change of one`);
}

/** Makes the rows exist. What a new node would clear it does not have. */
export function createOperation(rows: readonly string[], { sets }: Changes): Operation {
  return { kind: "set", rows, cells: [[ROW_MARK, ""], ...sets] };
}

/** The changes of all of the rows, as a write says them. */
export function operationsOf(rows: readonly string[], { sets, clears }: Changes): Operation[] {
  const operations: Operation[] = [];
  if (sets.length > 0) operations.push({ kind: "set", rows, cells: sets });
  if (clears.length > 0) operations.push({ kind: "clear", rows, attributes: clears });
  return operations;
}

/** Adds the changes of all of the rows to the write. */
export function addChanges(draft: Draft, rows: readonly string[], changes: Changes): void {
  for (const operation of operationsOf(rows, changes)) draft.add(operation);
}

/** `current` tells what is set, `all` every attribute there is. */
export type Element = "all" | "current";

const CATALOGUED = [...CATALOGUE.keys()];

/** What the node's attributes are, sorted by name. */
export function attributesOf(state: StateView, node: string, element: Element): AttributesAnswer {
  const values = new Map(state.valuesOf(nodeRow(node)));
  const answer: Record<string, AttributeOutput> = {};
  for (const name of namesOf(values, element)) answer[name] = told(name, values.get(name) ?? null);
  return answer;
}

/** The catalogue is in order already, and most nodes have nothing beside it. */
function namesOf(values: ReadonlyMap<string, string>, element: Element): Iterable<string> {
  if (element === "current") return [...values.keys()].sort();
  const others = [...values.keys()].filter((name) => !CATALOGUE.has(name));
  return others.length === 0 ? CATALOGUED : [...CATALOGUED, ...others].sort();
}

function told(name: string, value: string | null): AttributeOutput {
  const found = findStored(name);
  switch (found.ok ? found.value.kind : "text") {
    case "sealed":
    case "hashed":
      return { isset: value !== null };
    case "list":
      return value === null || value === "" ? [] : value.split(",");
    case "flag":
      return { value: value === null ? null : value === "true" };
    case "integer":
      return { value: value !== null && /^\d+$/.test(value) ? Number(value) : value };
    case "text":
      return { value };
  }
}
