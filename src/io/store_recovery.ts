/**
 * The files of a store, and the steps that change which file is the store. Each step may be the
 * last before a power cut; what it leaves is always one of these, and opening goes on from it:
 *
 *     confluent.kv          the store, with SQLite's -wal and -shm beside it; never without floor
 *     confluent.kv.new      a copy being written: worth nothing
 *     confluent.kv.swap     a copy complete and synced: it *is* the store, whatever stands above
 *     floor                 see store_floor.ts
 *     *.aside-<n>           what `setAside` put away: n-th set, never read again
 */
import { DatabaseSync } from "node:sqlite";

import { MAX_ATOMIC_BYTES, MAX_ATOMIC_MUTATIONS } from "../base/limits.ts";
import { ok, type Outcome, refused } from "../base/outcome.ts";
import { removeIfThere, syncPath } from "./files.ts";
import { type FolderLock, lockFolder } from "./lock.ts";
import { oneLine } from "../base/one_line.ts";
import { DamageError } from "./store.ts";
import { createFloor, type Floor, readFloor } from "./store_floor.ts";
import { PartReader, printState } from "./store_parts.ts";

/** The one way back for a member that lost its disk's word. */
export const REMEDY = "the way back is `confluent collective rejoin`";
/** Rows Deno KV reads at once. */
export const SCAN_ROWS = 500;
/** Keys of one atomic of a copy, well under Deno KV's 80 KiB. */
const COPY_KEY_BYTES = 60 * 1024;

/** The files of one store, as drawn above. */
export interface StorePaths {
  readonly folder: string;
  readonly kv: string;
  readonly fresh: string;
  readonly swap: string;
  readonly floor: string;
}

/** Where they are in a data folder. */
export function storePaths(folder: string): StorePaths {
  const kv = `${folder}/confluent.kv`;
  return { folder, kv, fresh: `${kv}.new`, swap: `${kv}.swap`, floor: `${folder}/floor` };
}

/**
 * Makes `confluent.kv` the one store of the folder: ends what an earlier process began, makes an
 * empty store in a new folder, and examines an old one before Deno KV sees it (a damaged page
 * would abort the whole process there). Returns its floor. Needs the folder's lock.
 */
export async function prepareStore(paths: StorePaths): Promise<Floor> {
  await removeAll(paths.fresh);
  await finishSwap(paths);
  const floor = await floorOf(paths);
  const size = await fileSize(paths.kv);
  if (size === undefined) {
    if ((floor?.count ?? 0) > 0 || await exists(`${paths.kv}-wal`)) {
      throw new DamageError("cut", `${paths.kv} is missing, but was there; ${REMEDY}`);
    }
    return await createStore(paths);
  }
  if (floor === undefined) {
    throw new DamageError(
      "cut",
      `${paths.floor}, which counts what ${paths.kv} must hold, is missing or damaged; ${REMEDY}`,
    );
  }
  await mayBeUsed(paths.kv);
  if (size === 0) throw new DamageError("damaged", `${paths.kv} is empty; ${REMEDY}`);
  checkPages(paths.kv);
  return floor;
}

/** Throws PermissionDenied: a file of another user is not a damaged one. */
async function mayBeUsed(path: string): Promise<void> {
  (await Deno.open(path, { read: true, write: true })).close();
}

async function floorOf(paths: StorePaths): Promise<Floor | undefined> {
  try {
    return await readFloor(paths.floor);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    if (error instanceof Deno.errors.PermissionDenied) throw error;
    throw new DamageError("unreadable", `cannot read ${paths.floor}: ${oneLine(error)}; ${REMEDY}`);
  }
}

/** An empty store: its floor first, so that a store without one is never a new one. */
async function createStore(paths: StorePaths): Promise<Floor> {
  await createFloor(paths.floor, 0);
  const kv = await openFresh(paths.fresh);
  const state = printState({ count: 0, stale: 0 });
  try {
    await kv.set(state.key, state.value);
  } finally {
    kv.close();
  }
  await sealFresh(paths);
  await finishSwap(paths);
  await syncParent(paths.folder);
  return { sequence: 1, count: 0 };
}

async function openFresh(path: string): Promise<Deno.Kv> {
  await removeAll(path);
  // SQLite gives its -wal and -shm the mode of the file itself, which therefore comes first.
  (await Deno.open(path, { write: true, createNew: true, mode: 0o600 })).close();
  return await Deno.openKv(path);
}

/** The copy is whole: from here on it is the store. Deno KV has been closed on it, and with
 * that has emptied and removed its write-ahead log. */
async function sealFresh(paths: StorePaths): Promise<void> {
  await syncPath(paths.fresh);
  await syncPath(paths.folder);
  await Deno.rename(paths.fresh, paths.swap);
  await syncPath(paths.folder);
}

/** Where a copy waits, it becomes the store; Deno KV must not have the old one open. The old log
 * goes before the new file comes: SQLite would apply the one to the other. */
export async function finishSwap(paths: StorePaths): Promise<void> {
  if (!await exists(paths.swap)) return;
  for (const ending of ["-wal", "-shm"]) await removeIfThere(paths.kv + ending);
  await syncPath(paths.folder);
  await Deno.rename(paths.swap, paths.kv);
  await syncPath(paths.folder);
}

/**
 * Copies every row, each checked, into `confluent.kv.swap`. The store itself is not touched.
 * Throws {@link DamageError} where a row is bad, and the disk's own error where it fails.
 */
