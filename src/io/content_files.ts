/**
 * The port to boot files: what lies in the content folder, read and never written. Links may lead
 * anywhere within `public/` and `distributions/`, and nowhere else.
 *
 * A name is opened as a mere place first (`O_PATH`, open(2)), which reads nothing, waits for
 * nothing and wakes no device. What is judged then is that descriptor: the real path of it, not of
 * the name, which may lead elsewhere a moment later. Only what passes is opened for reading, by
 * way of the descriptor, so it is the same file.
 */
import { closeSync, constants, open, openSync, read } from "node:fs";

import {
  CONTENT_TREES_KEPT_MS,
  MAX_CONTENT_CALLS,
  MAX_CONTENT_PATH_LENGTH,
} from "../base/boot_limits.ts";
import { oneLine, spelledOutControls } from "../base/one_line.ts";
import { ok, type Outcome, type RefusalKind, type Refused, refused } from "../base/outcome.ts";
import { naturalSort } from "../model/natural_order.ts";
import { profileName } from "../model/profile.ts";
import { FewAtOnce } from "./few_at_once.ts";
import {
  closePlace,
  factsOf,
  type FileFacts,
  isInMemory,
  isOnLocalDisk,
  isUnchanged,
  placeInMemory,
  readFromMemory,
  realPathOf,
} from "./file_probes.ts";

/** A boot file that is open for reading. Whoever has it closes it. */
export interface ContentFile {
  /** Its descriptor, for calls of the C library. */
  readonly fd: number;
  /** Bytes it had when it was opened. */
  readonly size: number;
  /** Milliseconds since 1970. */
  readonly modifiedMs: number;
  /** Device, inode, size, and time of change in nanoseconds: other contents have another one. */
  readonly identity: string;
  /**
   * Reads into `into` from byte `at` on, on a thread of the pool: how many bytes, fewer than asked
   * only at the file's end, where there are none. `into` must be left alone meanwhile, and the file
   * open. Rejects where the disk fails, or it was closed before.
   */
  read(into: Uint8Array, at: number): Promise<number>;
  /** Whether bytes `at` to `at + length` lie in memory, so that nobody waits for the disk. */
  isInMemory(at: number, length: number): boolean;
  /** The bytes `at` to `at + length` if they lie there, MAX_READ_AT_ONCE_BYTES at most. */
  readFromMemory(at: number, length: number): Uint8Array | undefined;
  /** Whether nobody has written to it since it was opened, as far as this host knows. */
  isAsOpened(): boolean;
  /** May be called twice, and while it is read: it is closed after that. */
  close(): void;
}

/** Linux has had this value on all processors but three that Deno does not run on. */
const O_PATH = 0o10000000;

/** Where files that all may have lie. */
const SERVED = "public/ and distributions/";

/** A disk that hangs keeps so many threads, and whoever else wants a file waits. */
const calls = new FewAtOnce(MAX_CONTENT_CALLS);

/**
 * Opens the file at `path` below `root/public`; both may hold links. Empty segments and `.` count
 * for nothing. Refuses with `not-found` (no such file, or a folder), `forbidden` (the path steps
 * out, or is no path of a file, or its file may not be read) or `unavailable` (the disk fails, or
 * no descriptor is left); the message names the path and never where links lead.
 */
export async function openContent(root: string, path: string): Promise<Outcome<ContentFile>> {
  const below = contentPath(path);
  if (!below.ok) return below;
  return await openFound(
    `${root}/public/${below.value}`,
    below.value,
    (real) => isWithin(root, real),
  );
}

/**
 * Opens the file at `path` below `root/private/os/PROFILE/pending`, which is for the nodes alone of
 * which that profile is pending. Links may lead anywhere in `private/os/PROFILE`, and nowhere else,
 * so that no other profile's secrets are reached. Refuses as {@link openContent} does.
 */
export async function openPrivate(
  root: string,
  profile: string,
  path: string,
): Promise<Outcome<ContentFile>> {
  const below = contentPath(path), name = profileName(profile);
  if (!below.ok) return below;
  if (!name.ok) return name;
  const own = `${root}/private/os/${name.value}`;
  return await openFound(
    `${own}/pending/${below.value}`,
    below.value,
    async (real) => {
      const trees = [own, `${root}/private`].map((tree) => calls.run(() => treeAt(tree)));
      const [tree, all] = await Promise.all(trees);
      return isBelow(real, tree) && tree !== undefined && isBelow(tree, all);
    },
    "its profile's private folder",
  );
}

