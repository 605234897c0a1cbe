/**
 * An archive as the kernel unpacks it into its initramfs (cpio "newc"; the kernel's own description
 * is Documentation/driver-api/early-userspace/buffer-format.rst). Each entry:
 *
 *     "070701"                          6 bytes
 *     13 numbers, each 8 hexadecimal digits: ino mode uid gid nlink mtime filesize
 *         devmajor devminor rdevmajor rdevminor namesize check
 *     name NUL, zeroes to a multiple of 4
 *     contents, zeroes to a multiple of 4
 *
 * and at the end one without contents that is called TRAILER!!!. The same entries give the same
 * bytes, whoever makes them: owners, times and numbers are fixed.
 */
import { concat, utf8 } from "../base/bytes.ts";

const MAGIC = "070701";
const S_IFDIR = 0o040000;
const S_IFREG = 0o100000;
const TRAILER = "TRAILER!!!";
/** Archives end with whole blocks, as those of cpio(1) do. */
const BLOCK_BYTES = 512;

/** A folder, or a file with its contents; of the path neither end is a slash. A folder comes before
 * what lies in it: the kernel makes none by itself. */
export type CpioEntry =
  | { readonly kind: "folder"; readonly path: string }
  | { readonly kind: "file"; readonly path: string; readonly bytes: Uint8Array };

/** The archive of these entries, in their order. All of them are root's, of time 0, and nobody else
 * may write to them. */
export function printCpio(entries: readonly CpioEntry[]): Uint8Array {
  const parts = entries.flatMap((entry, i) => entryParts(entry, i + 1));
  const body = concat([...parts, ...partsOf(TRAILER, 0, 0, 1, new Uint8Array())]);
  return padded(body, BLOCK_BYTES);
}

function entryParts(entry: CpioEntry, inode: number): Uint8Array[] {
  if (entry.kind === "folder") {
    return partsOf(entry.path, inode, S_IFDIR | 0o755, 2, new Uint8Array());
  }
  return partsOf(entry.path, inode, S_IFREG | 0o644, 1, entry.bytes);
}

function partsOf(
  path: string,
  inode: number,
  mode: number,
  links: number,
  bytes: Uint8Array,
): Uint8Array[] {
  const name = utf8(`${path}\0`);
  const numbers = [inode, mode, 0, 0, links, 0, bytes.length, 0, 0, 0, 0, name.length, 0];
  const head = MAGIC + numbers.map((one) => one.toString(16).padStart(8, "0")).join("");
  return [padded(concat([utf8(head), name]), 4), padded(bytes, 4)];
}

function padded(bytes: Uint8Array, to: number): Uint8Array {
  const rest = bytes.length % to;
  return rest === 0 ? bytes : concat([bytes, new Uint8Array(to - rest)]);
}
