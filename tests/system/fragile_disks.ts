/**
 * Disks that forget, when the power goes, what nobody has synced:
 *
 *     the member's folder      ext4, whose unwritten pages are the page cache of a server
 *       on a loop device       a sync of the member's ends as a flush of this device
 *         on the file `disk`   whose unwritten pages are the disk's own volatile cache
 *           in `outer`         ext4 once more: at the cut it is shut down without its journal
 *             on `image`       what the platters hold
 *
 * A flush of the inner device syncs `disk`, and only that makes what was written part of `image`.
 * Before it shuts down, a cut writes out whichever pages of `disk` it is told to, so that any part
 * of what was not flushed may survive, in any order, SQLite's pages torn (its log's frames lie
 * across those of the disk). Then all is mounted again, and both journals are replayed.
 *
 * The mounts are in a namespace of their own, and go with the process that holds it.
 */
import { ok as holds } from "node:assert/strict";

import { Program } from "./program.ts";

const PAGE_BYTES = 4096;
const DISK_PAGES = 12_288;
const IMAGE = "72M";
/** _IOR('X', 125, __u32), and to leave the journal as it is (linux/fs/ext4/ext4.h). */
const EXT4_IOC_SHUTDOWN = 0x8004587dn;
const NO_LOG_FLUSH = 2;
/** sync_file_range(2) */
const SYNC_FILE_RANGE_WRITE = 2;
const O_RDONLY = 0;
const LIBC = {
  open: { parameters: ["buffer", "i32"], result: "i32" },
  close: { parameters: ["i32"], result: "i32" },
  ioctl: { parameters: ["i32", "u64", "buffer"], result: "i32" },
  sync_file_range: { parameters: ["i32", "i64", "i64", "u32"], result: "i32" },
} as const;

const SETUP = 'mkfs.ext4 -q -F "$1/image" && mount -o loop "$1/image" "$1/outer" && ' +
  `dd if=/dev/zero of="$1/outer/disk" bs=${PAGE_BYTES} count=${DISK_PAGES} status=none && ` +
  'mkfs.ext4 -q -F "$1/outer/disk" && mount -o loop "$1/outer/disk" "$2" && ' +
  'chmod 0700 "$2" && sync "$1/outer/disk" "$1/outer" "$2"';
const AGAIN = 'umount "$2" "$1/outer" && ' +
  'mount -o loop "$1/image" "$1/outer" && mount -o loop "$1/outer/disk" "$2"';

export class FragileDisks {
  readonly #folder: string;
  readonly #holder: Program;

  private constructor(folder: string, holder: Program) {
    this.#folder = folder;
    this.#holder = holder;
  }

  /** Keeps what the disks are made of in `folder`. Throws where this user or this kernel cannot. */
  static async open(folder: string): Promise<FragileDisks> {
    await Deno.mkdir(folder);
    const script = "echo ready; exec sleep infinity";
    const unshare = ["unshare", "--mount", "--propagation", "private", "sh", "-c", script];
    const disks = new FragileDisks(folder, new Program(unshare));
    await disks.#holder.line(/^ready/);
    return disks;
  }

  /** What the command line of a process begins with that shall see the disks. */
  get before(): readonly string[] {
    return ["nsenter", `--mount=/proc/${this.#holder.pid}/ns/mnt`];
  }

  /** The path by which processes outside see what is at `path` inside. */
  seen(path: string): string {
    return `/proc/${this.#holder.pid}/root${path}`;
  }

  /** A disk mounted at that folder, for those inside. */
  async make(name: string, mountedAt: string): Promise<void> {
    const parts = `${this.#folder}/${name}`;
    await Deno.mkdir(`${parts}/outer`, { recursive: true });
    await Deno.mkdir(mountedAt, { recursive: true });
    await this.#run("truncate", "-s", IMAGE, `${parts}/image`);
    await this.#run("sh", "-c", SETUP, "sh", parts, mountedAt);
  }

  /** The power goes. Of the pages not flushed those survive that `survives` says. */
  cut(name: string, survives: (page: number) => boolean): void {
    const outer = this.seen(`${this.#folder}/${name}/outer`);
    const libc = Deno.dlopen("libc.so.6", LIBC);
    const { open, close, sync_file_range, ioctl } = libc.symbols;
    const disk = open(terminated(`${outer}/disk`), O_RDONLY);
    const root = open(terminated(outer), O_RDONLY);
    holds(disk >= 0 && root >= 0, `cannot open ${outer}`);
    for (let page = 0; page < DISK_PAGES; page++) {
      if (!survives(page)) continue;
      const at = BigInt(page * PAGE_BYTES);
      sync_file_range(disk, at, BigInt(PAGE_BYTES), SYNC_FILE_RANGE_WRITE);
    }
    const done = ioctl(root, EXT4_IOC_SHUTDOWN, new Uint32Array([NO_LOG_FLUSH]));
    close(disk);
    close(root);
    libc.close();
    holds(done === 0, "ext4 cannot be shut down");
  }

  /** The power is back. Nobody may hold a file of the disk open. */
  async mountAgain(name: string, mountedAt: string): Promise<void> {
    await this.#run("sh", "-c", AGAIN, "sh", `${this.#folder}/${name}`, mountedAt);
  }

  async end(): Promise<void> {
    await this.#holder.kill();
  }

  async #run(...command: readonly string[]): Promise<void> {
    const { code, err } = await new Program([...this.before, ...command]).ended();
    holds(code === 0, `${command.join(" ")}: ${err}`);
  }
}

function terminated(path: string): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(`${path}\0`);
}
