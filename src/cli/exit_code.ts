/**
 * The exit codes, and the one table of what ends with which. Wrong usage (2) is what could not be
 * read as a command; what was read and then refused by a service is a failure (1), unless the
 * cause is one that a script may want to treat in its own way.
 */
import type { RefusalKind } from "../base/outcome.ts";

export const DONE = 0;
/** Not done, or not for all nodes: each that failed is named. */
export const FAILED = 1;
export const WRONG_USAGE = 2;
export const NO_QUORUM = 3;
/** The service cannot be reached. */
export const UNREACHABLE = 4;
export const NOT_ALLOWED = 5;
/** Ended by Ctrl-C before it was done, as shells tell it. */
export const INTERRUPTED = 130;

export type ExitCode =
  | typeof DONE
  | typeof FAILED
  | typeof WRONG_USAGE
  | typeof NO_QUORUM
  | typeof UNREACHABLE
  | typeof NOT_ALLOWED
  | typeof INTERRUPTED;

export const EXIT_CODES: Readonly<Record<RefusalKind, ExitCode>> = {
  "invalid": FAILED,
  "unauthorized": NOT_ALLOWED,
  "forbidden": NOT_ALLOWED,
  "not-found": FAILED,
  "conflict": FAILED,
  "stale": FAILED,
  "too-large": FAILED,
  "busy": FAILED,
  "no-quorum": NO_QUORUM,
  "catching-up": FAILED,
  "unavailable": FAILED,
  "unknown-outcome": FAILED,
};
