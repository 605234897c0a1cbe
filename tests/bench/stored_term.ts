/** The term that a member's disk holds: each election that was called took one. */
import { parseFrame } from "../../src/io/store_parts.ts";
import { storePaths } from "../../src/io/store_recovery.ts";
import { decodeMeta, META_KEY } from "../../src/wire/record.ts";

/** Of the member whose data is in the folder, whether it runs or not. */
export async function termOf(folder: string): Promise<number> {
  using kv = await Deno.openKv(storePaths(folder).kv);
  const { value } = await kv.get(["r", META_KEY]);
  return decodeMeta(parseFrame(META_KEY, 0, value).bytes).term;
}
