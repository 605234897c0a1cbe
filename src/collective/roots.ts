/**
 * Whose state is the odd one: members tell what their states come to at some indexes, and equal
 * indexes must give equal roots (I5). What a majority of ALL voters agrees on is right; where
 * there is none nobody can tell, and nothing is to be touched.
 */
import { AUDIT_ROOTS_KEPT } from "../base/limits.ts";
import { majorityOf, type MemberId, type Roster, votersOf } from "../model/member.ts";

/** What the newest roots that can be compared say. */
export interface Judgement {
  /** Members whose state is not that of a majority, where that was found, and who has that. */
  readonly odd: ReadonlyMap<MemberId, { readonly index: number; readonly sound: MemberId[] }>;
  /** Members with different states at an index without a majority: those of one state together. */
  readonly split: { readonly index: number; readonly sides: MemberId[][] } | undefined;
}

/** The roots that are known of each member, the newest few of each. */
export class Roots {
  readonly #known = new Map<MemberId, Map<number, number>>();

  /** Takes what a member told; false where that is nothing new. Index 0: it knows no root. */
  tell(member: MemberId, index: number, root: number): boolean {
    if (index === 0) return this.#known.delete(member);
    const roots = this.#known.get(member) ?? new Map<number, number>();
    if (roots.has(index)) return false;
    this.#known.set(member, roots.set(index, root));
    for (const oldest of roots.keys()) {
      if (roots.size <= AUDIT_ROOTS_KEPT) break;
      roots.delete(oldest);
    }
    return true;
  }

  /** What the member's state came to at this index, where that is known. */
  at(member: MemberId, index: number): number | undefined {
    return this.#known.get(member)?.get(index);
  }

  /** Each member is judged at the newest index that says something of it. */
  judge(roster: Roster): Judgement {
    const voters = votersOf(roster).map(({ id }) => id);
    const judged = new Set<MemberId>();
    const odd = new Map<MemberId, { index: number; sound: MemberId[] }>();
    let split: Judgement["split"];
    for (const index of this.#indexes()) {
      const sides = this.#sides(roster, index);
      const sound = sides.find((side) =>
        side.filter((id) => voters.includes(id)).length >= majorityOf(voters.length)
      );
      if (sound === undefined && sides.length < 2) continue;
      const members = sides.flat().filter((id) => !judged.has(id));
      if (sound === undefined) {
        if (members.length > 1) split ??= { index, sides };
      } else {
        for (const id of members) if (!sound.includes(id)) odd.set(id, { index, sound });
      }
      for (const id of members) judged.add(id);
    }
    return { odd, split };
  }

  /** The newest index at which somebody's state is another than this member's, with what this
   * one's came to; undefined where none is known to be. */
  apart(from: MemberId, roster: Roster):
    | { readonly index: number; readonly root: number; readonly others: readonly MemberId[] }
    | undefined {
    for (const index of this.#indexes()) {
      const root = this.at(from, index);
      const sides = this.#sides(roster, index);
      if (root === undefined || sides.flat().length < 2) continue;
      const others = sides.filter((side) => !side.includes(from)).flat();
      return others.length === 0 ? undefined : { index, root, others };
    }
    return undefined;
  }

  /** Those of whom a root is known there, who has the same together. */
  #sides(roster: Roster, index: number): MemberId[][] {
    const sides = new Map<number, MemberId[]>();
    for (const { id } of roster.members) {
      const root = this.at(id, index);
      if (root !== undefined) sides.set(root, [...sides.get(root) ?? [], id]);
    }
    return [...sides.values()];
  }

  /** Newest first. */
  #indexes(): number[] {
    const all = new Set([...this.#known.values()].flatMap((roots) => [...roots.keys()]));
    return [...all].sort((a, b) => b - a);
  }
}
