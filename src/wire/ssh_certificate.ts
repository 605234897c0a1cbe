/**
 * Keys of SSH and certificates of them, as OpenSSH has them (its PROTOCOL.certkeys; RFC 4251,
 * section 5, for the frames; RFC 4253, section 6.6, RFC 5656 and RFC 8709 for the keys).
 *
 * A key is one line, `TYPE BASE64 COMMENT`; the bytes are strings, each behind its length as u32:
 *
 *     ssh-ed25519              type, 32 bytes
 *     ecdsa-sha2-nistpN        type, "nistpN", point
 *     ssh-rsa                  type, e, n
 *
 * A certificate is a line of the same form, of type `TYPE-cert-v01@openssh.com`:
 *
 *     type, nonce, what the key has after its type,
 *     u64 serial, u32 2 (it is a host's), key id, string of strings: principals,
 *     u64 valid after, u64 valid before (seconds since 1970; all ones: for ever),
 *     critical options, extensions, reserved (all empty),
 *     the key that signs, the signature of all before it: string of ("ssh-ed25519", 64 bytes)
 */
import { concat, fromBase64, fromUtf8, MalformedError, toBase64, utf8 } from "../base/bytes.ts";
import { MAX_RSA_BITS, MAX_SSH_KEY_LENGTH, MIN_RSA_BITS } from "../base/boot_limits.ts";

const ED25519 = "ssh-ed25519";
const RSA = "ssh-rsa";
const CERTIFICATE = "-cert-v01@openssh.com";
/** SSH_CERT_TYPE_HOST. */
const HOST = 2;
const FOR_EVER = 0xffff_ffff_ffff_ffffn;
const ED25519_BYTES = 32;
/** Strings after the type. */
const FIELDS: Readonly<Record<string, number>> = {
  [ED25519]: 1,
  [RSA]: 2,
  "ecdsa-sha2-nistp256": 2,
  "ecdsa-sha2-nistp384": 2,
  "ecdsa-sha2-nistp521": 2,
};

/** A public key. */
export interface SshKey {
  readonly type: string;
  /** All of it, its type first: what stands in its line as base64. */
  readonly blob: Uint8Array;
}

/** What a host's certificate says, before it is signed. */
export interface SshHostClaim {
  readonly key: SshKey;
  /** Random: nobody can know beforehand what is signed. */
  readonly nonce: Uint8Array;
  readonly serial: bigint;
  /** What logs call it by. */
  readonly keyId: string;
  /** Names and addresses that the host goes by. */
  readonly principals: readonly string[];
  /** Seconds since 1970; without an end it is for ever. */
  readonly validAfter: number;
  readonly validBefore?: number | undefined;
  /** The key that signs. */
  readonly signedBy: SshKey;
}

/** The key of 32 bytes of Ed25519. */
export function ed25519Key(publicKey: Uint8Array): SshKey {
  return { type: ED25519, blob: concat([text(ED25519), string(publicKey)]) };
}

/** The line of the key, without its end; `comment` has no blanks at its ends. */
export function printSshKey({ type, blob }: SshKey, comment = ""): string {
  return `${type} ${toBase64(blob)}${comment === "" ? "" : ` ${comment}`}`;
}

/** The key of such a line. {@link MalformedError} for any other, and for kinds of keys that are
 * not certified here. */
export function parseSshKey(line: string): SshKey {
  const [, type = "", base64 = ""] = /^\s*([\w@.-]+)[ \t]+([\w+/=]+)(?:[ \t]|\s*$)/.exec(line) ??
    [];
  if (line.length > MAX_SSH_KEY_LENGTH || base64 === "") {
    throw new MalformedError("wanted a public key of SSH as `TYPE BASE64 COMMENT`");
  }
  const wanted = FIELDS[type];
  if (wanted === undefined) {
    throw new MalformedError(
      `${type.slice(0, 64)}: wanted one of ${Object.keys(FIELDS).join(", ")}`,
    );
  }
  const blob = fromBase64(base64);
  const [named, first, ...rest] = stringsOf(blob);
  const isWhole = named !== undefined && fromUtf8(named) === type && rest.length + 1 === wanted &&
    first !== undefined && (type !== ED25519 || first.length === ED25519_BYTES) &&
    (wanted !== 2 || type === RSA || `ecdsa-sha2-${fromUtf8(first)}` === type);
  const weak = isWhole && type === RSA ? whyWeak(first, rest[0]) : undefined;
  if (weak !== undefined) throw new MalformedError(weak);
  if (!isWhole || isPointless(type, rest[0])) {
    throw new MalformedError(`the ${type} key is damaged`);
  }
  return { type, blob };
}

