/**
 * A member's disk: the port of store.ts on one Deno KV file. How rows lie in it is in
 * store_parts.ts, the floor file in store_floor.ts, which file is the store in store_recovery.ts.
 *
 * 1. Every atomic raises the commit count; nothing else writes.
 * 2. What Deno KV returns is believed only behind its checksum.
 * 3. A commit that threw, other than for lack of room, is of unknown outcome, and so is every
 *    later one until `recover` has made disk and memory agree.
 */
import { assert } from "../base/assert.ts";
import { oneLine } from "../base/one_line.ts";
import { ok, type Outcome, refused } from "../base/outcome.ts";
import { type Clock, systemClock } from "./clock.ts";
import { type FolderLock, lockFolder } from "./lock.ts";
import { type CommitResult, DamageError, type Store } from "./store.ts";
import type { StoreBatch, StoreRecord } from "./store.ts";
import { FloorKeeper } from "./store_floor.ts";
import { type PartLedger, PartReader, readState } from "./store_parts.ts";
import {
  copyToSwap,
  damageNamed,
  finishSwap,
  prepareStore,
  REMEDY,
  SCAN_ROWS,
  type StorePaths,
  storePaths,
} from "./store_recovery.ts";

/** What the caller brings along. */
export interface KvStoreOptions {
  /** The folder's lock, where the caller holds it already. The store then leaves it alone. */
  readonly lock?: FolderLock;
  /** Times the writes of the floor file. */
  readonly clock?: Clock;
  /** A store that counts less than its floor is opened all the same: whoever asks for it knows
   * what that means. The floor falls with the first commit, and not before. */
  readonly takesCut?: boolean;
}

/**
 * Opens the store of `folder`, making both where they are missing. Refuses with `conflict` where
 * another process uses the folder, `unavailable` where it cannot be used at all. Throws
 * {@link DamageError}, its message naming the file and the remedy, where the store is damaged,
 * unreadable, or counts less than its floor. Either way nothing stays open or locked.
 */
export async function openKvStore(
  folder: string,
  options: KvStoreOptions = {},
): Promise<Outcome<KvStore>> {
  const locked = options.lock === undefined ? await lockFolder(folder) : ok(options.lock);
  if (!locked.ok) return locked;
  const ownLock = options.lock === undefined ? locked.value : undefined;
  const paths = storePaths(folder);
  try {
    const floor = await prepareStore(paths);
    const { kv, count } = await openKv(paths, options.takesCut === true ? 0 : floor.count);
    try {
      const held = { sequence: floor.sequence, count: Math.min(floor.count, count) };
      const keeper = await FloorKeeper.open(paths.floor, held, options.clock ?? systemClock);
      return ok(new KvStore(paths, kv, count, keeper, ownLock, floor.count - held.count));
    } catch (error) {
      kv.close();
      throw error;
    }
  } catch (error) {
    ownLock?.release();
    if (error instanceof DamageError) throw error;
    const isOthers = error instanceof Deno.errors.PermissionDenied;
    const remedy = isOthers ? `; give its files to user ${Deno.uid()}` : "";
    return refused("unavailable", `cannot open the store in ${folder}: ${oneLine(error)}${remedy}`);
  }
}

async function openKv(
  paths: StorePaths,
  floorCount: number,
): Promise<{ kv: Deno.Kv; count: number }> {
  let kv: Deno.Kv | undefined;
  try {
    kv = await Deno.openKv(paths.kv);
    const { count } = await readState(kv);
    if (count < floorCount) {
      throw new DamageError(
        "cut",
        `it holds ${count} commits of at least ${floorCount} that were on disk`,
      );
    }
    return { kv, count };
  } catch (error) {
    kv?.close();
    throw damageOf(paths, error);
  }
}

/** Any failure of reading, as the damage it is, with the file and the remedy. */
function damageOf(paths: StorePaths, error: unknown): DamageError {
  const damage = error instanceof DamageError ? error.damage : damageNamed(oneLine(error));
  return new DamageError(damage, `${paths.kv}: ${oneLine(error)}; ${REMEDY}`);
}

