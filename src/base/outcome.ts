/**
 * What a foreseen failure looks like. Expected failures are values, never exceptions; every
 * refusal says which action failed, on what value, and what would be right.
 */

/**
 * The kinds of refusal. `src/api` maps each to one HTTP status and `src/cli` to one exit code.
 * All but `unknown-outcome` promise that nothing was changed.
 */
export type RefusalKind =
  | "invalid" // the request is malformed or breaks a rule of the schema
  | "unauthorized" // the caller proved nothing, or something false
  | "forbidden" // the caller is known and may not
  | "not-found"
  | "conflict" // true elsewhere, not here and now; asking again unchanged will not help
  | "stale" // a compare-and-set lost: something newer is there
  | "too-large"
  | "busy" // a bound is hit; asking again later helps
  | "no-quorum" // a majority of the voting members does not answer
  | "catching-up" // quorum is held, but this member lags behind it
  | "unavailable" // nothing was done; another member or a later time may help
  | "unknown-outcome"; // it may or may not have been done; ask again with the same key

/** A failure that was foreseen. `message` is one line, for people. */
export interface Refusal {
  readonly kind: RefusalKind;
  readonly message: string;
  /** Names of the members whose silence is the cause, where there are such. */
  readonly missing?: readonly string[];
}

/** It was done, and this came of it. */
export interface Ok<T> {
  readonly ok: true;
  readonly value: T;
}

/** It was not done, or nobody knows: see {@link RefusalKind}. */
export interface Refused {
  readonly ok: false;
  readonly refusal: Refusal;
}

export type Outcome<T> = Ok<T> | Refused;

export function ok(): Ok<void>;
export function ok<T>(value: T): Ok<T>;
export function ok<T>(value?: T): Ok<T | undefined> {
  return { ok: true, value };
}

/** An outcome that refuses; `missing` are names of members whose silence is the cause. */
export function refused(
  kind: RefusalKind,
  message: string,
  missing?: readonly string[],
): Refused {
  return {
    ok: false,
    refusal: missing === undefined ? { kind, message } : { kind, message, missing },
  };
}
