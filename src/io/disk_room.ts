/** How much room a disk has left. */
import { statfs } from "node:fs/promises";

/** Bytes that this process may still write to the disk of `path`, which must be there. */
export async function freeBytes(path: string): Promise<number> {
  const { bavail, bsize } = await statfs(path);
  return bavail * bsize;
}
