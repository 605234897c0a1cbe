/** The cryptography the pure floors need: synchronous, from the platform's own `node:crypto`. */
import {
  type CipherGCM,
  createCipheriv,
  createDecipheriv,
  createHash,
  createHmac,
  createPrivateKey,
  createPublicKey,
  type DecipherGCM,
  diffieHellman,
  hkdfSync,
  pbkdf2Sync,
  sign as signNow,
  timingSafeEqual,
  verify as verifyNow,
  X509Certificate,
} from "node:crypto";

import { ByteWriter, concat, fromHex, toBase64, toHex } from "./bytes.ts";

/** Bytes of the tag that AES-GCM puts behind what it seals, and of the IV it wants. */
export const GCM_TAG_BYTES = 16;
export const GCM_IV_BYTES = 12;

/** SHA-256 of the parts, one after another. 32 bytes. */
export function sha256(...parts: readonly Uint8Array[]): Uint8Array {
  return digest("sha256", parts);
}

/** For what others find by it only; it protects nothing any more. 20 bytes. */
export function sha1(bytes: Uint8Array): Uint8Array {
  return digest("sha1", [bytes]);
}

/** SHA-512 of the parts, one after another. 64 bytes. */
export function sha512(...parts: readonly Uint8Array[]): Uint8Array {
  return digest("sha512", parts);
}

function digest(name: "sha1" | "sha256" | "sha512", parts: readonly Uint8Array[]): Uint8Array {
  const hash = createHash(name);
  for (const part of parts) hash.update(part);
  return new Uint8Array(hash.digest());
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

// How DER frames the 32 bytes of an X25519 key, private and public (RFC 8410).
const X25519_PRIVATE = fromHex("302e020100300506032b656e04220420");
const X25519_PUBLIC = fromHex("302a300506032b656e032100");
/** Bytes of a key of X25519, private or public. */
export const X25519_BYTES = 32;

function pem(label: string, frame: Uint8Array, key: Uint8Array): string {
  return `-----BEGIN ${label}-----\n${toBase64(concat([frame, key]))}\n-----END ${label}-----\n`;
}

/** The public key of 32 random bytes, RFC 7748. */
export function x25519Public(privateKey: Uint8Array): Uint8Array {
  const key = createPublicKey(createPrivateKey(pem("PRIVATE KEY", X25519_PRIVATE, privateKey)));
  return new Uint8Array(key.export({ format: "der", type: "spki" }).subarray(-X25519_BYTES));
}

/** What both ends of X25519 know, RFC 7748; undefined for a public key that hides nothing. */
export function x25519Shared(
  privateKey: Uint8Array,
  publicKey: Uint8Array,
): Uint8Array | undefined {
  try {
    return new Uint8Array(diffieHellman({
      privateKey: createPrivateKey(pem("PRIVATE KEY", X25519_PRIVATE, privateKey)),
      publicKey: createPublicKey(pem("PUBLIC KEY", X25519_PUBLIC, publicKey)),
    }));
  } catch {
    return undefined;
  }
}

/** PBKDF2 with HMAC-SHA256, RFC 8018. It blocks, about a second for a million iterations. */
export function pbkdf2Sha256(
  secret: Uint8Array,
  salt: Uint8Array,
  iterations: number,
  length = 32,
): Uint8Array {
  return new Uint8Array(pbkdf2Sync(secret, salt, iterations, length, "sha256"));
}

/**
 * AES-GCM (SP 800-38D) under a key of 16 or 32 bytes: the ciphertext and its tag of 16 bytes. An
 * `iv` of 12 bytes must never come twice under one key. `bound` is not in what is given back, yet
 * opens with nothing else.
 */
export function sealGcm(
  key: Uint8Array,
  iv: Uint8Array,
  plain: Uint8Array,
  bound: Uint8Array = new Uint8Array(0),
): Uint8Array {
  const name = `aes-${key.length * 8}-gcm`;
  const cipher = createCipheriv(name, key, iv) as CipherGCM;
  cipher.setAAD(bound);
  return concat([cipher.update(plain), cipher.final(), cipher.getAuthTag()]);
}

/** What {@link sealGcm} sealed; undefined where key, iv, bound or a bit of it is another. */
export function openGcm(
  key: Uint8Array,
  iv: Uint8Array,
  sealed: Uint8Array,
  bound: Uint8Array = new Uint8Array(0),
): Uint8Array | undefined {
  const end = sealed.length - GCM_TAG_BYTES;
  if (end < 0) return undefined;
  try {
    const name = `aes-${key.length * 8}-gcm`;
    const opened = createDecipheriv(name, key, iv) as DecipherGCM;
    opened.setAAD(bound);
    opened.setAuthTag(sealed.subarray(end));
    return concat([opened.update(sealed.subarray(0, end)), opened.final()]);
  } catch {
    return undefined;
  }
}

/** AES-CBC with the padding of PKCS #7; undefined where that is wrong. To be proved before it. */
export function openCbc(
  key: Uint8Array,
  iv: Uint8Array,
  ciphertext: Uint8Array,
): Uint8Array | undefined {
  try {
    const opened = createDecipheriv(`aes-${key.length * 8}-cbc`, key, iv);
    return concat([opened.update(ciphertext), opened.final()]);
  } catch {
    return undefined;
  }
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
