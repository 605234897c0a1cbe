/** What is wrong, and whose state is to be kept. */
import { ok } from "../base/outcome.ts";
import type { MemberService } from "../service/member_service.ts";
import { type CheckAnswer, repairRequest } from "../wire/http.ts";
import { readBody } from "./body.ts";
import type { Handler } from "./call.ts";

type CheckRoute = "GET /check" | "POST /collective/repair";

export function checkRoutes(member: MemberService): Record<CheckRoute, Handler> {
  return {
    "GET /check": async () => {
      const body: CheckAnswer = { name: member.name, findings: [...await member.check()] };
      return ok({ index: member.index, body });
    },
    "POST /collective/repair": async ({ request }) => {
      const body = await readBody(request, repairRequest);
      if (!body.ok) return body;
      const ordered = await member.repair(body.value.from);
      if (!ordered.ok) return ordered;
      const { index, from, repaired } = ordered.value;
      return ok({ index, body: { from, repaired } });
    },
  };
}
