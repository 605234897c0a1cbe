/**
 * Hybrid logical clocks (Kulkarni et al. 2014), used for "changed at" and never for order. One is
 * a whole number: milliseconds since the epoch x 1024, plus a count within the millisecond. It
 * fits a safe integer until the year 2248; a wall clock beyond that is taken as just before it.
 */

const PER_MILLISECOND = 1024;
const LAST_MS = Math.floor(Number.MAX_SAFE_INTEGER / PER_MILLISECOND) - 86_400_000;

/** A clock reading that is later than `before` and not earlier than the wall clock. */
export function hlcAfter(wallMs: number, before: number): number {
  const sane = Math.min(Math.max(0, Math.floor(wallMs)), LAST_MS);
  return Math.max(sane * PER_MILLISECOND, before + 1);
}

/** The milliseconds since the epoch in a reading. */
export function hlcMillis(hlc: number): number {
  return Math.floor(hlc / PER_MILLISECOND);
}