export async function copyToSwap(from: Deno.Kv, paths: StorePaths): Promise<void> {
  const to = await openFresh(paths.fresh);
  try {
    const reader = new PartReader();
    let atomic = to.atomic();
    let [rows, bytes, keyBytes] = [0, 0, 0];
    for await (const { key, value } of from.list({ prefix: [] }, { batchSize: SCAN_ROWS })) {
      reader.take(key, value);
      const stored = value as Uint8Array;
      const keySize = key.reduce<number>((sum, part) => sum + String(part).length + 9, 0);
      const full = rows + 1 > MAX_ATOMIC_MUTATIONS || keyBytes + keySize > COPY_KEY_BYTES ||
        bytes + keySize + stored.length > MAX_ATOMIC_BYTES;
      if (full) {
        await atomic.commit();
        atomic = to.atomic();
        [rows, bytes, keyBytes] = [0, 0, 0];
      }
      atomic.set(key, stored);
      rows++;
      keyBytes += keySize;
      bytes += keySize + stored.length;
    }
    reader.end();
    await atomic.commit();
  } catch (error) {
    to.close();
    // Half a copy is worth nothing, and there may be no room.
    await removeAll(paths.fresh);
    throw error;
  }
  to.close();
  await sealFresh(paths);
}

/** What an error of SQLite or of the system says: no bytes came, or the wrong ones. */
export function damageNamed(message: string): "damaged" | "unreadable" {
  const noBytes = /I\/O error|unable to open|permission|disk is full|no space|os error/i;
  return noBytes.test(message) ? "unreadable" : "damaged";
}

/** SQLite's own look at every page, without changing a byte of file or log. */
function checkPages(path: string): void {
  let verdict: string;
  try {
    const database = new DatabaseSync(path, { readOnly: true });
    try {
      const rows = database.prepare("PRAGMA quick_check(1)").all();
      verdict = rows.map((row) => String(row["quick_check"])).join("; ");
    } finally {
      database.close();
    }
  } catch (error) {
    verdict = oneLine(error);
    if (damageNamed(verdict) === "unreadable") {
      throw new DamageError("unreadable", `cannot read ${path}: ${verdict}; ${REMEDY}`);
    }
  }
  if (verdict !== "ok") {
    throw new DamageError("damaged", `${path} is damaged (${oneLine(verdict)}); ${REMEDY}`);
  }
}

/** What a store consists of, in the order it is put away: the store itself first, floor last. */
const STORE_FILES = ["confluent.kv", "confluent.kv-wal", "confluent.kv-shm", "floor"];

/**
 * Puts the folder's store away under `*.aside-<n>`, so that the next open makes an empty one.
 * Killed half way, calling it again goes on with the same n. Returns the new paths, none where
 * there was no store; refuses as `lockFolder` does. `lock`: the folder's, where
 * the caller holds it already.
 */
export async function setAsideStore(
  folder: string,
  lock?: FolderLock,
): Promise<Outcome<readonly string[]>> {
  const locked = lock === undefined ? await lockFolder(folder) : ok(lock);
  if (!locked.ok) return locked;
  try {
    const paths = storePaths(folder);
    await removeAll(paths.fresh);
    await finishSwap(paths);
    const names = new Set<string>();
    for await (const entry of Deno.readDir(folder)) names.add(entry.name);
    const present = STORE_FILES.filter((name) => names.has(name));
    const set = nextSet(names, present);
    for (const name of present) {
      await Deno.rename(`${folder}/${name}`, `${folder}/${asideName(name, set)}`);
      await syncPath(folder);
    }
    return ok(present.map((name) => `${folder}/${asideName(name, set)}`));
  } catch (error) {
    return refused("unavailable", `cannot set the store in ${folder} aside: ${oneLine(error)}`);
  } finally {
    if (lock === undefined) locked.value.release();
  }
}

/** `confluent.kv.aside-2-wal`: SQLite looks for a log under its file's whole name. */
function asideName(name: string, set: number): string {
  const [, base, ending] = /^(.*?)(-wal|-shm)?$/.exec(name) ?? [];
  return `${base}.aside-${set}${ending ?? ""}`;
}

/** The newest set while it has room for all that is present (it was begun, not ended), else one
 * more. */
function nextSet(names: ReadonlySet<string>, present: readonly string[]): number {
  let newest = 1;
  for (const name of names) {
    newest = Math.max(newest, Number(/\.aside-(\d+)/.exec(name)?.[1] ?? 1));
  }
  return present.some((name) => names.has(asideName(name, newest))) ? newest + 1 : newest;
}

async function exists(path: string): Promise<boolean> {
  return await fileSize(path) !== undefined;
}

async function fileSize(path: string): Promise<number | undefined> {
  try {
    const status = await Deno.stat(path);
    if (!status.isFile) throw new DamageError("unreadable", `${path} is not a file; ${REMEDY}`);
    return status.size;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}

async function removeAll(path: string): Promise<void> {
  for (const ending of ["", "-wal", "-shm", "-journal"]) await removeIfThere(path + ending);
}

/** The folder itself may be new. Whoever may not read its parent did not make it. */
async function syncParent(folder: string): Promise<void> {
  try {
    await syncPath(`${folder}/..`);
  } catch (error) {
    if (!(error instanceof Deno.errors.PermissionDenied)) throw error;
  }
}
