/** What a refusal looks like over HTTP: one table of statuses, one shape of body. */
import { CATCH_UP_WAIT_MS } from "../base/limits.ts";
import type { Refusal, RefusalKind } from "../base/outcome.ts";
import { type Failure, NO_QUORUM_ERROR } from "../wire/http.ts";

/** 503 promises that nothing was done, 504 that nothing is known. */
export const STATUS: Readonly<Record<RefusalKind, number>> = {
  "invalid": 400,
  "unauthorized": 401,
  "forbidden": 403,
  "not-found": 404,
  "conflict": 409,
  "stale": 412,
  "too-large": 413,
  "busy": 429,
  "no-quorum": 503,
  "catching-up": 503,
  "unavailable": 503,
  "unknown-outcome": 504,
};

/** Scripts look for these words in front of the message, as confluent 4.0 says them. */
const PREFIX: Partial<Readonly<Record<RefusalKind, string>>> = {
  "invalid": "Bad Request - ",
  "not-found": "Target not found - ",
};

export function failureOf({ kind, message, missing }: Refusal): Failure {
  const error = kind === "no-quorum" ? NO_QUORUM_ERROR : (PREFIX[kind] ?? "") + message;
  const failure = { errorcode: STATUS[kind], error };
  return missing === undefined ? failure : { ...failure, missing: [...missing] };
}

/** Headers that belong to the kind of refusal. */
export function headersOf(kind: RefusalKind): Readonly<Record<string, string>> {
  switch (kind) {
    case "unauthorized":
      return { "WWW-Authenticate": 'Bearer realm="confluent"' };
    case "busy":
    case "catching-up":
      return { "Retry-After": String(Math.ceil(CATCH_UP_WAIT_MS / 1000)) };
    default:
      return {};
  }
}
