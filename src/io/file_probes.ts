/** Questions about open files that the kernel answers at once, from memory: whoever asks them may
 * hold up the event loop, and a disk may hang. */
import { libc, type LibcCalls } from "./libc.ts";
import { addressOf, pinnedMemory } from "./pinned_memory.ts";

const RWF_NOWAIT = 8;
/** The kernel reads ahead by more than that: what lies between two that are there is there too. */
const STRIDE_BYTES = 64 * 1024;

const AT_EMPTY_PATH = 0x1000, AT_STATX_DONT_SYNC = 0x4000;
const STATX_BASIC_STATS = 0x7ff;
const S_IFMT = 0o170000, S_IFREG = 0o100000, S_IFDIR = 0o040000;
const NO_PATH = new Uint8Array(1);

const byte = pinnedMemory(128);
/** struct iovec: where one byte goes. */
const vector = new BigUint64Array([BigInt(addressOf(byte.bytes)), 1n]);
const statx = new Uint8Array(256);

/**
 * Whether bytes `at` to `at + length` of the file, all of which it has, lie in the page cache, as
 * far as one can tell by one byte in each 64 KiB. False too where its file system cannot say so
 * (NFS, tmpfs).
 */
export function isInMemory(fd: number, at: number, length: number): boolean {
  const loaded = libc();
  if (!loaded.ok) return false;
  const last = at + length - 1;
  for (let place = at; place < last; place += STRIDE_BYTES) {
    if (!isByteInMemory(loaded.value, fd, place)) return false;
  }
  return isByteInMemory(loaded.value, fd, last);
}

function isByteInMemory(calls: LibcCalls, fd: number, at: number): boolean {
  return Number(calls.preadv2(fd, vector, 1, BigInt(at), RWF_NOWAIT)) === 1;
}

/** What an open file is. */
export interface FileFacts {
  readonly isFile: boolean;
  readonly isFolder: boolean;
  /** Device and inode: another file has another one as long as this one is there. */
  readonly place: string;
  readonly size: number;
  /** Of the last change of its contents, since 1970. */
  readonly modifiedNs: bigint;
}

/** As this host knows it; a server of files may know better. Undefined where even that is not told:
 * there is no GNU C library, or no such open file. */
export function factsOf(fd: number): FileFacts | undefined {
  const loaded = libc();
  if (!loaded.ok) return undefined;
  const flags = AT_EMPTY_PATH | AT_STATX_DONT_SYNC;
  if (loaded.value.statx(fd, NO_PATH, flags, STATX_BASIC_STATS, statx) !== 0) return undefined;
  // struct statx, statx(2): the same on all processors.
  const view = new DataView(statx.buffer);
  const kind = view.getUint16(28, true) & S_IFMT;
  const inode = view.getBigUint64(32, true);
  const device = `${view.getUint32(136, true)}.${view.getUint32(140, true)}`;
  const seconds = view.getBigInt64(112, true), nanoseconds = view.getUint32(120, true);
  return {
    isFile: kind === S_IFREG,
    isFolder: kind === S_IFDIR,
    place: `${device}-${inode.toString(16)}`,
    size: Number(view.getBigUint64(40, true)),
    modifiedNs: seconds * 1_000_000_000n + BigInt(nanoseconds),
  };
}
