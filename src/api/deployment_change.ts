/** What a deployment that is asked for, or called off, changes of nodes: one entry, or why none. */
import { ok, type Outcome, type Refused, refused } from "../base/outcome.ts";
import { armedUntil } from "../model/arming.ts";
import {
  ARMED,
  COMPLETED,
  type DeployedNode,
  leavesInstalled,
  LOCK,
  lockOf,
  type Obstacle,
  obstacleOf,
  OBSTACLES,
  obstacleText,
  PENDING,
  STAGED,
  STATE,
  STATE_DETAIL,
} from "../model/deployment.ts";
import { naturalSort } from "../model/natural_order.ts";
import { NODE_KEY } from "../model/node_key.ts";
import { compactNames } from "../model/noderange/compact_names.ts";
import { nodeRow, type Operation } from "../model/operation.ts";
import { toCell } from "../model/stored_value.ts";
import type { MemberService } from "../service/member_service.ts";
import { Draft, nodeOf } from "./draft.ts";
import { Turn } from "./pause.ts";
import type { RowChanges } from "./row_changes.ts";

export interface DeploymentWish {
  /** Empty where nothing is to be deployed any more. */
  readonly profile: string;
  /** Of `If-Match`. */
  readonly since: number | undefined;
}

/** `attempt`: how often it was made before, and overtaken by other changes of these nodes. */
export async function deploymentOf(
  member: MemberService,
  names: readonly string[],
  { profile, since }: DeploymentWish,
  attempt: number,
): Promise<Outcome<{ draft: Draft; changes: RowChanges }>> {
  const draft = new Draft();
  if (names.length === 0) return ok({ draft, changes: { ...NOTHING, operations: [] } });
  const rows = names.map(nodeRow);
  draft.demandExisting(rows).demandUnchanged(rows, since);
  if (profile === "") {
    const operations = await clearing(member, names);
    return ok({ draft, changes: { ...NOTHING, operations, readFrom: rows } });
  }
  // While nodes are deployed they report all the time: then their locks alone must be as they were,
  // which is longer to say.
  const isHurried = attempt > 0;
  if (isHurried) {
    for (const row of rows) {
      const value = member.state.value(row, LOCK);
      draft.demand({ test: "equals", row, attribute: LOCK, value }, isLocking);
    }
  }
  const may = await mayDeploy(member, names, profile);
  if (!may.ok) return may;
  const operations = await arming(member, names, profile);
  return ok({ draft, changes: { ...NOTHING, operations, readFrom: isHurried ? [] : rows } });
}

const NOTHING: Omit<RowChanges, "operations"> = { readFrom: [], groups: [] };

function isLocking(row: string): Refused {
  return refused("busy", `the lock of node ${nodeOf(row)} was changed meanwhile; try again`);
}

async function mayDeploy(
  member: MemberService,
  names: readonly string[],
  profile: string,
): Promise<Outcome<void>> {
  if (member.deployed.of(profile) === undefined) {
    return refused(
      "invalid",
      `profile ${profile}: no member has a profile of that name; nothing was changed; ` +
        "`osdeploy list` shows those there are",
    );
  }
  const met = new Map<Obstacle, string[]>();
  const turn = new Turn();
  for (const name of names) {
    if (turn.isOver) await turn.pass();
    const obstacle = obstacleOf(deployedNode(member, name));
    if (obstacle === undefined) continue;
    const alike = met.get(obstacle);
    if (alike === undefined) met.set(obstacle, [name]);
    else alike.push(name);
  }
  const worst = OBSTACLES.find((obstacle) => met.has(obstacle));
  return worst === undefined ? ok() : whyNot(worst, met.get(worst) ?? []);
}

function deployedNode({ nodes }: MemberService, node: string): DeployedNode {
  const { inheritance, resolver } = nodes;
  return {
    text: (attribute) => resolver.textOf(node, attribute),
    attributes: () => inheritance.all(node).keys(),
  };
}

/** Characters of a noderange in a refusal, which would be quoted whole otherwise. */
const TOLD_LENGTH = 512;

function whyNot(obstacle: Obstacle, names: readonly string[]): Refused {
  const range = compactNames(naturalSort(names)).join();
  const told = range.length > TOLD_LENGTH
    ? `${range.slice(0, TOLD_LENGTH)}... (${names.length} nodes)`
    : range;
  return refused("invalid", obstacleText(obstacle, told));
}

/** Refused where one of the nodes is locked. */
export async function demandUnlocked(
  member: MemberService,
  names: readonly string[],
): Promise<Outcome<void>> {
  const locked: string[] = [];
  const turn = new Turn();
  for (const name of names) {
    if (turn.isOver) await turn.pass();
    if (lockOf(member.nodes.resolver.textOf(name, LOCK)) === "locked") locked.push(name);
  }
  return locked.length === 0 ? ok() : whyNot("locked", locked);
}

async function arming(
  member: MemberService,
  names: readonly string[],
  profile: string,
): Promise<Operation[]> {
  const pending = [PENDING, toCell({ kind: "text", text: profile })] as const;
  const { continuous, others } = await byArming(member, names);
  const operations: Operation[] = [];
  if (others.length > 0) {
    operations.push({ kind: "set", rows: others, cells: [pending, [ARMED, "once"]] });
    operations.push(armedUntil(others, member.agreedWallMs()));
  }
  if (continuous.length > 0) operations.push({ kind: "set", rows: continuous, cells: [pending] });
  const told = leavesInstalled(profile) ? [] : [STAGED, COMPLETED, STATE, STATE_DETAIL];
  return [...operations, revoking(names, told)];
}

/** The key that a node has is that of what was installed before. */
function revoking(names: readonly string[], told: readonly string[] = []): Operation {
  return { kind: "clear", rows: names.map(nodeRow), attributes: [...told, NODE_KEY] };
}

/** What a group says of it is hidden by nothing: it is of this node that nothing is deployed. */
async function clearing(member: MemberService, names: readonly string[]): Promise<Operation[]> {
  const { others } = await byArming(member, names);
  const operations: Operation[] = [revoking(names)];
  for (const [attribute, rows] of [[PENDING, names.map(nodeRow)], [ARMED, others]] as const) {
    const hidden: string[] = [], cleared: string[] = [];
    const turn = new Turn();
    for (const row of rows) {
      if (turn.isOver) await turn.pass();
      const isInherited = member.nodes.inheritance.inherited(nodeOf(row)).has(attribute);
      (isInherited ? hidden : cleared).push(row);
    }
    if (hidden.length > 0) operations.push({ kind: "set", rows: hidden, cells: [[attribute, ""]] });
    if (cleared.length === 0) continue;
    operations.push({ kind: "clear", rows: cleared, attributes: [attribute] });
  }
  return operations;
}

/** The rows of nodes that are armed for ever, which stay so, and of the others. */
async function byArming(
  { nodes }: MemberService,
  names: readonly string[],
): Promise<{ continuous: string[]; others: string[] }> {
  const continuous: string[] = [], others: string[] = [];
  const turn = new Turn();
  for (const name of names) {
    if (turn.isOver) await turn.pass();
    const isContinuous = nodes.resolver.textOf(name, ARMED) === "continuous";
    (isContinuous ? continuous : others).push(nodeRow(name));
  }
  return { continuous, others };
}
