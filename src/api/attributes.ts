/** How attributes are told: values, what they were made of, and where they come from. */
import { CATALOGUE, findAttribute, GROUP_CATALOGUE } from "../model/attribute.ts";
import { GROUPS, NODERANGE, NODES } from "../model/groups.ts";
import { naturalSort } from "../model/natural_order.ts";
import { groupRow } from "../model/operation.ts";
import type { Resolved } from "../model/resolving.ts";
import { fromCell, type StoredValue } from "../model/stored_value.ts";
import type { MemberService } from "../service/member_service.ts";
import type { AttributeOutput } from "../wire/http.ts";

/** `current` tells what is set or inherited, `all` every attribute there is. */
export type Element = "all" | "current";

type Told = [name: string, value: AttributeOutput];

/** What the node's attributes are, sorted by name. */
export function attributesOf({ nodes }: MemberService, node: string, element: Element): Told[] {
  const { inheritance, resolver } = nodes;
  const held = inheritance.all(node);
  const told: Told[] = [[GROUPS, [...inheritance.groupsOf(node)]]];
  for (const [name, value] of held) {
    told.push([name, outputOf(name, resolver.resolved(node, name, value))]);
  }
  if (element === "all") {
    for (const name of CATALOGUE.keys()) {
      if (!held.has(name) && name !== GROUPS) told.push([name, unsetOf(name)]);
    }
  }
  return sorted(told);
}

/** Some attributes of the node, whether they are set or not, in the order of their names. */
export function someOf({ nodes }: MemberService, node: string, names: readonly string[]): Told[] {
  const { inheritance, resolver } = nodes;
  return sorted(names.map((name): Told => {
    if (name === GROUPS) return [name, [...inheritance.groupsOf(node)]];
    const resolved = resolver.resolve(node, name);
    return [name, resolved === undefined ? unsetOf(name) : outputOf(name, resolved)];
  }));
}

/** What a group has, sorted by name; its expressions are not evaluated, for no node has them yet. */
export function groupAttributesOf(
  { nodes, state }: MemberService,
  group: string,
  element: Element,
): Told[] {
  const told: Told[] = [];
  const seen = new Set<string>();
  for (const [name, cell] of state.valuesOf(groupRow(group))) {
    seen.add(name);
    told.push([name, outputOf(name, unevaluated(fromCell(cell)))]);
  }
  const members = naturalSort(nodes.membersOf(group));
  if (members.length > 0 || element === "all" && !seen.has(NODERANGE)) {
    told.push([NODES, members]);
  }
  if (element === "all") {
    for (const name of GROUP_CATALOGUE.keys()) {
      if (!seen.has(name) && name !== NODES) told.push([name, unsetOf(name)]);
    }
  }
  return sorted(told);
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
  if (name.endsWith(".bootable") && name.startsWith("net.")) return text === "true";
  return name === "id.index" && /^\d{1,15}$/.test(text) ? Number(text) : text;
}

function unsetOf(name: string): AttributeOutput {
  const attribute = findAttribute(name);
  const kind = attribute.ok ? attribute.value.kind : "text";
  if (kind === "list") return [];
  return kind === "sealed" || kind === "hashed" ? { isset: false } : { value: null };
}
