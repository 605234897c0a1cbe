/**
 * Attributes of many nodes, or of a group, as they are told: put together node by node as they
 * come, chosen by words, and printed.
 *
 * The service is asked for what is set alone, and what the catalogue knows beside that is unset:
 * every attribute of 10,000 nodes would be half a million values that say nothing.
 */
import { spelledOutControls } from "../base/one_line.ts";
import { CATALOGUE } from "../model/attribute.ts";
import type { Attribute } from "../model/catalogue/entry.ts";
import { nearest } from "../model/nearest.ts";
import type { AttributeOutput, DataByNode } from "../wire/http.ts";
import { attributeMatcher } from "../model/catalogue/attribute_match.ts";

/** What the attributes of a node, or of a group, are, or why they could not be told. */
export interface NodeAttributes {
  readonly node: string;
  readonly attributes: ReadonlyMap<string, AttributeOutput>;
  readonly error?: string | undefined;
}

/** One entry of `databynode`. */
export type Part = DataByNode["databynode"][number];

/** Whether it is one. What looks at each of millions has no time for a schema. */
export function isPart(value: unknown): value is Part {
  if (!isObject(value) || Array.isArray(value)) return false;
  for (const node in value) {
    const told = value[node];
    if (!isObject(told)) return false;
    if (typeof told.errorcode === "number" && typeof told.error === "string") continue;
    for (const name in told) if (!isAttribute(told[name])) return false;
  }
  return true;
}

/** Whether it is what an attribute is told as. */
export function isAttribute(value: unknown): value is AttributeOutput {
  return isObject(value) &&
    (Array.isArray(value) || "value" in value || "isset" in value || "broken" in value ||
      "expression" in value);
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}

/** Puts the entries that belong to one node together; a node is seen when the next one begins. */
export class Gathering {
  readonly #see: (node: NodeAttributes) => void;
  #node: { node: string; attributes: Map<string, AttributeOutput>; error?: string } | undefined;

  constructor(see: (node: NodeAttributes) => void) {
    this.#see = see;
  }

  take(parts: readonly Part[]): void {
    for (const part of parts) {
      for (const node in part) this.#add(node, part[node] ?? {});
    }
  }

  /** There is no more: the last node is seen. */
  end(): void {
    if (this.#node !== undefined) this.#see(this.#node);
    this.#node = undefined;
  }

  #add(node: string, told: Part[string]): void {
    if (this.#node?.node !== node) {
      this.end();
      this.#node = { node, attributes: new Map() };
    }
    if ("errorcode" in told && typeof told.error === "string") {
      this.#node.error = told.error;
      return;
    }
    for (const name in told) {
      this.#node.attributes.set(name, (told as Record<string, AttributeOutput>)[name] ?? []);
    }
  }
}

interface Word {
  readonly word: string;
  readonly matches: (attribute: string) => boolean;
  /** What it asks for of the catalogue: unset where a node does not have it. */
  readonly known: readonly (readonly [name: string, value: AttributeOutput])[];
  /** On how many nodes it asks for something. */
  on: number;
  /** Those on which it asks for nothing. */
  readonly missedOn: string[];
}

/** Chooses what one of the words asks for, of nodes told with all that is set on them. */
export class Choice {
  readonly #words: readonly Word[];
  readonly #names: readonly string[];

  /** `catalogue` has every attribute there is, by name. */
  constructor(words: readonly string[], catalogue: ReadonlyMap<string, Attribute> = CATALOGUE) {
    this.#names = [...catalogue.keys()];
    this.#words = words.map((word): Word => {
      const matches = attributeMatcher(word);
      const known = [...catalogue.values()].filter(({ name }) => matches(name))
        .map((attribute) => [attribute.name, unset(attribute)] as const);
      return { word, matches, known, on: 0, missedOn: [] };
    });
  }

  /** What is asked for of this one, by name. */
  of({ node, attributes, error }: NodeAttributes): NodeAttributes {
    if (error !== undefined) return { node, error, attributes: new Map() };
    const kept = new Map<string, AttributeOutput>();
    for (const word of this.#words) {
      let isMissed = word.known.length === 0;
      for (const [name, value] of word.known) kept.set(name, attributes.get(name) ?? value);
      for (const [name, value] of attributes) {
        if (!word.matches(name)) continue;
        kept.set(name, value);
        isMissed = false;
      }
      if (isMissed) word.missedOn.push(node);
      else word.on++;
    }
    if (kept.size < 2) return { node, attributes: kept };
    return { node, attributes: new Map([...kept].sort(([a], [b]) => a < b ? -1 : 1)) };
  }

  /** One line for each word that asked for nothing that was there. */
  get complaints(): string[] {
    const missed = this.#words.filter(({ missedOn }) => missedOn.length > 0);
    return [
      ...missed.filter(({ on }) => on === 0)
        .map(({ word }) => `${word} not a valid attribute${this.#meant(word)}`),
      ...missed.filter(({ on }) => on > 0).flatMap(({ word, missedOn }) =>
        missedOn.map((node) => `${word} matches no valid value for ${node}`)
      ),
    ];
  }

  #meant(word: string): string {
    const best = nearest(word, this.#names);
    return best === undefined ? "" : `; did you mean ${best}?`;
  }
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

/** `n1: location.rack: 7`, and `n1: location.rack:` where there is no value. */
export function attributeLine(
  node: string,
  name: string,
  value: AttributeOutput,
  blame: boolean,
): string {
  const line = `${node}: ${name}: ${shownText(value)}`.trimEnd();
  return blame || "broken" in value ? line + blameOf(value) : line;
}

function shownText(value: AttributeOutput): string {
  return isUnevaluated(value)
    ? `(will derive from expression ${value.expression})`
    : valueText(value);
}

/** Of a group: each node will have another value. */
function isUnevaluated(value: AttributeOutput): value is { expression: string } {
  return "expression" in value && !("value" in value || "isset" in value || "broken" in value);
}

/** A value as people read it: a sealed one is stars, a list has commas. */
export function valueText(value: AttributeOutput): string {
  return spelledOutControls(plainText(value));
}

function plainText(value: AttributeOutput): string {
  if (Array.isArray(value)) return value.join(",");
  if ("isset" in value) return value.isset ? "********" : "";
  if ("broken" in value) return `*ERROR* BROKEN EXPRESSION: ${value.broken}`;
  if (!("value" in value)) return value.expression;
  if (typeof value.value === "boolean") return value.value ? "True" : "False";
  return value.value === null ? "" : String(value.value);
}

/** Where a value comes from, and what it was made of; nothing where it is simply there. */
function blameOf(value: AttributeOutput): string {
  if (Array.isArray(value) || isUnevaluated(value)) return "";
  const blame: string[] = [];
  if ("inheritedfrom" in value && value.inheritedfrom !== undefined) {
    blame.push(`inherited from group ${value.inheritedfrom}`);
  }
  if ("expression" in value && value.expression !== undefined) {
    blame.push(`derived from expression "${value.expression}"`);
  }
  return blame.length === 0 ? "" : ` (${blame.join(", ")})`;
}
