/**
 * What is derived of the rows of nodes and groups so that nobody has to look at all of them: who is
 * in which group, the natural order of names, and for attributes that are filtered by, which nodes
 * have which value. It is brought up to the present when it is asked, by what changed since.
 */
import { MAX_FILTER_INDEXES, MAX_MACHINE_INDEXES } from "../base/limits.ts";
import { ok, type Outcome } from "../base/outcome.ts";
import { CATALOGUE, findAttribute } from "../model/attribute.ts";
import { EVERYTHING } from "../model/catalogue/membership.ts";
import type { Cell } from "../model/cell.ts";
import { netAttributes, spellingOf, UUID } from "../model/machine_names.ts";
import { groupExists, GROUPS, groupsInText, NODERANGE, REMOVED } from "../model/groups.ts";
import { type Held, Inheritance } from "../model/inheritance.ts";
import { insertNaturally, naturalSort } from "../model/natural_order.ts";
import {
  type AttributeFilter,
  namePattern,
  valueTest,
} from "../model/noderange/attribute_filter.ts";
import type { NameSet, NodeBook } from "../model/noderange/node_book.ts";
import { groupOfRow, groupRow, nodeOfRow, nodeRow, ROW_MARK } from "../model/operation.ts";
import { Resolver } from "../model/resolving.ts";
import type { Rows } from "../model/rows.ts";
import { hasWildcard } from "../model/wildcard.ts";
import type { CellView } from "./cells.ts";
import type { Replica } from "./replica.ts";
import { addTo, removeFrom, ValueIndex } from "./value_index.ts";
import { ValueIndexes } from "./value_indexes.ts";

/** The state at the applied index; always the present, whatever took the place of what. */
export interface IndexSource {
  /** Another object where all of it is another, as after a state that was wrong was replaced. */
  readonly identity: object;
  readonly applied: number;
  /** Tombstones up to this index may be gone. */
  readonly collected: number;
  readonly rows: Rows & Pick<CellView, "cells" | "changedRows" | "recordSince" | "attributes">;
}

/** The present state of whatever replica is in place. */
export function presentOf(replica: () => Replica): IndexSource {
  const cells = (): CellView => replica().cells;
  return {
    get identity(): object {
      return replica();
    },
    get applied(): number {
      return replica().applied;
    },
    get collected(): number {
      return replica().collected;
    },
    rows: {
      exists: (row) => cells().exists(row),
      value: (row, attribute) => cells().value(row, attribute),
      valuesOf: (row) => cells().valuesOf(row),
      rows: (prefix) => cells().rows(prefix),
      newest: (row) => cells().newest(row),
      cells: (row, attributes) => cells().cells(row, attributes),
      changedRows: (since) => cells().changedRows(since),
      recordSince: (row, since) => cells().recordSince(row, since),
      attributes: () => cells().attributes(),
    },
  };
}

/** A node that has a hardware address, and the attribute that says so. */
export interface MachineMatch {
  readonly node: string;
  readonly attribute: string;
}

interface Node {
  readonly row: string;
  /** Its list of groups, as it is kept. */
  list: string;
  /** Its place in the natural order. */
  order: number;
}

const NONE: ReadonlySet<string> = new Set();
/** Where one in so many is new, to sort all is no more work than to find the place of each. */
const FEW = 16;
/** No list of groups, which are names with commas between. */
const NO_LIST = " ";

