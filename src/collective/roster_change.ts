/**
 * What each change makes of a roster. Every change may be repeated: one that is already true
 * gives the roster unchanged, so that a caller who never heard the answer simply asks again.
 */
import { ok, type Outcome, refused } from "../base/outcome.ts";
import { fingerprintOf } from "../base/crypto.ts";
import { MAX_CERTIFICATE_BYTES, MAX_MEMBERS, MAX_REMOVED_KEPT } from "../base/limits.ts";
import {
  findMember,
  type Member,
  type MemberId,
  nameOf,
  pinsOf,
  type Roster,
  votersOf,
} from "../model/member.ts";
import { sameSupport, type Support } from "../model/support.ts";
import type { RosterChange } from "../wire/peer.ts";
import { follows } from "./rotation.ts";

type Rotate = Extract<RosterChange, { change: "rotate" }>;

/** The roster after the change; the very same object where nothing changes. `index` is that of
 * the entry to be: removed members are remembered with it. */
export function changeRoster(roster: Roster, ask: RosterChange, index: number): Outcome<Roster> {
  switch (ask.change) {
    case "admit":
      return admit(roster, ask.member, ask.replaces, index);
    case "promote":
      return promote(roster, ask.id);
    case "remove":
      return remove(roster, ask.id, index);
    case "readdress":
      return readdress(roster, ask.id, ask.addresses);
    case "support":
      return support(roster, ask.id, ask.support);
    case "stale":
      return ok(markStale(roster, ask.id, ask.isStale));
    case "raise":
      return ok(raise(roster));
    case "rotate":
      return rotate(roster, ask);
    case "unpin":
      return ok(unpin(roster, ask.id, ask.fingerprint));
  }
}

function admit(
  roster: Roster,
  member: Member,
  replaces: MemberId | undefined,
  index: number,
): Outcome<Roster> {
  const known = findMember(roster, member.id);
  if (known !== undefined) {
    return known.fingerprint === member.fingerprint
      ? ok(roster)
      : refused("conflict", `cannot admit ${member.name}: its id is taken by ${known.name}`);
  }
  const { id, name, fingerprint } = member;
  // An id is never used again: a late copy of an old request must not undo a removal.
  if (roster.removed.some((gone) => gone.id === id)) {
    return refused("conflict", `cannot admit ${name}: its id was let go; it must join anew`);
  }
  const twin = roster.members.find((listed) => pinsOf(listed).includes(fingerprint));
  if (twin !== undefined) {
    return refused("conflict", `cannot admit ${name}: its certificate is that of ${twin.name}`);
  }
  const without = replaces === undefined ? roster : take(roster, replaces, index);
  if (without.members.some(({ name }) => name === member.name)) {
    return refused(
      "conflict",
      `cannot admit ${member.name}: a member of that name is listed; remove it first, or invite ` +
        `with --replace`,
    );
  }
  if (member.support.level < without.level) {
    return refused("conflict", levelText(`cannot admit ${name}`, member.support, without));
  }
  if (without.members.length >= MAX_MEMBERS) {
    return refused(
      "conflict",
      `cannot admit ${member.name}: a collective has ${MAX_MEMBERS} members at most`,
    );
  }
  if (votersOf(without).length === 0) {
    return refused(
      "conflict",
      `cannot replace ${member.name}: it is the only voter, so nobody else has the data`,
    );
  }
  return ok({ ...without, members: [...without.members, member] });
}

function promote(roster: Roster, id: MemberId): Outcome<Roster> {
  const member = findMember(roster, id);
  if (member === undefined) return refused("not-found", `cannot promote ${id}: it is not listed`);
  if (member.role === "voter") return ok(roster);
  if (member.role === "nonvoting") {
    return refused("conflict", `cannot promote ${member.name}: it was invited as non-voting`);
  }
  return ok(replaceMember(roster, { ...member, role: "voter" }));
}

function remove(roster: Roster, id: MemberId, index: number): Outcome<Roster> {
  const member = findMember(roster, id);
  if (member === undefined) return ok(roster);
  const without = take(roster, id, index);
  if (votersOf(without).length === 0) {
    return refused("conflict", `cannot remove ${member.name}: it is the last voting member`);
  }
  return ok(without);
}

