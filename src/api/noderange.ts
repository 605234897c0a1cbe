/** /noderange/: many nodes at once, each write in one entry. */
import { ok, type Outcome } from "../base/outcome.ts";
import { badSyntax } from "../model/expression/expression.ts";
import { abbreviate } from "../model/noderange/abbreviate.ts";
import { expandNew } from "../model/noderange/expand.ts";
import { withRowsBeside } from "../model/grant.ts";
import { nodeRow } from "../model/operation.ts";
import type { MemberService } from "../service/member_service.ts";
import {
  abbreviateRequest,
  attributesInput,
  createNode,
  type DataByNode,
  expressionRequest,
} from "../wire/http.ts";
import { changesOf } from "./attribute_input.ts";
import {
  attributesOf,
  type Element,
  someOf,
  type Told,
  type Wanted,
  wantedBy,
} from "./attributes.ts";
import { readBody } from "./body.ts";
import { type Answer, type Call, type Handler, parameter } from "./call.ts";
import { commitChanges } from "./changing.ts";
import { creation, Numbering } from "./creating.ts";
import { Draft, existsAlready, ifMatch } from "./draft.ts";
import { nodesOf } from "./known_nodes.ts";
import { linksTo, linkTo } from "./links.ts";
import { isMinimal } from "./minimal.ts";
import { ManagerWarnings } from "./manager_warnings.ts";
import { COMMAND_ITEMS } from "./node_commands.ts";
import { Turn } from "./pause.ts";
import { renameNodes } from "./renaming.ts";
import { failureOf } from "./status.ts";
import { streamed } from "./streamed.ts";
import { type Updated, updateNodes } from "./updating.ts";

type NoderangeRoute =
  | "GET /noderange/"
  | "POST /noderange/"
  | "GET /noderange/:range/"
  | "DELETE /noderange/:range/"
  | "GET /noderange/:range/nodes/"
  | "POST /noderange/:range/abbreviate"
  | "GET /noderange/:range/attributes/"
  | "GET /noderange/:range/attributes/:element{all|current}"
  | "PUT /noderange/:range/attributes/:element{all|current}"
  | "PUT /noderange/:range/attributes/rename"
  | "POST /noderange/:range/attributes/expression";

export function noderangeRoutes(member: MemberService): Record<NoderangeRoute, Handler> {
  const fixed = (...items: readonly string[]): Handler => (call) =>
    ok({ index: member.index, body: linksTo(call, items) });
  return {
    "GET /noderange/": fixed(),
    "POST /noderange/": (call) => create(member, call),
    "GET /noderange/:range/": fixed("attributes/", ...COMMAND_ITEMS, "nodes/", "abbreviate"),
    "DELETE /noderange/:range/": (call) => remove(member, call),
    "GET /noderange/:range/nodes/": (call) => list(member, call),
    "POST /noderange/:range/abbreviate": (call) => shorten(member, call),
    "GET /noderange/:range/attributes/": fixed("rename", "all", "current", "expression"),
    "GET /noderange/:range/attributes/:element{all|current}": (call) => read(member, call),
    "PUT /noderange/:range/attributes/:element{all|current}": (call) => update(member, call),
    "PUT /noderange/:range/attributes/rename": (call) => rename(member, call),
    "POST /noderange/:range/attributes/expression": (call) => evaluate(member, call),
  };
}

async function create(member: MemberService, call: Call): Promise<Outcome<Answer>> {
  const body = await readBody(call.request, createNode);
  if (!body.ok) return body;
  const { name: range, ...values } = body.value;
  const names = expandNew(range);
  if (!names.ok) return names;
  const changes = await changesOf(member, { kind: "node" }, values);
  if (!changes.ok) return changes;
  const since = ifMatch(call.request);
  if (!since.ok) return since;
  const rows = names.value.map(nodeRow);
  const warnings = new ManagerWarnings(member.members).take(changes.value.sets);
  const answer = { ...linkTo(call), created: names.value, ...warnings.inBody };
  if (rows.length === 0) return ok({ index: member.index, body: answer });
  const numbering = new Numbering(member, call, rows.length);
  const index = await commitChanges(member, call, async () => {
    const existing = names.value.find((name) => member.state.exists(nodeRow(name)));
    if (existing !== undefined) return existsAlready(existing);
    const made = await creation(member, names.value, changes.value, numbering);
    if (!made.ok) return made;
    const draft = new Draft().demandAbsent(rows).demandUnchanged(rows, since.value);
    return ok({ draft, changes: made.value });
  });
  return index.ok ? ok({ index: index.value, body: answer }) : index;
}

