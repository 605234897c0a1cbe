/** The cryptography the pure floors need: synchronous, from the platform's own `node:crypto`. */
import {
  createHash,
  createHmac,
  createPrivateKey,
  hkdfSync,
  sign as signNow,
  timingSafeEqual,
  verify as verifyNow,
  X509Certificate,
} from "node:crypto";

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

/** ECDSA with SHA-256 over `message` by a key in PEM; the signature is DER (RFC 3279, 2.2.3). */
export function sign(keyPem: string, message: Uint8Array): Uint8Array {
  return new Uint8Array(signNow("sha256", message, createPrivateKey(keyPem)));
}

/**
 * Whether the key of this certificate signed `message`. Total: a certificate or a signature that
 * cannot be read has signed nothing.
 */
export function verify(
  certificate: Uint8Array,
  message: Uint8Array,
  signature: Uint8Array,
): boolean {
  try {
    return verifyNow("sha256", message, new X509Certificate(certificate).publicKey, signature);
  } catch {
    return false;
  }
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
