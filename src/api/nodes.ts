/** /nodes/: the nodes one by one, and an inventory of many in one atomic write. */
import { ok, type Outcome } from "../base/outcome.ts";
import { badSyntax } from "../model/expression/expression.ts";
import { withRowsBeside } from "../model/grant.ts";
import { nodeRow } from "../model/operation.ts";
import type { MemberService } from "../service/member_service.ts";
import { attributesInput, createNode, expressionRequest } from "../wire/http.ts";
import { attributesOf, bodyOf, type Element, type Wanted, wantedBy } from "./attributes.ts";
import { misshapen, readBody, readJson } from "./body.ts";
import { type Answer, type Call, type Handler, parameter } from "./call.ts";
import { unlessRepeated } from "./changing.ts";
import { Numbering } from "./creating.ts";
import { Draft, existsAlready, ifMatch, unknownNode } from "./draft.ts";
import {
  createFromLines,
  createListed,
  Inventory,
  isLines,
  type Listed,
  listedOf,
} from "./inventory.ts";
import { isKnown, listBelow } from "./known_nodes.ts";
import { linksTo, linkTo } from "./links.ts";
import { ManagerWarnings } from "./manager_warnings.ts";
import { COMMAND_ITEMS } from "./node_commands.ts";
import { renameNodes } from "./renaming.ts";
import { type Updated, updateNodes } from "./updating.ts";

type NodeRoute =
  | "GET /nodes/"
  | "POST /nodes/"
  | "GET /nodes/:node/"
  | "DELETE /nodes/:node/"
  | "GET /nodes/:node/attributes/"
  | "GET /nodes/:node/attributes/:element{all|current}"
  | "PUT /nodes/:node/attributes/:element{all|current}"
  | "PUT /nodes/:node/attributes/rename"
  | "POST /nodes/:node/attributes/expression";

export function nodeRoutes(member: MemberService): Record<NodeRoute, Handler> {
  return {
    "GET /nodes/": (call) => {
      const items = member.nodes.nodes().map((name) => `${name}/`);
      return ok({ index: member.index, body: linksTo(call, items) });
    },
    "POST /nodes/": (call) => create(member, call),
    "GET /nodes/:node/": (call) => listBelow(member, call, ["attributes/", ...COMMAND_ITEMS]),
    "DELETE /nodes/:node/": (call) => remove(member, call),
    "GET /nodes/:node/attributes/": (call) =>
      listBelow(member, call, ["rename", "all", "current", "expression"]),
    "GET /nodes/:node/attributes/:element{all|current}": (call) => read(member, call),
    "PUT /nodes/:node/attributes/:element{all|current}": (call) => update(member, call),
    "PUT /nodes/:node/attributes/rename": (call) => rename(member, call),
    "POST /nodes/:node/attributes/expression": (call) => evaluate(member, call),
  };
}

async function read(member: MemberService, call: Call): Promise<Outcome<Answer>> {
  const node = parameter(call, "node");
  const isWanted = wantedBy(call);
  if (!isWanted.ok) return isWanted;
  if (!await isKnown(member, call, nodeRow(node))) return unknownNode(node);
  return ok(shown(member, call, node, member.index, {}, isWanted.value));
}

function shown(
  member: MemberService,
  call: Call,
  node: string,
  index: number,
  warnings: Updated["warnings"] = {},
  isWanted?: Wanted,
): Answer {
  const element = parameter(call, "element") as Element;
  const content = bodyOf(linkTo(call), attributesOf(member, node, element, isWanted), warnings);
  return {
    index,
    body: undefined,
    raw: { type: "application/json", content },
    headers: { ETag: `"${member.state.newest(nodeRow(node))}"` },
  };
}

async function update(member: MemberService, call: Call): Promise<Outcome<Answer>> {
  const node = parameter(call, "node");
  const body = await readBody(call.request, attributesInput);
  if (!body.ok) return body;
  const named = (): Promise<Outcome<string[]>> => Promise.resolve(ok([node]));
  const holder = { kind: "node", name: node } as const;
  const updated = await updateNodes(member, call, named, body.value, holder);
  if (!updated.ok) return updated;
  const { index, warnings } = updated.value;
  return ok(shown(member, call, node, index, warnings));
}

async function remove(member: MemberService, call: Call): Promise<Outcome<Answer>> {
  const node = parameter(call, "node");
  const since = ifMatch(call.request);
  if (!since.ok) return since;
  const rows = [nodeRow(node)];
  const draft = new Draft().demandExisting(rows).demandUnchanged(rows, since.value);
  draft.add({ kind: "drop", rows: withRowsBeside(member.state, rows) });
  const index = await draft.commit(member, call);
  return index.ok ? ok({ index: index.value, body: { ...linkTo(call), deleted: node } }) : index;
}

async function rename(member: MemberService, call: Call): Promise<Outcome<Answer>> {
  const node = parameter(call, "node");
  const renamed = await renameNodes(member, call, () => Promise.resolve(ok([node])));
  if (!renamed.ok) return renamed;
  const { index, names } = renamed.value;
  return ok({ index, body: { rename: { value: names.get(node) } } });
}

async function evaluate(member: MemberService, call: Call): Promise<Outcome<Answer>> {
  const node = parameter(call, "node");
  const body = await readBody(call.request, expressionRequest);
  if (!body.ok) return body;
  if (!await isKnown(member, call, nodeRow(node))) return unknownNode(node);
  const value = member.nodes.resolver.evaluate(node, body.value.expression);
  return value.ok ? ok({ index: member.index, body: { value: value.value } }) : badSyntax(value);
}

// ---- making nodes

async function create(member: MemberService, call: Call): Promise<Outcome<Answer>> {
  if (isLines(call.request)) return await createFromLines(member, call);
  const body = await readJson(call.request);
  if (!body.ok) return body;
  const isList = typeof body.value === "object" && body.value !== null && "nodes" in body.value;
  return isList
    ? await createListed(member, call, body.value)
    : await createOne(member, call, body.value);
}

/** Where the node exists no number is taken for it. */
async function written(
  member: MemberService,
  call: Call,
  listed: Listed,
): Promise<Outcome<number>> {
  const { name } = listed;
  if (member.state.exists(nodeRow(name))) {
    return await unlessRepeated(member, call, existsAlready(name));
  }
  const inventory = new Inventory(member, "refuse", new Numbering(member, call, 1));
  const added = await inventory.add(listed);
  return added.ok ? await inventory.commit(call) : added;
}

async function createOne(
  member: MemberService,
  call: Call,
  body: unknown,
): Promise<Outcome<Answer>> {
  const parsed = createNode.safeParse(body);
  if (!parsed.success) return misshapen(parsed.error.issues);
  const listed = await listedOf(member, parsed.data);
  if (!listed.ok) return listed;
  const { name } = listed.value;
  const index = await written(member, call, listed.value);
  if (!index.ok) return index;
  const warnings = new ManagerWarnings(member.members).take(listed.value.changes.sets);
  return ok({
    index: index.value,
    body: { ...linkTo(call), created: name, ...warnings.inBody },
  });
}
