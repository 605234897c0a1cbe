/**
 * The simulator's disk. `FakeDisk` is synchronous and draws every chance from the generator it is
 * given, so that one seed gives one history; `openFakeStore` puts the port of store.ts on it.
 *
 * What a crash may do:
 *
 *     a commit under way          kept whole or lost whole
 *     a commit that was `done`    kept
 *     a commit of outcome         readable or not until the crash; what was readable may
 *     `unknown`                   vanish with it, unless `recover` came first
 *
 * The floor is the highest count that had returned when `flushFloor` was called, which stands for
 * the timer that writes the file. A store that counts less than it was cut.
 */
import { assert } from "../base/assert.ts";
import { utf8 } from "../base/bytes.ts";
import { crc32c } from "../base/crc32c.ts";
import { ok, type Outcome, refused } from "../base/outcome.ts";
import type { Prng } from "../base/prng.ts";
import { type CommitResult, DamageError } from "./store.ts";
import type { Store, StoreBatch, StoreRecord } from "./store.ts";
import { checkBounds } from "./store_parts.ts";

/** Faults of this program, not of a disk, put in on purpose: the simulator must notice each. */
export type StoreMutant =
  /** `done` comes before the bytes are on disk; the next commit or idle moment puts them there. */
  | "no-fsync"
  /** The floor is written together with the commit it counts. */
  | "floor-in-parallel";

/** Commits that {@link FakeDisk.cut} can take back. */
const UNDO_COMMITS = 16;

interface Row {
  readonly value: Uint8Array;
  readonly crc: number;
}

type Rows = Map<string, Row>;
/** What stood there before a commit, or nothing. */
type Undo = Map<string, Row | undefined>;

/** A commit that can be read and is not on the platters: a crash loses it, or draws for it. */
interface Cached {
  readonly batch: StoreBatch;
  readonly atCrash: "lost" | "drawn";
}

/** Everything a disk held at one moment: what an administrator's snapshot brings back. */
export interface DiskSnapshot {
  readonly rows: ReadonlyMap<string, Row>;
  readonly count: number;
  readonly floor: number;
}

/** The simulator's disk: bytes that may be lost, torn or old, by the rules of the contract. */
/** A disk in memory that fails on demand, and as its generator says. */
export class FakeDisk {
  readonly #prng: Prng;
  readonly #mutant: StoreMutant | undefined;
  /** On the platters. */
  #rows: Rows = new Map();
  #durable = 0;
  #floor = 0;
  #undo: Undo[] = [];
  /** Readable, not yet on the platters. */
  #cached: Cached | undefined;
  #inFlight: StoreBatch | undefined;
  /** The highest count returned since the last crash: the process's own memory. */
  #returned = 0;
  #full = false;
  #failNext = false;
  #failed = false;
  #life = 0;
  #locked = false;

  constructor(prng: Prng, options: { readonly mutant?: StoreMutant } = {}) {
    this.#prng = prng;
    this.#mutant = options.mutant;
  }

  /** Commits that can be read. */
  get count(): number {
    return this.#durable + (this.#cached === undefined ? 0 : 1);
  }

  /** What the floor file says. */
  get floor(): number {
    return this.#floor;
  }

  /** How often this disk's process has died. */
  get life(): number {
    return this.#life;
  }

  get committing(): boolean {
    return this.#inFlight !== undefined;
  }

