/**
 * How records lie in Deno KV, which takes 64 KiB a value: a longer one is cut into parts.
 *
 *     ["count"]       frame of (count, stale): how many commits, how many stale parts
 *     ["r", key]      frame of the value's first MAX_STORED_PART_BYTES
 *     ["r", key, n]   frame of its n-th such piece, 0 < n < parts
 *
 *     frame = CRC-32C (4, big-endian) | generation | parts | bytes
 *
 * `generation` is the commit that wrote the value, `parts` how many pieces it has; both are LEB128.
 * The CRC runs over key, part number and all that follows it, so a frame that strayed to another
 * key, a lost part and a part of another value are all seen.
 *
 * A value overwritten by a shorter one leaves parts behind. They go in the same atomic while it has
 * room, else in the next ones: until then they are *stale*, and counted, so that a part whose
 * head was lost is never taken for one.
 */
import { assert } from "../base/assert.ts";
import { ByteReader, ByteWriter, concat } from "../base/bytes.ts";
import { crc32c } from "../base/crc32c.ts";
import {
  MAX_ATOMIC_MUTATIONS,
  MAX_BATCH_BYTES,
  MAX_BATCH_KEY_BYTES,
  MAX_BATCH_ROWS,
  MAX_STORED_PART_BYTES,
} from "../base/limits.ts";
import { DamageError, type StoreBatch } from "./store.ts";

/** Deno KV takes 80 KiB of encoded keys an atomic; each costs up to 14 bytes beside its text. */
const ATOMIC_KEY_BYTES = 80 * 1024;
const KEY_OVERHEAD_BYTES = 14;
/** Deno KV takes 2,048 bytes a key, encoded. */
export const MAX_STORED_KEY_BYTES = 1024;

const COUNT_KEY: Deno.KvKey = ["count"];
const COUNT_NAME = "commit count";

/** A stored value, checked. */
export interface Frame {
  readonly generation: number;
  readonly parts: number;
  readonly bytes: Uint8Array;
}

/** What the store says of itself in every atomic. */
export interface StoreState {
  readonly count: number;
  readonly stale: number;
}

/** A part as it is stored: CRC-32C over key, number and all that follows, then the frame. */
export function printFrame(key: string, part: number, frame: Frame): Uint8Array<ArrayBuffer> {
  const writer = new ByteWriter(frame.bytes.length + 24).u32(0)
    .uint(frame.generation).uint(frame.parts).raw(frame.bytes);
  const stored = writer.finish();
  new DataView(stored.buffer).setUint32(0, checksum(key, part, stored.subarray(4)));
  return stored as Uint8Array<ArrayBuffer>;
}

/** The frame stored at `key`; {@link DamageError} naming the key where it is not what was put. */
export function parseFrame(key: string, part: number, stored: unknown): Frame {
  if (!(stored instanceof Uint8Array) || stored.length < 6) throw damaged(key, "is not a frame");
  const reader = new ByteReader(stored);
  if (reader.u32() !== checksum(key, part, stored.subarray(4))) {
    throw damaged(key, `fails its checksum (part ${part}, ${stored.length} bytes)`);
  }
  return { generation: reader.uint(), parts: reader.uint(), bytes: reader.raw(reader.left) };
}

function checksum(key: string, part: number, rest: Uint8Array): number {
  return crc32c(rest, crc32c(new ByteWriter(key.length + 8).text(key).uint(part).finish()));
}

function damaged(key: string, how: string): DamageError {
  return new DamageError("damaged", `record "${key}" ${how}`);
}

/** The state's one row. */
export function printState(state: StoreState): { key: Deno.KvKey; value: Uint8Array<ArrayBuffer> } {
  const bytes = new ByteWriter(16).uint(state.count).uint(state.stale).finish();
  const value = printFrame(COUNT_NAME, 0, { generation: state.count, parts: 1, bytes });
  return { key: COUNT_KEY, value };
}

/** What the store says of itself; {@link DamageError} where it does not. */
export async function readState(kv: Deno.Kv): Promise<StoreState> {
  const stored = (await kv.get(COUNT_KEY)).value;
  if (stored === null) throw new DamageError("cut", "the store has lost its commit count");
  return parseState(stored);
}

function parseState(stored: unknown): StoreState {
  const reader = new ByteReader(parseFrame(COUNT_NAME, 0, stored).bytes);
  return { count: reader.uint(), stale: reader.uint() };
}

/** A key of the store as Deno KV has it. */
export function kvKey(key: string, part: number): Deno.KvKey {
  return part === 0 ? ["r", key] : ["r", key, part];
}

