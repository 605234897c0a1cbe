/** What changes of attributes come to for rows that exist: operations, and what to warn of. */
import { ok, type Outcome, refused } from "../base/outcome.ts";
import { groupExists, GROUPS, groupsText } from "../model/groups.ts";
import { groupRow, nodeRow, type Operation } from "../model/operation.ts";
import { toCell } from "../model/stored_value.ts";
import { wildcard } from "../model/wildcard.ts";
import type { MemberService } from "../service/member_service.ts";
import { pause } from "./pause.ts";
import type { Sealing } from "../service/secrets.ts";
import type { Changes, ListChange } from "./attribute_input.ts";

/** Operations, and the rows that they were made for as they are: whoever commits demands that none
 * of those has changed. */
export interface RowChanges {
  readonly operations: readonly Operation[];
  /** Rows whose present content the operations follow from. */
  readonly readFrom: readonly string[];
  /** Groups that must be there. */
  readonly groups: readonly string[];
  /** What was sealed is sealed by a key that must still be the newest. */
  readonly sealing?: Sealing | undefined;
}

/** The changes of attributes of these rows, all but those of lists. */
export async function cellChanges(
  member: MemberService,
  rows: readonly string[],
  { sets, secrets, clears, wild }: Changes,
): Promise<Outcome<RowChanges>> {
  const operations: Operation[] = [];
  if (sets.length > 0) operations.push({ kind: "set", rows, cells: sets });
  if (clears.length > 0) operations.push({ kind: "clear", rows, attributes: clears });
  const sealed = await sealedCells(member, rows, secrets);
  if (!sealed.ok) return sealed;
  const { sealing, cells } = sealed.value;
  for (const [i, row] of rows.entries()) {
    const own = cells[i] ?? [];
    if (own.length > 0) operations.push({ kind: "set", rows: [row], cells: own });
  }
  if (wild.length === 0) return ok({ operations, readFrom: [], groups: [], sealing });
  for (const row of rows) {
    const matched = matchedOf(member, row, wild);
    if (!matched.ok) return matched;
    operations.push(...matched.value);
  }
  return ok({ operations, readFrom: rows, groups: [], sealing });
}

/** Secrets as each of the rows keeps them, row by row; nothing where there are none. */
export async function sealedCells(
  member: MemberService,
  rows: readonly string[],
  secrets: Changes["secrets"],
): Promise<Outcome<{ cells: [attribute: string, cell: string][][]; sealing?: Sealing }>> {
  if (secrets.length === 0) return ok({ cells: [] });
  const sealing = await member.secrets.sealing();
  if (!sealing.ok) return sealing;
  const cells: [string, string][][] = [];
  for (const row of rows) {
    const own: [string, string][] = [];
    for (const [attribute, text] of secrets) {
      const sealed = sealing.value.seal(row, attribute, text);
      if (!sealed.ok) return sealed;
      own.push([attribute, toCell({ kind: "sealed", sealed: sealed.value })]);
    }
    cells.push(own);
    if (cells.length % SEALED_AT_ONCE === 0) await pause();
  }
  return ok({ cells, sealing: sealing.value });
}

/** Rows between which others get their turn. */
const SEALED_AT_ONCE = 500;

function matchedOf(
  member: MemberService,
  row: string,
  wild: Changes["wild"],
): Outcome<Operation[]> {
  const cells: [string, string][] = [], clears: string[] = [];
  for (const { pattern, cellOf } of wild) {
    const matches = wildcard(pattern);
    for (const name of namesAt(member, row)) {
      if (!matches(name) || name === GROUPS) continue;
      const cell = cellOf(name);
      if (!cell.ok) return cell;
      if (cell.value === null) clears.push(name);
      else cells.push([name, cell.value]);
    }
  }
  const operations: Operation[] = [];
  if (cells.length > 0) operations.push({ kind: "set", rows: [row], cells });
  if (clears.length > 0) operations.push({ kind: "clear", rows: [row], attributes: clears });
  return ok(operations);
}

function namesAt({ nodes, state }: MemberService, row: string): Iterable<string> {
  if (row.startsWith(nodeRow(""))) {
    return nodes.inheritance.all(row.slice(nodeRow("").length)).keys();
  }
  return Array.from(state.valuesOf(row), ([name]) => name);
}

// ---- lists of groups

