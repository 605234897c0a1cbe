/**
 * `check`: what is wrong with a member and with the collective as it sees it, or soon will be. Each
 * finding is one line that ends with its remedy. Notices are findings too.
 */
import { DAY_MS, type Now } from "../base/instant.ts";
import {
  CERTIFICATE_WARN_MS,
  COLLECT_AFTER_TOMBSTONES,
  LEAST_DISK_ROOM_BYTES,
} from "../base/limits.ts";
import { freeBytes } from "../io/disk_room.ts";
import { majorityOf, type Roster, votersOf } from "../model/member.ts";
import { dayText } from "./day_text.ts";
import { collectiveView } from "./collective_view.ts";
import type { MemberLife } from "./member_life.ts";
import type { CollectiveView } from "./member_service.ts";

const MIB = 1024 * 1024;

/** What a member that runs finds. Of its store only what goes wrong in using it: that is read
 * whole, and checked, at each start. */
export async function findingsOf(life: MemberLife, data: string, now: Now): Promise<string[]> {
  const view = collectiveView(life, now);
  return [
    ...view.notices,
    ...silentFindings(view),
    ...rosterFindings(life.roster.roster),
    ...tombstoneFindings(view, life.loop.machine.replica.tombstones.count),
    ...await roomFindings(data),
  ];
}

/** Members that do not answer, and how near that is to the loss of quorum. */
export function silentFindings({ members, quorum }: CollectiveView): string[] {
  const silent = members.filter(({ state }) => state === "down" || state === "suspect");
  const findings = silent.map(({ name, index }) =>
    `${name} does not answer (last heard at index ${index ?? "none"}): start its service, see ` +
    "that its port for members can be reached, or remove it if it is gone for ever"
  );
  const voters = members.filter(({ role }) => role === "voter");
  const answering = voters.filter((voter) => !silent.includes(voter)).length;
  const isOnEdge = quorum && voters.length > 2 && answering === majorityOf(voters.length);
  if (!isOnEdge || silent.length === 0) return findings;
  return [
    ...findings,
    `${answering} of ${voters.length} voting members answer: with one less nothing can be ` +
    "changed; bring the silent ones back",
  ];
}

/** What of the roster alone is not as it should be. */
export function rosterFindings(roster: Roster): string[] {
  const voters = votersOf(roster).length;
  if (voters < 4 || voters % 2 === 1) return [];
  return [
    `${voters} voting members bear the loss of ${voters - majorityOf(voters)}, no more than ` +
    `${voters - 1} would: invite one more, or have one without a vote`,
  ];
}

/** Tombstones that cannot go because somebody has been away since. */
export function tombstoneFindings({ members }: CollectiveView, tombstones: number): string[] {
  const away = members.filter(({ state }) => state === "down").map(({ name }) => name);
  if (tombstones < COLLECT_AFTER_TOMBSTONES || away.length === 0) return [];
  return [
    `${tombstones} traces of what was cleared are kept for ${
      away.join(", ")
    }, away: start it, or ` +
    "remove it if it is gone for ever",
  ];
}

export function certificateFindings(name: string, expiresMs: number, wallMs: number): string[] {
  if (expiresMs - wallMs >= CERTIFICATE_WARN_MS) return [];
  const date = dayText(expiresMs);
  const days = Math.floor((expiresMs - wallMs) / DAY_MS);
  const when = days < 0 ? `expired on ${date}` : `expires on ${date}, in ${days} days`;
  return [
    `the certificate of ${name} ${when}; which keeps nobody out; once it runs, renew it with ` +
    "`confluent collective rotate`",
  ];
}

/** `data`: the folder that must have room. */
export async function roomFindings(data: string): Promise<string[]> {
  const free = await freeBytes(data);
  if (free >= LEAST_DISK_ROOM_BYTES) return [];
  return [
    `the disk of ${data} has ${Math.floor(free / MIB)} MiB left, less than ` +
    `${LEAST_DISK_ROOM_BYTES / MIB}: make room, before nothing can be written`,
  ];
}
