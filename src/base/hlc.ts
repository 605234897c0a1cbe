/**
 * Hybrid logical clocks (Kulkarni et al. 2014), used for "changed at" and never for order. One is
 * a whole number: milliseconds since the epoch x 1024, plus a count within the millisecond. It
 * fits a safe integer until the year 2248; a wall clock beyond that is taken as just before it.
 *
 * Beyond the paper: a reading far ahead of the wall clock came from a clock that was wrong, and is
 * not followed. Else one such reading would date everything that is changed ever after.
 */
import { MAX_CLOCK_LEAD_MS } from "./limits.ts";

const PER_MILLISECOND = 1024;
const LAST_MS = Math.floor(Number.MAX_SAFE_INTEGER / PER_MILLISECOND) - 86_400_000;

/** A reading not earlier than the wall clock, and later than `before` unless that was far ahead. */
export function hlcAfter(wallMs: number, before: number): number {
  const sane = Math.min(Math.max(0, Math.floor(wallMs)), LAST_MS);
  const isFarAhead = before > (sane + MAX_CLOCK_LEAD_MS) * PER_MILLISECOND;
  return isFarAhead ? sane * PER_MILLISECOND : Math.max(sane * PER_MILLISECOND, before + 1);
}

/** The milliseconds since the epoch in a reading. */
export function hlcMillis(hlc: number): number {
  return Math.floor(hlc / PER_MILLISECOND);
}
