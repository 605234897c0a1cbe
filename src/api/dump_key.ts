/**
 * The key that the secrets of dumps are sealed by. It stays the same, as the original's does: an
 * unchanged secret is the same text in every dump, and a dump without keys goes with those of an
 * earlier one. It comes with a dump that is restored, or is drawn for the first dump.
 */
import { toBase64 } from "../base/bytes.ts";
import { encodeFields, hmacSha256 } from "../base/crypto.ts";
import { MAX_CHANGE_TRIES } from "../base/limits.ts";
import { ok, type Outcome, refused } from "../base/outcome.ts";
import { systemRandom } from "../io/random.ts";
import { DUMP_IV_BYTES, writeDumpSecret } from "../model/legacy_crypto.ts";
import { ROW_MARK } from "../model/operation.ts";
import { fromCell, toCell } from "../model/stored_value.ts";
import type { MemberService } from "../service/member_service.ts";

/** The row and cell that hold it, sealed as every secret is. */
export const DUMP_KEY_ROW = "setting/dumps";
export const DUMP_KEY_CELL = "key";

const KEY_BYTES = 32;

/** The key as base64, where there is one. */
export function presentDumpKey(member: MemberService): Outcome<string | undefined> {
  const cell = member.state.value(DUMP_KEY_ROW, DUMP_KEY_CELL);
  const stored = cell === null ? undefined : fromCell(cell);
  if (stored?.kind !== "sealed") return ok(undefined);
  return member.secrets.unseal(DUMP_KEY_ROW, DUMP_KEY_CELL, stored.sealed);
}

/** The key; one is drawn and kept where there is none yet. */
export async function dumpKey(member: MemberService): Promise<Outcome<Uint8Array>> {
  for (let tries = 0; tries < MAX_CHANGE_TRIES; tries++) {
    const present = presentDumpKey(member);
    if (!present.ok) return present;
    if (present.value !== undefined) return ok(Uint8Array.fromBase64(present.value));
    const sealing = await member.secrets.sealing();
    if (!sealing.ok) return sealing;
    const key = toBase64(systemRandom.bytes(KEY_BYTES));
    const sealed = sealing.value.seal(DUMP_KEY_ROW, DUMP_KEY_CELL, key);
    if (!sealed.ok) return sealed;
    const [row, attribute] = [DUMP_KEY_ROW, DUMP_KEY_CELL];
    const value = member.state.value(row, attribute);
    const cell = toCell({ kind: "sealed", sealed: sealed.value });
    const written = await member.write([
      sealing.value.guard,
      { kind: "guard", guard: { test: "equals", row, attribute, value } },
      { kind: "set", rows: [row], cells: [[ROW_MARK, ""], [attribute, cell]] },
    ]);
    if (!written.ok) return written;
  }
  return refused("busy", "the key of dumps is changed by others all the time; try again");
}

/**
 * A secret as a dump has it. Its iv is made of the key, the place and the text: the same text in
 * the same place is always sealed alike, and no two others ever by the same iv.
 */
export function dumpSecret(key: Uint8Array, row: string, attribute: string, plain: string): string {
  const place = encodeFields("confluent dump iv v1", row, attribute, plain);
  return writeDumpSecret(key, hmacSha256(key, place).subarray(0, DUMP_IV_BYTES), plain);
}
