/**
 * A certificate authority's work: its own key and certificate, and certificates that it signs, of
 * TLS (RFC 5280) and of SSH. Times are given, never asked for. Nodes trust these; members do not
 * trust each other by them (docs/decisions/0036-collective-authority.md).
 */
import { X509Certificate } from "node:crypto";

import {
  AUTHORITY_YEARS,
  BACKDATED_MS,
  MAX_CERTIFIED_NAMES,
  MAX_REQUEST_PEM_LENGTH,
  MAX_RSA_BITS,
  MIN_RSA_BITS,
} from "../base/boot_limits.ts";
import { MalformedError, utf8 } from "../base/bytes.ts";
import { oneLine } from "../base/one_line.ts";
import { ok, type Outcome, refused } from "../base/outcome.ts";
import { sign as signEcdsa, verify as verifyEcdsa } from "../base/crypto.ts";
import { certificateDer } from "../wire/pem.ts";
import {
  ed25519Key,
  parseSshKey,
  printSshCertificate,
  printSshKey,
  type SshHostClaim,
  sshHostWords,
} from "../wire/ssh_certificate.ts";
import { P256, randomSerial, x509Library } from "./certificate.ts";

/** A certificate, with those above it if there are any, and its key: both in PEM. */
export interface KeyedCertificate {
  readonly certificatePem: string;
  readonly keyPem: string;
}

/** From when to when a certificate counts, in milliseconds since 1970. */
export interface Validity {
  readonly fromMs: number;
  readonly untilMs: number;
}

/** Longest common name (RFC 5280, ub-common-name). */
const MAX_COMMON_NAME = 64;
const SSH_NONCE_BYTES = 32;
const ED25519 = { name: "Ed25519" };

/** A new CA of that name, good for AUTHORITY_YEARS. It signs certificates of hosts, and no CA. */
export async function makeAuthority(commonName: string, nowMs: number): Promise<KeyedCertificate> {
  const x509 = await x509Library();
  const keys = await crypto.subtle.generateKey(P256, true, ["sign", "verify"]);
  const end = new Date(nowMs);
  end.setUTCFullYear(end.getUTCFullYear() + AUTHORITY_YEARS);
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    serialNumber: randomSerial(),
    name: [{ CN: [commonName] }],
    notBefore: new Date(nowMs - BACKDATED_MS),
    notAfter: end,
    keys,
    signingAlgorithm: P256,
    extensions: [
      new x509.BasicConstraintsExtension(true, 0, true),
      new x509.KeyUsagesExtension(
        x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign,
        true,
      ),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey, false, crypto),
    ],
  }, crypto);
  return { certificatePem: `${certificate.toString("pem")}\n`, keyPem: await pemOf(keys) };
}

/** What a server's certificate is to say. */
export interface ServerClaim extends Validity {
  /** Names and addresses; the first is its common name too. */
  readonly names: readonly string[];
}

/** A new key, and a certificate of it that `authority` signs, which stands behind it in the PEM. */
export async function issueServer(
  authority: KeyedCertificate,
  claim: ServerClaim,
): Promise<Outcome<KeyedCertificate>> {
  const keys = await crypto.subtle.generateKey(P256, true, ["sign", "verify"]);
  const signed = await signServer(authority, keys.publicKey, claim);
  if (!signed.ok) return signed;
  const certificatePem = signed.value + authority.certificatePem;
  return ok({ certificatePem, keyPem: await pemOf(keys) });
}

/**
 * The certificate, in PEM, of the key that a request (PKCS #10, in PEM) proves its sender to have.
 * Nothing else that the request wishes for is in it. Refuses with `invalid` what is no such
 * request, a key that is too weak, and names that are none.
 */
export async function signRequest(
  authority: KeyedCertificate,
  requestPem: string,
  claim: ServerClaim,
): Promise<Outcome<string>> {
  if (requestPem.length > MAX_REQUEST_PEM_LENGTH) {
    const most = `at most ${MAX_REQUEST_PEM_LENGTH}, which is MAX_REQUEST_PEM_LENGTH`;
    return refused("invalid", `a request of ${requestPem.length} characters; wanted ${most}`);
  }
  const x509 = await x509Library();
  try {
    const request = new x509.Pkcs10CertificateRequest(requestPem);
    const weak = whyWeak(request.publicKey.algorithm);
    if (weak !== undefined) return refused("invalid", weak);
    if (!await request.verify(crypto)) {
      return refused("invalid", "the request is not signed by the key that is in it");
    }
    return await signServer(authority, await request.publicKey.export(crypto), claim);
  } catch (error) {
    const wanted = "wanted a certificate request in PEM";
    return refused("invalid", `${wanted}: ${oneLine(error).slice(0, 128)}`);
  }
}

/** Undefined where it is strong enough. */
function whyWeak(algorithm: Algorithm): string | undefined {
  const { name } = algorithm;
  if (name === "ECDSA" || name === "Ed25519") return undefined;
  if (!/^RSA/.test(name)) return `a key of ${name}; wanted ECDSA, Ed25519 or RSA`;
  const bits = "modulusLength" in algorithm ? Number(algorithm.modulusLength) : 0;
  if (bits >= MIN_RSA_BITS && bits <= MAX_RSA_BITS) return undefined;
  return `an RSA key of ${bits} bits; wanted ${MIN_RSA_BITS} to ${MAX_RSA_BITS}`;
}

