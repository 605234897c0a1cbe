/** /noderange/: many nodes at once, each write in one entry. */
import { ok, type Outcome } from "../base/outcome.ts";
import { expandExisting, expandNew } from "../model/noderange/expand.ts";
import { nodeRow } from "../model/operation.ts";
import type { MemberService } from "../service/member_service.ts";
import { attributesInput, createNode, type DataByNode } from "../wire/http.ts";
import {
  addChanges,
  attributesOf,
  changesOf,
  createOperation,
  type Element,
} from "./attributes.ts";
import { readBody } from "./body.ts";
import { type Answer, type Call, type Handler, parameter } from "./call.ts";
import { Draft, ifMatch } from "./draft.ts";
import { linksTo } from "./links.ts";
import { nodeBook } from "./node_book.ts";

type NoderangeRoute =
  | "GET /noderange/"
  | "POST /noderange/"
  | "GET /noderange/:range/"
  | "DELETE /noderange/:range/"
  | "GET /noderange/:range/nodes/"
  | "GET /noderange/:range/attributes/"
  | "GET /noderange/:range/attributes/:element{all|current}"
  | "PUT /noderange/:range/attributes/:element{all|current}";

export function noderangeRoutes(member: MemberService): Record<NoderangeRoute, Handler> {
  const fixed = (self: string, items: readonly string[]): Outcome<Answer> =>
    ok({ index: member.index, body: linksTo(self, items) });
  return {
    "GET /noderange/": () => fixed("./noderange/", []),
    "POST /noderange/": (call) => create(member, call),
    "GET /noderange/:range/": (call) =>
      fixed(`./${encodeURIComponent(parameter(call, "range"))}/`, ["attributes/", "nodes/"]),
    "DELETE /noderange/:range/": (call) => remove(member, call),
    "GET /noderange/:range/nodes/": (call) => list(member, call),
    "GET /noderange/:range/attributes/": () => fixed("./attributes/", ["all", "current"]),
    "GET /noderange/:range/attributes/:element{all|current}": (call) => read(member, call),
    "PUT /noderange/:range/attributes/:element{all|current}": (call) => update(member, call),
  };
}

/** The nodes of the range in the path. A node that is not known here may have been made at
 * another member just now: then the leader is asked for what is news, once. */
async function nodesOf(member: MemberService, call: Call): Promise<Outcome<string[]>> {
  const range = parameter(call, "range");
  const expand = (): Outcome<string[]> => expandExisting(range, nodeBook(member.state));
  const nodes = expand();
  if (nodes.ok || nodes.refusal.kind !== "not-found") return nodes;
  if (call.isLocalCopy || !member.quorum().held) return nodes;
  return (await member.consistentIndex()).ok ? expand() : nodes;
}

async function create(member: MemberService, call: Call): Promise<Outcome<Answer>> {
  const body = await readBody(call.request, createNode);
  if (!body.ok) return body;
  const { name: range, ...values } = body.value;
  const names = expandNew(range);
  if (!names.ok) return names;
  const changes = changesOf(values);
  if (!changes.ok) return changes;
  const since = ifMatch(call.request);
  if (!since.ok) return since;
  const rows = names.value.map(nodeRow);
  const answer = { created: names.value };
  if (rows.length === 0) return ok({ index: member.index, body: answer });
  const draft = new Draft().demandAbsent(rows).demandUnchanged(rows, since.value);
  draft.add(createOperation(rows, changes.value));
  const index = await draft.commit(member, call);
  return index.ok ? ok({ index: index.value, body: answer }) : index;
}

async function remove(member: MemberService, call: Call): Promise<Outcome<Answer>> {
  const since = ifMatch(call.request);
  if (!since.ok) return since;
  const names = await nodesOf(member, call);
  if (!names.ok) return names;
  const rows = names.value.map(nodeRow);
  const answer = { deleted: names.value };
  if (rows.length === 0) return ok({ index: member.index, body: answer });
  const draft = new Draft().demandExisting(rows).demandUnchanged(rows, since.value);
  const index = await draft.add({ kind: "drop", rows }).commit(member, call);
  return index.ok ? ok({ index: index.value, body: answer }) : index;
}

async function list(member: MemberService, call: Call): Promise<Outcome<Answer>> {
  const names = await nodesOf(member, call);
  if (!names.ok) return names;
  const items = names.value.map((name) => `${name}/`);
  return ok({ index: member.index, body: linksTo("./nodes/", items) });
}

async function read(member: MemberService, call: Call): Promise<Outcome<Answer>> {
  const names = await nodesOf(member, call);
  if (!names.ok) return names;
  return ok({ index: member.index, body: shown(member, call, names.value) });
}

async function update(member: MemberService, call: Call): Promise<Outcome<Answer>> {
  const body = await readBody(call.request, attributesInput);
  if (!body.ok) return body;
  const changes = changesOf(body.value);
  if (!changes.ok) return changes;
  const since = ifMatch(call.request);
  if (!since.ok) return since;
  const names = await nodesOf(member, call);
  if (!names.ok) return names;
  const rows = names.value.map(nodeRow);
  if (rows.length === 0) return ok({ index: member.index, body: shown(member, call, []) });
  const draft = new Draft().demandExisting(rows).demandUnchanged(rows, since.value);
  addChanges(draft, rows, changes.value);
  const index = await draft.commit(member, call);
  if (!index.ok) return index;
  return ok({ index: index.value, body: shown(member, call, names.value) });
}

/** One entry for each attribute of each node; an empty one for a node that has none. */
function shown(member: MemberService, call: Call, nodes: readonly string[]): DataByNode {
  const element = parameter(call, "element") as Element;
  return {
    databynode: nodes.flatMap((node): DataByNode["databynode"] => {
      const attributes = Object.entries(attributesOf(member.state, node, element));
      if (attributes.length === 0) return [{ [node]: {} }];
      return attributes.map(([name, value]) => ({ [node]: { [name]: value } }));
    }),
  };
}
