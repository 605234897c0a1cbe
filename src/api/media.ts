/** /deployment/importing/ and what belongs to it: profiles made of installation media. */
import { ok, type Outcome } from "../base/outcome.ts";
import type { Imported } from "../service/importing/media.ts";
import type { MemberService } from "../service/member_service.ts";
import {
  type ContentAnswer,
  type FingerprintAnswer,
  type ImportAnswer,
  type ImportLine,
  importRequest,
  mediumRequest,
} from "../wire/media_http.ts";
import { readBody } from "./body.ts";
import type { Answer, Call, Handler } from "./call.ts";
import { inLines, wantsLines } from "./line_stream.ts";
import { linksTo } from "./links.ts";
import { failureOf } from "./status.ts";

export type MediaRoute =
  | "GET /deployment/content"
  | "POST /deployment/content"
  | "GET /deployment/importing/"
  | "POST /deployment/importing/"
  | "POST /deployment/fingerprint/";

export function mediaRoutes(member: MemberService): Record<MediaRoute, Handler> {
  return {
    "GET /deployment/content": () => content(member, false),
    "POST /deployment/content": () => content(member, true),
    "GET /deployment/importing/": (call) => {
      const { importing } = member.media;
      const items = importing === undefined ? [] : [encodeURIComponent(importing)];
      return ok({ index: member.index, body: linksTo(call, items) });
    },
    "POST /deployment/importing/": (call) => importMedium(member, call),
    "POST /deployment/fingerprint/": (call) => fingerprint(member, call),
  };
}

async function content(member: MemberService, prepares: boolean): Promise<Outcome<Answer>> {
  const told = await member.media.content(prepares);
  if (!told.ok) return told;
  const { made, needed, ...where } = told.value;
  const body: ContentAnswer = {
    ...where,
    made: [...made],
    needed: needed.map(({ what, isThere, remedy }) => ({
      what,
      there: isThere,
      remedy: remedy ?? null,
    })),
  };
  return ok({ index: member.index, body });
}

async function fingerprint(member: MemberService, call: Call): Promise<Outcome<Answer>> {
  const body = await readBody(call.request, mediumRequest);
  if (!body.ok) return body;
  const found = await member.media.fingerprint(body.value.filename, call.request.signal);
  if (!found.ok) return found;
  const { medium: { keeps: _, warning, ...medium }, ...kept } = found.value;
  const answer: FingerprintAnswer = { ...medium, ...kept, warning: warning ?? null };
  return ok({ index: member.index, body: answer });
}

/** It ends when its caller goes away, and leaves nothing. */
async function importMedium(member: MemberService, call: Call): Promise<Outcome<Answer>> {
  const body = await readBody(call.request, importRequest);
  if (!body.ok) return body;
  const { filename, profile } = body.value;
  const request = { filename, profile };
  if (wantsLines(call)) {
    return ok(inLines<ImportLine>(member, async (say, left) => {
      const tell = (progress: string): void => say({ progress });
      const imported = await member.media.import(request, tell, left);
      say(imported.ok ? { done: answerOf(imported.value) } : failureOf(imported.refusal));
    }));
  }
  const imported = await member.media.import(request, () => {}, call.request.signal);
  if (!imported.ok) return imported;
  return ok({ index: member.index, body: answerOf(imported.value) });
}

function answerOf(imported: Imported): ImportAnswer {
  const { profile, distribution, digest, lacking, notices } = imported;
  return {
    ...{ imported: profile, distribution, digest: digest ?? null },
    ...{ lacking: [...lacking], notices: [...notices] },
  };
}
