/** Answers to callers who know the rest. */

/** Whether no more than what changed is to be told: RFC 7240, section 4.2. */
export function isMinimal(request: Request): boolean {
  return /\breturn=minimal\b/.test(request.headers.get("prefer") ?? "");
}
