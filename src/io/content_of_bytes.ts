/** Bytes that this process holds, sent as files are: in pieces, without a copy for each client. */
import { toHex } from "../base/bytes.ts";
import { sha256 } from "../base/crypto.ts";
import { MAX_READ_AT_ONCE_BYTES } from "../base/boot_limits.ts";
import type { ContentFile } from "./content_files.ts";

/** By the array, which is hashed once. */
const identities = new WeakMap<Uint8Array, string>();

/** The bytes as an open file; they must never be changed. It has no descriptor. */
export function contentOfBytes(bytes: Uint8Array): ContentFile {
  const identity = identities.get(bytes) ?? toHex(sha256(bytes).subarray(0, 16));
  identities.set(bytes, identity);
  return {
    fd: -1,
    size: bytes.length,
    modifiedMs: 0,
    identity,
    read(into, at): Promise<number> {
      const part = bytes.subarray(at, at + into.length);
      into.set(part);
      return Promise.resolve(part.length);
    },
    // Nothing of it is in the page cache, which alone the kernel sends from.
    isInMemory: () => false,
    readFromMemory(at, length): Uint8Array | undefined {
      return length > MAX_READ_AT_ONCE_BYTES ? undefined : bytes.subarray(at, at + length);
    },
    isAsOpened: () => true,
    close: () => {},
  };
}
