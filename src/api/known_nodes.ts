/**
 * Nodes that a request names. One that is not known here may have been made at another member just
 * now: then the leader is asked for what is news, once.
 */
import { ok, type Outcome } from "../base/outcome.ts";
import { expandExisting } from "../model/noderange/expand.ts";
import { nodeRow } from "../model/operation.ts";
import type { MemberService } from "../service/member_service.ts";
import { type Answer, type Call, parameter } from "./call.ts";
import { unknownNode } from "./draft.ts";
import { linksTo } from "./links.ts";

/** Whether the row of a node exists. */
export async function isKnown(member: MemberService, call: Call, row: string): Promise<boolean> {
  if (member.state.exists(row)) return true;
  return await hasNews(member, call) && member.state.exists(row);
}

/** What there is below a node in the path, where there is such a node. */
export async function listBelow(
  member: MemberService,
  call: Call,
  items: readonly string[],
): Promise<Outcome<Answer>> {
  const node = parameter(call, "node");
  if (!await isKnown(member, call, nodeRow(node))) return unknownNode(node);
  return ok({ index: member.index, body: linksTo(call, items) });
}

/** The nodes of the range in the path. */
export async function nodesOf(member: MemberService, call: Call): Promise<Outcome<string[]>> {
  const range = parameter(call, "range");
  const expand = (): Outcome<string[]> => expandExisting(range, member.nodes);
  const nodes = expand();
  if (nodes.ok || nodes.refusal.kind !== "not-found") return nodes;
  return await hasNews(member, call) ? expand() : nodes;
}

async function hasNews(member: MemberService, call: Call): Promise<boolean> {
  if (call.isLocalCopy || !member.quorum().held) return false;
  return (await member.consistentIndex()).ok;
}
