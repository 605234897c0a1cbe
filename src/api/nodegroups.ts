/** /nodegroups/: groups of nodes, what their nodes inherit, and who is in them. */
import { ok, type Outcome, type Refused, refused } from "../base/outcome.ts";
import { EVERYTHING, groupMayHave } from "../model/catalogue/membership.ts";
import { withRowsBeside } from "../model/grant.ts";
import { groupExists, NODERANGE, NODES, REMOVED } from "../model/groups.ts";
import { groupName } from "../model/node_name.ts";
import { expandExisting } from "../model/noderange/expand.ts";
import { parse } from "../model/noderange/parse.ts";
import { groupRow, type Operation, ROW_MARK } from "../model/operation.ts";
import type { MemberService } from "../service/member_service.ts";
import { attributesInput, createGroup, renameRequest } from "../wire/http.ts";
import { type Changes, changesOf } from "./attribute_input.ts";
import {
  bodyOf,
  type Element,
  groupAttributesOf,
  type Wanted,
  wantedBy,
  wantedWords,
} from "./attributes.ts";
import { readBody } from "./body.ts";
import { type Answer, type Call, type Handler, parameter } from "./call.ts";
import { commitChanges } from "./changing.ts";
import { Draft, ifMatch } from "./draft.ts";
import { followRename } from "./late_members.ts";
import { linksTo, linkTo } from "./links.ts";
import { ManagerWarnings, type Warned } from "./manager_warnings.ts";
import { isMinimal } from "./minimal.ts";
import { inTheWay, movedRows } from "./renaming.ts";
import { cellChanges, memberChanges, type RowChanges, withoutGroup } from "./row_changes.ts";

type NodegroupRoute =
  | "GET /nodegroups/"
  | "POST /nodegroups/"
  | "GET /nodegroups/:group/"
  | "DELETE /nodegroups/:group/"
  | "GET /nodegroups/:group/attributes/"
  | "GET /nodegroups/:group/attributes/:element{all|current}"
  | "PUT /nodegroups/:group/attributes/:element{all|current}"
  | "PUT /nodegroups/:group/attributes/rename";

export function nodegroupRoutes(member: MemberService): Record<NodegroupRoute, Handler> {
  return {
    "GET /nodegroups/": (call) => {
      const items = member.nodes.groups().map((name) => `${name}/`);
      return ok({ index: member.index, body: linksTo(call, items) });
    },
    "POST /nodegroups/": (call) => create(member, call),
    "GET /nodegroups/:group/": (call) => list(member, call, ["attributes/"]),
    "DELETE /nodegroups/:group/": (call) => remove(member, call),
    "GET /nodegroups/:group/attributes/": (call) =>
      list(member, call, ["rename", "all", "current"]),
    "GET /nodegroups/:group/attributes/:element{all|current}": (call) => read(member, call),
    "PUT /nodegroups/:group/attributes/:element{all|current}": (call) => update(member, call),
    "PUT /nodegroups/:group/attributes/rename": (call) => rename(member, call),
  };
}

function unknownGroup(name: string): Refused {
  return refused("not-found", `Invalid nodegroup: ${name} not found`);
}

function existingGroup(name: string): Refused {
  return refused("conflict", `group ${name} exists already`);
}

/** Whether the group exists; as with nodes, the leader is asked before one is denied. */
async function isKnown(member: MemberService, call: Call, group: string): Promise<boolean> {
  if (groupExists(member.state, group)) return true;
  if (call.isLocalCopy || !member.quorum().held) return false;
  return (await member.consistentIndex()).ok && groupExists(member.state, group);
}

async function list(
  member: MemberService,
  call: Call,
  items: readonly string[],
): Promise<Outcome<Answer>> {
  const group = parameter(call, "group");
  if (!await isKnown(member, call, group)) return unknownGroup(group);
  return ok({ index: member.index, body: linksTo(call, items) });
}

async function read(member: MemberService, call: Call): Promise<Outcome<Answer>> {
  const group = parameter(call, "group");
  const isWanted = wantedBy(call);
  if (!isWanted.ok) return isWanted;
  if (!await isKnown(member, call, group)) return unknownGroup(group);
  return ok(shown(member, call, group, member.index, isWanted.value));
}