async function remove(member: MemberService, call: Call): Promise<Outcome<Answer>> {
  const since = ifMatch(call.request);
  if (!since.ok) return since;
  const names = await nodesOf(member, call);
  if (!names.ok) return names;
  const rows = names.value.map(nodeRow);
  const answer = { ...linkTo(call), deleted: names.value };
  if (rows.length === 0) return ok({ index: member.index, body: answer });
  const draft = new Draft().demandExisting(rows).demandUnchanged(rows, since.value);
  draft.add({ kind: "drop", rows: withRowsBeside(member.state, rows) });
  const index = await draft.commit(member, call);
  return index.ok ? ok({ index: index.value, body: answer }) : index;
}

async function list(member: MemberService, call: Call): Promise<Outcome<Answer>> {
  const names = await nodesOf(member, call);
  if (!names.ok) return names;
  const items = names.value.map((name) => `${name}/`);
  return ok({ index: member.index, body: linksTo(call, items) });
}

async function shorten(member: MemberService, call: Call): Promise<Outcome<Answer>> {
  const body = await readBody(call.request, abbreviateRequest);
  if (!body.ok) return body;
  const { nodes } = body.value;
  const names = typeof nodes === "string" ? nodes.split(",") : nodes;
  return ok({ index: member.index, body: { noderange: abbreviate(names, member.nodes) } });
}

async function read(member: MemberService, call: Call): Promise<Outcome<Answer>> {
  const isWanted = wantedBy(call);
  if (!isWanted.ok) return isWanted;
  const names = await nodesOf(member, call);
  if (!names.ok) return names;
  return ok(shown(member, call, names.value, member.index, {}, isWanted.value));
}

async function update(member: MemberService, call: Call): Promise<Outcome<Answer>> {
  const body = await readBody(call.request, attributesInput);
  if (!body.ok) return body;
  const updated = await updateNodes(member, call, () => nodesOf(member, call), body.value);
  if (!updated.ok) return updated;
  const { index, names, warnings } = updated.value;
  const { _warnings } = warnings;
  if (isMinimal(call.request)) {
    const told = tellingSome(member, updated.value);
    return ok(streamed(index, {}, names, told, { ..._warnings && { _warnings } }));
  }
  return ok(shown(member, call, names, index, { ..._warnings && { _warnings } }));
}

function tellingSome(
  member: MemberService,
  { changes: { sets, secrets, clears, list } }: Updated,
): (node: string) => Iterable<Told> {
  const changed = [...sets, ...secrets].map(([name]) => name);
  const names = [...changed, ...clears, ...list === undefined ? [] : ["groups"]];
  return (node) => someOf(member, node, names);
}

async function rename(member: MemberService, call: Call): Promise<Outcome<Answer>> {
  const renamed = await renameNodes(member, call, () => nodesOf(member, call));
  if (!renamed.ok) return renamed;
  const { index, names } = renamed.value;
  const databynode = Array.from(names, ([from, to]) => ({ [from]: { rename: { value: to } } }));
  return ok({ index, body: { databynode } });
}

async function evaluate(member: MemberService, call: Call): Promise<Outcome<Answer>> {
  const body = await readBody(call.request, expressionRequest);
  if (!body.ok) return body;
  const names = await nodesOf(member, call);
  if (!names.ok) return names;
  const { expression } = body.value;
  const parsed = member.nodes.resolver.parse(expression);
  if (!parsed.ok) return badSyntax(parsed);
  const { index } = member; // a value may be newer
  const databynode: DataByNode["databynode"][number][] = [];
  const turn = new Turn();
  for (const node of names.value) {
    if (turn.isOver) await turn.pass();
    const value = member.nodes.resolver.evaluate(node, expression);
    const told = value.ok ? { value: value.value } : failureOf(badSyntax(value).refusal);
    databynode.push({ [node]: told });
  }
  return ok({ index, body: { ...linkTo(call), databynode } });
}

/** One entry for each attribute of each node; an empty one for a node that has none. */
function shown(
  member: MemberService,
  call: Call,
  nodes: readonly string[],
  index: number,
  more: Readonly<Record<string, unknown>> = {},
  isWanted?: Wanted,
): Answer {
  const element = parameter(call, "element") as Element;
  return streamed(
    index,
    linkTo(call),
    nodes,
    (node) => attributesOf(member, node, element, isWanted),
    more,
  );
}
