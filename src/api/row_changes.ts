/** What changes of attributes come to for rows that exist: operations, and what to warn of. */
import { ok, type Outcome, refused } from "../base/outcome.ts";
import { changedList, EVERYTHING, type ListChange } from "../model/catalogue/membership.ts";
import { armedUntil } from "../model/arming.ts";
import { ARMED, PENDING } from "../model/deployment.ts";
import { groupExists, GROUPS, groupsText } from "../model/groups.ts";
import { groupRow, nodeOfRow, nodeRow, type Operation } from "../model/operation.ts";
import { toCell } from "../model/stored_value.ts";
import { wildcard } from "../model/wildcard.ts";
import type { MemberService } from "../service/member_service.ts";
import type { Sealing } from "../service/secrets.ts";
import type { Changes } from "./attribute_input.ts";
import { demandUnlocked } from "./deployment_change.ts";
import { Turn } from "./pause.ts";

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
  const sees = (attribute: string): boolean => gives(attribute, sets, wild);
  const deployed = sees(PENDING) ? nodesOfRows(rows) : [];
  const may = await demandUnlocked(member, deployed);
  if (!may.ok) return may;
  const operations: Operation[] = [];
  if (sets.length > 0) operations.push({ kind: "set", rows, cells: sets });
  if (clears.length > 0) operations.push({ kind: "clear", rows, attributes: clears });
  if (sees(ARMED)) operations.push(armedUntil(rows, member.agreedWallMs()));
  const sealed = await sealedCells(member, rows, secrets);
  if (!sealed.ok) return sealed;
  const { sealing, cells } = sealed.value;
  for (const [i, row] of rows.entries()) {
    const own = cells[i] ?? [];
    if (own.length > 0) operations.push({ kind: "set", rows: [row], cells: own });
  }
  if (wild.length === 0) {
    return ok({ operations, readFrom: deployed.map(nodeRow), groups: [], sealing });
  }
  const turn = new Turn();
  for (const row of rows) {
    if (turn.isOver) await turn.pass();
    const matched = matchedOf(member, row, wild);
    if (!matched.ok) return matched;
    operations.push(...matched.value);
  }
  return ok({ operations, readFrom: rows, groups: [], sealing });
}

/** Whether the attribute gets a value by that: of a profile to be installed, what locks a node
 * forbids it as well; of arming, the time is kept with it. */
function gives(
  attribute: string,
  sets: Changes["sets"],
  wild: Changes["wild"],
): boolean {
  if (sets.some(([name, cell]) => name === attribute && cell !== "")) return true;
  return wild.some(({ pattern, cellOf }) => {
    if (!wildcard(pattern)(attribute)) return false;
    const cell = cellOf(attribute);
    return cell.ok && cell.value !== null && cell.value !== "";
  });
}

function nodesOfRows(rows: readonly string[]): string[] {
  return rows.filter((row) => row.startsWith(nodeRow(""))).map(nodeOfRow);
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
  const turn = new Turn();
  for (const row of rows) {
    if (turn.isOver) await turn.pass();
    const own: [string, string][] = [];
    for (const [attribute, text] of secrets) {
      const sealed = sealing.value.seal(row, attribute, text);
      if (!sealed.ok) return sealed;
      own.push([attribute, toCell({ kind: "sealed", sealed: sealed.value })]);
    }
    cells.push(own);
  }
  return ok({ cells, sealing: sealing.value });
}

function matchedOf(
  member: MemberService,
  row: string,
  wild: Changes["wild"],
): Outcome<Operation[]> {
  const cells: [string, string][] = [], clears: string[] = [];
  for (const { pattern, cellOf } of wild) {
    const matches = wildcard(pattern);
    for (const name of namesAt(member, row)) {
      if (!matches(name)) continue;
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

/** What a row has, lists aside. */
function namesAt({ nodes, state }: MemberService, row: string): Iterable<string> {
  if (row.startsWith(nodeRow(""))) {
    return nodes.inheritance.all(row.slice(nodeRow("").length)).keys();
  }
  return Array.from(state.valuesOf(row), ([name]) => name);
}

// ---- lists of groups

/** What becomes of the lists of groups of these nodes. */
export async function listChanges(
  member: MemberService,
  names: readonly string[],
  change: ListChange,
): Promise<Outcome<RowChanges>> {
  const lists = new GroupLists();
  const groups = new Set<string>();
  const turn = new Turn();
  for (const name of names) {
    if (turn.isOver) await turn.pass();
    const was = member.nodes.inheritance.groupsOf(name);
    const list = changedList(was, change, { kind: "node", name });
    if (!list.ok) return list;
    // Of a list that is changed as it was read, what was there is there as long as it is the same.
    for (const group of list.value) if ("set" in change || !was.includes(group)) groups.add(group);
    lists.add(name, list.value);
  }
  const may = mayBeIn(member, groups);
  if (!may.ok) return may;
  const readFrom = "set" in change ? [] : names.map(nodeRow);
  return ok({ operations: lists.operations, readFrom, groups: [...groups] });
}

/** Whether nodes may be put into these groups; that of all is implied, there or not. */
export function mayBeIn({ state }: MemberService, groups: Iterable<string>): Outcome<void> {
  for (const group of groups) {
    if (group === EVERYTHING || groupExists(state, group)) continue;
    return refused("invalid", `group ${group} does not exist`);
  }
  return ok();
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

// ---- the other side: nodes of a group

/** What becomes of the lists of groups of nodes where a group's list of nodes is changed.
 * `was`: its nodes until now. */
export function memberChanges(
  member: MemberService,
  group: string,
  was: readonly string[],
  change: ListChange,
  expand: (range: string) => Outcome<string[]>,
): Outcome<RowChanges> {
  const expanded = expandedChange(change, expand);
  if (!expanded.ok) return expanded;
  const list = changedList(was, expanded.value, { kind: "group", name: group });
  if (!list.ok) return list;
  const members = new Set(was), wanted = new Set(list.value);
  return listsWith(member, wanted.difference(members), members.difference(wanted), group);
}

/** The nodes of a group may be given by noderanges. */
function expandedChange(
  change: ListChange,
  expand: (range: string) => Outcome<string[]>,
): Outcome<ListChange> {
  const [key, given] = Object.entries(change)[0] as [keyof ListChange, string | string[]];
  const range = typeof given === "string" ? given : given.join(",");
  if (range === "") return ok(change);
  const nodes = expand(range);
  if (!nodes.ok) return nodes;
  return ok({ [key]: key === "set" ? nodes.value : nodes.value.join(",") } as ListChange);
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
