/**
 * Passwords that are kept as hashes only: made where they enter, so that nothing else ever has the
 * plain text. A password is hashed once for a whole request, however many nodes it is for, one
 * after another over all requests, and in slices that hold up nobody.
 */
import { Buffer } from "node:buffer";
import { pbkdf2 } from "node:crypto";

import { toHex, utf8 } from "../base/bytes.ts";
import { MAX_HASHES_PER_REQUEST, MAX_PASSWORD_BYTES } from "../base/limits.ts";
import { ok, type Outcome, refused } from "../base/outcome.ts";
import { CRYPT_SALT_BYTES, cryptSalt, sha512Crypt } from "../base/sha_crypt.ts";
import type { Clock } from "../io/clock.ts";
import type { Random } from "../io/random.ts";
import type { Hashes } from "../model/stored_value.ts";
import { inSlices } from "./waiting.ts";

/** The form GRUB reads: `grub.pbkdf2.sha512.ROUNDS.SALT.HASH`, in upper-case hexadecimal. */
const GRUB_ROUNDS = 10_000;
const GRUB_BYTES = 64;

/** Hashes the passwords of one request. */
export interface Hashing {
  /** The same hashes for the same password. `too-large` for one that is too long, or for too many
   * different ones. */
  of(password: string): Promise<Outcome<Hashes>>;
}

/** Hashes for all requests of a member. */
export class PasswordHasher {
  readonly #random: Random;
  readonly #clock: Clock;
  #last: Promise<unknown> = Promise.resolve();

  constructor(random: Random, clock: Clock) {
    this.#random = random;
    this.#clock = clock;
  }

  /** For one request, whose end forgets them. */
  request(): Hashing {
    const known = new Map<string, Promise<Hashes>>();
    return {
      of: async (password): Promise<Outcome<Hashes>> => {
        const bytes = utf8(password).length;
        if (bytes > MAX_PASSWORD_BYTES) {
          return refused(
            "too-large",
            `a password of ${bytes} bytes; at most ${MAX_PASSWORD_BYTES} are hashed, which is ` +
              "MAX_PASSWORD_BYTES",
          );
        }
        let hashes = known.get(password);
        if (hashes === undefined) {
          if (known.size >= MAX_HASHES_PER_REQUEST) {
            return refused(
              "too-large",
              `more than ${MAX_HASHES_PER_REQUEST} different passwords in one request, which is ` +
                "MAX_HASHES_PER_REQUEST; set them in several",
            );
          }
          hashes = this.#inTurn(password);
          known.set(password, hashes);
        }
        return ok(await hashes);
      },
    };
  }

  #inTurn(password: string): Promise<Hashes> {
    const made = this.#last.then(() => this.#hashes(password));
    this.#last = Promise.allSettled([made]);
    return made;
  }

  async #hashes(password: string): Promise<Hashes> {
    const salt = cryptSalt(this.#random.bytes(CRYPT_SALT_BYTES));
    const crypt = await inSlices(this.#clock, sha512Crypt(password, salt));
    return { crypt, grub: await grubHash(password, this.#random.bytes(GRUB_BYTES)) };
  }
}

/** Elsewhere than on this thread. */
function grubHash(password: string, salt: Uint8Array): Promise<string> {
  return new Promise((resolve, reject) => {
    const done = (error: Error | null, hash: Buffer): void => {
      if (error !== null) return reject(error);
      const [salted, hashed] = [salt, hash].map((bytes) => toHex(bytes).toUpperCase());
      resolve(`grub.pbkdf2.sha512.${GRUB_ROUNDS}.${salted}.${hashed}`);
    };
    pbkdf2(Buffer.from(utf8(password)), salt, GRUB_ROUNDS, GRUB_BYTES, "sha512", done);
  });
}
