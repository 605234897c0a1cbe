/** Questions about open files that the kernel answers at once, from memory: whoever asks them may
 * hold up the event loop, and a disk may hang. */
import { libc, type LibcCalls } from "./libc.ts";
import { pinnedMemory } from "./pinned_memory.ts";

const RWF_NOWAIT = 8;
/** What lies between two bytes that are there nearly always is there too: the kernel reads ahead,
 * and forgets what is old. Else one read of the disk is waited for. */
const STRIDE_BYTES = 256 * 1024;

const AT_EMPTY_PATH = 0x1000, AT_STATX_DONT_SYNC = 0x4000;
const STATX_BASIC_STATS = 0x7ff;
const S_IFMT = 0o170000, S_IFREG = 0o100000, S_IFDIR = 0o040000;
const NO_PATH = new Uint8Array(1);

const target = pinnedMemory(128);
/** What is read, and where it goes: a struct iovec. The memory is freed unless it is referred to. */
const probe = { target, vector: new BigUint64Array([BigInt(target.address), 1n]) };
const statx = new Uint8Array(256);
const answer = new DataView(statx.buffer);

/**
 * Whether bytes `at` to `at + length` of the file, all of which it has, lie in the page cache, as
 * far as one can tell by one byte in each 256 KiB. False too where its file system cannot say so
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
  return Number(calls.preadv2(fd, probe.vector, 1, BigInt(at), RWF_NOWAIT)) === 1;
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
  if (!isAsked(fd)) return undefined;
  const kind = answer.getUint16(28, true) & S_IFMT;
  const device = `${answer.getUint32(136, true)}.${answer.getUint32(140, true)}`;
  return {
    isFile: kind === S_IFREG,
    isFolder: kind === S_IFDIR,
    place: `${device}-${answer.getBigUint64(32, true).toString(16)}`,
    size: answeredSize(),
    modifiedNs: answeredTime(),
  };
}

/** Whether it has the size and the time of its last change that it had. */
export function isUnchanged(fd: number, { size, modifiedNs }: FileFacts): boolean {
  return isAsked(fd) && answeredSize() === size && answeredTime() === modifiedNs;
}

// struct statx, statx(2): the same on all processors.

function isAsked(fd: number): boolean {
  const loaded = libc();
  const flags = AT_EMPTY_PATH | AT_STATX_DONT_SYNC;
  return loaded.ok && loaded.value.statx(fd, NO_PATH, flags, STATX_BASIC_STATS, statx) === 0;
}

function answeredSize(): number {
  return Number(answer.getBigUint64(40, true));
}

function answeredTime(): bigint {
  return answer.getBigInt64(112, true) * 1_000_000_000n + BigInt(answer.getUint32(120, true));
}
