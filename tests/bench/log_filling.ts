/** Makes the collective forget its log, without changing more than one cell. */
import { CHECKPOINT_AFTER_BYTES, MAX_VALUE_BYTES, TAIL_KEPT_BYTES } from "../../src/base/limits.ts";
import type { BenchMember } from "./collective.ts";
import { nameOf } from "./inventories.ts";

/** More than the tail that is kept, twice over a checkpoint, and what may be under way. */
const FILLING_BYTES = TAIL_KEPT_BYTES + CHECKPOINT_AFTER_BYTES;
const AT_A_TIME = 8;

/**
 * Writes one cell again and again, with the longest value there may be and at the end with a short
 * one: afterwards the members' logs begin behind whatever was written before.
 */
export async function fillLog(at: BenchMember): Promise<void> {
  const path = `/nodes/${nameOf(1)}/attributes/current`;
  const body = JSON.stringify({ "info.note": "x".repeat(MAX_VALUE_BYTES) });
  let left = Math.ceil(FILLING_BYTES / MAX_VALUE_BYTES);
  await Promise.all(Array.from({ length: AT_A_TIME }, async () => {
    while (left-- > 0) await at.send("PUT", path, body);
  }));
  await at.ask("PUT", path, { "info.note": "short" });
}