/** What becomes of the lists of groups of these nodes. */
export function listChanges(
  member: MemberService,
  names: readonly string[],
  change: ListChange,
): Outcome<RowChanges> {
  const mentioned = "to" in change
    ? change.to
    : "prepend" in change
    ? change.prepend
    : change.remove;
  if (!("remove" in change)) {
    const wrong = mentioned.find((group) => !groupExists(member.state, group));
    if (wrong !== undefined) return refused("invalid", `group ${wrong} does not exist`);
    const dynamic = mentioned.find((group) => member.nodes.rangeOf(group) !== undefined);
    if (dynamic !== undefined) {
      return refused(
        "invalid",
        `group ${dynamic} has a noderange, whose nodes are its members; none can be added`,
      );
    }
  }
  const lists = new GroupLists();
  for (const name of names) {
    const list = changed(name, member.nodes.inheritance.groupsOf(name), change);
    if (!list.ok) return list;
    lists.add(name, list.value);
  }
  const isRead = !("to" in change);
  return ok({
    operations: lists.operations,
    readFrom: isRead ? names.map(nodeRow) : [],
    groups: "remove" in change ? [] : mentioned,
  });
}

/** Lists of groups that nodes are to have; those that get the same are one operation. */
export class GroupLists {
  readonly #byText = new Map<string, string[]>();

  add(node: string, groups: readonly string[]): void {
    const text = groupsText(groups);
    const alike = this.#byText.get(text);
    if (alike === undefined) this.#byText.set(text, [nodeRow(node)]);
    else alike.push(nodeRow(node));
  }

  get operations(): Operation[] {
    return Array.from(
      this.#byText,
      ([text, rows]) =>
        text === ""
          ? { kind: "clear", rows, attributes: [GROUPS] } as const
          : { kind: "set", rows, cells: [[GROUPS, text]] } as const,
    );
  }
}

function changed(
  node: string,
  list: readonly string[],
  change: ListChange,
): Outcome<readonly string[]> {
  if ("to" in change) return ok([...new Set(change.to)]);
  if ("prepend" in change) {
    const twice = change.prepend.find((group) => list.includes(group));
    if (twice !== undefined) return refused("invalid", `Node ${node} is already in group ${twice}`);
    return ok([...new Set(change.prepend), ...list]);
  }
  const missing = change.remove.find((group) => !list.includes(group));
  if (missing !== undefined) {
    return refused("invalid", `node ${node} is not a member of group ${missing}`);
  }
  return ok(list.filter((group) => !change.remove.includes(group)));
}

// ---- the other side: nodes of a group

/** What becomes of the lists of groups of nodes where a group's list of nodes is changed. */
export function memberChanges(
  member: MemberService,
  group: string,
  change: ListChange,
  expand: (range: string) => Outcome<string[]>,
): Outcome<RowChanges> {
  const mentioned = "to" in change
    ? change.to
    : "prepend" in change
    ? change.prepend
    : change.remove;
  const given = mentioned.length === 0 ? ok([]) : expand(mentioned.join(","));
  if (!given.ok) return given;
  const members = new Set(member.nodes.membersOf(group));
  const named = new Set(given.value);
  const missing = "remove" in change ? given.value.find((name) => !members.has(name)) : undefined;
  if (missing !== undefined) {
    return refused("invalid", `node "${missing}" is not a member of ${group}`);
  }
  const added = "remove" in change ? new Set<string>() : named.difference(members);
  const removed = "to" in change
    ? members.difference(named)
    : "remove" in change
    ? named
    : new Set<string>();
  return listsWith(member, added, removed, group);
}

/** Lists of groups with `group` put first, or taken out. */
function listsWith(
  member: MemberService,
  added: ReadonlySet<string>,
  removed: ReadonlySet<string>,
  group: string,
): Outcome<RowChanges> {
  const lists = new GroupLists();
  for (const name of [...added, ...removed]) {
    const list = member.nodes.inheritance.groupsOf(name).filter((listed) => listed !== group);
    lists.add(name, added.has(name) ? [group, ...list] : list);
  }
  const readFrom = [...added, ...removed].map(nodeRow);
  return ok({ operations: lists.operations, readFrom, groups: [] });
}

/** Takes the group out of the lists of all of its nodes, or puts another in its place. */
export function withoutGroup(
  member: MemberService,
  group: string,
  inItsPlace?: string,
): RowChanges {
  const lists = new GroupLists(), readFrom: string[] = [groupRow(group)];
  for (const name of member.nodes.membersOf(group)) {
    const list = member.nodes.inheritance.groupsOf(name);
    lists.add(name, list.flatMap((listed) => listed !== group ? [listed] : inItsPlace ?? []));
    readFrom.push(nodeRow(name));
  }
  return { operations: lists.operations, readFrom, groups: [] };
}
