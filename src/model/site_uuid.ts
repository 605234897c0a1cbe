/** The UUID by which nodes know their collective. */
import type { Rows } from "./rows.ts";

/** The row of the globals that nothing here derives: a cell for each, JSON. */
export const GLOBALS_ROW = "setting/globals";

/** The original's id of its installation, by which deployed nodes know it. */
export const UUID_GLOBAL = "confluent_uuid";

/** What was restored of an installation before this one; else the collective's own id. */
export function siteUuid(rows: Pick<Rows, "value">, collective: string): string {
  const restored = rows.value(GLOBALS_ROW, UUID_GLOBAL);
  const value: unknown = restored === null ? undefined : JSON.parse(restored);
  return typeof value === "string" ? value : collective;
}
