/** Lets a member go, by its name. */
import { ok, type Outcome, refused } from "../base/outcome.ts";
import type { Roster } from "../model/member.ts";
import type { RosterChange } from "../wire/peer.ts";
import type { MemberLife } from "./member_life.ts";
import type { Written } from "./member_service.ts";

/** What is needed of the member that is asked. */
export interface Remover {
  readonly roster: Roster;
  readonly life: MemberLife;
  changeRoster(ask: RosterChange): Promise<Outcome<Written>>;
}

export async function removeMember(on: Remover, name: string): Promise<Outcome<Written>> {
  const member = on.roster.members.find((listed) => listed.name === name);
  if (member === undefined) {
    const names = on.roster.members.map((listed) => listed.name).sort().join(", ");
    return refused("not-found", `cannot remove ${name}: no such member; there are ${names}`);
  }
  const changed = await on.changeRoster({ change: "remove", id: member.id });
  if (changed.ok || member.id !== on.life.identity.id) return changed;
  // Whoever lets itself go hears of it from those who stay, and no other answer.
  const index = on.life.loop.removedAt;
  return index === undefined ? changed : ok({ index, verdict: { result: "applied" } });
}
