/**
 * What the surfaces do with secrets: seal them, open them, hash passwords, rotate the key. Plain
 * text goes in and, for those who control nodes, comes out; nothing of it is ever told, logged or
 * quoted in a refusal. `key_keeper.ts` keeps the promises.
 */
import { utf8 } from "../base/bytes.ts";
import { MAX_SECRET_BYTES } from "../base/limits.ts";
import { ok, type Outcome, refused } from "../base/outcome.ts";
import { newestGuard } from "../collective/key_ring.ts";
import type { Random } from "../io/random.ts";
import type { Operation } from "../model/operation.ts";
import { type CollectiveKey, seal, SEAL_IV_BYTES } from "../model/sealing.ts";
import type { Hashing } from "./hashing.ts";

/** Seals what one write holds, all by one key. */
export interface Sealing {
  /**
   * To stand in the entry that holds what was sealed: it is refused, on the row that this guard
   * names, where the key was rotated meanwhile. Seal and write anew then.
   */
  readonly guard: Operation;
  /** What the cell of that row and attribute is to hold; to be wrapped by stored_value.ts. Takes
   * some microseconds. `too-large` beyond MAX_SECRET_BYTES. */
  seal(row: string, attribute: string, plain: string): Outcome<string>;
}

/** What a rotation of the collective key came to. */
export interface KeyRotated {
  /** The id of the new key. */
  readonly key: string;
  /** Whether every secret is sealed by it and the old one is gone. Else that goes on by itself. */
  readonly isOver: boolean;
}

export interface Secrets {
  /** Waits a little for the key at a start. `unavailable` where this member does not have it. */
  sealing(): Promise<Outcome<Sealing>>;
  /** What was sealed in that cell. `unavailable` where the key is not here, `invalid` where it does
   * not open. */
  unseal(row: string, attribute: string, sealed: string): Outcome<string>;
  /** Hashes the passwords of one request. */
  hashing(): Hashing;
  /** A new key for all, by which every secret is sealed anew. `conflict` while one is under way, or
   * where a listed member cannot be handed the new one. */
  rotateKey(): Promise<Outcome<KeyRotated>>;
  /** What an administrator should know, a line each. */
  readonly notices: readonly string[];
}

/** Seals by `key`. */
export function sealingBy(key: CollectiveKey, random: Random): Sealing {
  return {
    guard: newestGuard(key.id),
    seal(row, attribute, plain): Outcome<string> {
      const { length } = utf8(plain);
      if (length > MAX_SECRET_BYTES) {
        return refused(
          "too-large",
          `${attribute}: a secret of ${length} bytes; at most ${MAX_SECRET_BYTES} are sealed, ` +
            "which is MAX_SECRET_BYTES",
        );
      }
      return ok(seal(key, row, attribute, plain, random.bytes(SEAL_IV_BYTES)));
    },
  };
}
