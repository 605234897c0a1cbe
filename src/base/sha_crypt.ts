/**
 * The `$5$` and `$6$` hashes of crypt(3), as "Unix crypt using SHA-256 and SHA-512" of Ulrich
 * Drepper (version 0.6) describes them, over the platform's digests.
 */
import { toBase64, utf8 } from "./bytes.ts";
import { sha256, sha512 } from "./crypto.ts";

/** What is taken where no rounds are named, as everywhere. */
const ROUNDS = 5_000;
/** Characters of a salt; a longer one is cut there. */
const SALT_LENGTH = 16;

/** What the two differ in. */
interface Kind {
  readonly mark: string;
  readonly digest: (...parts: readonly Uint8Array[]) => Uint8Array;
  /** The digest is written by groups of three bytes, so many; and then what is left over. */
  readonly groups: number;
  /** In each group the three are moved on by so many places more. */
  readonly turn: number;
  readonly left: { readonly places: readonly number[]; readonly characters: number };
}

const SHA256: Kind = {
  ...{ mark: "$5$", digest: sha256, groups: 10, turn: 2 },
  left: { places: [31, 30], characters: 3 },
};
const SHA512: Kind = {
  ...{ mark: "$6$", digest: sha512, groups: 21, turn: 1 },
  left: { places: [63], characters: 2 },
};

const LEAST_ROUNDS = 1_000;
const MOST_ROUNDS = 999_999_999;
/** So many rounds take a millisecond or two. */
const SLICE = 256;
const ALPHABET = "./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/** `bytes` again and again, `length` of them. */
function repeated(bytes: Uint8Array, length: number): Uint8Array {
  return Uint8Array.from({ length }, (_, i) => bytes[i % bytes.length] as number);
}

/** The digest that the rounds begin with. */
function beginning({ digest }: Kind, password: Uint8Array, salt: Uint8Array): Uint8Array {
  const { length } = password;
  const alternate = digest(password, salt, password);
  const parts = [password, salt, repeated(alternate, length)];
  for (let bits = length; bits > 0; bits >>>= 1) {
    parts.push((bits & 1) === 1 ? alternate : password);
  }
  return digest(...parts);
}

/** The groups of three bytes of the digest, each as four characters, and what is left over. */
function written({ groups, turn, left }: Kind, digest: Uint8Array): string {
  let text = "";
  const put = (places: readonly number[], characters: number): void => {
    let bits = 0;
    for (const place of places) bits = (bits << 8) | (digest[place] as number);
    for (let i = 0; i < characters; i++, bits >>>= 6) text += ALPHABET.charAt(bits & 63);
  };
  for (let i = 0; i < groups; i++) {
    const group = [i, i + groups, i + 2 * groups];
    put([0, 1, 2].map((place) => group[(place + turn * i) % 3] as number), 4);
  }
  put(left.places, left.characters);
  return text;
}

/**
 * The hash of a password, `$6$SALT$...`. It takes some 25 ms, so it is made in slices: between two
 * `next` others may have their turn. The password should be short: what it takes grows with the
 * square of its length, and crypt(3) refuses more than 512 bytes. `salt`: at most 16 characters,
 * none of them `$`, `:` or a line's end. Rounds that are given are named in the hash.
 */
export function sha512Crypt(
  password: string,
  salt: string,
  rounds?: number,
): Generator<void, string> {
  return shaCrypt(SHA512, password, salt, rounds);
}

/** The same with SHA-256: `$5$SALT$...`. */
export function sha256Crypt(
  password: string,
  salt: string,
  rounds?: number,
): Generator<void, string> {
  return shaCrypt(SHA256, password, salt, rounds);
}

function* shaCrypt(
  kind: Kind,
  password: string,
  salt: string,
  rounds: number | undefined,
): Generator<void, string> {
  const { digest: digestOf } = kind;
  const secret = utf8(password);
  const name = salt.slice(0, SALT_LENGTH);
  const salted = utf8(name);
  const count = Math.min(Math.max(rounds ?? ROUNDS, LEAST_ROUNDS), MOST_ROUNDS);
  let digest = beginning(kind, secret, salted);
  const p = repeated(digestOf(repeated(secret, secret.length ** 2)), secret.length);
  const times = 16 + (digest[0] as number);
  const s = repeated(digestOf(repeated(salted, salted.length * times)), salted.length);
  for (let round = 0; round < count; round++) {
    const isOdd = (round & 1) === 1;
    const parts = [isOdd ? p : digest];
    if (round % 3 !== 0) parts.push(s);
    if (round % 7 !== 0) parts.push(p);
    digest = digestOf(...parts, isOdd ? digest : p);
    if (round % SLICE === SLICE - 1) yield;
  }
  const named = rounds === undefined ? "" : `rounds=${count}$`;
  return `${kind.mark}${named}${name}$${written(kind, digest)}`;
}

/** Random bytes that make a salt of sixteen characters. */
export const CRYPT_SALT_BYTES = 12;

/** The salt out of so many random bytes. */
export function cryptSalt(random: Uint8Array): string {
  return toBase64(random).replaceAll("+", ".");
}
