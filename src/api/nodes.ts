/** /nodes/: the nodes one by one, and an inventory of many in one atomic write. */
import { ok, type Outcome, refused } from "../base/outcome.ts";
import { naturalSort } from "../model/natural_order.ts";
import { nodeName } from "../model/node_name.ts";
import { nodeRow, ROW_MARK } from "../model/operation.ts";
import type { MemberService } from "../service/member_service.ts";
import {
  type AttributeInput,
  attributesInput,
  type CreatedMany,
  createNode,
  createNodes,
  type ExistingPolicy,
} from "../wire/http.ts";
import { addChanges, attributesOf, type Changes, changesOf, type Element } from "./attributes.ts";
import { misshapen, readBody, readJson } from "./body.ts";
import { type Answer, type Call, type Handler, parameter } from "./call.ts";
import { Draft, ifMatch, nodeOf, unknownNode } from "./draft.ts";
import { linksTo } from "./links.ts";

type NodeRoute =
  | "GET /nodes/"
  | "POST /nodes/"
  | "GET /nodes/:node/"
  | "DELETE /nodes/:node/"
  | "GET /nodes/:node/attributes/"
  | "GET /nodes/:node/attributes/:element{all|current}"
  | "PUT /nodes/:node/attributes/:element{all|current}";

export function nodeRoutes(member: MemberService): Record<NodeRoute, Handler> {
  return {
    "GET /nodes/": () => {
      const names = Array.from(member.state.rows(nodeRow("")), nodeOf);
      const items = naturalSort(names).map((name) => `${name}/`);
      return ok({ index: member.index, body: linksTo("./nodes/", items) });
    },
    "POST /nodes/": (call) => create(member, call),
    "GET /nodes/:node/": (call) => list(member, call, ["attributes/"]),
    "DELETE /nodes/:node/": (call) => remove(member, call),
    "GET /nodes/:node/attributes/": (call) => list(member, call, ["all", "current"]),
    "GET /nodes/:node/attributes/:element{all|current}": (call) => read(member, call),
    "PUT /nodes/:node/attributes/:element{all|current}": (call) => update(member, call),
  };
}

/** Whether the node exists here. Where it does not, the leader is asked for what is news first,
 * so that a node that was just made at another member is not denied. */
async function isKnown(member: MemberService, call: Call, row: string): Promise<boolean> {
  if (member.state.exists(row)) return true;
  if (call.isLocalCopy || !member.quorum().held) return false;
  return (await member.consistentIndex()).ok && member.state.exists(row);
}

async function list(
  member: MemberService,
  call: Call,
  items: readonly string[],
): Promise<Outcome<Answer>> {
  const node = parameter(call, "node");
  if (!await isKnown(member, call, nodeRow(node))) return unknownNode(node);
  const self = items[0] === "all" ? "./attributes/" : `./${node}/`;
  return ok({ index: member.index, body: linksTo(self, items) });
}

async function read(member: MemberService, call: Call): Promise<Outcome<Answer>> {
  const node = parameter(call, "node");
  if (!await isKnown(member, call, nodeRow(node))) return unknownNode(node);
  return ok(shown(member, call, node, member.index));
}

function shown(member: MemberService, call: Call, node: string, index: number): Answer {
  return {
    index,
    body: attributesOf(member.state, node, parameter(call, "element") as Element),
    headers: { ETag: `"${member.state.newest(nodeRow(node))}"` },
  };
}

async function update(member: MemberService, call: Call): Promise<Outcome<Answer>> {
  const node = parameter(call, "node");
  const body = await readBody(call.request, attributesInput);
  if (!body.ok) return body;
  const changes = changesOf(body.value);
  if (!changes.ok) return changes;
  const since = ifMatch(call.request);
  if (!since.ok) return since;
  const rows = [nodeRow(node)];
  const draft = new Draft().demandExisting(rows).demandUnchanged(rows, since.value);
  addChanges(draft, rows, changes.value);
  const index = await draft.commit(member);
  return index.ok ? ok(shown(member, call, node, index.value)) : index;
}

