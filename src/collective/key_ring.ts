/**
 * The collective keys, as rows of the replicated state that hold them in clear for nobody:
 *
 *     collective/keys      the ids of all keys, and which is the newest, that secrets are sealed by
 *     collective/key/ID    for each member, by its id, the key sealed to that member alone
 *     collective/sealing   for each member, by its id, what to seal to: its public key (X25519),
 *                          its certificate, and the word of that for it
 *
 * The word is what makes it the member's: the certificate must be one that the roster pins, and its
 * key signed the public key and the member's id. So nobody is handed a key who is not listed, be
 * the row written by whom it may.
 *
 * A key is sealed to a member by an ephemeral X25519 key: HKDF-SHA256 of what both ends know gives
 * the key of AES-256-GCM, once, so that the iv is zero. Key id and member id are bound to it.
 */
import { concat, equalBytes, fromHex, MalformedError, toHex } from "../base/bytes.ts";
import {
  encodeFields,
  fingerprintOf,
  GCM_IV_BYTES,
  hkdfSha256,
  openGcm,
  sealGcm,
  sha256,
  sign,
  verify,
  X25519_BYTES,
  x25519Public,
  x25519Shared,
} from "../base/crypto.ts";
import { type Member, type MemberId, pinsOf } from "../model/member.ts";
import type { Operation } from "../model/operation.ts";
import { ROW_MARK } from "../model/operation.ts";
import type { CollectiveKey } from "../model/sealing.ts";

/** The row and cell that name the newest key. */
export const KEYS_ROW = "collective/keys";
export const NEWEST_CELL = "newest";
const KEY_PREFIX = "collective/key/";
/** The row that says what to seal to. */
export const SEALING_ROW = "collective/sealing";

/** Bytes of a collective key, and of the private key that a member opens its copies with. */
export const COLLECTIVE_KEY_BYTES = 32;
export const SEALING_KEY_BYTES = X25519_BYTES;

/** The state, as far as it is looked at here. */
export interface Rows {
  value(row: string, attribute: string): string | null;
  /** Without the mark of the row. */
  valuesOf(row: string): Iterable<readonly [attribute: string, value: string]>;
}

/** A member's own part: what opens the keys that are sealed to it. */
export interface SealingKey {
  readonly member: MemberId;
  readonly privateKey: Uint8Array;
  readonly publicKey: Uint8Array;
}

/** Of {@link SEALING_KEY_BYTES} random bytes. */
export function sealingKey(member: MemberId, privateKey: Uint8Array): SealingKey {
  return { member, privateKey, publicKey: x25519Public(privateKey) };
}

/** The row of a collective key. */
export function keyRow(id: string): string {
  return KEY_PREFIX + id;
}

/** The id of the key that new secrets are sealed by; undefined before the first is made. */
export function newestKey(rows: Rows): string | undefined {
  return rows.value(KEYS_ROW, NEWEST_CELL) ?? undefined;
}

/** The ids of all keys that are there: of the newest, and of those that are rotated away from. */
export function keyIds(rows: Rows): string[] {
  return [...rows.valuesOf(KEYS_ROW)].map(([cell]) => cell).filter((cell) => cell !== NEWEST_CELL)
    .sort();
}

// ---- what to seal to

function sealingWords(member: MemberId, publicKey: Uint8Array): Uint8Array {
  return encodeFields("confluent sealing key v1", member, publicKey);
}

/** What a member writes to say what to seal to; certificate in DER, its key in PEM. */
export function announceOperations(
  { member, publicKey }: SealingKey,
  certificate: Uint8Array,
  keyPem: string,
): Operation[] {
  const signature = sign(keyPem, sealingWords(member, publicKey));
  const said = [publicKey, certificate, signature].map(toHex).join(".");
  return [{ kind: "set", rows: [SEALING_ROW], cells: [[ROW_MARK, ""], [member, said]] }];
}