/** See above. All of it is of the present: an iteration must end before time goes on. */
export class NodeIndex implements NodeBook {
  readonly #source: IndexSource;
  readonly #rows: IndexSource["rows"];
  #identity: object;
  #inheritance: Inheritance;
  #resolver: Resolver;
  #seen = -1;
  readonly #nodes = new Map<string, Node>();
  /** The nodes of each list of groups: most nodes share theirs with others. */
  readonly #byList = new Map<string, Set<string>>();
  /** Of groups that were asked for, while no list changes. */
  readonly #members = new Map<string, NameSet>();
  /** All as they were when their order was asked for; who came since, and whether any went. */
  #sorted: readonly string[] | undefined;
  readonly #added = new Set<string>();
  #isPruned = false;
  readonly #values = new ValueIndexes(MAX_FILTER_INDEXES, (name) => this.#indexOf(name));
  /** What machines are known by: none of it is ever in the way of what is filtered by. */
  readonly #machines = new ValueIndexes(
    MAX_MACHINE_INDEXES,
    (name) => this.#indexOf(name, spellingOf(name)),
  );
  /** The attributes that hold hardware addresses and IPv4 addresses, while nothing changes. */
  #macAttributes: readonly string[] = [];
  #addressAttributes: readonly string[] = [];

  constructor(source: IndexSource) {
    this.#source = source;
    this.#rows = source.rows;
    this.#identity = source.identity;
    this.#inheritance = new Inheritance(source.rows);
    this.#resolver = new Resolver(this.#inheritance);
  }

  get inheritance(): Inheritance {
    this.#seeIdentity();
    return this.#inheritance;
  }

  get resolver(): Resolver {
    this.#seeIdentity();
    return this.#resolver;
  }

  hasNode(name: string): boolean {
    return this.#rows.exists(nodeRow(name));
  }

  hasGroup(name: string): boolean {
    return groupExists(this.#rows, name);
  }

  /** All nodes, in natural order. */
  nodes(): readonly string[] {
    this.#catchUp();
    return this.#inOrder();
  }

  /** The place of a node in the natural order; -1 for what is none. */
  orderOf(name: string): number {
    this.#catchUp();
    this.#inOrder();
    return this.#nodes.get(name)?.order ?? -1;
  }

  /** All groups, in natural order. */
  groups(): string[] {
    const names = new Set(Array.from(this.#rows.rows(groupRow("")), groupOfRow));
    if (this.hasGroup(EVERYTHING)) names.add(EVERYTHING);
    else names.delete(EVERYTHING);
    return naturalSort(names);
  }

  /** The nodes that list the group. */
  membersOf(group: string): NameSet {
    this.#catchUp();
    let members = this.#members.get(group);
    if (members === undefined) this.#members.set(group, members = this.#findMembers(group));
    return members;
  }

  #findMembers(group: string): NameSet {
    const lists = new Map(
      [...this.#byList].filter(([list]) => groupsInText(list).includes(group)),
    );
    const nodes = this.#nodes;
    return {
      size: lists.values().reduce((sum, names) => sum + names.size, 0),
      has: (name) => lists.has(nodes.get(name)?.list ?? NO_LIST),
      *[Symbol.iterator](): Iterator<string> {
        for (const names of lists.values()) yield* names;
      },
    };
  }

  isIndexed(attribute: string): boolean {
    this.#catchUp();
    return attribute === GROUPS || this.#values.has(attribute);
  }

  /** The nodes that have this hardware address, as `macOf` spells it, and by which attribute. */
  withMac(mac: string): MachineMatch[] {
    this.#catchUp();
    const found: MachineMatch[] = [];
    for (const attribute of this.#macAttributes) {
      const nodes = this.#machines.of(attribute, this.#nodes).byValue.get(mac);
      for (const node of nodes ?? NONE) found.push({ node, attribute });
    }
    return found;
  }

  /** The nodes that have this IPv4 address, with whatever prefix. */
  *withAddress(address: string): Generator<string> {
    this.#catchUp();
    for (const attribute of this.#addressAttributes) {
      yield* this.#machines.of(attribute, this.#nodes).byValue.get(address) ?? NONE;
    }
  }

  /** The nodes that have this `id.uuid`, in lower case. */
  withUuid(uuid: string): Iterable<string> {
    this.#catchUp();
    return this.#machines.of(UUID, this.#nodes).byValue.get(uuid) ?? NONE;
  }

  /** The noderange of a dynamic group. */
  rangeOf(group: string): string | undefined {
    return this.#rows.value(groupRow(group), NODERANGE) ?? undefined;
  }

  attributeName(given: string): string | undefined {
    const attribute = findAttribute(given);
    return attribute.ok ? attribute.value.name : undefined;
  }

  attributeNames(): Iterable<string> {
    return new Set([...CATALOGUE.keys(), ...this.#rows.attributes()]);
  }

  /** The nodes one of whose values passes the filter; what is unset, broken or secret counts as an
   * empty text, and of a pattern every attribute that it means. */
  matching(filter: AttributeFilter): Outcome<NameSet> {
    this.#catchUp();
    if (filter.operator === "=" && !hasWildcard(filter.attribute) && filter.attribute !== GROUPS) {
      return ok(this.#values.of(filter.attribute, this.#nodes).byValue.get(filter.value) ?? NONE);
    }
    const passes = valueTest(filter);
    if (!passes.ok) return passes;
    if (filter.attribute === GROUPS) return ok(this.#inAnyPassing(passes.value));
    if (hasWildcard(filter.attribute)) return ok(this.#anyPassing(filter.attribute, passes.value));
    const found = new Set<string>();
    for (const [value, nodes] of this.#values.of(filter.attribute, this.#nodes).byValue) {
      if (passes.value(value)) { for (const node of nodes) found.add(node); }
    }
    return ok(found);
  }

  /** The nodes in any group whose name passes. */
  #inAnyPassing(passes: (group: string) => boolean): Set<string> {
    const found = new Set<string>();
    for (const names of this.#byList.values()) {
      const [first = ""] = names;
      if (!this.inheritance.groupsOf(first).some(passes)) continue;
      for (const node of names) found.add(node);
    }
    return found;
  }

  /** The nodes of which any attribute that the pattern means has a value that passes: in one go
   * over all, since so many indexes would cost more. */
  #anyPassing(pattern: string, passes: (value: string) => boolean): NameSet {
    // What a node has not is an empty text, and there is always something it has not.
    if (passes("")) return new Set(this.#nodes.keys());
    const isMeant = namePattern(pattern);
    const meant = new Set(Iterator.from(this.#rows.attributes()).filter(isMeant));
    meant.delete(GROUPS);
    const found = isMeant(GROUPS) ? this.#inAnyPassing(passes) : new Set<string>();
    for (const names of this.#byList.values()) {
      const [first = ""] = names;
      const inherited = [...this.inheritance.inherited(first)].filter(([name]) => meant.has(name))
        .map(([name, held]) => ({ name, passes: passesForAll(held, passes) }));
      for (const node of names) {
        if (this.#hasPassing(node, meant, inherited, passes)) found.add(node);
      }
    }
    return found;
  }

  #hasPassing(
    node: string,
    meant: ReadonlySet<string>,
    inherited: readonly { readonly name: string; readonly passes: boolean | undefined }[],
    passes: (value: string) => boolean,
  ): boolean {
    const own: string[] = [];
    for (const [name] of this.#rows.valuesOf(nodeRow(node))) {
      if (!meant.has(name)) continue;
      if (passes(this.resolver.textOf(node, name))) return true;
      own.push(name);
    }
    return inherited.some(({ name, passes: known }) =>
      !own.includes(name) && (known ?? passes(this.resolver.textOf(node, name)))
    );
  }

  // ----

  #inOrder(): readonly string[] {
    if (this.#sorted !== undefined && this.#added.size === 0 && !this.#isPruned) {
      return this.#sorted;
    }
    const kept = this.#isPruned
      ? this.#sorted?.filter((name) => this.#nodes.has(name) && !this.#added.has(name))
      : this.#sorted;
    const sorted = kept === undefined || this.#added.size > kept.length / FEW
      ? naturalSort(this.#nodes.keys())
      : insertNaturally(kept, this.#added);
    for (const [order, name] of sorted.entries()) (this.#nodes.get(name) as Node).order = order;
    this.#added.clear();
    this.#isPruned = false;
    return this.#sorted = sorted;
  }

  #indexOf(attribute: string, spell?: (text: string) => string | undefined): ValueIndex {
    return new ValueIndex(attribute, this.#rows, this.inheritance, this.resolver, spell);
  }

  /** Forgets all that is known of another state. */
  #seeIdentity(): void {
    const { identity } = this.#source;
    if (identity === this.#identity) return;
    this.#identity = identity;
    this.#inheritance = new Inheritance(this.#rows);
    this.#resolver = new Resolver(this.#inheritance);
    this.#seen = -1;
  }

  #catchUp(): void {
    this.#seeIdentity();
    const { applied, collected } = this.#source;
    if (this.#seen < collected || this.#seen < 0) {
      this.#nodes.clear();
      this.#byList.clear();
      this.#members.clear();
      this.#forgetValues();
      this.#sorted = undefined;
      this.#added.clear();
      this.#isPruned = false;
      for (const row of this.#rows.rows(nodeRow(""))) {
        this.#see(row, this.#rows.value(row, GROUPS) ?? "");
      }
    } else if (applied > this.#seen) this.#seeChanges();
    if (applied !== this.#seen) {
      this.#macAttributes = netAttributes(this.#rows.attributes(), "hwaddr");
      this.#addressAttributes = netAttributes(this.#rows.attributes(), "ipv4_address");
    }
    this.#seen = applied;
  }

  #forgetValues(): void {
    this.#values.clear();
    this.#machines.clear();
  }

  #seeChanges(): void {
    const isNode = nodeRow(""), isGroup = groupRow("");
    const nodes: string[] = [];
    for (const row of this.#rows.changedRows(this.#seen)) {
      if (row.startsWith(isNode)) nodes.push(row);
      else if (row.startsWith(isGroup)) this.#seeGroup(row);
    }
    const attributes = [
      ROW_MARK,
      GROUPS,
      ...this.#values.attributes(),
      ...this.#machines.attributes(),
    ];
    for (const row of nodes) this.#seeNode(row, attributes);
  }

  #seeNode(row: string, attributes: readonly string[]): void {
    const node = nodeOfRow(row);
    const [mark, groups, ...others] = this.#rows.cells(row, attributes);
    const exists = (mark?.value ?? null) !== null;
    // Of a row that was made anew, cells may be gone without a trace.
    const isOther = this.#see(row, exists ? groups?.value ?? "" : undefined) || this.#isNew(mark);
    const isNew = (cell: Cell | undefined): boolean => isOther || this.#isNew(cell);
    const own = this.#values.attributes().length;
    this.#values.seeNode(node, exists, others.slice(0, own), isNew);
    this.#machines.seeNode(node, exists, others.slice(own), isNew);
  }

  #isNew(cell: Cell | undefined): boolean {
    return (cell?.stamp ?? 0) > this.#seen;
  }

  /** Forgets the values that a change of a group may have changed for its nodes. */
  #seeGroup(row: string): void {
    const change = this.#rows.recordSince(row, this.#seen);
    if (change === undefined || change.floor > 0) return this.#forgetValues();
    const changed = new Set(change.cells.map(([attribute]) => attribute));
    if (changed.has(REMOVED)) return this.#forgetValues();
    // What a group had before it was there is inherited from now on.
    const isMade = changed.has(ROW_MARK) && row !== groupRow(EVERYTHING);
    if (isMade) { for (const [attribute] of this.#rows.valuesOf(row)) changed.add(attribute); }
    this.#values.seeGroup(changed);
    this.#machines.seeGroup(changed);
  }

  /** Takes down a node's list of groups, or that there is no such node any more; false where that
   * is as it was. */
  #see(row: string, list: string | undefined): boolean {
    const name = nodeOfRow(row);
    const node = this.#nodes.get(name);
    if (node?.list === list) return false;
    this.#members.clear();
    if (node !== undefined) removeFrom(this.#byList, node.list, name);
    if (list !== undefined) addTo(this.#byList, list, name);
    if (node === undefined && list !== undefined) this.#nodes.set(name, { row, list, order: 0 });
    else if (node !== undefined && list !== undefined) node.list = list;
    else this.#nodes.delete(name);
    if (this.#sorted === undefined) return true;
    if (node === undefined) this.#added.add(name);
    else if (list === undefined && !this.#added.delete(name)) this.#isPruned = true;
    return true;
  }
}

/** Whether what is inherited passes for whoever inherits it; undefined for an expression. */
function passesForAll({ value }: Held, passes: (value: string) => boolean): boolean | undefined {
  return value.kind === "expression" ? undefined : passes(value.kind === "text" ? value.text : "");
}
