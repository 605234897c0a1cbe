/** /explain/NODE: why a node has the manager that it has, and what a command would meet. */
import { ok, type Outcome } from "../base/outcome.ts";
import { nodeRow } from "../model/operation.ts";
import type { MemberService } from "../service/member_service.ts";
import type { Explanation } from "../wire/explanation_http.ts";
import { type Answer, type Call, type Handler, parameter } from "./call.ts";
import { unknownNode } from "./draft.ts";
import { isKnown } from "./known_nodes.ts";
import { failureOf } from "./status.ts";

export function explainRoutes(member: MemberService): Record<"GET /explain/:node", Handler> {
  return { "GET /explain/:node": (call) => explain(member, call) };
}

/** What was removed may yet be somebody's: that is told with the error. */
async function explain(member: MemberService, call: Call): Promise<Outcome<Answer>> {
  const node = parameter(call, "node");
  await isKnown(member, call, nodeRow(node));
  const explanation = await member.explain(node);
  const { index } = member;
  if (explanation.exists) return ok({ index, body: explanation });
  const { errorcode, error } = failureOf(unknownNode(node).refusal);
  const body = { errorcode, error: `${error}${heldBy(explanation)}`, ...explanation };
  return ok({ index, status: errorcode, body });
}

function heldBy({ manager, moving }: Explanation): string {
  if (manager === null) return "";
  const why = moving === null ? "" : `: ${moving.because}`;
  return `; ${manager.name} has not let go of it yet${why}`;
}
