/**
 * The port to boot files: what lies in the content folder, read and never written. Links may lead
 * anywhere within `public/` and `distributions/`, and nowhere else.
 *
 * A name is opened as a mere place first (`O_PATH`, open(2)), which reads nothing, waits for
 * nothing and wakes no device. What is judged then is that descriptor: the real path of it, not of
 * the name, which may lead elsewhere a moment later. Only what passes is opened for reading, by
 * way of the descriptor, so it is the same file.
 */
import { close, constants, fstat, open } from "node:fs";

import { MAX_CONTENT_PATH_BYTES } from "../base/limits.ts";
import { oneLine, spelledOutControls } from "../base/one_line.ts";
import { ok, type Outcome, refused } from "../base/outcome.ts";

/** A boot file that is open for reading, at its beginning. Whoever has it closes it. */
export interface ContentFile {
  readonly file: Deno.FsFile;
  /** Bytes it had when it was opened. */
  readonly size: number;
  /** Milliseconds since 1970. */
  readonly modifiedMs: number;
  /** Device, inode, size, and time of change in nanoseconds: other contents, another identity. */
  readonly identity: string;
  /** May be called twice. */
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
    const place = await openPlace(`${root}/public/${below.value}`);
    try {
      const real = Deno.readLinkSync(selfPath(place));
      if (!await isWithin(root, real)) {
        return refused("forbidden", `${shown}: it leads out of public/ and distributions/`);
      }
      const found = await statOf(place);
      if (found.isDirectory()) return refused("not-found", `${shown}: it is a folder`);
      if (!found.isFile()) return refused("forbidden", `${shown}: it is no plain file`);
      return ok(openFile(await Deno.open(selfPath(place)), found));
    } finally {
      await closePlace(place);
    }
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

function openFile(file: Deno.FsFile, found: Found): ContentFile {
  let isOpen = true;
  return {
    file,
    size: Number(found.size),
    modifiedMs: Number(found.mtimeNs / 1_000_000n),
    identity: [found.dev, found.ino, found.size, found.mtimeNs].map(inHex).join("-"),
    close: () => {
      if (isOpen) file.close();
      isOpen = false;
    },
  };
}

function inHex(value: bigint): string {
  return value.toString(16);
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

function openPlace(path: string): Promise<number> {
  return new Promise((resolve, reject) => {
    open(path, constants.O_RDONLY | O_PATH, (error, descriptor) => {
      error === null ? resolve(descriptor) : reject(error);
    });
  });
}

function statOf(descriptor: number): Promise<Found> {
  return new Promise((resolve, reject) => {
    fstat(descriptor, { bigint: true }, (error, found) => {
      error === null ? resolve(found) : reject(error);
    });
  });
}

function closePlace(descriptor: number): Promise<void> {
  return new Promise((resolve, reject) => {
    close(descriptor, (error) => {
      error ? reject(error) : resolve();
    });
  });
}