interface Said {
  readonly publicKey: Uint8Array;
  readonly certificate: Uint8Array;
  readonly signature: Uint8Array;
}

/** What was said in the name of a member, believed or not; undefined where that is nothing. */
function saidBy(rows: Rows, member: MemberId): Said | undefined {
  const parts = rows.value(SEALING_ROW, member)?.split(".").map(bytesOf) ?? [];
  const [publicKey, certificate, signature] = parts;
  if (publicKey === undefined || certificate === undefined || signature === undefined) {
    return undefined;
  }
  return { publicKey, certificate, signature };
}

/** Whether the member says just that already, by the certificate of that fingerprint. */
export function isAnnounced(rows: Rows, key: SealingKey, fingerprint: string): boolean {
  const said = saidBy(rows, key.member);
  return said !== undefined && equalBytes(said.publicKey, key.publicKey) &&
    fingerprintOf(said.certificate) === fingerprint;
}

/** The public key to seal to for a listed member; undefined where it said none, or where none of
 * the certificates that it is pinned by vouches for it. */
export function announcedKey(rows: Rows, member: Member): Uint8Array | undefined {
  const said = saidBy(rows, member.id);
  if (said === undefined || !pinsOf(member).includes(fingerprintOf(said.certificate))) {
    return undefined;
  }
  const words = sealingWords(member.id, said.publicKey);
  return verify(said.certificate, words, said.signature) ? said.publicKey : undefined;
}

function bytesOf(text: string): Uint8Array | undefined {
  try {
    return fromHex(text);
  } catch (error) {
    if (error instanceof MalformedError) return undefined;
    throw error;
  }
}

// ---- copies

/** By this a copy tells for which public key it was made. */
function markOf(publicKey: Uint8Array): string {
  return toHex(sha256(publicKey).subarray(0, 8));
}

function copyKey(shared: Uint8Array, ephemeral: Uint8Array, publicKey: Uint8Array): Uint8Array {
  return hkdfSha256(
    shared,
    `confluent collective key v1 ${toHex(ephemeral)} ${toHex(publicKey)}`,
  );
}

const ZERO_IV = new Uint8Array(GCM_IV_BYTES);

function copyBound(keyId: string, member: MemberId): Uint8Array {
  return encodeFields("confluent collective key v1", keyId, member);
}

/**
 * The key, sealed to the holder of `publicKey`. `ephemeral`: 32 random bytes, for this once.
 * Undefined for a public key that no key can be sealed to.
 */
export function sealCopy(
  key: CollectiveKey,
  member: MemberId,
  publicKey: Uint8Array,
  ephemeral: Uint8Array,
): string | undefined {
  const shared = x25519Shared(ephemeral, publicKey);
  if (shared === undefined) return undefined;
  const own = x25519Public(ephemeral);
  const secret = copyKey(shared, own, publicKey);
  const sealed = sealGcm(secret, ZERO_IV, key.bytes, copyBound(key.id, member));
  return `1.${markOf(publicKey)}.${toHex(concat([own, sealed]))}`;
}

/** The collective key out of the copy that is sealed to this member; undefined where it is not, or
 * where it was changed. */
export function openCopy(
  { member, privateKey, publicKey }: SealingKey,
  keyId: string,
  copy: string,
): CollectiveKey | undefined {
  const [, text] = /^1\.[0-9a-f]{16}\.([0-9a-f]+)$/.exec(copy) ?? [];
  const both = text === undefined ? undefined : bytesOf(text);
  if (both === undefined) return undefined;
  const ephemeral = both.subarray(0, X25519_BYTES);
  const shared = x25519Shared(privateKey, ephemeral);
  if (shared === undefined) return undefined;
  const secret = copyKey(shared, ephemeral, publicKey);
  const bytes = openGcm(secret, ZERO_IV, both.subarray(X25519_BYTES), copyBound(keyId, member));
  return bytes?.length === COLLECTIVE_KEY_BYTES ? { id: keyId, bytes } : undefined;
}

