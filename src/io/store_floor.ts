/**
 * The floor file: how many commits the store beside it must hold at least. A store that counts
 * less was cut, by a damaged write-ahead log or a lost one, which SQLite itself calls sound.
 *
 *     slot 0 at byte 0, slot 1 at byte 4096, written in turn; the valid one of the higher sequence
 *     counts:     CRC-32C (4, big-endian) | sequence | count | zeros
 *
 * 1. The count written is that of a commit that had **returned** before the write began. Written
 *    together with the very commit it counts, it could outlive it in a power cut and condemn a
 *    healthy store.
 * 2. For the same reason the count of a store just opened is not written: what was read there may
 *    still be in the page cache alone.
 * 3. It is written FLOOR_FILE_MS after a commit that it does not count yet, not with each one:
 *    decision 0013 says what that costs and saves.
 * 4. One write at a time, so that a torn one spoils one slot only.
 * 5. The store never waits for it, save at close.
 */
import { ByteReader, ByteWriter } from "../base/bytes.ts";
import { crc32c } from "../base/crc32c.ts";
import { FLOOR_FILE_MS } from "../base/limits.ts";
import type { Clock } from "./clock.ts";
import { oneLine } from "../base/one_line.ts";

const SLOT_BYTES = 4096;

/** What a slot says. */
export interface Floor {
  readonly sequence: number;
  readonly count: number;
}

/** The floor as the SLOT_BYTES of one slot. */
export function printSlot(floor: Floor): Uint8Array {
  const slot = new Uint8Array(SLOT_BYTES);
  slot.set(new ByteWriter().uint(floor.sequence).uint(floor.count).finish(), 4);
  new DataView(slot.buffer).setUint32(0, crc32c(slot.subarray(4)));
  return slot;
}

/** The slot's floor, or undefined where it is torn, damaged or was never written. */
export function parseSlot(slot: Uint8Array): Floor | undefined {
  if (slot.length !== SLOT_BYTES) return undefined;
  const reader = new ByteReader(slot);
  if (reader.u32() !== crc32c(slot.subarray(4))) return undefined;
  return { sequence: reader.uint(), count: reader.uint() };
}

/** The floor that stands at `path`: undefined where no slot is valid, NotFound where no file is. */
export async function readFloor(path: string): Promise<Floor | undefined> {
  const bytes = await Deno.readFile(path);
  const slots = [0, SLOT_BYTES].map((at) => parseSlot(bytes.subarray(at, at + SLOT_BYTES)));
  return slots.reduce((a, b) => (b?.sequence ?? 0) > (a?.sequence ?? 0) ? b : a);
}

/** Makes or replaces the floor file, in one step, and syncs it. The folder is the caller's. */
export async function createFloor(path: string, count: number): Promise<void> {
  const fresh = `${path}.new`;
  using file = await Deno.open(fresh, { write: true, create: true, truncate: true, mode: 0o600 });
  file.writeSync(new Uint8Array(2 * SLOT_BYTES));
  await writeSlot(file, { sequence: 1, count });
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
  #writing: Promise<void> | undefined;
  #cancelDue: (() => void) | undefined;
  #failure: string | undefined;

  private constructor(path: string, file: Deno.FsFile, floor: Floor, clock: Clock) {
    this.#path = path;
    this.#file = file;
    this.#clock = clock;
    this.#written = floor;
    this.#returned = floor.count;
  }

  static async open(path: string, floor: Floor, clock: Clock): Promise<FloorKeeper> {
    const file = await Deno.open(path, { read: true, write: true });
    return new FloorKeeper(path, file, floor, clock);
  }

  get count(): number {
    return this.#written.count;
  }

  /** Why a write failed, once one did. No room is not a failure: the older floor still holds. */
  get failure(): string | undefined {
    return this.#failure;
  }

  /** A commit has returned: soon the file counts it. */
  commitReturned(count: number): void {
    this.#returned = count;
    this.#cancelDue ??= this.#clock.after(FLOOR_FILE_MS, () => {
      this.#cancelDue = undefined;
      this.#start();
    });
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
    const floor = { sequence: 1, count: this.#returned };
    await createFloor(this.#path, floor.count);
    this.#file.close();
    this.#file = await Deno.open(this.#path, { read: true, write: true });
    this.#written = floor;
    this.#failure = undefined;
  }

  async close(): Promise<void> {
    this.#cancelDue?.();
    this.#cancelDue = undefined;
    await this.settle();
    this.#file.close();
  }

  #start(): void {
    const old = this.#written;
    const isStale = this.#returned > old.count;
    if (this.#writing !== undefined || this.#failure !== undefined || !isStale) return;
    this.#written = { sequence: old.sequence + 1, count: this.#returned };
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
      this.#writing = undefined;
      return;
    }
    this.#writing = undefined;
    // A commit that became due meanwhile found this write under way.
    if (this.#cancelDue === undefined) this.#start();
  }
}
