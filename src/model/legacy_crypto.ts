/**
 * How the original keeps secrets in a dump: `cryptvalue` of main.json and the keys of keys.json.
 * Each is a list of base64 texts with `!` between them:
 *
 *     iv ! ciphertext ! tag ! 02             AES-GCM, nothing bound to it: what it writes today
 *     iv ! ciphertext ! mac                  AES-CBC and HMAC-SHA256: what it wrote before
 *     salt ! one of these                    a key, sealed by a passphrase
 *     *unencrypted:base64                    a key as it is
 *
 * No text of a refusal quotes any of it: a mistake may well put a key where a secret should be.
 */
import { concat, fromBase64, fromUtf8, toBase64, utf8 } from "../base/bytes.ts";
import {
  GCM_IV_BYTES,
  GCM_TAG_BYTES,
  hmacSha256,
  openCbc,
  openGcm,
  pbkdf2Sha256,
  sameSecret,
  sealGcm,
} from "../base/crypto.ts";
import { ok, type Outcome, refused } from "../base/outcome.ts";

const UNENCRYPTED = "*unencrypted:";
const VERSION = 2;
const ITERATIONS = 50_000;
const MAC_BYTES = 32;
const CBC_IV_BYTES = 16;

/** Bytes of salt and of iv that the writers want, random ones. */
export const DUMP_SALT_BYTES = 32;
export const DUMP_IV_BYTES = GCM_IV_BYTES;

/** What opens the secrets of a dump. */
export interface DumpKeys {
  /** `cryptkey` of keys.json, opened: an AES key of 16 or 32 bytes. */
  readonly cryptKey: Uint8Array;
  /** `integritykey`, opened: only dumps of older versions have and need it. */
  readonly integrityKey?: Uint8Array | undefined;
}

/** What a key is sealed by as it is written. */
export interface DumpPassphrase {
  readonly passphrase: string;
  readonly salt: Uint8Array;
  readonly iv: Uint8Array;
}

/** The parts of such a text; undefined where it is no such text. */
function partsOf(text: string): Uint8Array[] | undefined {
  try {
    return text.split("!", 6).map(fromBase64);
  } catch {
    return undefined;
  }
}

function isAesKey(key: Uint8Array): boolean {
  return key.length === 16 || key.length === 32;
}

/** Opens either form. `wrong` is what is said where the keys are not those it was sealed by. */
function open(
  parts: readonly Uint8Array[],
  { cryptKey, integrityKey }: DumpKeys,
  what: string,
  wrong: string,
): Outcome<Uint8Array> {
  const [iv, ciphertext, proof, version] = parts;
  if (iv === undefined || ciphertext === undefined || proof === undefined || parts.length > 4) {
    return refused("invalid", `${what} is not of three or four parts with "!" between them`);
  }
  if (version === undefined) return openOld(iv, ciphertext, proof, integrityKey, cryptKey, wrong);
  if (version.length !== 1 || version[0] !== VERSION) {
    return refused("invalid", `${what} is of a newer kind than the one known here, ${VERSION}`);
  }
  if (iv.length !== GCM_IV_BYTES || proof.length !== GCM_TAG_BYTES) {
    const right = `${GCM_IV_BYTES} and ${GCM_TAG_BYTES} bytes`;
    return refused("invalid", `${what} is damaged: its first and third part are not of ${right}`);
  }
  const plain = openGcm(cryptKey, iv, concat([ciphertext, proof]));
  return plain === undefined ? refused("invalid", wrong) : ok(plain);
}

function openOld(
  iv: Uint8Array,
  ciphertext: Uint8Array,
  proof: Uint8Array,
  integrityKey: Uint8Array | undefined,
  cryptKey: Uint8Array,
  wrong: string,
): Outcome<Uint8Array> {
  if (integrityKey === undefined) {
    return refused(
      "invalid",
      "the keys have no integritykey, and a secret of the older kind " +
        "needs it; take keys.json of the same dump",
    );
  }
  if (iv.length !== CBC_IV_BYTES || proof.length !== MAC_BYTES) return refused("invalid", wrong);
  // The first versions left the iv out of what they proved.
  const proven = [concat([ciphertext, iv]), ciphertext].some((message) =>
    sameSecret(proof, hmacSha256(integrityKey, message))
  );
  const plain = proven ? openCbc(cryptKey, iv, ciphertext) : undefined;
  return plain === undefined ? refused("invalid", wrong) : ok(plain);
}

