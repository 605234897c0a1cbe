/**
 * Why a node stays where it should not, or has nobody though somebody is wished: what people are
 * told, beside the decision of placement.ts.
 */
import { decide, type Field, type PlacedNode, type WhyOut } from "./placement.ts";

/**
 * - `bad-candidates`: what is set for them is no noderange.
 * - `no-candidates`: none are set, so that it goes nowhere by itself.
 * - `none-able`: none of them can take it now.
 * - `no-such-manager`: nobody has it, for `collective.manager` names no member.
 */
export type Stuck = "bad-candidates" | "no-candidates" | "none-able" | "no-such-manager";

/** Why the node cannot leave a holder that should not keep it (`out`), or gets none; undefined
 * where it is well, or about to be. `fault`: why what it has for candidates makes no sense. */
export function stuckBecause(
  node: PlacedNode,
  fault: string | undefined,
  field: Field,
  out: WhyOut,
): Stuck | undefined {
  const { exists, holder, manager, candidates } = node;
  if (!exists || (holder !== undefined && out === undefined)) return undefined;
  if (decide(node, field, out) !== undefined) return undefined;
  if (fault !== undefined) return "bad-candidates";
  if (candidates !== undefined) return "none-able";
  if (holder !== undefined) return "no-candidates";
  return manager === "" ? undefined : "no-such-manager";
}
