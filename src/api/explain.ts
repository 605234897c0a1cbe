/** /explain/NODE: why a node has the manager that it has, what a command would meet, and how it
 * boots; what would become of recorded requests; machines that no node is known to be. */
import { ok, type Outcome, refused } from "../base/outcome.ts";
import { macOf } from "../model/hardware_address.ts";
import { nodeRow } from "../model/operation.ts";
import type { MachineBoots, MemberService } from "../service/member_service.ts";
import { type Explanation, type ReplayAnswer, replayRequest } from "../wire/explanation_http.ts";
import { readBody } from "./body.ts";
import { type Answer, type Call, type Handler, parameter } from "./call.ts";
import { unknownNode } from "./draft.ts";
import { isKnown } from "./known_nodes.ts";
import { linksTo } from "./links.ts";
import { failureOf } from "./status.ts";

type ExplainRoute =
  | "GET /explain/:node"
  | "POST /explain/requests"
  | "GET /discovery/"
  | "GET /discovery/by-mac/";

export function explainRoutes(member: MemberService): Record<ExplainRoute, Handler> {
  return {
    "GET /explain/:node": (call) => explain(member, call),
    "POST /explain/requests": (call) => replay(member, call),
    "GET /discovery/": (call) => {
      return ok({ index: member.index, body: linksTo(call, ["by-mac/"]) });
    },
    "GET /discovery/by-mac/": async () => {
      const boots = bootsOf(member);
      if (!boots.ok) return boots;
      return ok({ index: member.index, body: await boots.value.strangers() });
    },
  };
}

/** What was removed may yet be somebody's: that is told with the error. A machine may be named by
 * its hardware address. */
async function explain(member: MemberService, call: Call): Promise<Outcome<Answer>> {
  const named = parameter(call, "node");
  await isKnown(member, call, nodeRow(named));
  const mac = member.nodes.hasNode(named) ? undefined : macOf(named);
  const [machine] = mac === undefined ? [] : member.nodes.withMac(mac);
  const node = machine?.node ?? mac ?? named;
  const explanation = await member.explain(node);
  const { index } = member;
  if (explanation.exists || mac !== undefined) return ok({ index, body: explanation });
  const { errorcode, error } = failureOf(unknownNode(node).refusal);
  const body = { errorcode, error: `${error}${heldBy(explanation)}`, ...explanation };
  return ok({ index, status: errorcode, body });
}

function heldBy({ manager, moving }: Explanation): string {
  if (manager === null) return "";
  const why = moving === null ? "" : `: ${moving.because}`;
  return `; ${manager.name} has not let go of it yet${why}`;
}

async function replay(member: MemberService, { request }: Call): Promise<Outcome<Answer>> {
  const boots = bootsOf(member);
  if (!boots.ok) return boots;
  const asked = await readBody(request, replayRequest);
  if (!asked.ok) return asked;
  const body: ReplayAnswer = { decisions: boots.value.replay(asked.value.requests) };
  return ok({ index: member.index, body });
}

function bootsOf({ boots, name }: MemberService): Outcome<MachineBoots> {
  if (boots !== undefined) return ok(boots);
  return refused("conflict", `${name} boots no machines: it was started with --no-boot`);
}