function shown(
  member: MemberService,
  call: Call,
  group: string,
  index: number,
  isWanted?: Wanted,
  warnings: Warned = {},
): Answer {
  const element = parameter(call, "element") as Element;
  const attributes = groupAttributesOf(member, group, element, isWanted);
  return {
    index,
    body: undefined,
    raw: { type: "application/json", content: bodyOf(linkTo(call), attributes, warnings) },
    headers: { ETag: `"${member.state.newest(groupRow(group))}"` },
  };
}

async function create(member: MemberService, call: Call): Promise<Outcome<Answer>> {
  const body = await readBody(call.request, createGroup);
  if (!body.ok) return body;
  const { name, ...values } = body.value;
  const valid = groupName(name);
  if (!valid.ok && name !== EVERYTHING) return refused("invalid", valid.refusal.message);
  const written = await change(member, call, name, values, true);
  return written.ok
    ? ok({
      index: written.value.index,
      body: { ...linkTo(call), created: name, ...written.value.warnings },
    })
    : written;
}

async function update(member: MemberService, call: Call): Promise<Outcome<Answer>> {
  const group = parameter(call, "group");
  const body = await readBody(call.request, attributesInput);
  if (!body.ok) return body;
  if (!await isKnown(member, call, group)) return unknownGroup(group);
  const written = await change(member, call, group, body.value, false);
  if (!written.ok) return written;
  const words = isMinimal(call.request) ? Object.keys(body.value) : [];
  const isWanted = words.length === 0 ? undefined : wantedWords(words);
  const { index, warnings } = written.value;
  return ok(shown(member, call, group, index, isWanted, warnings));
}

interface Changed {
  readonly index: number;
  readonly warnings: Warned;
}

async function change(
  member: MemberService,
  call: Call,
  group: string,
  values: Parameters<typeof changesOf>[2],
  isNew: boolean,
): Promise<Outcome<Changed>> {
  const changes = await changesOf(member, { kind: "group", name: group }, values);
  if (!changes.ok) return changes;
  const since = ifMatch(call.request);
  if (!since.ok) return since;
  const row = groupRow(group), rows = [row];
  const index = await commitChanges(member, call, async () => {
    if (isNew && groupExists(member.state, group)) return existingGroup(group);
    const made = await changesOfGroup(member, group, changes.value, isNew);
    if (!made.ok) return made;
    const draft = new Draft();
    if (isNew) {
      draft.demand({ test: "absent", rows }, () => existingGroup(group));
    } else demandGroup(draft, group);
    draft.demandUnchanged(rows, since.value);
    const mark: Operation = { kind: "set", rows, cells: [[ROW_MARK, ""]] };
    const isMade = isNew || group === EVERYTHING;
    const back: Operation[] = isNew && group === EVERYTHING
      ? [{ kind: "clear", rows, attributes: [REMOVED] }]
      : [];
    const operations = [...isMade ? [mark] : [], ...back, ...made.value.operations];
    return ok({ draft, changes: { ...made.value, operations } });
  });
  if (!index.ok) return index;
  const warnings = new ManagerWarnings(member.members).take(changes.value.sets).inBody;
  return ok({ index: index.value, warnings });
}

async function changesOfGroup(
  member: MemberService,
  group: string,
  changes: Changes,
  isNew: boolean,
): Promise<Outcome<RowChanges>> {
  const range = changes.sets.find(([name]) => name === NODERANGE)?.[1] ?? "";
  const read = range === "" ? ok() : parse(range);
  if (!read.ok) return read;
  const was = isNew ? [] : [...member.nodes.membersOf(group)];
  const mixed = whyNotBoth(member, group, was, changes);
  if (mixed !== undefined) return mixed;
  const made = await cellChanges(member, [groupRow(group)], changes);
  if (!made.ok) return made;
  const cells = isNew ? ok(both(leftOver(member, group), made.value)) : made;
  if (changes.list === undefined) return cells;
  const members = memberChanges(
    member,
    group,
    was,
    changes.list,
    (range) => asInvalid(expandExisting(range, member.nodes)),
  );
  return members.ok ? ok(both(cells.value, members.value)) : members;
}

/** One after the other; one of the two seals at most. */
function both(one: RowChanges, other: RowChanges): RowChanges {
  return {
    operations: [...one.operations, ...other.operations],
    readFrom: [...one.readFrom, ...other.readFrom],
    groups: [],
    sealing: one.sealing ?? other.sealing,
  };
}

/** A node that was put into a group while that was removed still lists it, which tells nothing
 * until there is a group of that name: who makes one takes it out of those lists. */
