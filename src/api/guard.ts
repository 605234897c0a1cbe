/**
 * The quorum guard: whether a request may be served now, by what its route needs (routes.ts),
 * and from which index on. Invariant I2: nothing that needs quorum is begun without it.
 */
import { ok, type Outcome, refused } from "../base/outcome.ts";
import type { MemberService } from "../service/member_service.ts";
import type { Needs, Route } from "./routes.ts";

/** `stale` is there where the answer is from a copy that may be behind: its age in seconds. */
export interface Freshness {
  readonly stale?: number;
}

const FRESH = ok<Freshness>({});

export async function guard(
  member: MemberService,
  { needs, open }: Route,
  query: URLSearchParams | undefined,
): Promise<Outcome<Freshness>> {
  const fresh = await freshness(member, needs, query);
  // Nobody who proved nothing may make it wait.
  if (!fresh.ok || query === undefined || open) return fresh;
  const reached = await reachedAsked(member, query);
  return reached.ok ? fresh : reached;
}

async function freshness(
  member: MemberService,
  needs: Needs,
  query: URLSearchParams | undefined,
): Promise<Outcome<Freshness>> {
  switch (needs) {
    case "local-copy":
      if (member.odd !== undefined) return isOdd(member, member.odd);
      return member.quorum().held ? FRESH : ok(localCopy(member));
    case "always":
      return member.quorum().held ? FRESH : ok(localCopy(member));
    case "quorum":
      return freshOnly(member);
    case "quorum-unless-locked":
      return member.locked === undefined ? freshOnly(member) : FRESH;
    case "quorum-or-local-copy": {
      if (member.odd !== undefined) return isOdd(member, member.odd);
      if (query?.get("stale") !== "ok") return freshOnly(member);
      if (!member.quorum().held) return ok(localCopy(member));
      return (await member.fresh()).ok ? FRESH : ok(localCopy(member));
    }
  }
}

async function freshOnly(member: MemberService): Promise<Outcome<Freshness>> {
  const fresh = await member.fresh();
  return fresh.ok ? FRESH : fresh;
}

/** A copy that may be old is one thing, one that is wrong another. */
function isOdd({ name }: MemberService, why: string): Outcome<Freshness> {
  return refused("unavailable", `${name} is locked: ${why}`);
}

function localCopy(member: MemberService): Freshness {
  return { stale: Math.ceil(member.staleMs() / 1000) };
}

/** Waits for what `minIndex` and `consistent` ask for. */
async function reachedAsked(
  member: MemberService,
  query: URLSearchParams,
): Promise<Outcome<void>> {
  const least = query.get("minIndex");
  if (least !== null) {
    const index = /^\d{1,15}$/.test(least) ? Number(least) : undefined;
    if (index === undefined) {
      return refused("invalid", `minIndex=${least.slice(0, 32)}: wanted an index, a whole number`);
    }
    const reached = await member.reach(index);
    if (!reached.ok) return reached;
  }
  if (query.get("consistent") !== "1") return ok();
  const consistent = await member.consistentIndex();
  return consistent.ok ? ok() : consistent;
}