/** Undefined where it is strong enough: whoever finds a host's key from its certificate is that
 * host for ever. Both are numbers of RFC 4251, section 5. */
function whyWeak(exponent: Uint8Array, modulus: Uint8Array = new Uint8Array()): string | undefined {
  const e = exponent.at(-1) ?? 0, first = modulus.findIndex((byte) => byte !== 0);
  const bits = first < 0 ? 0 : (modulus.length - first) * 8 - Math.clz32(modulus[first] ?? 0) + 24;
  const isOdd = e % 2 === 1 && (modulus.at(-1) ?? 0) % 2 === 1;
  const isOne = exponent.every((byte, at) => byte === (at === exponent.length - 1 ? 1 : 0));
  if (!isOdd || isOne) return "the ssh-rsa key is damaged";
  if (bits >= MIN_RSA_BITS && bits <= MAX_RSA_BITS) return undefined;
  return `an RSA key of ${bits} bits; wanted ${MIN_RSA_BITS} to ${MAX_RSA_BITS}`;
}

/** Whether what stands where a point of the curve should cannot be one (RFC 5656, 3.1). */
function isPointless(type: string, point: Uint8Array | undefined): boolean {
  const bits = /^ecdsa-sha2-nistp(\d+)$/.exec(type)?.[1];
  if (bits === undefined) return false;
  return point?.[0] !== 4 || point.length !== 1 + 2 * Math.ceil(Number(bits) / 8);
}

/** What the key `signedBy` has to sign. */
export function sshHostWords(claim: SshHostClaim): Uint8Array {
  const { key, nonce, serial, keyId, principals, validAfter, validBefore, signedBy } = claim;
  const typeLength = text(key.type).length;
  const nothing = string(new Uint8Array());
  return concat([
    text(key.type + CERTIFICATE),
    string(nonce),
    key.blob.subarray(typeLength),
    u64(serial),
    u32(HOST),
    text(keyId),
    string(concat(principals.map(text))),
    u64(BigInt(validAfter)),
    u64(validBefore === undefined ? FOR_EVER : BigInt(validBefore)),
    ...[nothing, nothing, nothing],
    string(signedBy.blob),
  ]);
}

/** The certificate's line, without its end; `signature` is that of {@link sshHostWords}, by
 * Ed25519: 64 bytes. */
export function printSshCertificate(claim: SshHostClaim, signature: Uint8Array): string {
  const signed = string(concat([text(ED25519), string(signature)]));
  const bytes = concat([sshHostWords(claim), signed]);
  return `${claim.key.type}${CERTIFICATE} ${toBase64(bytes)} ${claim.keyId}`;
}

// ---- frames of RFC 4251, section 5

function u32(value: number): Uint8Array {
  return Uint8Array.of(value >>> 24, value >>> 16, value >>> 8, value);
}

function u64(value: bigint): Uint8Array {
  return concat([u32(Number(value >> 32n)), u32(Number(value & 0xffff_ffffn))]);
}

function string(bytes: Uint8Array): Uint8Array {
  return concat([u32(bytes.length), bytes]);
}

function text(value: string): Uint8Array {
  return string(utf8(value));
}

function stringsOf(bytes: Uint8Array): Uint8Array[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const strings: Uint8Array[] = [];
  for (let at = 0; at < bytes.length;) {
    const left = bytes.length - at - 4;
    const length = left < 0 ? 1 : view.getUint32(at);
    if (length > left) throw new MalformedError("a key of SSH is cut off");
    strings.push(bytes.subarray(at + 4, at + 4 + length));
    at += 4 + length;
  }
  return strings;
}
