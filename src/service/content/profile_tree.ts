/**
 * What lies in a profile's folder, by its names, links and what the system says of its files; no
 * file is read for it. Two looks that find the same find the same content.
 */
import { MAX_PROFILE_DEPTH, MAX_PROFILE_FILES } from "../../base/boot_limits.ts";

/** Tells one state of a file from every other, as far as the system can. */
export interface FileKey {
  readonly dev: number;
  readonly ino: number;
  readonly size: number;
  readonly mtimeMs: number;
  readonly ctimeMs: number;
}

/** A file, or a link. */
export interface TreeEntry {
  /** Relative to the profile. */
  readonly path: string;
  /** There for a link that is told by where it leads, not by what is there: a path relative to the
   * content folder, where it leads into that. */
  readonly target: string | undefined;
  /** There where a file is there in the end. */
  readonly file: FileKey | undefined;
  /** Who may read it. */
  readonly access: string;
}

/** Why a folder cannot be looked at whole. */
export class TreeFault extends Error {
  override readonly name = "TreeFault";
}

/** `content`: the folder that holds `public/` and `distributions/`. */
export interface TreePlace {
  readonly content: string;
  readonly profile: string;
}

/**
 * The files and links of a profile, by path. Links that lead to a file below `public/` are as good
 * as the file; all others, those into `distributions/` among them, are told by their target, for
 * the manifest of the import says what is there. What is neither file, link nor folder is left
 * out: nobody can be sent it. Throws {@link TreeFault} where there is more than the bounds allow,
 * and errors of the system.
 */
export async function readTree(place: TreePlace): Promise<readonly TreeEntry[]> {
  const entries: TreeEntry[] = [];
  await readFolder(place, "", 0, entries);
  return entries.sort((a, b) => a.path < b.path ? -1 : 1);
}

/** Whether two looks found the same. */
export function sameTree(one: readonly TreeEntry[], other: readonly TreeEntry[]): boolean {
  return one.length === other.length && one.every((entry, at) => {
    const far = other[at];
    return far !== undefined && entry.path === far.path && entry.target === far.target &&
      entry.access === far.access && keyText(entry.file) === keyText(far.file);
  });
}

/** The key as a text; empty for none. */
export function keyText(key: FileKey | undefined): string {
  if (key === undefined) return "";
  return `${key.dev}:${key.ino}:${key.size}:${key.mtimeMs}:${key.ctimeMs}`;
}

async function readFolder(
  place: TreePlace,
  folder: string,
  depth: number,
  entries: TreeEntry[],
): Promise<void> {
  if (depth > MAX_PROFILE_DEPTH) {
    throw new TreeFault(`${folder} is deeper than MAX_PROFILE_DEPTH (${MAX_PROFILE_DEPTH})`);
  }
  for (const { name, isDirectory } of await listed(absolute(place, folder))) {
    const path = folder === "" ? name : `${folder}/${name}`;
    if (isDirectory) {
      await readFolder(place, path, depth + 1, entries);
      continue;
    }
    const entry = await readEntry(place, path);
    if (entry !== undefined) entries.push(entry);
    if (entries.length <= MAX_PROFILE_FILES) continue;
    throw new TreeFault(`it has more than MAX_PROFILE_FILES (${MAX_PROFILE_FILES}) files`);
  }
}

/** What is removed while it is looked at was not there. */
async function listed(folder: string): Promise<readonly Deno.DirEntry[]> {
  const found: Deno.DirEntry[] = [];
  try {
    for await (const entry of Deno.readDir(folder)) {
      if (found.push(entry) > MAX_PROFILE_FILES) break;
    }
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
  return found;
}

async function readEntry(place: TreePlace, path: string): Promise<TreeEntry | undefined> {
  try {
    return await entryAt(place, path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}

async function entryAt(place: TreePlace, path: string): Promise<TreeEntry | undefined> {
  const there = await Deno.lstat(absolute(place, path));
  if (there.isFile) return { path, target: undefined, file: keyOf(there), access: accessOf(there) };
  if (!there.isSymlink) return undefined;
  const text = await Deno.readLink(absolute(place, path));
  const target = targetOf(place, path, text);
  const reached = await reachedBy(absolute(place, path));
  const file = reached?.isFile === true ? keyOf(reached) : undefined;
  const access = reached === undefined ? "" : accessOf(reached);
  const isAsGood = file !== undefined && target.startsWith("public/");
  return { path, target: isAsGood ? undefined : target, file, access };
}

/** Undefined where the link leads nowhere. */
async function reachedBy(path: string): Promise<Deno.FileInfo | undefined> {
  try {
    return await Deno.stat(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    if (error instanceof Error && /\(os error (20|40)\)/.test(error.message)) return undefined;
    throw error;
  }
}

/** The key of a file as the system tells of it. */
export function keyOf({ dev, ino, size, mtime, ctime }: Deno.FileInfo): FileKey {
  return {
    dev,
    ino: ino ?? 0,
    size,
    mtimeMs: mtime?.getTime() ?? 0,
    ctimeMs: ctime?.getTime() ?? 0,
  };
}

function accessOf({ mode, uid, gid }: Deno.FileInfo): string {
  return `${mode}:${uid}:${gid}`;
}

function absolute({ content, profile }: TreePlace, path: string): string {
  return `${content}/public/os/${profile}/${path}`;
}

/** As members with other content folders would see it. */
function targetOf({ content, profile }: TreePlace, path: string, text: string): string {
  const folder = `public/os/${profile}/${path}`.replace(/[^/]*$/, "");
  if (!text.startsWith("/")) return normal(`${folder}${text}`) ?? text;
  return text.startsWith(`${content}/`) ? normal(text.slice(content.length + 1)) ?? text : text;
}

/** Without `.` and `..`; undefined where it leads out at the top. */
function normal(path: string): string | undefined {
  const parts: string[] = [];
  for (const part of path.split("/")) {
    if (part === "" || part === ".") continue;
    if (part !== "..") parts.push(part);
    else if (parts.pop() === undefined) return undefined;
  }
  return parts.join("/");
}
