/**
 * Who holds which nodes (model/placement.ts), and what each node's attributes say of that, looked
 * up when it is asked for. It is told of every row that changes, and knows which nodes to look at
 * again.
 */
import { ok, type Outcome } from "../base/outcome.ts";
import type { MemberId } from "../model/member.ts";
import { expandAny } from "../model/noderange/expand.ts";
import type { NodeBook } from "../model/noderange/node_book.ts";
import { groupRow, nodeOfRow, nodeRow, ROW_MARK } from "../model/operation.ts";
import {
  CANDIDATES,
  FAILBACK,
  MANAGER,
  nodeOfPlacement,
  PLACEMENT_PREFIX,
  placementRow,
} from "../model/placement.ts";
import type { CellView } from "./cells.ts";
import type { NodeIndex } from "./node_index.ts";

const NOBODY: ReadonlySet<string> = new Set();
const NODE = nodeRow("");
const GROUP = groupRow("");

/** See above. */
export class Placements {
  readonly #cells: () => CellView;
  readonly #nodes: () => NodeIndex;
  readonly #holders = new Map<string, MemberId>();
  readonly #held = new Map<MemberId, Set<string>>();
  readonly #dirty = new Set<string>();
  #isAllDirty = true;
  /** Goes over all nodes, which are to be looked at again. */
  #sweep: Iterator<string> | undefined;
  /** What candidates came to, by their text; of the present alone. */
  readonly #candidates = new Map<string, Outcome<ReadonlySet<string>>>();

  constructor(cells: () => CellView, nodes: () => NodeIndex) {
    this.#cells = cells;
    this.#nodes = nodes;
  }

  holderOf(node: string): MemberId | undefined {
    this.#lookAtAll();
    return this.#holders.get(node);
  }

  /** The index of the entry that gave the node to its holder, and of what changed of it since. */
  epochOf(node: string): number {
    return this.#cells().newest(placementRow(node));
  }

  /** The nodes that a member holds. */
  heldBy(member: MemberId): ReadonlySet<string> {
    this.#lookAtAll();
    return this.#held.get(member) ?? NOBODY;
  }

  /** Everybody who holds nodes. */
  get holders(): Iterable<MemberId> {
    this.#lookAtAll();
    return this.#held.keys();
  }

