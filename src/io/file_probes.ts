/** What the kernel answers about files at once, from memory: whoever asks for more holds up the
 * event loop, and a disk may hang. */
import { MAX_CONTENT_PATH_LENGTH, MAX_READ_AT_ONCE_BYTES } from "../base/boot_limits.ts";
import { libc } from "./libc.ts";
import { pinnedMemory } from "./pinned_memory.ts";

const RWF_NOWAIT = 8;
/** What lies between two bytes that are there nearly always is there too: the kernel reads ahead,
 * and forgets what is old. Else one read of the disk is waited for. */
const STRIDE_BYTES = 256 * 1024;

const AT_EMPTY_PATH = 0x1000, AT_STATX_DONT_SYNC = 0x4000;
const STATX_BASIC_STATS = 0x7ff;
const S_IFMT = 0o170000, S_IFREG = 0o100000, S_IFDIR = 0o040000;
const ENCODER = new TextEncoder(), DECODER = new TextDecoder();
const NO_PATH = new Uint8Array(1);

const SYS_OPENAT2 = 437n, AT_FDCWD = -100;
const O_PATH = 0o10000000n, O_CLOEXEC = 0o2000000n, RESOLVE_CACHED = 0x20n;
/** struct open_how: flags, mode, how to resolve. */
const how = new BigUint64Array([O_PATH | O_CLOEXEC, 0n, RESOLVE_CACHED]);

/** Of file systems that ask no other host when a file is opened: ext4, xfs, btrfs, tmpfs,
 * overlayfs, zfs, f2fs, squashfs, ISO 9660 (statfs(2)). */
const LOCAL: ReadonlySet<number> = new Set(
  [0xef53, 0x58465342, 0x9123683e, 0x01021994, 0x794c7630, 0x2fc12fc1, 0xf2f52010, 0x73717368]
    .concat(0x9660),
);

/** What is read at once goes here: a struct iovec that names memory, which is freed unless it is
 * referred to. */
const target = pinnedMemory(MAX_READ_AT_ONCE_BYTES);
const inbox = { target, vector: new BigUint64Array([BigInt(target.address), 0n]) };
const link = new Uint8Array(2 * MAX_CONTENT_PATH_LENGTH);
const statx = new Uint8Array(256);
const answer = new DataView(statx.buffer);
const statfs = new BigUint64Array(32);

/**
 * Opens the path as a mere place (`O_PATH`), if the kernel has all of it in memory: the descriptor.
 * Undefined where it has not, where nothing is there, or where the kernel cannot do so.
 */
export function placeInMemory(path: string): number | undefined {
  const loaded = libc();
  if (!loaded.ok) return undefined;
  const name = ENCODER.encode(`${path}\0`);
  const fd = loaded.value.openat2(SYS_OPENAT2, AT_FDCWD, name, how, BigInt(how.byteLength));
  return fd < 0n ? undefined : Number(fd);
}

/** Closes what {@link placeInMemory} opened: the runtime does not know of it. */
export function closePlace(fd: number): void {
  const loaded = libc();
  if (loaded.ok) loaded.value.close(fd);
}

/** Whether what is open lies on a disk of this host: to open it once more waits for nobody. */
export function isOnLocalDisk(fd: number): boolean {
  const loaded = libc();
  if (!loaded.ok || loaded.value.fstatfs(fd, statfs) !== 0) return false;
  return LOCAL.has(Number(statfs[0]));
}

/** Where an open file or place really is: its path, or `PATH (deleted)`. */
export function realPathOf(fd: number): string | undefined {
  const loaded = libc();
  if (!loaded.ok) return undefined;
  const name = ENCODER.encode(`/proc/self/fd/${fd}\0`);
  const length = Number(loaded.value.readlink(name, link, BigInt(link.length)));
  const isWhole = length > 0 && length < link.length;
  return isWhole ? DECODER.decode(link.subarray(0, length)) : undefined;
}

/**
 * Whether bytes `at` to `at + length` of the file, all of which it has, lie in the page cache, as
 * far as one can tell by one byte in each 256 KiB. False too where its file system cannot say so
 * (NFS, tmpfs).
 */
export function isInMemory(fd: number, at: number, length: number): boolean {
  const last = at + length - 1;
  for (let place = at; place < last; place += STRIDE_BYTES) {
    if (readNow(fd, place, 1) !== 1) return false;
  }
  return readNow(fd, last, 1) === 1;
}

/** Bytes `at` to `at + length`, at most MAX_READ_AT_ONCE_BYTES, in memory of their own; undefined
 * where the file has fewer, or they would have to be waited for. */
export function readFromMemory(fd: number, at: number, length: number): Uint8Array | undefined {
  return readNow(fd, at, length) === length ? inbox.target.bytes.slice(0, length) : undefined;
}

function readNow(fd: number, at: number, length: number): number {
  const loaded = libc();
  if (!loaded.ok) return -1;
  inbox.vector[1] = BigInt(length);
  return Number(loaded.value.preadv2(fd, inbox.vector, 1, BigInt(at), RWF_NOWAIT));
}

/** What an open file is. */
export interface FileFacts {
  readonly isFile: boolean;
  readonly isFolder: boolean;
  /** The number of the user. */
  readonly owner: number;
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
    owner: answer.getUint32(20, true),
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
