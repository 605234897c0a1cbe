/**
 * The floor file: how many commits the store beside it must hold at least. A store that counts
 * less was cut, by a damaged write-ahead log or a lost one, which SQLite itself calls sound.
 *
 *     slot 0 at byte 0, slot 1 at byte 4096, written in turn; the valid one of the higher sequence
 *     counts:     CRC-32C (4, big-endian) | sequence | count | length of tag | tag | zeros
 *
 * 1. The count written is that of a commit that had **returned** before the write began. Written
 *    together with the very commit it counts, it could outlive it in a power cut and condemn a
 *    healthy store.
 * 2. For the same reason the count of a store just opened is not written: what was read there may
 *    still be in the page cache alone.
 * 3. One write at a time, so that a torn one spoils one slot only.
 * 4. The store never waits for it, save at close.
 */
import { assert } from "../base/assert.ts";
import { ByteReader, ByteWriter } from "../base/bytes.ts";
import { crc32c } from "../base/crc32c.ts";
import { FLOOR_FILE_IDLE_MS } from "../base/limits.ts";
import { ok, type Outcome, refused } from "../base/outcome.ts";
import type { Clock } from "./clock.ts";
import { oneLine } from "../base/one_line.ts";

const SLOT_BYTES = 4096;
/** What a tag may hold: the rest of a slot. */
export const MAX_TAG_BYTES = SLOT_BYTES - 32;

/** What a slot says. `tag` is opaque: whoever owns the store keeps there what must outlive it. */
export interface Floor {
  readonly sequence: number;
  readonly count: number;
  readonly tag: Uint8Array;
}

/** The floor as the SLOT_BYTES of one slot. The tag must be at most MAX_TAG_BYTES. */
export function printSlot(floor: Floor): Uint8Array {
  assert(floor.tag.length <= MAX_TAG_BYTES, `a tag of at most ${MAX_TAG_BYTES} bytes`);
  const slot = new Uint8Array(SLOT_BYTES);
  slot.set(
    new ByteWriter().uint(floor.sequence).uint(floor.count).bytes(floor.tag).finish(),
    4,
  );
  new DataView(slot.buffer).setUint32(0, crc32c(slot.subarray(4)));
  return slot;
}

/** The slot's floor, or undefined where it is torn, damaged or was never written. */
export function parseSlot(slot: Uint8Array): Floor | undefined {
  if (slot.length !== SLOT_BYTES) return undefined;
  const reader = new ByteReader(slot);
  if (reader.u32() !== crc32c(slot.subarray(4))) return undefined;
  return { sequence: reader.uint(), count: reader.uint(), tag: reader.bytes().slice() };
}

/** The floor that stands at `path`: undefined where no slot is valid, NotFound where no file is. */
export async function readFloor(path: string): Promise<Floor | undefined> {
  const bytes = await Deno.readFile(path);
  const slots = [0, SLOT_BYTES].map((at) => parseSlot(bytes.subarray(at, at + SLOT_BYTES)));
  return slots.reduce((a, b) => (b?.sequence ?? 0) > (a?.sequence ?? 0) ? b : a);
}

/** Makes or replaces the floor file, in one step, and syncs it. The folder is the caller's. */
export async function createFloor(path: string, floor: Omit<Floor, "sequence">): Promise<void> {
  const fresh = `${path}.new`;
  using file = await Deno.open(fresh, { write: true, create: true, truncate: true, mode: 0o600 });
  file.writeSync(new Uint8Array(2 * SLOT_BYTES));
  await writeSlot(file, { ...floor, sequence: 1 });
  await Deno.rename(fresh, path);
}

async function writeSlot(file: Deno.FsFile, floor: Floor): Promise<void> {
  const slot = printSlot(floor);
  file.seekSync((floor.sequence % 2) * SLOT_BYTES, Deno.SeekMode.Start);
  for (let at = 0; at < slot.length;) at += file.writeSync(slot.subarray(at));
  await file.syncData();
}

