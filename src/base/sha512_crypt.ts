/**
 * The `$6$` hash of crypt(3), as Ulrich Drepper's "Unix crypt using SHA-256 and SHA-512" (version
 * 0.6) describes it, over the platform's SHA-512.
 */
import { toBase64, utf8 } from "./bytes.ts";
import { sha512 } from "./crypto.ts";

/** What is taken where no rounds are named, as everywhere. */
export const SHA512_CRYPT_ROUNDS = 5_000;
/** Characters of a salt; a longer one is cut there. */
export const SHA512_CRYPT_SALT = 16;

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
function beginning(password: Uint8Array, salt: Uint8Array): Uint8Array {
  const { length } = password;
  const alternate = sha512(password, salt, password);
  const parts = [password, salt, repeated(alternate, length)];
  for (let bits = length; bits > 0; bits >>>= 1) {
    parts.push((bits & 1) === 1 ? alternate : password);
  }
  return sha512(...parts);
}

/** The 22 groups of three bytes of the digest, each as four characters, and two for the last. */
function written(digest: Uint8Array): string {
  let text = "";
  const put = (a: number, b: number, c: number, characters: number): void => {
    let bits = (a << 16) | (b << 8) | c;
    for (let i = 0; i < characters; i++, bits >>>= 6) text += ALPHABET.charAt(bits & 63);
  };
  const at = (i: number): number => digest[i] as number;
  for (let i = 0; i < 21; i++) {
    const group = [at(i), at(i + 21), at(i + 42)] as const;
    // The first of the three moves on by one place each time.
    const turned = [0, 1, 2].map((place) => group[(place + i) % 3] as number);
    put(turned[0] as number, turned[1] as number, turned[2] as number, 4);
  }
  put(0, 0, at(63), 2);
  return text;
}

/**
 * The hash of a password, `$6$SALT$...`. It takes some 25 ms, so it is made in slices: between two
 * `next` others may have their turn. The password should be short: what it takes grows with the
 * square of its length, and crypt(3) refuses more than 512 bytes. `salt`: at most 16 characters,
 * none of them `$`, `:` or a line's end. Rounds that are given are named in the hash.
 */
export function* sha512Crypt(
  password: string,
  salt: string,
  rounds?: number,
): Generator<void, string> {
  const secret = utf8(password);
  const name = salt.slice(0, SHA512_CRYPT_SALT);
  const salted = utf8(name);
  const count = Math.min(Math.max(rounds ?? SHA512_CRYPT_ROUNDS, LEAST_ROUNDS), MOST_ROUNDS);
  let digest = beginning(secret, salted);
  const p = repeated(sha512(repeated(secret, secret.length ** 2)), secret.length);
  const times = 16 + (digest[0] as number);
  const s = repeated(sha512(repeated(salted, salted.length * times)), salted.length);
  for (let round = 0; round < count; round++) {
    const isOdd = (round & 1) === 1;
    const parts = [isOdd ? p : digest];
    if (round % 3 !== 0) parts.push(s);
    if (round % 7 !== 0) parts.push(p);
    digest = sha512(...parts, isOdd ? digest : p);
    if (round % SLICE === SLICE - 1) yield;
  }
  const named = rounds === undefined ? "" : `rounds=${count}$`;
  return `$6$${named}${name}$${written(digest)}`;
}

/** Random bytes that make a salt of sixteen characters. */
export const SHA512_CRYPT_SALT_BYTES = 12;

/** The salt out of so many random bytes. */
export function cryptSalt(random: Uint8Array): string {
  return toBase64(random).replaceAll("+", ".");
}
