/** How attributes are told: values, what they were made of, and where they come from. */
import { MAX_ATTRIBUTE_WORDS } from "../base/limits.ts";
import { ok, type Outcome, refused } from "../base/outcome.ts";
import { CATALOGUE, findAttribute, GROUP_CATALOGUE } from "../model/attribute.ts";
import type { Attribute } from "../model/catalogue/entry.ts";
import { attributeMatcher } from "../model/catalogue/attribute_match.ts";
import { GROUPS, NODES } from "../model/groups.ts";
import type { Held, Inheritance } from "../model/inheritance.ts";
import { inOrder } from "../model/noderange/ordered.ts";
import { groupRow } from "../model/operation.ts";
import type { Resolved, Resolver } from "../model/resolving.ts";
import { fromCell, type StoredValue } from "../model/stored_value.ts";
import type { MemberService } from "../service/member_service.ts";
import type { AttributeOutput } from "../wire/http.ts";
import type { Call } from "./call.ts";

/** `current` tells what is set or inherited, `all` every attribute of confluent 4.0 besides: of our
 * own ones those that are set, or asked for. */
export type Element = "all" | "current";

/** An attribute's name, and how it is told: JSON. */
export type Told = readonly [name: string, json: string];

/** Which attributes are to be told: all of them, or those that words ask for. */
export type Wanted = (attribute: string) => boolean;

const ALL: Wanted = () => true;

/** What `?attributes=WORD,WORD` asks for: names, aliases, wildcards and beginnings. */
export function wantedBy(call: Call): Outcome<Wanted> {
  const text = call.context.req.query("attributes");
  if (text === undefined) return ok(ALL);
  const words = text.split(",");
  if (words.length > MAX_ATTRIBUTE_WORDS) {
    return refused(
      "invalid",
      `attributes: ${words.length} words; MAX_ATTRIBUTE_WORDS is ${MAX_ATTRIBUTE_WORDS}`,
    );
  }
  return ok(wantedWords(words));
}

/** The attributes that one of the words names. */
export function wantedWords(words: readonly string[]): Wanted {
  const matchers = words.map(attributeMatcher);
  return (attribute) => matchers.some((matches) => matches(attribute));
}

/** What the node's attributes are, sorted by name. */
export function attributesOf(
  { nodes }: MemberService,
  node: string,
  element: Element,
  isWanted = ALL,
): Told[] {
  const { inheritance, resolver } = nodes;
  const told: Told[] = [];
  let isListTold = !isWanted(GROUPS);
  for (const [name, held] of inheritance.sorted(node)) {
    if (!isListTold && name > GROUPS) {
      told.push(listOf(inheritance, node));
      isListTold = true;
    }
    if (isWanted(name)) told.push([name, jsonOf(resolver, node, name, held)]);
  }
  if (!isListTold) told.push(listOf(inheritance, node));
  return element === "current" ? told : withUnset(told, CATALOGUE, isWanted);
}

function listOf(inheritance: Inheritance, node: string): Told {
  return [GROUPS, JSON.stringify(inheritance.groupsOf(node))];
}

/** How what is inherited is told, which is the same for many nodes. */
const INHERITED = new WeakMap<Held, string>();

function jsonOf(resolver: Resolver, node: string, name: string, held: Held): string {
  // Most values are a node's own text: millions of them in one answer.
  if (held.value.kind === "text" && held.from === undefined && !isTyped(name)) {
    return `{"value":${JSON.stringify(held.value.text)}}`;
  }
  if (held.from === undefined || held.value.kind === "expression") {
    return JSON.stringify(outputOf(name, resolver.resolved(node, name, held)));
  }
  let json = INHERITED.get(held);
  if (json === undefined) {
    json = JSON.stringify(outputOf(name, resolver.resolved(node, name, held)));
    INHERITED.set(held, json);
  }
  return json;
}

