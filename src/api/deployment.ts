/** Deployment of nodes: whether it is locked, what is pending, and how far it is. */
import { ok, type Outcome } from "../base/outcome.ts";
import {
  ARMED,
  COMPLETED,
  CONTROLLER,
  LOCK,
  lockOf,
  PENDING,
  STAGED,
  STATE,
  STATE_DETAIL,
  STATE_UPDATED,
} from "../model/deployment.ts";
import { nodeRow } from "../model/operation.ts";
import type { MemberService } from "../service/member_service.ts";
import {
  type LockLine,
  lockRequest,
  profileRequest,
  type ProfileValues,
} from "../wire/deployment_http.ts";
import { readBody } from "./body.ts";
import { type Answer, type Call, type Handler, parameter } from "./call.ts";
import { commitChanges } from "./changing.ts";
import { deploymentOf, type DeploymentWish } from "./deployment_change.ts";
import { Draft, ifMatch, unknownNode } from "./draft.ts";
import { isKnown, listBelow, nodesOf } from "./known_nodes.ts";
import { linksTo, linkTo } from "./links.ts";
import type { RouteName } from "./routes.ts";
import { streamedValues } from "./streamed.ts";

type Below = "/nodes/:node/deployment/" | "/noderange/:range/deployment/";
export type DeploymentRoute = Extract<
  RouteName,
  `GET ${Below}` | `${"GET" | "PUT"} ${Below}${"lock" | "profile"}`
>;

type Names = () => Promise<Outcome<readonly string[]>>;
type Values = Readonly<Record<string, unknown>>;
type ValuesOf = (member: MemberService, node: string) => Values;

const ITEMS = ["lock", "profile"] as const;

export function deploymentRoutes(member: MemberService): Record<DeploymentRoute, Handler> {
  const oneNode = (call: Call): Names => async () => {
    const node = parameter(call, "node");
    return await isKnown(member, call, nodeRow(node)) ? ok([node]) : unknownNode(node);
  };
  const range = (call: Call): Names => () => nodesOf(member, call);
  return {
    "GET /nodes/:node/deployment/": (call) => listBelow(member, call, ITEMS),
    "GET /nodes/:node/deployment/lock": (call) => readOne(member, call, lockTold),
    "PUT /nodes/:node/deployment/lock": (call) => setLock(member, call, oneNode(call)),
    "GET /nodes/:node/deployment/profile": (call) => readOne(member, call, profileTold),
    "PUT /nodes/:node/deployment/profile": (call) => setProfile(member, call, oneNode(call)),
    "GET /noderange/:range/deployment/": (call) =>
      ok({ index: member.index, body: linksTo(call, ITEMS) }),
    "GET /noderange/:range/deployment/lock": (call) => readMany(member, call, lockTold),
    "PUT /noderange/:range/deployment/lock": (call) => setLock(member, call, range(call)),
    "GET /noderange/:range/deployment/profile": (call) => readMany(member, call, profileTold),
    "PUT /noderange/:range/deployment/profile": (call) => setProfile(member, call, range(call)),
  };
}

function lockTold({ nodes }: MemberService, node: string): LockLine[string] {
  return { lock: { value: lockOf(nodes.resolver.textOf(node, LOCK)) } };
}

function profileTold(member: MemberService, node: string): ProfileValues {
  const { resolver } = member.nodes;
  const told = (attribute: string): { value: string | null } => {
    const text = resolver.textOf(node, attribute);
    return { value: text === "" ? null : text };
  };
  return {
    pending: told(PENDING),
    staged: told(STAGED),
    completed: told(COMPLETED),
    state: told(STATE),
    state_detail: told(STATE_DETAIL),
    state_last_updated: told(STATE_UPDATED),
    ...lockTold(member, node),
    armed: told(ARMED),
    controller: { value: resolver.textOf(node, CONTROLLER) !== "" },
  };
}

async function readOne(
  member: MemberService,
  call: Call,
  valuesOf: ValuesOf,
): Promise<Outcome<Answer>> {
  const node = parameter(call, "node");
  if (!await isKnown(member, call, nodeRow(node))) return unknownNode(node);
  return ok(shown(member, call, [node], member.index, valuesOf));
}

async function readMany(
  member: MemberService,
  call: Call,
  valuesOf: ValuesOf,
): Promise<Outcome<Answer>> {
  const names = await nodesOf(member, call);
  if (!names.ok) return names;
  return ok(shown(member, call, names.value, member.index, valuesOf));
}

function shown(
  member: MemberService,
  call: Call,
  names: readonly string[],
  index: number,
  valuesOf: ValuesOf,
): Answer {
  const [node] = names;
  if (node !== undefined && parameter(call, "node") === node) {
    return { index, body: { ...linkTo(call), ...valuesOf(member, node) } };
  }
  return streamedValues(index, linkTo(call), names, (name) => valuesOf(member, name));
}

async function setLock(
  member: MemberService,
  call: Call,
  namesOf: Names,
): Promise<Outcome<Answer>> {
  const body = await readBody(call.request, lockRequest);
  if (!body.ok) return body;
  const since = ifMatch(call.request);
  if (!since.ok) return since;
  const names = await namesOf();
  if (!names.ok) return names;
  const rows = names.value.map(nodeRow);
  if (rows.length === 0) return ok(shown(member, call, [], member.index, lockTold));
  const draft = new Draft().demandExisting(rows).demandUnchanged(rows, since.value)
    .add({ kind: "set", rows, cells: [[LOCK, body.value.lock]] });
  const index = await draft.commit(member, call);
  return index.ok ? ok(shown(member, call, names.value, index.value, lockTold)) : index;
}

async function setProfile(
  member: MemberService,
  call: Call,
  namesOf: Names,
): Promise<Outcome<Answer>> {
  const body = await readBody(call.request, profileRequest);
  if (!body.ok) return body;
  const since = ifMatch(call.request);
  if (!since.ok) return since;
  const wish: DeploymentWish = { profile: body.value.profile ?? "", since: since.value };
  let names: readonly string[] = [], tries = 0;
  const index = await commitChanges(member, call, async () => {
    const named = await namesOf();
    if (!named.ok) return named;
    names = named.value;
    return await deploymentOf(member, names, wish, tries++);
  });
  return index.ok ? ok(shown(member, call, names, index.value, profileTold)) : index;
}