/**
 * The files in the folder at `path` below `root/public`, links to files among them, in natural
 * order; those whose names begin with a dot, or hold what parts words in a shell, are left out.
 * Undefined where there is no such folder. Refuses as {@link openContent} does, and with
 * `too-large` beyond `most`.
 */
export async function listContent(
  root: string,
  path: string,
  most: number,
): Promise<Outcome<readonly string[] | undefined>> {
  const below = contentPath(path);
  if (!below.ok) return below;
  try {
    const real = await calls.run(() => treeAt(`${root}/public/${below.value}`));
    if (real === undefined) return ok(undefined);
    if (!await isWithin(root, real)) {
      return refusedPath("forbidden", below.value, `it leads out of ${SERVED}`);
    }
    const names = await calls.run(() => filesIn(real, most));
    if (names.length <= most) return ok(naturalSort(names));
    return refusedPath("too-large", below.value, `it has more than ${most} files`);
  } catch (error) {
    if (error instanceof Deno.errors.NotADirectory) return ok(undefined);
    return refusalOf(below.value, error);
  }
}

async function filesIn(folder: string, most: number): Promise<string[]> {
  const names: string[] = [];
  for await (const { name, isDirectory } of Deno.readDir(folder)) {
    if (isDirectory || !/^[^.\s\p{Cc}'"\\$`][^\s\p{Cc}'"\\$`]*$/u.test(name)) continue;
    if (names.push(name) > most) break;
  }
  return names;
}

/**
 * Opens a file that the configuration or a distribution names, wherever it lies. Refuses as
 * {@link openContent} does.
 */
export function openNamedFile(path: string): Promise<Outcome<ContentFile>> {
  return openFound(path, path, () => Promise.resolve(true));
}

/** Opens what is at `path` for reading, where its real path may be served. */
async function openFound(
  path: string,
  shown: string,
  isServed: (real: string) => Promise<boolean>,
  served = SERVED,
): Promise<Outcome<ContentFile>> {
  try {
    const quick = placeInMemory(path);
    const place = quick ?? await calls.run(() => openAt(path, O_PATH));
    try {
      return await openPlace(place, shown, isServed, served);
    } finally {
      if (quick === undefined) closeSync(place);
      else closePlace(quick);
    }
  } catch (error) {
    return refusalOf(shown, error);
  }
}

async function openPlace(
  place: number,
  path: string,
  isServed: (real: string) => Promise<boolean>,
  served: string,
): Promise<Outcome<ContentFile>> {
  const real = realPathOf(place), found = factsOf(place);
  if (real === undefined || found === undefined) {
    return refusedPath("unavailable", path, "this host cannot tell what it is (statx, readlink)");
  }
  if (!await isServed(real)) {
    return refusedPath("forbidden", path, `it leads out of ${served}`);
  }
  if (found.isFolder) return refusedPath("not-found", path, "it is a folder");
  if (!found.isFile) return refusedPath("forbidden", path, "it is no plain file");
  const itself = `/proc/self/fd/${place}`;
  if (isOnLocalDisk(place)) return ok(new OpenFile(openNow(itself, found), found));
  const fd = await calls.run(() => openAt(itself, constants.O_RDONLY));
  return ok(new OpenFile(fd, factsOf(fd) ?? found)); // to open asked the server of files anew
}

/** Once a day the first read of a file notes its time, which waits for the disk (relatime in
 * mount(8)); who owns the file may do without. */
function openNow(path: string, { owner }: FileFacts): number {
  const user = Deno.uid();
  if (user === 0 || user === owner) {
    try {
      return openSync(path, constants.O_RDONLY | constants.O_NOATIME);
    } catch {
      // A root that may not do that either.
    }
  }
  return openSync(path, constants.O_RDONLY);
}

/**
 * The path below `public/` without what counts for nothing. Refuses with `forbidden` where it steps
 * out or holds what no path of a boot file does, `not-found` where it can only be a folder.
 */
export function contentPath(path: string): Outcome<string> {
  if (path.length > MAX_CONTENT_PATH_LENGTH) {
    const most = `at most ${MAX_CONTENT_PATH_LENGTH}`;
    return refused("forbidden", `a path of ${path.length} characters: wanted ${most}`);
  }
  if (/[\0\\]/.test(path)) return refusedPath("forbidden", path, "wanted it without \\ and NUL");
  const segments = path.split("/").filter((segment) => segment !== "" && segment !== ".");
  if (segments.includes("..")) return refusedPath("forbidden", path, "wanted it without ..");
  const isFolder = segments.length === 0 || /\/\.?$/.test(path);
  return isFolder ? refusedPath("not-found", path, "it is a folder") : ok(segments.join("/"));
}

function refusedPath(kind: RefusalKind, path: string, why: string): Refused {
  return refused(kind, `${spelledOutControls(path) || "/"}: ${why}`);
}

/** Where the trees of a content folder really lie; undefined for one that is not there. `public`
 * may be a link itself, so where `private` lies is asked too. */
interface Trees {
  readonly root: string;
  readonly askedMs: number;
  readonly served: readonly (string | undefined)[];
  readonly closed: string | undefined;
}

let known: Trees | undefined;

/** Whether it lies in a tree that is served, and trees are where they were a moment ago. */
async function isWithin(root: string, real: string): Promise<boolean> {
  const now = performance.now();
  const isFresh = known?.root === root && now - known.askedMs < CONTENT_TREES_KEPT_MS;
  if (isFresh && known !== undefined && isServed(known, real)) return true;
  const [open, distributions, closed] = await calls.run(() =>
    Promise.all(["public", "distributions", "private"].map((tree) => treeAt(`${root}/${tree}`)))
  );
  known = { root, askedMs: now, served: [open, distributions], closed };
  return isServed(known, real);
}

function isServed({ served, closed }: Trees, real: string): boolean {
  return served.some((tree) => isBelow(real, tree)) && !isBelow(real, closed);
}

function isBelow(real: string, tree: string | undefined): boolean {
  return tree !== undefined && real.startsWith(tree.endsWith("/") ? tree : `${tree}/`);
}

async function treeAt(path: string): Promise<string | undefined> {
  try {
    return await Deno.realPath(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}

class OpenFile implements ContentFile {
  readonly fd: number;
  readonly size: number;
  readonly modifiedMs: number;
  readonly identity: string;
  readonly #facts: FileFacts;
  #reads = 0;
  #isOpen = true;

  constructor(fd: number, facts: FileFacts) {
    this.fd = fd;
    this.size = facts.size;
    this.modifiedMs = Number(facts.modifiedNs / 1_000_000n);
    this.#facts = facts;
    const change = `${facts.size.toString(16)}-${facts.modifiedNs.toString(16)}`;
    this.identity = `${facts.place}-${change}`;
  }

  async read(into: Uint8Array, at: number): Promise<number> {
    if (!this.#isOpen) throw new Error("the file is closed");
    this.#reads++;
    try {
      let length = 0;
      for (;;) {
        const rest = into.subarray(length);
        const count = await calls.run(() => readAt(this.fd, rest, at + length));
        length += count;
        if (count === 0 || length === into.length) return length;
      }
    } finally {
      this.#reads--;
      if (!this.#isOpen) this.#end();
    }
  }

  isInMemory(at: number, length: number): boolean {
    return this.#isOpen && isInMemory(this.fd, at, length);
  }

  readFromMemory(at: number, length: number): Uint8Array | undefined {
    return this.#isOpen ? readFromMemory(this.fd, at, length) : undefined;
  }

  isAsOpened(): boolean {
    return this.#isOpen && isUnchanged(this.fd, this.#facts);
  }

  close(): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    this.#end();
  }

  /** Another file may get the descriptor's number at once: nobody may be reading by it. */
  #end(): void {
    if (this.#reads === 0) closeSync(this.fd);
  }
}

const UNREADABLE = "this member may not read it; make it readable for its user";

/** By the code of errno(3), which `node:fs` tells, or the class of error that Deno throws. */
function refusalOf(path: string, error: unknown): Outcome<never> {
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  if (["ENOENT", "ENOTDIR", "ENAMETOOLONG"].includes(code)) {
    return refusedPath("not-found", path, "there is no such file");
  }
  if (code === "ELOOP") return refusedPath("forbidden", path, "its links lead in a circle");
  const isDenied = ["EACCES", "EPERM"].includes(code) ||
    error instanceof Deno.errors.PermissionDenied;
  if (isDenied) return refusedPath("forbidden", path, UNREADABLE);
  return refusedPath("unavailable", path, `it cannot be opened now (${code || oneLine(error)})`);
}

// ---- node:fs, which alone opens with flags of open(2) and tells a descriptor's number

function openAt(path: string, flags: number): Promise<number> {
  return new Promise((resolve, reject) => {
    open(path, flags, (error, descriptor) => error === null ? resolve(descriptor) : reject(error));
  });
}

function readAt(descriptor: number, into: Uint8Array, at: number): Promise<number> {
  return new Promise((resolve, reject) => {
    read(descriptor, into, 0, into.length, at, (error, count) => {
      error === null ? resolve(count) : reject(error);
    });
  });
}
