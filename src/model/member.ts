/** Members (management servers) and the roster that lists them. */

/** 16 hexadecimal digits, drawn at random when a member is made and never used again. */
export type MemberId = string & { readonly brand: "MemberId" };

/**
 * What a member may do. A `learner` receives everything and counts for nothing until it is
 * promoted; a `nonvoting` one stays so for good.
 */
export type MemberRole = "voter" | "learner" | "nonvoting";

/** What a member can be invited as: a learner, which becomes a voter by itself, or nonvoting. */
export const INVITED_ROLES = ["learner", "nonvoting"] as const;
/** One of {@link INVITED_ROLES}. */
export type InvitedRole = typeof INVITED_ROLES[number];

export interface Member {
  readonly id: MemberId;
  readonly name: string;
  /** SHA-256 of the certificate, 64 lower-case hexadecimal digits: what trust hangs on (I3). */
  readonly fingerprint: string;
  /** `host:port`, the ones to dial first in front. Never trusted, only tried. */
  readonly addresses: readonly string[];
  readonly role: MemberRole;
}

/** A member that was let go: its certificate gets the answer `removed at index`. */
export interface RemovedMember {
  readonly id: MemberId;
  readonly name: string;
  readonly fingerprint: string;
  readonly index: number;
}

/** Who the members are, and who was let go: one entry of the log sets all of it. */
export interface Roster {
  readonly members: readonly Member[];
  /** The newest MAX_REMOVED_KEPT, oldest first. */
  readonly removed: readonly RemovedMember[];
}

/** The roster as an entry of the log set it. */
export interface RosterAt {
  readonly index: number;
  readonly roster: Roster;
}

export const EMPTY_ROSTER: Roster = { members: [], removed: [] };

/** The id in `text`; TypeError where it is none. */
export function memberId(text: string): MemberId {
  if (!/^[0-9a-f]{16}$/.test(text)) throw new TypeError(`"${text}" is not a member id`);
  return text as MemberId;
}

export function votersOf(roster: Roster): readonly Member[] {
  return roster.members.filter((member) => member.role === "voter");
}

export function findMember(roster: Roster, id: MemberId): Member | undefined {
  return roster.members.find((member) => member.id === id);
}

export function nameOf(roster: Roster, id: MemberId): string {
  return findMember(roster, id)?.name ??
    roster.removed.findLast((gone) => gone.id === id)?.name ?? id;
}

/** Strictly more than half: of two, both; of three, two; of four, three. */
export function majorityOf(voters: number): number {
  return Math.floor(voters / 2) + 1;
}
