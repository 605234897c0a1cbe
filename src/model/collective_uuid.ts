/** The id by which nodes know the collective that deploys them. */
import type { Rows } from "./rows.ts";

/** The row of the globals that nothing here derives: a cell for each, JSON. */
export const GLOBALS_ROW = "setting/globals";

/** The original's id of its installation, by which deployed nodes know it. */
export const UUID_GLOBAL = "confluent_uuid";

/** The one that was restored from a dump, or else `own`: what the collective is named by. */
export function collectiveUuid(rows: Pick<Rows, "value">, own: string): string {
  const restored: unknown = JSON.parse(rows.value(GLOBALS_ROW, UUID_GLOBAL) ?? "null");
  return typeof restored === "string" ? restored : own;
}

/** The name in every member's certificate, whatever address it is reached at: what nodes verify.
 * Undefined for an id that is no label of a name (RFC 1123, section 2.1). */
export function fixedName(uuid: string): string | undefined {
  return /^[0-9a-z](?:[0-9a-z-]{0,61}[0-9a-z])?$/i.test(uuid) ? `${uuid}.confluent` : undefined;
}
