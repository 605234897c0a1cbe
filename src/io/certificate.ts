/**
 * Keys and self-signed certificates. A certificate here is only a
 * public key with a name on it: its SHA-256 in the roster is what makes it trusted, never its
 * signature, and never its dates, since a wrong clock must not keep a member out.
 */
import { X509Certificate } from "node:crypto";

import { MalformedError } from "../base/bytes.ts";
import { DAY_MS } from "../base/instant.ts";
import { certificateDer } from "../wire/pem.ts";
import type { LinkIdentity } from "./link.ts";

const LIFETIME_YEARS = 10;
const SERIAL_BYTES = 16;
/** The kind of every key and signature that is made here. */
export const P256 = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" };

/**
 * A new P-256 key and a certificate of it for `name`, signed by itself (RFC 5280), with a random
 * serial number. It starts a day ago, for hosts whose clocks are behind, and ends in ten years.
 */
export async function makeIdentity(name: string): Promise<LinkIdentity> {
  const x509 = await x509Library();
  const keys = await crypto.subtle.generateKey(P256, true, ["sign", "verify"]);
  const now = new Date();
  const end = new Date(now);
  end.setUTCFullYear(now.getUTCFullYear() + LIFETIME_YEARS);
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    serialNumber: randomSerial(),
    // As a structure: a name given as text would be parsed, commas and all.
    name: [{ CN: [name] }],
    notBefore: new Date(now.getTime() - DAY_MS),
    notAfter: end,
    keys,
    signingAlgorithm: P256,
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
    ],
  }, crypto);
  const pkcs8 = await crypto.subtle.exportKey("pkcs8", keys.privateKey);
  return {
    certificatePem: `${certificate.toString("pem")}\n`,
    keyPem: `${x509.PemConverter.encode(pkcs8, "PRIVATE KEY")}\n`,
  };
}

/** What certificates are made with. Loading it takes up to 0.6 s, and only making a key or signing
 * needs it. */
export async function x509Library(): Promise<typeof import("@peculiar/x509")> {
  // It looks for what this installs.
  await import("reflect-metadata");
  return await import("@peculiar/x509");
}

/** A positive number of 16 bytes in hexadecimal (RFC 5280, section 4.1.2.2). */
export function randomSerial(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(SERIAL_BYTES));
  bytes[0] = (bytes[0]! & 0x3f) | 0x40;
  return bytes.toHex();
}

/** When a certificate ends, in milliseconds since the epoch. {@link MalformedError} as above. */
export function expiryOf(certificate: string | Uint8Array): number {
  return Date.parse(parsed(certificate).validTo);
}

function parsed(certificate: string | Uint8Array): X509Certificate {
  const der = typeof certificate === "string" ? certificateDer(certificate) : certificate;
  try {
    return new X509Certificate(der);
  } catch (error) {
    throw new MalformedError(`not an X.509 certificate: ${String(error)}`);
  }
}
