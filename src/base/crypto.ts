/** The cryptography the pure floors need: synchronous, from the platform's own `node:crypto`. */
import { createHash, createHmac, hkdfSync, timingSafeEqual } from "node:crypto";

import { ByteWriter, toHex } from "./bytes.ts";

export function sha256(bytes: Uint8Array): Uint8Array {
  return new Uint8Array(createHash("sha256").update(bytes).digest());
}

/** How a certificate is named in a roster: SHA-256 of its DER form, in lower-case hexadecimal. */
export function fingerprintOf(certificateDer: Uint8Array): string {
  return toHex(sha256(certificateDer));
}

/** HMAC-SHA256, RFC 2104. 32 bytes. */
export function hmacSha256(key: Uint8Array, message: Uint8Array): Uint8Array {
  return new Uint8Array(createHmac("sha256", key).update(message).digest());
}

/** HKDF-SHA256 with an empty salt, RFC 5869. */
export function hkdfSha256(secret: Uint8Array, purpose: string, length = 32): Uint8Array {
  return new Uint8Array(hkdfSync("sha256", secret, new Uint8Array(0), purpose, length));
}

/** Equality of secrets, in a time that tells nothing of where they differ. */
export function sameSecret(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && timingSafeEqual(a, b);
}

/** Fields joined so that no two lists of fields give the same bytes: each behind its length. */
export function encodeFields(...fields: readonly (string | Uint8Array)[]): Uint8Array {
  const writer = new ByteWriter();
  for (const field of fields) typeof field === "string" ? writer.text(field) : writer.bytes(field);
  return writer.finish();
}
