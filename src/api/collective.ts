/** /collective/: who is a member, who is invited, how one joins, leaves and changes its key. */
import { DAY_MS } from "../base/instant.ts";
import { INVITATION_MAX_MS } from "../base/limits.ts";
import { ok, type Outcome, refused } from "../base/outcome.ts";
import { memberName } from "../model/node_name.ts";
import type { DrainAnswer, JoinAnswer, MemberService } from "../service/member_service.ts";
import {
  type CollectiveAnswer,
  type DrainedAnswer,
  type DrainLine,
  durationMs,
  type InviteBody,
  inviteRequest,
  type JoinedAnswer,
  type JoinLine,
  joinRequest,
  type KeyRotatedAnswer,
  type RotatedAnswer,
  rotateRequest,
} from "../wire/http.ts";
import { readBody } from "./body.ts";
import { type Answer, type Call, type Handler, parameter } from "./call.ts";
import { inLines, wantsLines } from "./line_stream.ts";
import { failureOf } from "./status.ts";

type CollectiveRoute =
  | "GET /collective/"
  | "POST /collective/invitations"
  | "POST /collective/rotate"
  | "POST /collective/rotate-key"
  | "POST /collective/join"
  | "DELETE /collective/members/:member"
  | "POST /collective/members/:member/drain"
  | "DELETE /collective/members/:member/drain";

export function collectiveRoutes(member: MemberService): Record<CollectiveRoute, Handler> {
  return {
    "GET /collective/": async () => ok(await shown(member)),
    "POST /collective/invitations": (call) => invite(member, call),
    "POST /collective/rotate": (call) => rotate(member, call),
    "POST /collective/rotate-key": () => rotateKey(member),
    "POST /collective/join": (call) => join(member, call),
    "DELETE /collective/members/:member": async (call) => {
      const name = parameter(call, "member");
      const removed = await member.removeMember(name);
      if (!removed.ok) return removed;
      return ok({ index: removed.value.index, body: { deleted: name } });
    },
    "POST /collective/members/:member/drain": (call) => drain(member, call),
    "DELETE /collective/members/:member/drain": (call) => undrain(member, call),
  };
}

async function shown(member: MemberService): Promise<Answer> {
  const ofNodes = await member.nodeNotices();
  const view = member.collective();
  const body: CollectiveAnswer = {
    ...view,
    missing: [...view.missing],
    notices: [...view.notices, ...ofNodes],
    members: view.members.map((one) => ({
      ...one,
      addresses: [...one.addresses],
      voting: one.role === "voter",
    })),
  };
  return { index: view.index, body };
}

async function invite(member: MemberService, call: Call): Promise<Outcome<Answer>> {
  const body = await readBody(call.request, inviteRequest);
  if (!body.ok) return body;
  const name = memberName(body.value.name);
  if (!name.ok) return name;
  const expiresMs = expiryOf(body.value.expires);
  if (!expiresMs.ok) return expiresMs;
  const { nonvoting, replaces } = body.value;
  const invited = await member.invite({
    name: name.value,
    expiresMs: expiresMs.value,
    nonvoting,
    replaces,
    by: call.by,
  });
  return invited.ok ? ok({ index: member.index, body: invited.value }) : invited;
}

async function rotate(member: MemberService, call: Call): Promise<Outcome<Answer>> {
  const body = await readBody(call.request, rotateRequest);
  if (!body.ok) return body;
  const rotated = await member.rotate(body.value.now ?? false);
  if (!rotated.ok) return rotated;
  const answer: RotatedAnswer = { ...rotated.value, unmet: [...rotated.value.unmet] };
  return ok({ index: member.index, body: answer });
}

async function rotateKey(member: MemberService): Promise<Outcome<Answer>> {
  const rotated = await member.secrets.rotateKey();
  if (!rotated.ok) return rotated;
  const { key, isOver } = rotated.value;
  const answer: KeyRotatedAnswer = { key, over: isOver };
  return ok({ index: member.index, body: answer });
}

function expiryOf(expires: InviteBody["expires"]): Outcome<number | undefined> {
  if (expires === undefined) return ok(undefined);
  const ms = durationMs(String(expires));
  if (ms !== undefined && ms > 0 && ms <= INVITATION_MAX_MS) return ok(ms);
  const days = INVITATION_MAX_MS / DAY_MS;
  return refused("invalid", `expires: ${expires} is not within 1s and ${days}d`);
}

/** A join may take a minute: a caller who accepts lines sees how it gets on. */
async function join(member: MemberService, call: Call): Promise<Outcome<Answer>> {
  const body = await readBody(call.request, joinRequest);
  if (!body.ok) return body;
  if (wantsLines(call)) {
    return ok(inLines<JoinLine>(member, async (say) => {
      const joined = await member.join(body.value, (progress) => say({ progress }));
      say(joined.ok ? { joined: answerOf(joined.value) } : failureOf(joined.refusal));
    }));
  }
  const joined = await member.join(body.value, () => {});
  return joined.ok ? ok({ index: member.index, body: answerOf(joined.value) }) : joined;
}

function answerOf(joined: JoinAnswer): JoinedAnswer {
  return { ...joined, members: [...joined.members], notices: [...joined.notices] };
}

/** The same of a drain, which takes as long as nodes are on their way. */
async function drain(member: MemberService, call: Call): Promise<Outcome<Answer>> {
  const name = parameter(call, "member");
  if (wantsLines(call)) {
    return ok(inLines<DrainLine>(member, async (say) => {
      const drained = await member.drain(name, (progress) => say({ progress }));
      say(drained.ok ? { done: drainedOf(drained.value) } : failureOf(drained.refusal));
    }));
  }
  const drained = await member.drain(name, () => {});
  if (!drained.ok) return drained;
  return ok({ index: drained.value.index, body: drainedOf(drained.value) });
}

async function undrain(member: MemberService, call: Call): Promise<Outcome<Answer>> {
  const undrained = await member.undrain(parameter(call, "member"));
  if (!undrained.ok) return undrained;
  return ok({ index: undrained.value.index, body: drainedOf(undrained.value) });
}

function drainedOf({ index: _, staying, notices, ...told }: DrainAnswer): DrainedAnswer {
  return { ...told, staying: [...staying], notices: [...notices] };
}