async function remove(member: MemberService, call: Call): Promise<Outcome<Answer>> {
  const node = parameter(call, "node");
  const since = ifMatch(call.request);
  if (!since.ok) return since;
  const rows = [nodeRow(node)];
  const draft = new Draft().demandExisting(rows).demandUnchanged(rows, since.value);
  const index = await draft.add({ kind: "drop", rows }).commit(member);
  return index.ok ? ok({ index: index.value, body: { deleted: node } }) : index;
}

// ---- making nodes

interface Listed {
  readonly name: string;
  readonly changes: Changes;
}

async function create(member: MemberService, call: Call): Promise<Outcome<Answer>> {
  const body = await readJson(call.request);
  if (!body.ok) return body;
  const isList = typeof body.value === "object" && body.value !== null && "nodes" in body.value;
  return isList
    ? await createListed(member, call, body.value)
    : await createOne(member, call, body.value);
}

async function createOne(
  member: MemberService,
  call: Call,
  body: unknown,
): Promise<Outcome<Answer>> {
  const parsed = createNode.safeParse(body);
  if (!parsed.success) return misshapen(parsed.error.issues);
  const listed = listedOf(parsed.data);
  if (!listed.ok) return listed;
  const { name } = listed.value;
  const index = await writeNodes(member, call, [listed.value], []);
  return index.ok ? ok({ index: index.value, body: { created: name } }) : index;
}

async function createListed(
  member: MemberService,
  call: Call,
  body: unknown,
): Promise<Outcome<Answer>> {
  const parsed = createNodes.safeParse(body);
  if (!parsed.success) return misshapen(parsed.error.issues);
  const seen = new Set<string>();
  const created: Listed[] = [], updated: Listed[] = [], skipped: string[] = [];
  const policy: ExistingPolicy = parsed.data.existing;
  for (const [i, node] of parsed.data.nodes.entries()) {
    const listed = listedOf(node, `nodes[${i}]: `);
    if (!listed.ok) return listed;
    const { name } = listed.value;
    if (seen.has(name)) return refused("invalid", `nodes[${i}]: ${name} is listed twice`);
    seen.add(name);
    if (policy === "refuse" || !member.state.exists(nodeRow(name))) created.push(listed.value);
    else if (policy === "update") updated.push(listed.value);
    else skipped.push(name);
  }
  const index = await writeNodes(member, call, created, updated);
  if (!index.ok) return index;
  const answer: CreatedMany = {
    created: created.map(({ name }) => name),
    updated: updated.map(({ name }) => name),
    skipped,
  };
  return ok({ index: index.value, body: answer });
}

function listedOf(
  { name, ...values }: { readonly name: string } & Readonly<Record<string, AttributeInput>>,
  at = "",
): Outcome<Listed> {
  const valid = nodeName(name);
  if (!valid.ok) return refused("invalid", at + valid.refusal.message);
  const changes = changesOf(values, at);
  return changes.ok ? ok({ name, changes: changes.value }) : changes;
}

async function writeNodes(
  member: MemberService,
  call: Call,
  created: readonly Listed[],
  updated: readonly Listed[],
): Promise<Outcome<number>> {
  if (created.length + updated.length === 0) return ok(member.index);
  const since = ifMatch(call.request);
  if (!since.ok) return since;
  const rowsOf = (nodes: readonly Listed[]): string[] => nodes.map(({ name }) => nodeRow(name));
  const draft = new Draft();
  if (created.length > 0) draft.demandAbsent(rowsOf(created));
  if (updated.length > 0) draft.demandExisting(rowsOf(updated));
  draft.demandUnchanged(rowsOf([...created, ...updated]), since.value);
  for (const { name, changes } of created) addNew(draft, [nodeRow(name)], changes);
  for (const { name, changes } of updated) addChanges(draft, [nodeRow(name)], changes);
  return await draft.commit(member);
}

/** Makes the rows exist. What a new node would clear it does not have. */
export function addNew(draft: Draft, rows: readonly string[], changes: Changes): void {
  draft.add({ kind: "set", rows, cells: [[ROW_MARK, ""], ...changes.sets] });
}