function leftOver(member: MemberService, group: string): RowChanges {
  if (group === EVERYTHING) return { operations: [], readFrom: [], groups: [] };
  const { operations, readFrom } = withoutGroup(member, group);
  return { operations, readFrom: readFrom.filter((row) => row !== groupRow(group)), groups: [] };
}

/** In a body an unknown node is a wrong value, not a wrong path. */
function asInvalid(nodes: Outcome<string[]>): Outcome<string[]> {
  return nodes.ok ? nodes : refused("invalid", nodes.refusal.message);
}

/** A group is either what its nodes inherit, or a noderange; never both. */
function whyNotBoth(
  { state }: MemberService,
  group: string,
  members: readonly string[],
  { sets, secrets, wild, list, clears }: Changes,
): Refused | undefined {
  const given = [...sets, ...secrets].map(([name]) => name);
  given.push(...wild.map(({ pattern }) => pattern), ...list === undefined ? [] : [NODES]);
  const has = Array.from(state.valuesOf(groupRow(group)), ([name]) => name)
    .filter((name) => !clears.includes(name));
  if (group === EVERYTHING || members.length > 0) has.push(NODES);
  const may = groupMayHave(has, given);
  return may.ok ? undefined : may;
}

async function remove(member: MemberService, call: Call): Promise<Outcome<Answer>> {
  const group = parameter(call, "group");
  const since = ifMatch(call.request);
  if (!since.ok) return since;
  const index = await commitChanges(member, call, async () => {
    if (!await isKnown(member, call, group)) return unknownGroup(group);
    const draft = demandGroup(new Draft(), group).demandUnchanged([groupRow(group)], since.value);
    return ok({ draft, changes: removedGroup(member, group) });
  });
  return index.ok ? ok({ index: index.value, body: { ...linkTo(call), deleted: group } }) : index;
}

/** Refused as not found unless the group exists; of that of all only its removal is known. */
function demandGroup(draft: Draft, group: string): Draft {
  const [row, missing] = [groupRow(group), (): Refused => unknownGroup(group)];
  return group === EVERYTHING
    ? draft.demand({ test: "equals", row, attribute: REMOVED, value: null }, missing)
    : draft.demand({ test: "exists", rows: [row] }, missing);
}

function removedGroup(member: MemberService, group: string): RowChanges {
  const rows = [groupRow(group)];
  const dropped: Operation = { kind: "drop", rows: withRowsBeside(member.state, rows) };
  if (group === EVERYTHING) { // which no list needs to name
    const removed: Operation = { kind: "set", rows, cells: [[REMOVED, "true"]] };
    return { operations: [dropped, removed], readFrom: rows, groups: [] };
  }
  const lists = withoutGroup(member, group);
  return { ...lists, operations: [dropped, ...lists.operations] };
}

async function rename(member: MemberService, call: Call): Promise<Outcome<Answer>> {
  const group = parameter(call, "group");
  const body = await readBody(call.request, renameRequest);
  if (!body.ok) return body;
  const to = body.value.rename;
  const valid = groupName(to);
  if (!valid.ok) return refused("invalid", valid.refusal.message);
  if (group === EVERYTHING && groupExists(member.state, group)) {
    return refused("invalid", `group ${EVERYTHING} is the last of every node and keeps its name`);
  }
  const since = ifMatch(call.request);
  if (!since.ok) return since;
  const rows = [groupRow(group)];
  const index = await commitChanges(member, call, async () => {
    if (!await isKnown(member, call, group)) return unknownGroup(group);
    if (groupExists(member.state, to)) return inTheWay("groups", [to]);
    const moved = await movedRows(member, [[groupRow(group), groupRow(to)]]);
    if (!moved.ok) return moved;
    const draft = new Draft().demand({ test: "exists", rows }, () => unknownGroup(group))
      .demand({ test: "absent", rows: [groupRow(to)] }, () => inTheWay("groups", [to]))
      .demandUnchanged(rows, since.value);
    const lists = both(leftOver(member, to), withoutGroup(member, group, to));
    const operations = [...moved.value.operations, ...lists.operations];
    return ok({ draft, changes: { ...moved.value, operations, readFrom: lists.readFrom } });
  });
  if (!index.ok) return index;
  if (call.dryRun === undefined) await followRename(member, group, to);
  return ok({ index: index.value, body: { oldname: group, newname: to } });
}
