/**
 * Attributes of many nodes as they are asked for, chosen by words, and printed.
 *
 * The service is asked for what is set alone, and what the catalogue knows beside that is unset:
 * every attribute of 10,000 nodes would be half a million values that say nothing.
 */
import { CATALOGUE } from "../model/attribute.ts";
import type { Attribute } from "../model/catalogue/entry.ts";
import { nearest } from "../model/nearest.ts";
import type { AttributeOutput, DataByNode } from "../wire/http.ts";
import { attributeMatcher } from "./attribute_match.ts";

/** What a node's attributes are, or why they could not be told. */
export interface NodeAttributes {
  readonly node: string;
  readonly attributes: ReadonlyMap<string, AttributeOutput>;
  readonly error?: string | undefined;
}

/** The parts of the answer that belong to one node put together, nodes in their order. */
export function byNode(answer: DataByNode): NodeAttributes[] {
  const nodes = new Map<string, { attributes: Map<string, AttributeOutput>; error?: string }>();
  for (const part of answer.databynode) {
    for (const node in part) {
      const told = part[node] ?? {};
      let seen = nodes.get(node);
      if (seen === undefined) nodes.set(node, seen = { attributes: new Map() });
      if ("errorcode" in told && typeof told.error === "string") {
        seen.error = told.error;
        continue;
      }
      for (const [name, value] of Object.entries(told)) {
        seen.attributes.set(name, value as AttributeOutput);
      }
    }
  }
  return Array.from(nodes, ([node, seen]) => ({ node, ...seen }));
}

export interface Chosen {
  readonly nodes: readonly NodeAttributes[];
  /** One line for each word that asks for nothing that is there. */
  readonly complaints: readonly string[];
}

interface Word {
  readonly word: string;
  readonly matches: (attribute: string) => boolean;
  /** What it asks for of the catalogue: unset where a node does not have it. */
  readonly known: readonly Attribute[];
  /** On how many nodes it asks for something. */
  on: number;
}

/** Only what one of the words asks for, of nodes told with all that is set on them. */
export function choose(nodes: readonly NodeAttributes[], words: readonly string[]): Chosen {
  const asked = words.map((word): Word => {
    const matches = attributeMatcher(word);
    return { word, matches, known: [...CATALOGUE.values()].filter(isNamed(matches)), on: 0 };
  });
  const missed: { word: Word; node: string }[] = [];
  const chosen = nodes.map(({ node, attributes, error }) => {
    const kept = new Map<string, AttributeOutput>();
    for (const word of error === undefined ? asked : []) {
      let isMissed = word.known.length === 0;
      for (const attribute of word.known) kept.set(attribute.name, unset(attribute));
      for (const [name, value] of attributes) {
        if (!word.matches(name)) continue;
        kept.set(name, value);
        isMissed = false;
      }
      if (isMissed) missed.push({ word, node });
      else word.on++;
    }
    const sorted = [...kept].sort(([a], [b]) => a < b ? -1 : 1);
    return { node, error, attributes: new Map(sorted) };
  });
  const wrong = nodes.length === 0 ? [] : asked.filter(({ on }) => on === 0);
  const complaints = [
    ...wrong.map(({ word }) => `${word} not a valid attribute${meant(word)}`),
    ...missed.filter(({ word }) => word.on > 0)
      .map(({ word, node }) => `${word.word} matches no valid value for ${node}`),
  ];
  return { nodes: chosen, complaints };
}

function isNamed(matches: (attribute: string) => boolean): (attribute: Attribute) => boolean {
  return ({ name }) => matches(name);
}

function unset({ kind }: Attribute): AttributeOutput {
  switch (kind) {
    case "sealed":
    case "hashed":
      return { isset: false };
    case "list":
      return [];
    case "text":
    case "flag":
    case "integer":
      return { value: null };
  }
}

function meant(word: string): string {
  const best = nearest(word, CATALOGUE.keys());
  return best === undefined ? "" : `; did you mean ${best}?`;
}

/** `n1: location.rack: 7`, and `n1: location.rack:` where there is no value. */
export function attributeLine(
  node: string,
  name: string,
  value: AttributeOutput,
  blame: boolean,
): string {
  return `${node}: ${name}: ${valueText(value)}`.trimEnd() + (blame ? blameOf(value) : "");
}

/** A value as people read it: a sealed one is stars, a list has commas. */
export function valueText(value: AttributeOutput): string {
  if (Array.isArray(value)) return value.join(",");
  if ("isset" in value) return value.isset ? "********" : "";
  if ("broken" in value) return `*ERROR* BROKEN EXPRESSION: ${value.broken}`;
  if (!("value" in value)) return value.expression;
  if (typeof value.value === "boolean") return value.value ? "True" : "False";
  return value.value === null ? "" : String(value.value);
}

function blameOf(value: AttributeOutput): string {
  if (Array.isArray(value) || !("inheritedfrom" in value)) return "";
  return ` (inherited from group ${value.inheritedfrom})`;
}

/** For `--json`: an object of nodes, each an object of its attributes. */
export function asJson(nodes: readonly NodeAttributes[]): Record<string, unknown> {
  return Object.fromEntries(nodes.map(({ node, attributes, error }) => [
    node,
    error === undefined ? Object.fromEntries(attributes) : { error },
  ]));
}