/** Some attributes of the node, whether they are set or not, in the order of their names. */
export function someOf({ nodes }: MemberService, node: string, names: readonly string[]): Told[] {
  const { inheritance, resolver } = nodes;
  return sorted(names.map((name): Told => {
    if (name === GROUPS) return listOf(inheritance, node);
    const held = inheritance.find(node, name);
    return [name, held === undefined ? unsetOf(name) : jsonOf(resolver, node, name, held)];
  }));
}

function withUnset(
  told: readonly Told[],
  catalogue: ReadonlyMap<string, Attribute>,
  isWanted: Wanted,
): Told[] {
  const set = new Set(told.map(([name]) => name));
  const unset = [...catalogue.values()].filter(({ name, isOurs }) =>
    !set.has(name) && isWanted(name) && (!isOurs || isWanted !== ALL)
  ).map(({ name }): Told => [name, unsetOf(name)]);
  return sorted([...told, ...unset]);
}

/** What a body says of attributes, beside `head`. */
export function bodyOf(head: object, told: readonly Told[], more: object = {}): string {
  const parts = [membersOf(head), ...told.map(([name, json]) => `${JSON.stringify(name)}:${json}`)];
  return `{${[...parts, membersOf(more)].filter((part) => part !== "").join()}}\n`;
}

/** The members of an object as JSON, without its braces. */
export function membersOf(object: object): string {
  return JSON.stringify(object).slice(1, -1);
}

/** What a group has, sorted by name; expressions as they are, for no node has them yet. */
export function groupAttributesOf(
  { nodes, state }: MemberService,
  group: string,
  element: Element,
  isWanted = ALL,
): Told[] {
  const told: Told[] = [];
  for (const [name, cell] of state.valuesOf(groupRow(group))) {
    told.push([name, JSON.stringify(outputOf(name, unevaluated(fromCell(cell))))]);
  }
  const members = isWanted(NODES) ? inOrder(nodes.membersOf(group), nodes) : [];
  if (members.length > 0) told.push([NODES, JSON.stringify(members)]);
  const all = element === "current" ? sorted(told) : withUnset(told, GROUP_CATALOGUE, isWanted);
  return all.filter(([name]) => isWanted(name));
}

function unevaluated(value: StoredValue): Resolved {
  switch (value.kind) {
    case "text":
      return { text: value.text };
    case "json":
      return { text: value.json, isJson: true };
    case "expression":
      return { expression: value.expression };
    case "sealed":
    case "hashed":
      return { isSecret: true };
  }
}

function sorted(told: Told[]): Told[] {
  return told.sort(([a], [b]) => a < b ? -1 : a > b ? 1 : 0);
}

/** An attribute as it is told. */
export function outputOf(
  name: string,
  { text, isJson, isSecret, broken, expression, from }: Resolved,
): AttributeOutput {
  const about = {
    ...expression === undefined ? {} : { expression },
    ...from === undefined ? {} : { inheritedfrom: from },
  };
  if (isSecret) return { isset: true, ...about };
  if (broken !== undefined) return { broken, ...about };
  if (text === undefined) return { expression: expression ?? "" };
  if (isJson) return listOrValue(JSON.parse(text), about);
  return { value: typed(name, text), ...about };
}

function listOrValue(value: unknown, about: { inheritedfrom?: string }): AttributeOutput {
  return Array.isArray(value) ? value : { value: value as string, ...about };
}

function typed(name: string, text: string): string | boolean | number {
  if (!isTyped(name)) return text;
  if (name !== "id.index") return text === "true";
  return /^\d{1,15}$/.test(text) ? Number(text) : text;
}

/** Whether it is told as something else than a text. */
function isTyped(name: string): boolean {
  return name === "id.index" || name.startsWith("net.") && name.endsWith(".bootable");
}

function unsetOf(name: string): string {
  const attribute = findAttribute(name);
  const kind = attribute.ok ? attribute.value.kind : name === NODES ? "list" : "text";
  if (kind === "list") return "[]";
  return kind === "sealed" || kind === "hashed" ? '{"isset":false}' : '{"value":null}';
}