  /** The batch is on its way; {@link finish} is due when the virtual fsync is. */
  begin(batch: StoreBatch): void {
    assert(this.#inFlight === undefined, "one commit at a time");
    checkBounds(batch);
    this.#inFlight = batch;
  }

  /** Ends the commit under way. */
  finish(): CommitResult {
    const batch = this.#inFlight;
    assert(batch !== undefined, "a commit is under way");
    this.#inFlight = undefined;
    if (this.#failed) return { result: "unknown", message: "the disk failed before" };
    if (this.#failNext) return this.#fail(batch);
    this.#settle();
    if (this.#full) return { result: "full", message: "database or disk is full" };
    if (this.#mutant === "no-fsync") this.#cached = { batch, atCrash: "lost" };
    else this.#apply(batch);
    this.#returned = this.count;
    if (this.#mutant === "floor-in-parallel") this.#floor = this.count;
    return { result: "done", count: this.count };
  }

  #fail(batch: StoreBatch): CommitResult {
    this.#failNext = false;
    this.#settle();
    this.#failed = true;
    if (this.#prng.chance(0.5)) this.#cached = { batch, atCrash: "drawn" };
    return { result: "unknown", message: "disk I/O error" };
  }

  /** The floor file catches up. */
  flushFloor(): void {
    if (this.#failed) return;
    this.#settle();
    this.#floor = Math.max(this.#floor, this.#returned);
  }

  /** What was cached reaches the platters. */
  #settle(): void {
    if (this.#cached !== undefined) this.#apply(this.#cached.batch);
    this.#cached = undefined;
  }

  #apply(batch: StoreBatch): void {
    const undo: Undo = new Map();
    const put = (key: string, row: Row | undefined) => {
      if (!undo.has(key)) undo.set(key, this.#rows.get(key));
      if (row === undefined) this.#rows.delete(key);
      else this.#rows.set(key, row);
    };
    for (const key of batch.deletes) put(key, undefined);
    for (const { key, value } of batch.puts) put(key, rowOf(key, value));
    this.#undo.push(undo);
    if (this.#undo.length > UNDO_COMMITS) this.#undo.shift();
    this.#durable++;
  }

  /** Power or process gone: what was in flight or only cached is drawn for. The lock is free. */
  crash(): void {
    const batch = this.#inFlight;
    if (this.#cached?.atCrash === "drawn" && this.#prng.chance(0.5)) this.#settle();
    if (batch !== undefined) {
      const possible = this.#cached === undefined && !this.#failed && !this.#full;
      const counted = this.count + 1;
      if (possible && this.#prng.chance(0.5)) this.#apply(batch);
      if (this.#mutant === "floor-in-parallel" && this.#prng.chance(0.5)) this.#floor = counted;
    }
    this.#cached = undefined;
    this.#inFlight = undefined;
    this.#returned = 0;
    this.#failed = false;
    this.#failNext = false;
    this.#locked = false;
    this.#life++;
  }

  /** Copies what can be read onto fresh platters, after an `unknown` outcome. */
  recover(): void {
    assert(this.#inFlight === undefined, "a store does not recover during a commit");
    this.read();
    if (this.#full) throw new DamageError("unreadable", "no room to copy the store");
    this.#settle();
    this.#floor = Math.max(this.#floor, this.#returned);
    this.#failed = false;
  }

  /** Every record in the order of the keys; {@link DamageError} as the real one would throw it. */
  read(): StoreRecord[] {
    if (this.count < this.#floor) {
      throw new DamageError(
        "cut",
        `it holds ${this.count} commits of at least ${this.#floor} that were on disk`,
      );
    }
    const rows = new Map(this.#rows);
    for (const key of this.#cached?.batch.deletes ?? []) rows.delete(key);
    for (const { key, value } of this.#cached?.batch.puts ?? []) rows.set(key, rowOf(key, value));
    const records: StoreRecord[] = [];
    for (const [key, { value, crc }] of rows) {
      if (checksum(key, value) !== crc) {
        throw new DamageError("damaged", `record "${key}" fails its checksum`);
      }
      records.push({ key, value });
    }
    return records.sort((a, b) => a.key < b.key ? -1 : 1);
  }

  /** Flips one bit of one stored record, or of `key`'s; its key, or undefined on an empty disk. */
  corruptBit(prng: Prng, key?: string): string | undefined {
    const keys = [...this.#rows.keys()].sort();
    if (keys.length === 0) return undefined;
    const chosen = key ?? prng.pick(keys);
    const row = this.#rows.get(chosen);
    assert(row !== undefined, `${chosen} is on disk`);
    const value = row.value.slice();
    const bit = prng.between(0, Math.max(0, value.length * 8 - 1));
    if (value.length === 0) this.#rows.set(chosen, { value, crc: row.crc ^ 1 });
    else {
      value[bit >> 3] = (value[bit >> 3] as number) ^ (1 << (bit & 7));
      this.#rows.set(chosen, { value, crc: row.crc });
    }
    return chosen;
  }

  /** Takes the last commits off the platters without a word, as a damaged write-ahead log does.
   * At most {@link UNDO_COMMITS}; between two lives only. */
  cut(commits: number): void {
    assert(commits <= this.#undo.length, "that many commits can still be taken back");
    for (let i = 0; i < commits; i++) {
      for (const [key, row] of this.#undo.pop() ?? []) {
        if (row === undefined) this.#rows.delete(key);
        else this.#rows.set(key, row);
      }
      this.#durable--;
    }
  }

  snapshot(): DiskSnapshot {
    return { rows: new Map(this.#rows), count: this.#durable, floor: this.#floor };
  }

  /** The whole disk as it was, floor file included: nothing on it can tell. Ends the process. */
  rollBackTo(snapshot: DiskSnapshot): void {
    this.crash();
    this.#rows = new Map(snapshot.rows);
    this.#durable = snapshot.count;
    this.#floor = snapshot.floor;
    this.#undo = [];
  }

  /** A new disk in the place of the old one. Ends the process. */
  wipe(): void {
    this.rollBackTo({ rows: new Map(), count: 0, floor: 0 });
    this.#full = false;
  }

  /** No room until {@link free}. */
  fill(): void {
    this.#full = true;
  }

  free(): void {
    this.#full = false;
  }

  /** The next commit's outcome is unknown. */
  failNext(_outcome: "unknown"): void {
    this.#failNext = true;
  }

  /** The folder's lock: false where another holds it. */
  lock(): boolean {
    if (this.#locked) return false;
    this.#locked = true;
    return true;
  }

  unlock(): void {
    this.#locked = false;
  }
}

function rowOf(key: string, value: Uint8Array): Row {
  const copy = value.slice();
  return { value: copy, crc: checksum(key, copy) };
}

function checksum(key: string, value: Uint8Array): number {
  return crc32c(value, crc32c(utf8(key)));
}

/** Calls back when the virtual fsync is done. Without one of his own, a caller gets microtasks. */
export type SyncSchedule = (done: () => void) => void;

/**
 * Opens the store on `disk` as `openKvStore` opens a folder: `conflict` where it is in use,
 * {@link DamageError} where it was cut. A process that died with the disk hears nothing more: its
 * commits stay unanswered.
 */
export function openFakeStore(
  disk: FakeDisk,
  schedule: SyncSchedule = queueMicrotask,
): Outcome<FakeStore> {
  if (!disk.lock()) return refused("conflict", "the disk is in use; stop whoever uses it");
  if (disk.count < disk.floor) {
    disk.unlock();
    throw new DamageError("cut", `it holds ${disk.count} commits of at least ${disk.floor}`);
  }
  return ok(new FakeStore(disk, schedule));
}

/** See {@link openFakeStore}. */
export class FakeStore implements Store {
  readonly #disk: FakeDisk;
  readonly #schedule: SyncSchedule;
  readonly #life: number;

  /** @ignore use {@link openFakeStore} */
  constructor(disk: FakeDisk, schedule: SyncSchedule) {
    this.#disk = disk;
    this.#schedule = schedule;
    this.#life = disk.life;
  }

  get count(): number {
    return this.#disk.count;
  }

  async *load(): AsyncGenerator<StoreRecord, void> {
    assert(!this.#disk.committing, "a store is not read during a commit");
    yield* this.#disk.read();
  }

  commit(batch: StoreBatch): Promise<CommitResult> {
    this.#disk.begin(batch);
    return new Promise((resolve) => {
      this.#schedule(() => {
        if (this.#disk.life === this.#life) resolve(this.#disk.finish());
      });
    });
  }

  // deno-lint-ignore require-await
  async recover(): Promise<void> {
    this.#disk.recover();
  }

  // deno-lint-ignore require-await
  async close(): Promise<void> {
    if (this.#disk.life !== this.#life) return;
    this.#disk.flushFloor();
    this.#disk.unlock();
  }
}