/** Twice PBKDF2: half of what comes of it seals, the other half proved the older kind. */
function keysOf(passphrase: string, salt: Uint8Array): DumpKeys {
  const once = pbkdf2Sha256(utf8(passphrase), salt, ITERATIONS);
  const twice = pbkdf2Sha256(once, salt, ITERATIONS);
  return { cryptKey: twice.subarray(0, 16), integrityKey: twice.subarray(16) };
}

/**
 * The key that stands in keys.json as `text`. With a passphrase it blocks for some 80 ms: that is
 * for a command, not for a member. Refused, `invalid`: a text that is no such key; a protected one
 * without a passphrase or with a wrong one.
 */
export function openDumpKey(text: string, passphrase?: string): Outcome<Uint8Array> {
  if (text.startsWith(UNENCRYPTED)) return keyIn(partsOf(text.slice(UNENCRYPTED.length)));
  const [salt, ...rest] = partsOf(text) ?? [];
  if (salt === undefined || rest.length < 3) {
    return refused(
      "invalid",
      `the key is neither "${UNENCRYPTED}" and base64 nor base64 texts ` +
        'with "!" between them',
    );
  }
  if (passphrase === undefined) {
    return refused("invalid", "the key is protected by a passphrase: it must be given");
  }
  const wrong = "the passphrase does not open the key: it is another one, or the key is damaged";
  return open(rest, keysOf(passphrase, salt), "the key", wrong);
}

function keyIn(parts: readonly Uint8Array[] | undefined): Outcome<Uint8Array> {
  const [key, ...more] = parts ?? [];
  if (key !== undefined && more.length === 0 && key.length > 0) return ok(key);
  return refused("invalid", `the key behind "${UNENCRYPTED}" is not base64`);
}

/** A key as keys.json has it: sealed by a passphrase, or else as it is, in clear. */
export function writeDumpKey(key: Uint8Array, by?: DumpPassphrase): string {
  if (by === undefined) return `${UNENCRYPTED}${toBase64(key)}`;
  const { cryptKey } = keysOf(by.passphrase, by.salt);
  return [by.salt, ...sealed(cryptKey, by.iv, key)].map(toBase64).join("!");
}

function sealed(key: Uint8Array, iv: Uint8Array, plain: Uint8Array): Uint8Array[] {
  const both = sealGcm(key, iv, plain);
  const end = both.length - GCM_TAG_BYTES;
  return [iv, both.subarray(0, end), both.subarray(end), Uint8Array.of(VERSION)];
}

/** The text of a `cryptvalue`. Refused, `invalid`: no such text, or not of this key. */
export function openDumpSecret(keys: DumpKeys, text: string): Outcome<string> {
  const wrong = "the secret is not of this key: keys.json is of another dump, or it is damaged";
  const parts = partsOf(text);
  if (parts === undefined) {
    return refused("invalid", 'the secret is not made of base64 texts with "!" between them');
  }
  if (!isAesKey(keys.cryptKey)) return refused("invalid", "the cryptkey is not of 16 or 32 bytes");
  const plain = open(parts, keys, "the secret", wrong);
  if (!plain.ok) return plain;
  try {
    return ok(fromUtf8(plain.value));
  } catch {
    return refused("invalid", "the secret is not UTF-8");
  }
}

/** `plain` as a `cryptvalue` that the original opens with `key`. `iv`: 12 random bytes. */
export function writeDumpSecret(key: Uint8Array, iv: Uint8Array, plain: string): string {
  return sealed(key, iv, utf8(plain)).map(toBase64).join("!");
}
