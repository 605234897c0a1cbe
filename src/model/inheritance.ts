/**
 * What a node's attributes come to. Its own value wins, an empty one as well; else that of the
 * first of its groups which has one. Nothing of this is stored: it is looked up when it is asked
 * for, so that a change of a group is one small entry however many nodes inherit it.
 */
import { MAX_GROUP_LISTS_KEPT } from "../base/limits.ts";
import { groupExists, GROUPS, groupsInText, NODERANGE } from "./groups.ts";
import { groupRow, nodeRow } from "./operation.ts";
import type { Rows } from "./rows.ts";
import { fromCell, type StoredValue } from "./stored_value.ts";

/** A value as it is kept, and the group that it was inherited from, if it was. */
export interface Held {
  readonly value: StoredValue;
  readonly from?: string;
}

/** What a list of groups gives to inherit, put together when it is asked for. */
class Heritage {
  readonly listed: readonly string[];
  /** Those of the list that exist. */
  readonly groups: readonly string[];
  /** When each of the list was changed last. */
  readonly stamps: readonly number[];
  readonly #read: () => Map<string, Held>;
  #held: ReadonlyMap<string, Held> | undefined;
  #sorted: readonly Named[] | undefined;

  constructor(
    listed: readonly string[],
    groups: readonly string[],
    stamps: readonly number[],
    read: () => Map<string, Held>,
  ) {
    this.listed = listed;
    this.groups = groups;
    this.stamps = stamps;
    this.#read = read;
  }

  get held(): ReadonlyMap<string, Held> {
    return this.#held ??= this.#read();
  }

  /** The same, sorted by name. */
  get sorted(): readonly Named[] {
    return this.#sorted ??= [...this.held].sort(byName);
  }
}

/** What only a group has, and nobody inherits. */
const OF_GROUPS_ALONE: ReadonlySet<string> = new Set([NODERANGE, GROUPS]);

/** Looks attributes up; keeps what lists of groups come to, as long as those groups stay as they
 * are, since most nodes share their list with many others. */
export class Inheritance {
  readonly #rows: Rows;
  readonly #heritages = new Map<string, Heritage>();

  constructor(rows: Rows) {
    this.#rows = rows;
  }

  /** What the node holds under that name, groups and all aside. */
  find(node: string, attribute: string): Held | undefined {
    const row = nodeRow(node);
    const own = this.#rows.value(row, attribute);
    if (own !== null) return { value: fromCell(own) };
    return this.inherited(node).get(attribute);
  }

  /** Everything the node holds but its list of groups, in no order. */
  all(node: string): Map<string, Held> {
    const all = new Map(this.inherited(node));
    for (const [attribute, cell] of this.#rows.valuesOf(nodeRow(node))) {
      if (attribute !== GROUPS) all.set(attribute, { value: fromCell(cell) });
    }
    return all;
  }

  /** The groups of the node, by priority. */
  groupsOf(node: string): readonly string[] {
    return this.#heritageOf(node).groups;
  }

  /** Everything the node holds but its list of groups, sorted by name. */
  sorted(node: string): (readonly [attribute: string, held: Held])[] {
    const own: (readonly [string, Held])[] = [];
    for (const [attribute, cell] of this.#rows.valuesOf(nodeRow(node))) {
      if (attribute !== GROUPS) own.push([attribute, { value: fromCell(cell) }]);
    }
    const inherited = this.#heritageOf(node).sorted;
    return own.length === 0 ? [...inherited] : merged(own.sort(byName), inherited);
  }

  /** What the node's groups give it where it has nothing of its own. */
  inherited(node: string): ReadonlyMap<string, Held> {
    return this.#heritageOf(node).held;
  }

  #heritageOf(node: string): Heritage {
    return this.#heritage(this.#rows.value(nodeRow(node), GROUPS) ?? "");
  }

  #heritage(list: string): Heritage {
    const known = this.#heritages.get(list);
    if (known !== undefined && this.#isPresent(known)) return known;
    const listed = groupsInText(list);
    // A group may have been removed while a node was put into it.
    const groups = listed.filter((group) => groupExists(this.#rows, group));
    const stamps = listed.map((group) => this.#stamp(group));
    const made = new Heritage(listed, groups, stamps, () => this.#of(groups));
    if (this.#heritages.size >= MAX_GROUP_LISTS_KEPT) this.#heritages.clear();
    this.#heritages.set(list, made);
    return made;
  }

  #isPresent({ listed, stamps }: Heritage): boolean {
    return listed.every((group, i) => this.#stamp(group) === stamps[i]);
  }

  #stamp(group: string): number {
    return this.#rows.newest(groupRow(group));
  }

  #of(groups: readonly string[]): Map<string, Held> {
    const held = new Map<string, Held>();
    for (const from of groups) {
      for (const [attribute, cell] of this.#rows.valuesOf(groupRow(from))) {
        if (OF_GROUPS_ALONE.has(attribute) || held.has(attribute)) continue;
        held.set(attribute, { value: fromCell(cell), from });
      }
    }
    return held;
  }
}

type Named = readonly [attribute: string, held: Held];

function byName([a]: Named, [b]: Named): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** Both sorted by name; what a node has of its own hides what it would inherit. */
function merged(own: readonly Named[], inherited: readonly Named[]): Named[] {
  const all: Named[] = [];
  let at = 0;
  for (const one of own) {
    for (; at < inherited.length && (inherited[at] as Named)[0] < one[0]; at++) {
      all.push(inherited[at] as Named);
    }
    if (inherited[at]?.[0] === one[0]) at++;
    all.push(one);
  }
  for (; at < inherited.length; at++) all.push(inherited[at] as Named);
  return all;
}
