/**
 * The port to boot files: what lies in the content folder, read and never written. Links may lead
 * anywhere within `public/` and `distributions/`, and nowhere else.
 *
 * A name is opened as a mere place first (`O_PATH`, open(2)), which reads nothing, waits for
 * nothing and wakes no device. What is judged then is that descriptor: the real path of it, not of
 * the name, which may lead elsewhere a moment later. Only what passes is opened for reading, by
 * way of the descriptor, so it is the same file.
 */
import { close, closeSync, constants, fstat, open, read } from "node:fs";

import { MAX_CONTENT_PATH_BYTES } from "../base/limits.ts";
import { oneLine, spelledOutControls } from "../base/one_line.ts";
import { ok, type Outcome, refused } from "../base/outcome.ts";

/** A boot file that is open for reading. Whoever has it closes it. */
export interface ContentFile {
  /** Its descriptor, for calls of the C library. */
  readonly fd: number;
  /** Bytes it had when it was opened. */
  readonly size: number;
  /** Milliseconds since 1970. */
  readonly modifiedMs: number;
  /** Device, inode, size, and time of change in nanoseconds: other contents, another identity. */
  readonly identity: string;
  /**
   * Reads into `into` from byte `at` on, on a thread of the pool: how many bytes, fewer than asked
   * only at the file's end, where there are none. `into` must be left alone meanwhile, and the file
   * open. Rejects where the disk fails, or it was closed before.
   */
  read(into: Uint8Array, at: number): Promise<number>;
  /** Whether it still is what its identity says. Rejects as `read` does. */
  isUnchanged(): Promise<boolean>;
  /** May be called twice, and while it is read: it is closed after that. */
  close(): void;
}

/** Linux has had this value on all processors but three that Deno does not run on. */
const O_PATH = 0o10000000;

/**
 * Opens the file at `path` below `root/public`; both may hold links. Empty segments and `.` count
 * for nothing. Refuses with `not-found` (no such file, or a folder), `forbidden` (the path steps
 * out, or is no path of a file, or its file may not be read) or `unavailable` (the disk fails, or
 * no descriptor is left); the message names the path and never where links lead.
 */
export async function openContent(root: string, path: string): Promise<Outcome<ContentFile>> {
  const below = segmentsOf(path);
  if (!below.ok) return below;
  const shown = spelledOutControls(below.value);
  try {
    const place = await openAt(`${root}/public/${below.value}`, O_PATH);
    return await openPlain(place, shown, (real) => isWithin(root, real));
  } catch (error) {
    return refusalOf(shown, error);
  }
}

/** Opens what is at `place` for reading, where its real path may be served. Closes `place`. */
async function openPlain(
  place: number,
  shown: string,
  isServed: (real: string) => Promise<boolean>,
): Promise<Outcome<ContentFile>> {
  try {
    if (!await isServed(Deno.readLinkSync(selfPath(place)))) {
      return refused("forbidden", `${shown}: it leads out of public/ and distributions/`);
    }
    const found = await statOf(place);
    if (found.isDirectory()) return refused("not-found", `${shown}: it is a folder`);
    if (!found.isFile()) return refused("forbidden", `${shown}: it is no plain file`);
    return ok(new OpenFile(await openAt(selfPath(place), constants.O_RDONLY), found));
  } finally {
    await closePlace(place);
  }
}

/**
 * Opens a file that the configuration or a distribution names, wherever it lies. Refuses as
 * {@link openContent} does.
 */
export async function openNamedFile(path: string): Promise<Outcome<ContentFile>> {
  const shown = spelledOutControls(path);
  try {
    return await openPlain(await openAt(path, O_PATH), shown, () => Promise.resolve(true));
  } catch (error) {
    return refusalOf(shown, error);
  }
}

/** The path without what counts for nothing. */
function segmentsOf(path: string): Outcome<string> {
  if (new TextEncoder().encode(path).length > MAX_CONTENT_PATH_BYTES) {
    const most = `at most ${MAX_CONTENT_PATH_BYTES} bytes`;
    return refused("forbidden", `a path of ${path.length} characters: wanted ${most}`);
  }
  const shown = spelledOutControls(path);
  if (/[\0\\]/.test(path)) {
    return refused("forbidden", `${shown}: wanted a path without \\ and NUL`);
  }
  const segments = path.split("/").filter((segment) => segment !== "" && segment !== ".");
  if (segments.includes("..")) return refused("forbidden", `${shown}: wanted a path without ..`);
  if (segments.length === 0 || /\/\.?$/.test(path)) {
    return refused("not-found", `${shown || "/"}: it is a folder`);
  }
  return ok(segments.join("/"));
}