/** Keeps the floor file of an open store up to date, behind its commits. */
export class FloorKeeper {
  readonly #path: string;
  #file: Deno.FsFile;
  readonly #clock: Clock;
  /** What is on disk, or is being written. */
  #written: Floor;
  #returned: number;
  #tag: Uint8Array;
  #writing: Promise<void> | undefined;
  /** A commit began while a write was under way: one more is due right after it. */
  #again = false;
  #cancelIdle: (() => void) | undefined;
  #failure: string | undefined;

  private constructor(path: string, file: Deno.FsFile, floor: Floor, clock: Clock) {
    this.#path = path;
    this.#file = file;
    this.#clock = clock;
    this.#written = floor;
    this.#returned = floor.count;
    this.#tag = floor.tag;
  }

  static async open(path: string, floor: Floor, clock: Clock): Promise<FloorKeeper> {
    const file = await Deno.open(path, { read: true, write: true });
    return new FloorKeeper(path, file, floor, clock);
  }

  get count(): number {
    return this.#written.count;
  }

  get tag(): Uint8Array {
    return this.#tag;
  }

  /** Why a write failed, once one did. No room is not a failure: the older floor still holds. */
  get failure(): string | undefined {
    return this.#failure;
  }

  /** A commit begins: what returned before it is written beside it. */
  commitBegins(): void {
    this.#cancelIdle?.();
    this.#cancelIdle = undefined;
    this.#again = this.#writing !== undefined;
    this.#start();
  }

  /** A commit has returned: it goes into the file with the next one, or soon if none comes. */
  commitReturned(count: number): void {
    this.#returned = count;
    this.#cancelIdle ??= this.#clock.after(FLOOR_FILE_IDLE_MS, () => {
      this.#cancelIdle = undefined;
      this.#start();
    });
  }

  /** Writes the tag; resolves when it is on disk. Refuses, with nothing changed on disk, where
   * there is no room or the disk fails; the tag then goes along with the next write. */
  async setTag(tag: Uint8Array): Promise<Outcome<void>> {
    assert(tag.length <= MAX_TAG_BYTES, `a tag of at most ${MAX_TAG_BYTES} bytes`);
    this.#tag = tag.slice();
    await this.settle();
    if (this.#written.tag === this.#tag) return ok();
    return refused("unavailable", `cannot write the floor file: ${this.#failure ?? "no room"}`);
  }

  /** Resolves when all that is known is on disk, or writing failed. */
  async settle(): Promise<void> {
    while (this.#writing !== undefined) await this.#writing;
    this.#start();
    while (this.#writing !== undefined) await this.#writing;
  }

  /** After a failure: a new file in the place of the old one, whose disk blocks are not trusted. */
  async renew(): Promise<void> {
    while (this.#writing !== undefined) await this.#writing;
    const floor = { sequence: 1, count: this.#returned, tag: this.#tag };
    await createFloor(this.#path, floor);
    this.#file.close();
    this.#file = await Deno.open(this.#path, { read: true, write: true });
    this.#written = floor;
    this.#failure = undefined;
  }

  async close(): Promise<void> {
    this.#cancelIdle?.();
    this.#cancelIdle = undefined;
    await this.settle();
    this.#file.close();
  }

  #start(): void {
    const old = this.#written;
    const stale = this.#returned > old.count || this.#tag !== old.tag;
    if (this.#writing !== undefined || this.#failure !== undefined || !stale) return;
    this.#written = { sequence: old.sequence + 1, count: this.#returned, tag: this.#tag };
    this.#writing = this.#write(this.#written, old);
  }

  async #write(floor: Floor, old: Floor): Promise<void> {
    try {
      await writeSlot(this.#file, floor);
    } catch (error) {
      // The other slot still holds the older floor, and is the one that must not be touched next.
      this.#written = old;
      const text = oneLine(error);
      if (!/ENOSPC|no space|os error 28/i.test(text)) this.#failure = `floor file: ${text}`;
    } finally {
      this.#writing = undefined;
      if (this.#again) this.#start();
      this.#again = false;
    }
  }
}