  /** Whether any node is held, or any attribute says who should hold it. */
  get isUsed(): boolean {
    if (this.#holders.size > 0) return true;
    for (const attribute of this.#cells().attributes()) {
      if (attribute === MANAGER || attribute === CANDIDATES) return true;
    }
    return false;
  }

  /** All of the state is another. */
  seeAll(): void {
    this.#isAllDirty = true;
  }

  /** A row changed. */
  see(row: string): void {
    if (row.startsWith(NODE)) this.#dirty.add(nodeOfRow(row));
    else if (row.startsWith(GROUP)) this.lookAgain();
    else if (row.startsWith(PLACEMENT_PREFIX)) this.#seeHolder(row);
    else return;
    this.#candidates.clear();
  }

  /** These nodes are to be looked at again; all of them, where none are named. */
  lookAgain(nodes?: Iterable<string>): void {
    if (nodes === undefined) this.#sweep = this.all()[Symbol.iterator]();
    else for (const node of nodes) this.#dirty.add(node);
    this.#candidates.clear();
  }

  /** Whether there are nodes to be looked at. */
  get isDirty(): boolean {
    return this.#isAllDirty || this.#dirty.size > 0 || this.#sweep !== undefined;
  }

  /** Up to `most` nodes that may not be where they should; where nothing says where that is, only
   * those that changed themselves. */
  takeDirty(most: number): string[] {
    this.#lookAtAll();
    if (!this.isUsed) this.#sweep = undefined;
    const taken: string[] = [];
    for (const node of this.#dirty) {
      if (taken.length === most) return taken;
      taken.push(node);
      this.#dirty.delete(node);
    }
    while (taken.length < most && this.#sweep !== undefined) {
      const next = this.#sweep.next();
      if (next.done === true) this.#sweep = undefined;
      else taken.push(next.value);
    }
    return taken;
  }

  /** All nodes, in no order. */
  *all(): Iterable<string> {
    for (const row of this.#cells().rows(NODE)) yield nodeOfRow(row);
  }

  /** Whether there is such a node. */
  exists(node: string): boolean {
    return this.#cells().exists(nodeRow(node));
  }

  /** What `collective.manager` comes to for the node; empty for none. */
  managerOf(node: string): string {
    return this.#nodes().resolver.textOf(node, MANAGER);
  }

  /** Whether the node goes back to a member that was away. */
  isFailback(node: string): boolean {
    return this.#nodes().resolver.textOf(node, FAILBACK) === "auto";
  }

  /** The names of `members` that the node's candidates come to; undefined where it has none, or
   * what it has makes no sense. */
  candidatesOf(node: string, members: readonly string[]): ReadonlySet<string> | undefined {
    const found = this.#candidatesOf(node, members);
    return found?.ok === true ? found.value : undefined;
  }

  /** Why what the node has for candidates makes no sense, where it is so. */
  candidatesFault(node: string, members: readonly string[]): string | undefined {
    const found = this.#candidatesOf(node, members);
    return found?.ok === false ? found.refusal.message : undefined;
  }

  // ----

  #lookAtAll(): void {
    if (!this.#isAllDirty) return;
    this.#isAllDirty = false;
    this.#holders.clear();
    this.#held.clear();
    this.#candidates.clear();
    for (const row of this.#cells().rows(PLACEMENT_PREFIX)) this.#seeHolder(row);
    this.lookAgain();
  }

  #candidatesOf(
    node: string,
    members: readonly string[],
  ): Outcome<ReadonlySet<string>> | undefined {
    const text = this.#nodes().resolver.textOf(node, CANDIDATES);
    if (text === "") return undefined;
    let found = this.#candidates.get(text);
    if (found === undefined) {
      const names = expandAny(text, bookOf(members, this.#nodes()));
      found = names.ok ? ok(new Set(names.value.filter((name) => members.includes(name)))) : names;
      this.#candidates.set(text, found);
    }
    return found;
  }

  #seeHolder(row: string): void {
    if (this.#isAllDirty) return;
    const node = nodeOfPlacement(row);
    const before = this.#holders.get(node);
    const holder = this.#cells().value(row, ROW_MARK) as MemberId | null ?? undefined;
    this.#dirty.add(node);
    if (holder === before) return;
    if (before !== undefined) this.#take(node, before);
    if (holder === undefined) return;
    this.#holders.set(node, holder);
    const held = this.#held.get(holder);
    if (held === undefined) this.#held.set(holder, new Set([node]));
    else held.add(node);
  }

  #take(node: string, holder: MemberId): void {
    this.#holders.delete(node);
    const held = this.#held.get(holder);
    held?.delete(node);
    if (held?.size === 0) this.#held.delete(holder);
  }
}

/** Candidates are members, be they nodes or not; groups and filters name them as nodes. */
function bookOf(members: readonly string[], nodes: NodeIndex): NodeBook {
  const known = new Set(members);
  return {
    hasNode: (name) => known.has(name),
    nodes: () => members,
    hasGroup: (name) => nodes.hasGroup(name),
    groups: () => nodes.groups(),
    membersOf: (group) => {
      const listed = nodes.membersOf(group);
      return new Set(members.filter((name) => listed.has(name)));
    },
    rangeOf: (group) => nodes.rangeOf(group),
    attributeName: (given) => nodes.attributeName(given),
    attributeNames: () => nodes.attributeNames(),
    matching: (filter) => {
      const found = nodes.matching(filter);
      if (!found.ok) return found;
      return { ok: true, value: new Set(members.filter((name) => found.value.has(name))) };
    },
  };
}