/** See {@link openKvStore}. */
export class KvStore implements Store {
  readonly #paths: StorePaths;
  readonly #floor: FloorKeeper;
  readonly #lock: FolderLock | undefined;
  /** Commits that were on disk once and are not in the store: only where `takesCut` let it in. */
  readonly missing: number;
  /** Absent between closing the old file and opening its copy, should the latter fail. */
  #kv: Deno.Kv | undefined;
  #count: number;
  /** Which keys have several parts: known once the whole store was read. */
  #ledger: PartLedger | undefined;
  #committing = false;
  #closed = false;
  #failure: string | undefined;

  /** @ignore use {@link openKvStore} */
  constructor(
    paths: StorePaths,
    kv: Deno.Kv,
    count: number,
    floor: FloorKeeper,
    lock: FolderLock | undefined,
    missing: number,
  ) {
    this.missing = missing;
    this.#paths = paths;
    this.#kv = kv;
    this.#count = count;
    this.#floor = floor;
    this.#lock = lock;
  }

  get count(): number {
    return this.#count;
  }

  async *load(): AsyncGenerator<StoreRecord, void> {
    assert(!this.#committing, "a store is not read during a commit");
    const reader = new PartReader();
    try {
      const rows = this.#opened().list({ prefix: [] }, { batchSize: SCAN_ROWS });
      for await (const { key, value } of rows) {
        const record = reader.take(key, value);
        if (record !== undefined) yield record;
      }
      const state = reader.end();
      if (state.count !== this.#count) {
        throw new DamageError("cut", `it counts ${state.count} commits of ${this.#count}`);
      }
    } catch (error) {
      throw damageOf(this.#paths, error);
    }
    this.#ledger = reader.ledger;
  }

  async commit(batch: StoreBatch): Promise<CommitResult> {
    assert(!this.#committing, "one commit at a time");
    this.#failure ??= this.#floor.failure;
    if (this.#failure !== undefined) return { result: "unknown", message: this.#failure };
    this.#committing = true;
    try {
      return await this.#commit(batch);
    } finally {
      this.#committing = false;
    }
  }

  async #commit(batch: StoreBatch): Promise<CommitResult> {
    const ledger = this.#ledger ?? await this.#learnLedger();
    if (ledger === undefined) return { result: "unknown", message: this.#failure as string };
    const count = this.#count + 1;
    const plan = ledger.plan(batch, count);
    const atomic = this.#opened().atomic();
    for (const key of plan.deletes) atomic.delete(key);
    for (const { key, value } of plan.sets) atomic.set(key, value);
    try {
      await atomic.commit();
    } catch (error) {
      return await this.#failed(oneLine(error));
    }
    this.#count = count;
    ledger.applied(plan);
    this.#floor.commitReturned(count);
    return { result: "done", count };
  }

  /** No room is the one failure known to have changed nothing, and the count must say so too. */
  async #failed(message: string): Promise<CommitResult> {
    if (/database or disk is full|no space left/i.test(message)) {
      try {
        const state = await readState(this.#opened());
        if (state.count === this.#count) return { result: "full", message };
      } catch (error) {
        message = `${message}; then ${oneLine(error)}`;
      }
    }
    this.#failure = message;
    return { result: "unknown", message };
  }

  /** For whoever commits before reading: one pass over the store. */
  async #learnLedger(): Promise<PartLedger | undefined> {
    this.#committing = false;
    try {
      for await (const _ of this.load());
    } catch (error) {
      this.#failure = oneLine(error);
    }
    this.#committing = true;
    return this.#ledger;
  }

  async recover(): Promise<void> {
    assert(!this.#committing, "a store does not recover during a commit");
    this.#ledger = undefined;
    try {
      if (this.#kv !== undefined) {
        await copyToSwap(this.#kv, this.#paths);
        const old = this.#kv;
        this.#kv = undefined;
        old.close();
      }
      await finishSwap(this.#paths);
      await this.#floor.renew();
      const { kv, count } = await openKv(this.#paths, this.#count);
      this.#kv = kv;
      this.#count = count;
    } catch (error) {
      throw damageOf(this.#paths, error);
    }
    this.#failure = undefined;
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    assert(!this.#committing, "a store is not closed during a commit");
    this.#closed = true;
    await this.#floor.close();
    this.#kv?.close();
    this.#kv = undefined;
    this.#lock?.release();
  }

  #opened(): Deno.Kv {
    assert(this.#kv !== undefined, "the store is open");
    return this.#kv;
  }
}
