/**
 * The digest of a profile: SHA-256 of
 *
 *     version(byte, 1) list of { path(text) is(byte) ... }     by path, in the order of UTF-16
 *
 *     0  file  size(uint) sha256(32 bytes)     what is sent for the path
 *     1  link  target(text)                    what it leads to is told by its path alone
 *
 * Two members with the same digest send the same files. It is kept in the replicated state: this
 * form never changes.
 */
import { ByteWriter, fromHex, toHex } from "../base/bytes.ts";
import { sha256 } from "../base/crypto.ts";

const VERSION = 1;

/** A file, or a link that leads out of the profile; `path` is relative to the profile. */
export type DigestEntry =
  | { readonly path: string; readonly size: number; readonly sha256: string }
  | { readonly path: string; readonly target: string };

/** 64 hexadecimal digits, whatever the order of the entries; no path may come twice. */
export function profileDigest(entries: readonly DigestEntry[]): string {
  const sorted = entries.toSorted((a, b) => a.path < b.path ? -1 : 1);
  const writer = new ByteWriter(64 * entries.length + 16).byte(VERSION);
  writer.list(sorted, (entry) => {
    writer.text(entry.path);
    if ("target" in entry) writer.byte(1).text(entry.target);
    else writer.byte(0).uint(entry.size).raw(fromHex(entry.sha256));
  });
  return toHex(sha256(writer.finish()));
}
