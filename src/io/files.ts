/** The port to plain files: small ones, written so that a power cut leaves the old or the new. */

/** What the file holds, or undefined where there is none. */
export async function readFileIfThere(path: string): Promise<string | undefined> {
  try {
    return await Deno.readTextFile(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}

/** Puts `text` in the place of the file, whole or not at all, and on disk when it resolves. */
export async function writeFileDurably(path: string, text: string, mode = 0o600): Promise<void> {
  const fresh = `${path}.new`;
  await removeIfThere(fresh);
  {
    using file = await Deno.open(fresh, { write: true, createNew: true, mode });
    const bytes = new TextEncoder().encode(text);
    for (let at = 0; at < bytes.length;) at += await file.write(bytes.subarray(at));
    await file.sync();
  }
  await Deno.rename(fresh, path);
  await syncPath(parentOf(path));
}

/** Renames and has it on disk when it resolves; both names in one folder. */
export async function renameDurably(from: string, to: string): Promise<void> {
  await Deno.rename(from, to);
  await syncPath(parentOf(to));
}

export async function isThere(path: string): Promise<boolean> {
  try {
    await Deno.lstat(path);
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

/** Removes a file or a folder with all in it. */
export async function removeIfThere(path: string): Promise<void> {
  try {
    await Deno.remove(path, { recursive: true });
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}

/** Has what was done to the file, or within the folder, on disk when it resolves. */
export async function syncPath(path: string): Promise<void> {
  using file = await Deno.open(path, { read: true });
  await file.sync();
}

function parentOf(path: string): string {
  return path.slice(0, path.lastIndexOf("/")) || "/";
}
