/** The members as one of them knows them now: to whom nodes may be given, and who is lost. */
import { wrongClocks } from "../../collective/clocks.ts";
import { type Heartbeats } from "../../collective/liveness.ts";
import type { Field } from "../../collective/placement.ts";
import type { Now } from "../../base/instant.ts";
import { MAX_CLOCK_LEAD_MS } from "../../base/limits.ts";
import type { Raft } from "../../consensus/raft.ts";
import {
  findMember,
  majorityOf,
  type Member,
  type MemberId,
  nameOf,
  votersOf,
} from "../../model/member.ts";
import { drainedRow } from "../../model/placement.ts";
import type { Placements } from "../../replica/placements.ts";
import type { Replica } from "../../replica/replica.ts";

export interface FieldParts {
  readonly raft: Raft;
  readonly heartbeats: Heartbeats;
  readonly placements: Placements;
  readonly replica: () => Replica;
  /** Why this member should hold no nodes, for people. */
  readonly out: () => string | undefined;
}

/** The field at one moment, with what is about to be given. */
export class FieldNow implements Field {
  /** Of all members. */
  readonly names: readonly string[];
  readonly #parts: FieldParts;
  readonly #able = new Set<MemberId>();
  readonly #unable = new Map<MemberId, string>();
  readonly #given = new Map<MemberId, number>();

  constructor(parts: FieldParts, now: Now) {
    this.#parts = parts;
    const wrong = wrongNames(parts, now);
    const { members } = parts.raft.log.roster.roster;
    this.names = members.map(({ name }) => name);
    for (const member of members) {
      const why = wrong.has(member.name) ? "its clock is wrong" : this.#whyNot(member, now);
      if (why === undefined) this.#able.add(member.id);
      else this.#unable.set(member.id, why);
    }
  }

  /** Who is able, as one text: another where they are others. */
  get signature(): string {
    return [...this.#able].sort().join(" ");
  }

  byName(name: string): MemberId | undefined {
    return this.#parts.raft.log.roster.roster.members.find((member) => member.name === name)?.id;
  }

  nameOf(id: MemberId): string {
    return nameOf(this.#parts.raft.log.roster.roster, id);
  }

  isAble(id: MemberId): boolean {
    return this.#able.has(id);
  }

  /** Why no node may be given to a member now, in a few words for people. */
  whyUnable(id: MemberId): string | undefined {
    return this.#able.has(id) ? undefined : this.#unable.get(id) ?? "no member";
  }

  loadOf(id: MemberId): number {
    return this.#parts.placements.heldBy(id).size + (this.#given.get(id) ?? 0);
  }

  /** So many more, or less, are about to be its. */
  give(id: MemberId | undefined, count: number): void {
    if (id !== undefined) this.#given.set(id, (this.#given.get(id) ?? 0) + count);
  }

  #whyNot({ id, role }: Member, now: Now): string | undefined {
    const { raft, heartbeats, replica, out } = this.#parts;
    if (role === "learner") return "joining";
    if (replica().cells.exists(drainedRow(id))) return "drained";
    if (id === raft.self) return out() === undefined ? undefined : "stopping";
    const pong = heartbeats.heard(id)?.pong;
    if (pong === undefined || heartbeats.liveness(id, now.monoMs) !== "alive") return "silent";
    if (!pong.isHeld) return "without quorum";
    if (!pong.canWrite) return "its disk cannot be written";
    if (pong.stopping) return "stopping";
    return pong.isOdd ? "its state is wrong" : undefined;
  }
}

type ClockParts = Pick<FieldParts, "raft" | "heartbeats">;

/**
 * Why this member's clock of day is not to be gone by, where it is not: it is far from that of
 * others who are a majority and agree. Without such a majority nobody can tell, and after a power
 * cut of all with dead clocks everything must come up.
 */
export function whyClockIsOut(parts: ClockParts, now: Now): string | undefined {
  const { raft } = parts;
  const self = findMember(raft.log.roster.roster, raft.self);
  return self !== undefined && wrongNames(parts, now).has(self.name)
    ? `the clock of ${self.name} is wrong`
    : undefined;
}

function wrongNames({ raft, heartbeats }: ClockParts, now: Now): ReadonlySet<string> {
  const { roster } = raft.log.roster;
  const voters = votersOf(roster);
  const skews = heartbeats.skews(voters, now);
  const wrong = new Set(wrongClocks(skews).map(({ name }) => name));
  if (wrong.size === 0) return wrong;
  const right = skews.filter(({ name }) => !wrong.has(name)).map(({ aheadMs }) => aheadMs);
  const spread = Math.max(...right) - Math.min(...right);
  const isMajority = right.length >= majorityOf(voters.length) && spread <= MAX_CLOCK_LEAD_MS;
  return isMajority ? wrong : new Set();
}
