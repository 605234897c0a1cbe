/** Which nodes have which value of one attribute: what a filter looks up. */
import type { Held, Inheritance } from "../model/inheritance.ts";
import { groupRow } from "../model/operation.ts";
import type { Resolver } from "../model/resolving.ts";
import type { Rows } from "../model/rows.ts";
import { fromCell } from "../model/stored_value.ts";

/** See above. What is unset, broken or secret counts as an empty text. */
export class ValueIndex {
  readonly byValue = new Map<string, Set<string>>();
  /** Whether a value came of an expression, which may read other attributes. */
  isDerived = false;
  readonly #attribute: string;
  readonly #rows: Rows;
  readonly #inheritance: Inheritance;
  readonly #resolver: Resolver;
  readonly #spell: ((text: string) => string | undefined) | undefined;
  readonly #valueOf = new Map<string, string>();

  /** `spell`: values that mean the same are spelled the same by it, and those for which it has
   * nothing are left out. */
  constructor(
    attribute: string,
    rows: Rows,
    inheritance: Inheritance,
    resolver: Resolver,
    spell?: (text: string) => string | undefined,
  ) {
    this.#spell = spell;
    this.#attribute = attribute;
    this.#rows = rows;
    this.#inheritance = inheritance;
    this.#resolver = resolver;
  }

  /** Looks at all nodes, given by name with their row and their list of groups. What they inherit
   * is looked up once for each list. */
  fill(nodes: Iterable<readonly [string, { readonly row: string; readonly list: string }]>): void {
    const inherited = new Map<string, Held | undefined>();
    const ofGroups = new Map<string, string | null>();
    for (const [name, { row, list }] of nodes) {
      const own = this.#rows.value(row, this.#attribute);
      if (own === null && !inherited.has(list)) {
        inherited.set(list, this.#inherited(name, ofGroups));
      }
      const held = own === null ? inherited.get(list) : { value: fromCell(own) };
      this.#note(name, this.#textOf(name, held));
    }
  }

  /** The first of the node's groups that has the attribute gives it; each is looked at once. */
  #inherited(node: string, ofGroups: Map<string, string | null>): Held | undefined {
    for (const from of this.#inheritance.groupsOf(node)) {
      let cell = ofGroups.get(from);
      if (cell === undefined) {
        cell = this.#rows.value(groupRow(from), this.#attribute);
        ofGroups.set(from, cell);
      }
      if (cell !== null) return { value: fromCell(cell), from };
    }
    return undefined;
  }

  /** Looks at a node that may have changed. */
  look(node: string): void {
    this.forget(node);
    this.#note(node, this.#textOf(node, this.#inheritance.find(node, this.#attribute)));
  }

  forget(node: string): void {
    const before = this.#valueOf.get(node);
    if (before !== undefined) removeFrom(this.byValue, before, node);
    this.#valueOf.delete(node);
  }

  #note(node: string, text: string): void {
    const value = this.#spell === undefined ? text : text && this.#spell(text);
    if (value === undefined || (value === "" && this.#spell !== undefined)) return;
    addTo(this.byValue, value, node);
    this.#valueOf.set(node, value);
  }

  #textOf(node: string, held: Held | undefined): string {
    if (held === undefined) return "";
    if (held.value.kind === "text") return held.value.text;
    if (held.value.kind === "expression") this.isDerived = true;
    return this.#resolver.resolved(node, this.#attribute, held).text ?? "";
  }
}

/** Adds a member to the set of that key. */
export function addTo(sets: Map<string, Set<string>>, key: string, member: string): void {
  const known = sets.get(key);
  if (known === undefined) sets.set(key, new Set([member]));
  else known.add(member);
}

/** Takes a member out of the set of that key; an empty set goes. */
export function removeFrom(sets: Map<string, Set<string>>, key: string, member: string): void {
  const known = sets.get(key);
  known?.delete(member);
  if (known?.size === 0) sets.delete(key);
}
