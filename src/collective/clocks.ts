/**
 * Whose clock is right: the median's. The time of day orders nothing here; it dates entries and
 * ends invitations, and of three clocks a wrong one must not do either wrongly. Of two nobody can
 * tell which is right: each member goes by its own, and the one that is ahead is named.
 */
import { MAX_CLOCK_LEAD_MS } from "../base/limits.ts";

/** How far a member's clock is ahead of this member's own, in milliseconds. */
export interface Skew {
  readonly name: string;
  readonly aheadMs: number;
}

/** Those more than MAX_CLOCK_LEAD_MS off the median, and by how much. */
export function wrongClocks(skews: readonly Skew[]): Skew[] {
  const median = medianOf(skews);
  return skews
    .map(({ name, aheadMs }) => ({ name, aheadMs: aheadMs - median }))
    .filter(({ aheadMs }) => Math.abs(aheadMs) > MAX_CLOCK_LEAD_MS);
}

/** The own reading, or the median's where the own clock is far off it; `skews` has the own too. */
export function agreedWallMs(ownMs: number, skews: readonly Skew[]): number {
  if (skews.length < 3) return ownMs;
  const median = medianOf(skews);
  return Math.abs(median) > MAX_CLOCK_LEAD_MS ? ownMs + median : ownMs;
}

/** The lower of the two in the middle where their number is even. */
function medianOf(skews: readonly Skew[]): number {
  const sorted = skews.map(({ aheadMs }) => aheadMs).sort((a, b) => a - b);
  return sorted[Math.floor((sorted.length - 1) / 2)] ?? 0;
}
