/**
 * Keys of nodes, proven against the hashes that the state holds. Each takes 5,000 rounds: they are
 * made a few at a time over all requests, in slices that hold up nobody; and a key that was right
 * is remembered, by its SHA-256, as long as the node's hash is the same.
 */
import { utf8 } from "../base/bytes.ts";
import {
  MAX_NODE_KEY_LENGTH,
  MAX_NODE_KEYS_KNOWN,
  MAX_NODE_KEYS_WAITING,
  NODE_KEYS_AT_ONCE,
} from "../base/boot_limits.ts";
import { sameSecret, sha256 } from "../base/crypto.ts";
import { NewestMap } from "../base/newest_map.ts";
import { ok, type Outcome, refused } from "../base/outcome.ts";
import { CRYPT_SALT_BYTES, cryptSalt, sha256Crypt, sha512Crypt } from "../base/sha_crypt.ts";
import type { Clock } from "../io/clock.ts";
import { FewAtOnce } from "../io/few_at_once.ts";
import type { Random } from "../io/random.ts";
import { type CryptForm, cryptForm } from "../model/node_key.ts";
import { inSlices } from "./waiting.ts";

interface Known {
  readonly hash: string;
  readonly digest: Uint8Array;
}

const BUSY = refused(
  "busy",
  `${MAX_NODE_KEYS_WAITING} keys of nodes wait to be looked at, which is MAX_NODE_KEYS_WAITING; ` +
    "ask again",
);

export class NodeKeys {
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #known = new NewestMap<string, Known>(MAX_NODE_KEYS_KNOWN);
  readonly #turns = new FewAtOnce(NODE_KEYS_AT_ONCE);
  #waiting = 0;

  constructor(clock: Clock, random: Random) {
    this.#clock = clock;
    this.#random = random;
  }

  /** Whether the key was right before, for the same hash; nothing waits for that. */
  isKnown(node: string, hash: string | undefined, key: string): boolean {
    const known = this.#known.get(node);
    if (known === undefined || known.hash !== hash) return false;
    return sameSecret(sha256(utf8(key)), known.digest);
  }

  /**
   * Whether the key is the one that the hash was made of. It takes as long where the node has no
   * hash, or there is no such node (`hash` is undefined then), and where the key is too long to be
   * any: it tells nobody why a key is wrong. `busy` where too many wait.
   */
  async isRight(node: string, hash: string | undefined, key: string): Promise<Outcome<boolean>> {
    const isOne = key.length > 0 && key.length <= MAX_NODE_KEY_LENGTH;
    const form = hash === undefined ? undefined : cryptForm(hash);
    const made = await this.#crypt(isOne ? key : NO_KEY, form ?? NO_FORM);
    if (!made.ok) return made;
    const isRight = sameSecret(utf8(made.value), utf8(hash ?? NO_HASH)) && isOne &&
      form !== undefined;
    if (isRight && hash !== undefined) this.remember(node, hash, key);
    return ok(isRight);
  }

  /** The hash of a key that was just registered, with a salt of its own. `busy` as above. */
  hashOf(key: string): Promise<Outcome<string>> {
    const salt = cryptSalt(this.#random.bytes(CRYPT_SALT_BYTES));
    return this.#crypt(key, { kind: "$5$", salt, rounds: undefined });
  }

  /** The key is right for that hash. */
  remember(node: string, hash: string, key: string): void {
    this.#known.set(node, { hash, digest: sha256(utf8(key)) });
  }

  #crypt(key: string, form: CryptForm): Promise<Outcome<string>> {
    if (this.#waiting >= MAX_NODE_KEYS_WAITING) return Promise.resolve(BUSY);
    this.#waiting++;
    return this.#turns.run(() => this.#made(key, form)).finally(() => this.#waiting--);
  }

  async #made(key: string, { kind, salt, rounds }: CryptForm): Promise<Outcome<string>> {
    const crypt = kind === "$5$" ? sha256Crypt : sha512Crypt;
    return ok(await inSlices(this.#clock, crypt(key, salt, rounds)));
  }
}

/** What is hashed where there is nothing to be compared. */
const NO_KEY = "0".repeat(64);
const NO_FORM: CryptForm = { kind: "$5$", salt: "0123456789abcdef", rounds: undefined };
const NO_HASH = "";
