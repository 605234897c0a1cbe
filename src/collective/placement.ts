/**
 * Who should act on a node: the one decision, made by its holder, or by the leader where there is
 * none or it is lost. Candidates are taken by the fewest nodes, ties by name.
 */
import type { MemberId } from "../model/member.ts";

/** A node, as far as it matters here. */
export interface PlacedNode {
  /** Whether there is such a node: what was removed is still somebody's until let go. */
  readonly exists: boolean;
  readonly holder: MemberId | undefined;
  /** What `collective.manager` comes to; empty for none. */
  readonly manager: string;
  /** Those of `collective.managercandidates` that are members; undefined where none are set, or
   * what is set makes no sense. */
  readonly candidates: ReadonlySet<MemberId> | undefined;
}

/** The members, as whoever decides knows them. */
export interface Field {
  byName(name: string): MemberId | undefined;
  nameOf(id: MemberId): string;
  /** Whether nodes may be given to it now: it answers, has quorum, and does not stop. */
  isAble(id: MemberId): boolean;
  /** How many nodes it holds, those it is about to be given included. */
  loadOf(id: MemberId): number;
}

/** What is to become of a node's holder. */
export interface Move {
  /** Nobody, where it is undefined. */
  readonly to: MemberId | undefined;
  /** Whether `collective.manager` is to say so too: it was not what people set. */
  readonly isOurs: boolean;
  /** For people. */
  readonly because: string;
}

/** Why a holder should not keep what it has, for people; undefined where it may. */
export type WhyOut = string | undefined;

/** Why a node is with whom people wanted it. */
export const AS_SET = "collective.manager says so";

/** What is to become of the node; undefined where all stays as it is. */
export function decide(node: PlacedNode, field: Field, out: WhyOut): Move | undefined {
  const { exists, holder, manager, candidates } = node;
  if (!exists) return holder === undefined ? undefined : release("the node was removed");
  const wished = field.byName(manager);
  const isPermitted = wished !== undefined && (candidates?.has(wished) ?? true);
  if (!isPermitted) return unwished(node, field, out);
  if (wished === holder) return out === undefined ? undefined : another(node, field, out);
  const asSet = { to: wished, isOurs: false, because: AS_SET };
  if (field.isAble(wished)) return asSet;
  const why = `${manager}, whom collective.manager names, is not there`;
  if (holder === undefined) return another(node, field, why) ?? asSet;
  return out === undefined ? undefined : another(node, field, out);
}

/** `collective.manager` names nobody, no member, or one that may not. */
function unwished(node: PlacedNode, field: Field, out: WhyOut): Move | undefined {
  const { holder, manager, candidates } = node;
  if (candidates === undefined) {
    if (holder === undefined) return undefined;
    return release(manager === "" ? "no manager is set" : `${manager} is not a member`);
  }
  const why = manager === "" ? "no manager was set" : `${manager} is not a candidate`;
  const stays = holder !== undefined && out === undefined && candidates.has(holder);
  return stays ? { to: holder, isOurs: true, because: why } : another(node, field, out ?? why);
}

function release(because: string): Move {
  return { to: undefined, isOurs: false, because };
}

/** The able candidate with the fewest nodes, its holder aside. */
function another(
  { holder, candidates }: PlacedNode,
  field: Field,
  because: string,
): Move | undefined {
  const to = best([...candidates ?? []].filter((id) => id !== holder && field.isAble(id)), field);
  return to === undefined ? undefined : { to, isOurs: true, because };
}

/** The one with the fewest nodes, ties by name; undefined of none. */
export function best(members: readonly MemberId[], field: Field): MemberId | undefined {
  return members.reduce<MemberId | undefined>((found, id) => {
    if (found === undefined) return id;
    const fewer = field.loadOf(id) - field.loadOf(found);
    if (fewer !== 0) return fewer < 0 ? id : found;
    return field.nameOf(id) < field.nameOf(found) ? id : found;
  }, undefined);
}