/** Whether it lies in a tree that is served. `public` may be a link itself, so where `private`
 * really lies is asked too. */
async function isWithin(root: string, real: string): Promise<boolean> {
  const [open, distributions, closed] = await Promise.all(
    ["public", "distributions", "private"].map((tree) => realPathOf(`${root}/${tree}`)),
  );
  return (isBelow(real, open) || isBelow(real, distributions)) && !isBelow(real, closed);
}

function isBelow(real: string, tree: string | undefined): boolean {
  return tree !== undefined && real.startsWith(tree.endsWith("/") ? tree : `${tree}/`);
}

async function realPathOf(path: string): Promise<string | undefined> {
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
  #reads = 0;
  #isOpen = true;

  constructor(fd: number, { dev, ino, size, mtimeNs }: Found) {
    this.fd = fd;
    this.size = Number(size);
    this.modifiedMs = Number(mtimeNs / 1_000_000n);
    this.identity = identityOf({ dev, ino, size, mtimeNs });
  }

  read(into: Uint8Array, at: number): Promise<number> {
    return this.#whileOpen(async () => {
      let length = 0;
      for (;;) {
        const count = await readAt(this.fd, into.subarray(length), at + length);
        length += count;
        if (count === 0 || length === into.length) return length;
      }
    });
  }

  isUnchanged(): Promise<boolean> {
    return this.#whileOpen(async () => identityOf(await statOf(this.fd)) === this.identity);
  }

  close(): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    this.#end();
  }

  async #whileOpen<T>(use: () => Promise<T>): Promise<T> {
    if (!this.#isOpen) throw new Error("the file is closed");
    this.#reads++;
    try {
      return await use();
    } finally {
      this.#reads--;
      if (!this.#isOpen) this.#end();
    }
  }

  /** Another file may get the descriptor's number at once: nobody may be reading by it. */
  #end(): void {
    if (this.#reads === 0) closeSync(this.fd);
  }
}

type Marks = Pick<Found, "dev" | "ino" | "size" | "mtimeNs">;

function identityOf({ dev, ino, size, mtimeNs }: Marks): string {
  return [dev, ino, size, mtimeNs].map((n) => n.toString(16)).join("-");
}

const UNREADABLE = "this member may not read it; make it readable for its user";

/** By the code of errno(3), which `node:fs` tells, or the class of error that Deno throws. */
function refusalOf(shown: string, error: unknown): Outcome<never> {
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  if (["ENOENT", "ENOTDIR", "ENAMETOOLONG"].includes(code)) {
    return refused("not-found", `${shown}: there is no such file`);
  }
  if (code === "ELOOP") return refused("forbidden", `${shown}: its links lead in a circle`);
  const isDenied = ["EACCES", "EPERM"].includes(code) ||
    error instanceof Deno.errors.PermissionDenied;
  if (isDenied) return refused("forbidden", `${shown}: ${UNREADABLE}`);
  return refused("unavailable", `${shown}: it cannot be opened now (${code || oneLine(error)})`);
}

// ---- node:fs, which alone opens with flags of open(2) and tells a descriptor's number

interface Found {
  readonly dev: bigint;
  readonly ino: bigint;
  readonly size: bigint;
  readonly mtimeNs: bigint;
  isFile(): boolean;
  isDirectory(): boolean;
}

function selfPath(descriptor: number): string {
  return `/proc/self/fd/${descriptor}`;
}

function openAt(path: string, flags: number): Promise<number> {
  return new Promise((resolve, reject) => {
    open(path, flags, (error, descriptor) => error === null ? resolve(descriptor) : reject(error));
  });
}

function statOf(descriptor: number): Promise<Found> {
  return new Promise((resolve, reject) => {
    fstat(descriptor, { bigint: true }, (error, found) => {
      error === null ? resolve(found) : reject(error);
    });
  });
}

function readAt(descriptor: number, into: Uint8Array, at: number): Promise<number> {
  return new Promise((resolve, reject) => {
    read(descriptor, into, 0, into.length, at, (error, count) => {
      error === null ? resolve(count) : reject(error);
    });
  });
}

function closePlace(descriptor: number): Promise<void> {
  return new Promise((resolve, reject) => {
    close(descriptor, (error) => error ? reject(error) : resolve());
  });
}