/** Whether a copy is one for that public key. */
function isFor(copy: string | null, publicKey: Uint8Array): boolean {
  return copy?.split(".", 2)[1] === markOf(publicKey);
}

// ---- entries

/** Refused where another key has become the newest: for every entry that holds sealed cells. */
export function newestGuard(id: string | null): Operation {
  return {
    kind: "guard",
    guard: { test: "equals", row: KEYS_ROW, attribute: NEWEST_CELL, value: id },
  };
}

/**
 * Makes `key` the newest in the place of `before`, sealed to each of the members that say what to
 * seal to. The entry is refused where another was faster.
 */
export function newKeyOperations(
  key: CollectiveKey,
  before: string | undefined,
  recipients: readonly (readonly [member: MemberId, publicKey: Uint8Array])[],
  ephemeral: () => Uint8Array,
): Operation[] {
  const copies = recipients.flatMap(([member, publicKey]) => {
    const copy = sealCopy(key, member, publicKey, ephemeral());
    return copy === undefined ? [] : [[member as string, copy] as const];
  });
  return [
    newestGuard(before ?? null),
    { kind: "set", rows: [keyRow(key.id)], cells: [[ROW_MARK, ""], ...copies] },
    {
      kind: "set",
      rows: [KEYS_ROW],
      cells: [[ROW_MARK, ""], [NEWEST_CELL, key.id], [key.id, ""]],
    },
  ];
}

/**
 * What has to be written so that each listed member that says what to seal to has a copy of each
 * key, and nobody else: an entry for each copy, which is refused where somebody was faster, and
 * one for what is left of members that are gone. `keys` are those that can be opened here.
 */
export function copiesDue(
  rows: Rows,
  members: readonly Member[],
  keys: readonly CollectiveKey[],
  ephemeral: () => Uint8Array,
): Operation[][] {
  const due: Operation[][] = [];
  for (const member of members) {
    const { id } = member;
    const claimed = saidBy(rows, id)?.publicKey;
    const without = keys.filter((key) => {
      return claimed !== undefined && !isFor(rows.value(keyRow(key.id), id), claimed);
    });
    // A word is looked into only where something is due: that takes its time.
    const publicKey = without.length === 0 ? undefined : announcedKey(rows, member);
    if (publicKey === undefined) continue;
    for (const key of without) {
      const copy = sealCopy(key, id, publicKey, ephemeral());
      if (copy === undefined) continue;
      const row = keyRow(key.id);
      due.push([
        { kind: "guard", guard: { test: "exists", rows: [row] } },
        {
          kind: "guard",
          guard: { test: "equals", row, attribute: id, value: rows.value(row, id) },
        },
        { kind: "set", rows: [row], cells: [[id, copy]] },
      ]);
    }
  }
  const gone = goneOperations(rows, members);
  return gone.length === 0 ? due : [...due, gone];
}

/** A member that was let go keeps nothing here; the keys that it knew are for a rotation. */
function goneOperations(rows: Rows, members: readonly Member[]): Operation[] {
  const listed = new Set<string>(members.map(({ id }) => id));
  return [SEALING_ROW, ...keyIds(rows).map(keyRow)].flatMap((row): Operation[] => {
    const attributes = [...rows.valuesOf(row)].map(([cell]) => cell)
      .filter((cell) => !listed.has(cell));
    return attributes.length === 0 ? [] : [{ kind: "clear", rows: [row], attributes }];
  });
}

/** Forgets keys that no cell is sealed by any more. Refused where another key is the newest. */
export function dropKeysOperations(newest: string, ids: readonly string[]): Operation[] {
  return [
    newestGuard(newest),
    { kind: "drop", rows: ids.map(keyRow) },
    { kind: "clear", rows: [KEYS_ROW], attributes: ids },
  ];
}
