/** /deployment/: the profiles that nodes are booted by, and who holds them as they should be. */
import { ok, type Outcome, refused } from "../base/outcome.ts";
import { profileName } from "../model/profile.ts";
import type { DeployedProfile } from "../service/content/deployed_profiles.ts";
import type { MemberService } from "../service/member_service.ts";
import { type ProfileAnswer, updateProfileRequest } from "../wire/profile_http.ts";
import { readBody } from "./body.ts";
import { type Answer, type Call, type Handler, parameter } from "./call.ts";
import { linksTo, linkTo } from "./links.ts";

export type ProfileRoute =
  | "GET /deployment/"
  | "GET /deployment/profiles/"
  | "GET /deployment/profiles/:profile"
  | "PUT /deployment/profiles/:profile";

export function profileRoutes(member: MemberService): Record<ProfileRoute, Handler> {
  return {
    "GET /deployment/": (call) =>
      ok({ index: member.index, body: linksTo(call, ["profiles/", "importing/", "content"]) }),
    "GET /deployment/profiles/": (call) => {
      const items = member.deployed.names().map((name) => `${name}/`);
      return ok({ index: member.index, body: linksTo(call, items) });
    },
    "GET /deployment/profiles/:profile": (call) => show(member, call),
    "PUT /deployment/profiles/:profile": (call) => update(member, call),
  };
}

function show(member: MemberService, call: Call): Outcome<Answer> {
  const name = profileName(parameter(call, "profile"));
  if (!name.ok) return name;
  const profile = member.deployed.of(name.value);
  if (profile !== undefined) {
    return ok({ index: member.index, body: { ...linkTo(call), ...answerOf(profile) } });
  }
  const known = member.deployed.names().join(", ") || "none";
  return refused("not-found", `no member holds a profile ${name.value}; there are ${known}`);
}

function answerOf({ name, profile, isBootable, ...held }: DeployedProfile): ProfileAnswer {
  return {
    name,
    label: profile?.label ?? null,
    ostype: profile?.ostype ?? null,
    kernelargs: profile?.kernelargs ?? null,
    loader: profile?.loader ?? null,
    bootable: isBootable,
    whyNot: held.whyNot ?? null,
    digest: held.digest ?? null,
    reference: held.reference ?? null,
    members: held.holders.map((holder) => ({
      name: holder.name,
      content: holder.content,
      bootable: holder.isBootable,
      digest: holder.digest ?? null,
      why: holder.why ?? null,
    })),
  };
}

async function update(member: MemberService, call: Call): Promise<Outcome<Answer>> {
  const body = await readBody(call.request, updateProfileRequest);
  if (!body.ok) return body;
  const name = profileName(parameter(call, "profile"));
  if (!name.ok) return name;
  const updated = await member.deployed.update(name.value);
  if (!updated.ok) return updated;
  const { index, digest } = updated.value;
  return ok({ index, body: { updated: name.value, digest } });
}