function readdress(roster: Roster, id: MemberId, addresses: readonly string[]): Outcome<Roster> {
  const member = findMember(roster, id);
  if (member === undefined) {
    return refused("not-found", `cannot change the addresses of ${id}: it is not listed`);
  }
  if (member.addresses.join() === addresses.join()) return ok(roster);
  return ok(replaceMember(roster, { ...member, addresses }));
}

function support(roster: Roster, id: MemberId, support: Support): Outcome<Roster> {
  const member = findMember(roster, id);
  if (member === undefined) {
    return refused("not-found", `cannot note what ${id} supports: it is not listed`);
  }
  if (sameSupport(member.support, support)) return ok(roster);
  if (support.level < roster.level) {
    return refused("conflict", levelText(`cannot go on with ${member.name}`, support, roster));
  }
  return ok(replaceMember(roster, { ...member, support }));
}

/** Why a program is too old for the collective, and the remedy. */
export function levelText(what: string, { level }: Support, roster: Pick<Roster, "level">): string {
  return `${what}: its program supports feature level ${level}, and this collective is at ` +
    `${roster.level}; upgrade the program there`;
}

/** Never down: what came with a level may be in the log. */
function raise(roster: Roster): Roster {
  const level = Math.min(...roster.members.map(({ support }) => support.level));
  return level > roster.level && Number.isFinite(level) ? { ...roster, level } : roster;
}

function rotate(roster: Roster, { id, fingerprint, statement, now }: Rotate): Outcome<Roster> {
  const member = findMember(roster, id);
  if (member === undefined) {
    return refused("not-found", `cannot rotate the certificate of ${id}: it is not listed`);
  }
  if (member.fingerprint === fingerprint) return ok(roster);
  const what = `cannot rotate the certificate of ${member.name}`;
  const { certificate, signature } = statement;
  if (certificate.length > MAX_CERTIFICATE_BYTES) {
    return refused(
      "too-large",
      `${what}: the old one takes ${certificate.length} bytes, ${MAX_CERTIFICATE_BYTES} may be`,
    );
  }
  if (member.fingerprint !== fingerprintOf(certificate)) {
    return refused("conflict", `${what}: it was rotated meanwhile; ask again`);
  }
  if (!follows(member, statement, fingerprint)) {
    return refused("unauthorized", `${what}: its old key did not sign for the new one`);
  }
  const twin = roster.members.find((listed) => pinsOf(listed).includes(fingerprint));
  if (twin !== undefined) return refused("conflict", `${what}: ${twin.name} has the new one`);
  if (member.former?.isPinned === true && !now) {
    return refused("conflict", `${what}: the last rotation is not over; rotate --now ends it`);
  }
  const { former: _, ...rest } = member;
  const changed = { ...rest, fingerprint };
  if (now) return ok(replaceMember(roster, changed));
  return ok(replaceMember(roster, {
    ...changed,
    former: { certificate, signature, isPinned: true },
  }));
}

/** The statement stays: a member that was away may have pinned only the old certificate. */
function unpin(roster: Roster, id: MemberId, fingerprint: string): Roster {
  const member = findMember(roster, id);
  if (member?.former?.isPinned !== true || member.fingerprint !== fingerprint) return roster;
  return replaceMember(roster, { ...member, former: { ...member.former, isPinned: false } });
}

function markStale(roster: Roster, id: MemberId, isStale: boolean): Roster {
  const member = findMember(roster, id);
  if (member === undefined || (member.isStale === true) === isStale) return roster;
  const { isStale: _, ...fresh } = member;
  return replaceMember(roster, isStale ? { ...fresh, isStale } : fresh);
}

function take(roster: Roster, id: MemberId, index: number): Roster {
  const gone = findMember(roster, id);
  if (gone === undefined) return roster;
  const { name } = gone;
  const fingerprints = pinsOf(gone);
  return {
    ...roster,
    members: roster.members.filter((member) => member.id !== id),
    removed: [...roster.removed, { id, name, fingerprints, addresses: [], index }].slice(
      -MAX_REMOVED_KEPT,
    ),
  };
}

function replaceMember(roster: Roster, changed: Member): Roster {
  const members = roster.members.map((member) => member.id === changed.id ? changed : member);
  return { ...roster, members };
}

/** Names of these members, for messages. */
export function namesOf(roster: Roster, ids: readonly MemberId[]): string[] {
  return ids.map((id) => nameOf(roster, id)).sort();
}