/** Where a row of Deno KV belongs: the state, or part n of a record. Anything else is damage. */
export function placeOf(kvKey: Deno.KvKey): { key: string; part: number } | "state" {
  const [space, key, part] = kvKey;
  if (space === "count" && kvKey.length === 1) return "state";
  const first = kvKey.length === 2;
  const later = kvKey.length === 3 && typeof part === "number" && Number.isInteger(part) &&
    part > 0;
  if (space === "r" && typeof key === "string" && (first || later)) {
    return { key, part: first ? 0 : part as number };
  }
  throw damaged(kvKey.map(String).join("/"), "is unknown to this program");
}

/** Puts the rows of a store, in their order, together again. Total over any rows: what does not
 * add up is a {@link DamageError}. */
export class PartReader {
  readonly ledger = new PartLedger();
  state: StoreState | undefined;
  #key: string | undefined;
  #head: Frame | undefined;
  #pieces: Uint8Array[] = [];
  #stray: string | undefined;

  /** Takes the next row; gives the record that is complete with it, if one is. */
  take(row: Deno.KvKey, stored: unknown): { key: string; value: Uint8Array } | undefined {
    const place = placeOf(row);
    if (place === "state") {
      this.state = parseState(stored);
      return undefined;
    }
    const { key, part } = place;
    const frame = parseFrame(key, part, stored);
    if (part === 0) {
      this.#finishRecord();
      this.#key = key;
      this.#head = frame;
      this.#pieces = [frame.bytes];
    } else if (key !== this.#key || this.#head === undefined || part >= this.#head.parts) {
      this.#stray = key;
      this.ledger.found(key, part);
      return undefined;
    } else {
      if (part !== this.#pieces.length) throw damaged(key, `lacks part ${this.#pieces.length}`);
      if (frame.generation !== this.#head.generation || frame.parts !== this.#head.parts) {
        throw damaged(key, `has a part ${part} of another value`);
      }
      this.#pieces.push(frame.bytes);
    }
    if (this.#pieces.length < (this.#head as Frame).parts) return undefined;
    this.ledger.named(key, this.#pieces.length);
    return { key, value: this.#pieces.length === 1 ? frame.bytes : concat(this.#pieces) };
  }

  /** After the last row: nothing is left half read and no part stands without a head. */
  end(): StoreState {
    this.#finishRecord();
    if (this.state === undefined) {
      throw new DamageError("cut", "the store has lost its commit count");
    }
    if (this.state.stale !== this.ledger.stale) {
      throw damaged(this.#stray ?? "?", "has lost its beginning or parts that were counted");
    }
    return this.state;
  }

  #finishRecord(): void {
    if (this.#head !== undefined && this.#pieces.length < this.#head.parts) {
      throw damaged(this.#key ?? "?", `lacks part ${this.#pieces.length}`);
    }
  }
}

/** How far the parts of one key reach: those its head names, and those on disk. */
interface Extent {
  readonly named: number;
  readonly onDisk: number;
}

/** One atomic, worked out but not yet done. */
export interface AtomicPlan {
  readonly sets: readonly { key: Deno.KvKey; value: Uint8Array }[];
  readonly deletes: readonly Deno.KvKey[];
  readonly extents: ReadonlyMap<string, Extent>;
}

/** Knows which keys have more than one part on disk, and plans atomics that leave none behind. */
export class PartLedger {
  readonly #extents = new Map<string, Extent>();
  #stale = 0;

  /** Parts on disk that no head names. */
  get stale(): number {
    return this.#stale;
  }

  /** Reading: the head of `key` names `parts` parts, all there. */
  named(key: string, parts: number): void {
    if (parts > 1) this.#put(key, { named: parts, onDisk: parts });
  }

  /** Reading: part `part` of `key` is there and nothing names it. */
  found(key: string, part: number): void {
    const named = this.#extents.get(key)?.named ?? 1;
    const before = this.#extents.get(key)?.onDisk ?? 1;
    this.#put(key, { named, onDisk: Math.max(before, part + 1) });
  }

  #put(key: string, extent: Extent): void {
    const old = this.#extents.get(key) ?? { named: 1, onDisk: 1 };
    this.#stale += (extent.onDisk - extent.named) - (old.onDisk - old.named);
    if (extent.onDisk > 1) this.#extents.set(key, extent);
    else this.#extents.delete(key);
  }

  /** The atomic that makes `batch` commit `count`. Deletes go first: a key both deleted and put
   * is put, and the last of two puts counts. Nothing changes before {@link applied}. */
  plan(batch: StoreBatch, count: number): AtomicPlan {
    checkBounds(batch);
    const puts = new Map(batch.puts.map(({ key, value }) => [key, value]));
    const gone = new Set(batch.deletes.filter((key) => !puts.has(key)));
    const sets: { key: Deno.KvKey; value: Uint8Array }[] = [];
    const deletes: Deno.KvKey[] = [];
    const extents = new Map<string, Extent>();
    let keyBytes = 0;
    for (const [key, value] of puts) {
      const parts = Math.max(1, Math.ceil(value.length / MAX_STORED_PART_BYTES));
      for (let part = 0; part < parts; part++) {
        const at = part * MAX_STORED_PART_BYTES;
        const bytes = value.subarray(at, at + MAX_STORED_PART_BYTES);
        const frame = printFrame(key, part, { generation: count, parts, bytes });
        sets.push({ key: kvKey(key, part), value: frame });
      }
      keyBytes += parts * (key.length + KEY_OVERHEAD_BYTES);
      const onDisk = Math.max(parts, this.#extents.get(key)?.onDisk ?? 1);
      extents.set(key, { named: parts, onDisk });
    }
    for (const key of gone) {
      deletes.push(kvKey(key, 0));
      keyBytes += key.length + KEY_OVERHEAD_BYTES;
      extents.set(key, { named: 1, onDisk: this.#extents.get(key)?.onDisk ?? 1 });
    }
    const room = MAX_ATOMIC_MUTATIONS - 1 - sets.length - deletes.length;
    deletes.push(...this.#trim(extents, room, ATOMIC_KEY_BYTES - KEY_OVERHEAD_BYTES - keyBytes));
    const state = printState({ count, stale: this.#staleAfter(extents) });
    return { sets: [...sets, state], deletes, extents };
  }

  /** Takes stale parts away from their far end, for as long as the atomic has room. */
  #trim(extents: Map<string, Extent>, mutations: number, keyBytes: number): Deno.KvKey[] {
    const trimmed: Deno.KvKey[] = [];
    if (this.#staleAfter(extents) === 0) return trimmed;
    for (const key of new Set([...extents.keys(), ...this.#extents.keys()])) {
      const extent = extents.get(key) ?? this.#extents.get(key) as Extent;
      const cost = key.length + KEY_OVERHEAD_BYTES;
      let onDisk = extent.onDisk;
      for (; onDisk > extent.named && mutations > 0 && keyBytes >= cost; onDisk--) {
        trimmed.push(kvKey(key, onDisk - 1));
        mutations--;
        keyBytes -= cost;
      }
      if (onDisk < extent.onDisk) extents.set(key, { named: extent.named, onDisk });
    }
    return trimmed;
  }

  #staleAfter(extents: ReadonlyMap<string, Extent>): number {
    let stale = this.#stale;
    for (const [key, extent] of extents) {
      const old = this.#extents.get(key) ?? { named: 1, onDisk: 1 };
      stale += (extent.onDisk - extent.named) - (old.onDisk - old.named);
    }
    return stale;
  }

  /** The planned atomic is on disk. */
  applied(plan: AtomicPlan): void {
    for (const [key, extent] of plan.extents) this.#put(key, extent);
  }
}

/** A batch beyond its bounds is a bug of whoever made it: {@link InvariantError}. */
export function checkBounds(batch: StoreBatch): void {
  let valueBytes = 0;
  let keyBytes = 0;
  const keys = [...batch.deletes];
  for (const { key, value } of batch.puts) {
    keys.push(key);
    valueBytes += value.length;
  }
  for (const key of keys) {
    keyBytes += key.length;
    const fits = key.length > 0 && key.length <= MAX_STORED_KEY_BYTES;
    // deno-lint-ignore no-control-regex
    assert(fits && /^[\x01-\x7f]+$/.test(key), `a store key is 1 to 1024 ASCII bytes: "${key}"`);
  }
  assert(valueBytes <= MAX_BATCH_BYTES, `a batch of ${valueBytes} bytes`);
  assert(keyBytes <= MAX_BATCH_KEY_BYTES, `a batch of ${keyBytes} bytes of keys`);
  assert(batch.puts.length <= MAX_BATCH_ROWS, `a batch of ${batch.puts.length} puts`);
  assert(batch.deletes.length <= MAX_BATCH_ROWS, `a batch of ${batch.deletes.length} deletes`);
}
