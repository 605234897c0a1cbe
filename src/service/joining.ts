/** How a member that was admitted comes to be one of the others, and what it tells meanwhile. */
import { JOIN_MS, KEY_HANDED_OVER_MS } from "../base/limits.ts";
import { ok, type Outcome, refused } from "../base/outcome.ts";
import type { Clock } from "../io/clock.ts";
import type { JoinAnswer } from "./member_service.ts";
import type { RunningMember } from "./running_member.ts";
import { repeating } from "./waiting.ts";

const PROGRESS_MS = 1_000;

/** Waits until the member votes, or is there as non-voting; tells how it gets on. */
export async function awaitMembership(
  member: RunningMember,
  clock: Clock,
  progress: (line: string) => void,
): Promise<Outcome<JoinAnswer>> {
  let told = "";
  const tell = (): void => {
    const line = joiningText(member);
    if (line !== told) progress(told = line);
  };
  const ticking = repeating(clock, PROGRESS_MS, tell);
  tell();
  const isMet = (): boolean => member.locked !== undefined || member.ready().ok;
  const met = await member.until(isMet, JOIN_MS);
  if (met) await member.until(() => member.secrets.hasNewest, KEY_HANDED_OVER_MS);
  ticking();
  if (member.locked !== undefined) return refused("unavailable", `not joined: ${member.locked}`);
  if (!met) return refused("unavailable", `not joined within ${JOIN_MS / 60_000} minutes`);
  const view = member.collective();
  const self = view.members.find((listed) => listed.self);
  return ok({
    name: member.name,
    collective: view.collective,
    role: self?.role ?? "voter",
    members: view.members.map(({ name }) => name),
    notices: view.notices,
  });
}

function joiningText(member: RunningMember): string {
  const delta = member.life.loop.machine.catchUpProgress;
  if (delta !== undefined) return `copying the data: ${delta.done} of ${delta.of} rows`;
  if (member.index === 0) return "waiting for the data";
  if (!member.ready().ok) {
    return `has index ${member.index}; waiting to be made a voting member`;
  }
  return "waiting for the collective key";
}
