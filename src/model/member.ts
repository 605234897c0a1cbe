/** Members (management servers) and the roster that lists them. */
import { utf8 } from "../base/bytes.ts";
import { crc32c } from "../base/crc32c.ts";
import { fingerprintOf } from "../base/crypto.ts";
import type { Support } from "./support.ts";

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

/** A certificate, and its key's word for the one that follows. */
export interface Statement {
  /** DER. */
  readonly certificate: Uint8Array;
  /** Over the words of src/collective/rotation.ts. */
  readonly signature: Uint8Array;
}

/** The certificate that a member had before, with its word for the one it has now. */
export interface Former extends Statement {
  /** Whether it still lets its holder in: until every other member has met the new one. */
  readonly isPinned: boolean;
}

export interface Member {
  readonly id: MemberId;
  readonly name: string;
  /** SHA-256 of the certificate, 64 lower-case hexadecimal digits: what trust hangs on (I3). */
  readonly fingerprint: string;
  /** Whence its certificate followed; absent before its first rotation, and after one by which
   * the old one was given up at once. */
  readonly former?: Former;
  /** `host:port`, the ones to dial first in front. Never trusted, only tried. */
  readonly addresses: readonly string[];
  readonly role: MemberRole;
  /** What its program supports, as it said itself. */
  readonly support: Support;
  /** It was away so long that tombstones are collected without it: on return it takes all anew. Its
   * log is true all the same, and it votes. */
  readonly isStale?: true;
}

/** A member that was let go: its certificate gets the answer `removed at index`. */
export interface RemovedMember {
  readonly id: MemberId;
  readonly name: string;
  /** Of every certificate that it was known by when it went. */
  readonly fingerprints: readonly string[];
  /** Where it was, if a forced quorum left it behind: should it run after all it is told. */
  readonly addresses: readonly string[];
  readonly index: number;
}

/** Who the members are, and who was let go: one entry of the log sets all of it. */
export interface Roster {
  /** The feature level of the collective: see support.ts. */
  readonly level: number;
  readonly members: readonly Member[];
  /** The newest MAX_REMOVED_KEPT, oldest first. */
  readonly removed: readonly RemovedMember[];
}

/** The roster as an entry of the log set it. */
export interface RosterAt {
  readonly index: number;
  readonly roster: Roster;
}

export const EMPTY_ROSTER: Roster = { level: 0, members: [], removed: [] };

/** The id in `text`; TypeError where it is none. */
export function memberId(text: string): MemberId {
  if (!/^[0-9a-f]{16}$/.test(text)) throw new TypeError(`"${text}" is not a member id`);
  return text as MemberId;
}

export function votersOf(roster: Roster): readonly Member[] {
  return roster.members.filter((member) => member.role === "voter");
}

const SUMS = new WeakMap<Roster, number>();

/** CRC-32C of the sorted ids of the voters: two leaders may each have appended a roster at the same
 * index, and the majorities of the one say nothing of those of the other. */
export function votersSum(roster: Roster): number {
  const known = SUMS.get(roster);
  if (known !== undefined) return known;
  const sum = crc32c(utf8(votersOf(roster).map(({ id }) => id).sort().join()));
  SUMS.set(roster, sum);
  return sum;
}

export function findMember(roster: Roster, id: MemberId): Member | undefined {
  return roster.members.find((member) => member.id === id);
}

/** The fingerprints that a member may come by: while it rotates its certificate, two. */
export function pinsOf({ fingerprint, former }: Member): readonly string[] {
  return former?.isPinned === true
    ? [fingerprint, fingerprintOf(former.certificate)]
    : [fingerprint];
}

export function nameOf(roster: Roster, id: MemberId): string {
  return findMember(roster, id)?.name ??
    roster.removed.findLast((gone) => gone.id === id)?.name ?? id;
}

/** Strictly more than half: of two, both; of three, two; of four, three. */
export function majorityOf(voters: number): number {
  return Math.floor(voters / 2) + 1;
}