async function signServer(
  authority: KeyedCertificate,
  publicKey: CryptoKey,
  { names, fromMs, untilMs }: ServerClaim,
): Promise<Outcome<string>> {
  const strange = names.find((name) => kindOf(name) === undefined);
  if (strange !== undefined || names.length === 0 || names.length > MAX_CERTIFIED_NAMES) {
    const wanted = `wanted 1 to ${MAX_CERTIFIED_NAMES} names of hosts and IP addresses`;
    return refused("invalid", `${strange ?? names.length}: ${wanted}`);
  }
  const x509 = await x509Library();
  const above = new x509.X509Certificate(authority.certificatePem);
  const certificate = await x509.X509CertificateGenerator.create({
    serialNumber: randomSerial(),
    subject: [{ CN: [(names[0] ?? "").slice(0, MAX_COMMON_NAME)] }],
    issuer: above.subjectName,
    notBefore: new Date(fromMs),
    notAfter: new Date(untilMs),
    publicKey,
    signingKey: await signingKey(authority.keyPem, P256),
    signingAlgorithm: P256,
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
      new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth]),
      new x509.SubjectAlternativeNameExtension(
        names.map((value) => ({ type: kindOf(value) ?? "dns", value })),
      ),
      await x509.AuthorityKeyIdentifierExtension.create(above.publicKey, false, crypto),
      await x509.SubjectKeyIdentifierExtension.create(publicKey, false, crypto),
    ],
  }, crypto);
  return ok(`${certificate.toString("pem")}\n`);
}

/** Undefined for what cannot stand in a certificate. */
function kindOf(name: string): "ip" | "dns" | undefined {
  if (/^\d+\.\d+\.\d+\.\d+$/.test(name) || /^[0-9a-f:.]*:[0-9a-f:.]*$/i.test(name)) return "ip";
  return /^(?!-)[\w-]{1,63}(?:\.[\w-]{1,63})*$/.test(name) && name.length <= 253
    ? "dns"
    : undefined;
}

/** When it counts, and the names and addresses in it, of the first certificate in the PEM.
 * {@link MalformedError} where there is none. */
export function readServer(certificatePem: string): ServerClaim {
  const der = certificateDer(certificatePem);
  try {
    const { validFrom, validTo, subjectAltName = "" } = new X509Certificate(der);
    const names = subjectAltName.split(", ").map((one) => one.replace(/^(?:DNS|IP Address):/, ""));
    return { names, fromMs: Date.parse(validFrom), untilMs: Date.parse(validTo) };
  } catch (error) {
    throw new MalformedError(`not an X.509 certificate: ${oneLine(error)}`);
  }
}

/** Whether the key belongs to the first certificate in the PEM. */
export function isKeyOf({ certificatePem, keyPem }: KeyedCertificate): boolean {
  try {
    const words = utf8("confluent key of a certificate");
    return verifyEcdsa(certificateDer(certificatePem), words, signEcdsa(keyPem, words));
  } catch {
    return false;
  }
}

// ---- SSH

/** A key that signs keys of hosts. */
export interface SshSigner {
  /** The line of its public key. */
  readonly publicLine: string;
  readonly keyPem: string;
}

/** A new Ed25519 key; its line says whose it is by `comment`. */
export async function makeSshAuthority(comment: string): Promise<SshSigner> {
  const keys = await crypto.subtle.generateKey(ED25519, true, ["sign", "verify"]) as CryptoKeyPair;
  const raw = new Uint8Array(await crypto.subtle.exportKey("raw", keys.publicKey));
  return { publicLine: printSshKey(ed25519Key(raw), comment), keyPem: await pemOf(keys) };
}

/** What a host's certificate is to say; see {@link SshHostClaim}. */
export type SshHost = Pick<SshHostClaim, "keyId" | "principals" | "validAfter" | "validBefore">;

/** The line of a host's certificate for the key in the line `key`; `invalid` where that is none. */
export async function signSshHost(
  signer: SshSigner,
  key: string,
  host: SshHost,
): Promise<Outcome<string>> {
  const strange = host.principals.find((name) => !/^[\w.:-]{1,253}$/.test(name));
  const { length } = host.principals;
  if (strange !== undefined || length === 0 || length > MAX_CERTIFIED_NAMES) {
    const wanted = `wanted 1 to ${MAX_CERTIFIED_NAMES} names of hosts and IP addresses`;
    return refused("invalid", `${(strange ?? `${length}`).slice(0, 64)}: ${wanted}`);
  }
  let claim: SshHostClaim;
  try {
    claim = {
      ...host,
      key: parseSshKey(key),
      nonce: crypto.getRandomValues(new Uint8Array(SSH_NONCE_BYTES)),
      serial: crypto.getRandomValues(new BigUint64Array(1))[0] ?? 0n,
      signedBy: parseSshKey(signer.publicLine),
    };
  } catch (error) {
    if (!(error instanceof MalformedError)) throw error;
    return refused("invalid", error.message);
  }
  const words = new Uint8Array(sshHostWords(claim));
  const by = await signingKey(signer.keyPem, ED25519);
  const signature = new Uint8Array(await crypto.subtle.sign(ED25519, by, words));
  return ok(printSshCertificate(claim, signature));
}

// ---- keys

async function pemOf({ privateKey }: CryptoKeyPair): Promise<string> {
  const { PemConverter } = await x509Library();
  const pkcs8 = await crypto.subtle.exportKey("pkcs8", privateKey);
  return `${PemConverter.encode(pkcs8, "PRIVATE KEY")}\n`;
}

async function signingKey(
  keyPem: string,
  algorithm: typeof P256 | typeof ED25519,
): Promise<CryptoKey> {
  const { PemConverter } = await x509Library();
  const pkcs8 = PemConverter.decodeFirst(keyPem);
  return await crypto.subtle.importKey("pkcs8", pkcs8, algorithm, false, ["sign"]);
}
