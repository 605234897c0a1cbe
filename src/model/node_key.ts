/** By what a node proves itself to the API: its key, which the state holds a hash of. */
import {
  MAX_NODE_KEY_LENGTH,
  MAX_NODE_KEY_ROUNDS,
  MIN_NODE_KEY_LENGTH,
} from "../base/boot_limits.ts";
import { ok, type Outcome, refused } from "../base/outcome.ts";
import { fromCell } from "./stored_value.ts";

/** The hash of the node's key. */
export const NODE_KEY = "crypted.selfapikey";
/** By which the node may register a key from anywhere, once. */
export const ARM_TOKEN = "secret.selfapiarmtoken";
/** Networks that count as local for the node. */
export const TRUSTED_SUBNETS = "trusted.subnets";

/** What a node registers: its key, or a hash that it made of it. */
export type RegisteredKey = { readonly key: string } | { readonly hash: string };

/** `$5$SALT$HASH` without rounds: what crypt(3) makes of a key where nothing else is asked for. */
const HASH = /^\$5\$[./0-9A-Za-z]{1,16}\$[./0-9A-Za-z]{43}$/;
const KEY = /^[\x21-\x7e]*$/;

/** What the body of a registration says; a line's end behind it counts for nothing. `invalid` for
 * any other text. */
export function registeredKey(body: string): Outcome<RegisteredKey> {
  const text = body.replace(/\r?\n$/, "");
  if (HASH.test(text)) return ok({ hash: text });
  const isKey = KEY.test(text) && !text.startsWith("$") && text.length >= MIN_NODE_KEY_LENGTH &&
    text.length <= MAX_NODE_KEY_LENGTH;
  if (isKey) return ok({ key: text });
  return refused(
    "invalid",
    `a key: wanted ${MIN_NODE_KEY_LENGTH} to ${MAX_NODE_KEY_LENGTH} visible ASCII characters, or ` +
      "its hash, $5$SALT$HASH",
  );
}

/** What a hash was made with. */
export interface CryptForm {
  readonly kind: "$5$" | "$6$";
  readonly salt: string;
  readonly rounds: number | undefined;
}

/** How the hash in a cell is made anew of a key; undefined where there is none, or one that no key
 * is tried against: of another kind, or of too many rounds. */
export function cryptForm(hash: string): CryptForm | undefined {
  const form = /^(\$[56]\$)(?:rounds=(\d{4,9})\$)?([^$:\n]{1,16})\$[./0-9A-Za-z]+$/.exec(hash);
  if (form === null) return undefined;
  const [, kind, rounds, salt = ""] = form;
  const count = rounds === undefined ? undefined : Number(rounds);
  if (count !== undefined && count > MAX_NODE_KEY_ROUNDS) return undefined;
  return { kind: kind === "$5$" ? "$5$" : "$6$", salt, rounds: count };
}

/** The hash that a cell holds; undefined where it holds none. */
export function hashInCell(cell: string | null): string | undefined {
  const value = cell === null ? undefined : fromCell(cell);
  return value?.kind === "hashed" ? value.hashes.crypt : undefined;
}
