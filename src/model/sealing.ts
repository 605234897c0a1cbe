/**
 * A secret in its cell: sealed by the collective key with AES-256-GCM, and bound to its row and
 * attribute, so that in another cell it opens no more than with another key.
 *
 *     1.KEY.base64(iv, ciphertext, tag)
 *
 * KEY is the key's id, 16 hexadecimal digits: by it a rotation tells what is yet to be resealed.
 */
import { concat, fromUtf8, toBase64, utf8 } from "../base/bytes.ts";
import { encodeFields, GCM_IV_BYTES, openGcm, sealGcm } from "../base/crypto.ts";

/** What seals the secrets of a collective; see src/collective/key_ring.ts. */
export interface CollectiveKey {
  /** 16 hexadecimal digits, drawn at random. */
  readonly id: string;
  /** 32 bytes. */
  readonly bytes: Uint8Array;
}

/** Random bytes that {@link seal} wants for each secret, never twice the same. */
export const SEAL_IV_BYTES = GCM_IV_BYTES;

const FORM = /^1\.([0-9a-f]{16})\.([A-Za-z0-9+/]+={0,2})$/;

function bound(keyId: string, row: string, attribute: string): Uint8Array {
  return encodeFields("confluent secret v1", keyId, row, attribute);
}

/** `plain` as the cell of that row and attribute keeps it. */
export function seal(
  key: CollectiveKey,
  row: string,
  attribute: string,
  plain: string,
  iv: Uint8Array,
): string {
  const sealed = sealGcm(key.bytes, iv, utf8(plain), bound(key.id, row, attribute));
  return `1.${key.id}.${toBase64(concat([iv, sealed]))}`;
}

/** The id of the key that sealed it; undefined for what this version cannot read. */
export function sealedBy(sealed: string): string | undefined {
  return FORM.exec(sealed)?.[1];
}

/** What was sealed; undefined where the key, the cell or a bit of it is another. */
export function unseal(
  key: CollectiveKey,
  row: string,
  attribute: string,
  sealed: string,
): string | undefined {
  const [, keyId, text] = FORM.exec(sealed) ?? [];
  if (keyId !== key.id || text === undefined) return undefined;
  try {
    const bytes = Uint8Array.fromBase64(text, { lastChunkHandling: "strict" });
    const iv = bytes.subarray(0, SEAL_IV_BYTES), rest = bytes.subarray(SEAL_IV_BYTES);
    const plain = openGcm(key.bytes, iv, rest, bound(keyId, row, attribute));
    return plain === undefined ? undefined : fromUtf8(plain);
  } catch {
    return undefined; // not base64, after all
  }
}
