/**
 * Parts of files that many machines read at about the same time: each is read from the disk once,
 * and kept as long as there is room.
 *
 * 1. Parts are kept under what the file was when it was opened (its identity): one that has changed
 *    is another file. A file is looked at again after each read of it; if it is not what it was,
 *    what was read is thrown away, and nobody is given more of it.
 * 2. At most MAX_TFTP_KEPT_BYTES are kept, those being read among them; the longest unused go.
 * 3. At most MAX_TFTP_READS_AT_ONCE reads are under way, of one file one: a disk that hangs takes
 *    no more threads than that.
 */
import { MAX_TFTP_READS_AT_ONCE, TFTP_CHUNK_BYTES } from "../../base/boot_limits.ts";
import { oneLine } from "../../base/one_line.ts";

/** A file that is open. One of its calls is made at a time. */
export interface ReadableFile {
  /** What tells it from any other, and from itself with other contents. */
  readonly identity: string;
  /** In bytes. */
  readonly size: number;
  /** Fills `into` with its bytes from `at` on; how many there were. */
  read(into: Uint8Array, at: number): Promise<number>;
  /** Whether nobody has written to it since it was opened, as far as this host knows. */
  isAsOpened(): boolean;
  close(): void;
}

/** A part of a file; `bytes` is undefined as long as it is being read. */
interface Chunk {
  readonly file: SharedFile;
  readonly index: number;
  readonly length: number;
  bytes: Uint8Array | undefined;
}

export class FileChunks {
  readonly #mostBytes: number;
  readonly #files = new Map<string, SharedFile>();
  /** Every part there is, the longest unused first. */
  readonly #used = new Set<Chunk>();
  readonly #wanted: Chunk[] = [];
  #bytes = 0;
  #reads = 0;
  #readBytes = 0;

  constructor(mostBytes: number) {
    this.#mostBytes = mostBytes;
  }

  /** Whether reads wait for their turn: nothing is to be read that is not yet needed. */
  get isBusy(): boolean {
    return this.#wanted.length >= MAX_TFTP_READS_AT_ONCE;
  }

  /** Bytes that are kept or being read. */
  get keptBytes(): number {
    return this.#bytes;
  }

  /** Bytes that were read from disks. */
  get readBytes(): number {
    return this.#readBytes;
  }

  /** The file, shared with all who have it open. It closes it, soon or when the last lets go. */
  share(file: ReadableFile): SharedFile {
    const known = this.#files.get(file.identity);
    const shared = known ?? new SharedFile(this, file.identity, file.size);
    if (known === undefined) this.#files.set(file.identity, shared);
    shared.join(file);
    return shared;
  }

  // ---- for SharedFile

  used(chunk: Chunk): void {
    this.#used.delete(chunk);
    this.#used.add(chunk);
  }

  want(chunk: Chunk): void {
    this.#used.add(chunk);
    this.#wanted.push(chunk);
    this.#readNext();
  }

  drop(chunk: Chunk): void {
    if (!this.#used.delete(chunk)) return;
    if (chunk.bytes !== undefined) this.#bytes -= chunk.length;
    chunk.file.forget(chunk);
  }

  /** Nobody has it open, nothing of it is kept. */
  isOver(file: SharedFile): void {
    if (this.#files.get(file.identity) === file) this.#files.delete(file.identity);
  }

  #readNext(): void {
    while (this.#reads < MAX_TFTP_READS_AT_ONCE) {
      const at = this.#wanted.findIndex(({ file }) => !file.isReading);
      if (at < 0) return;
      const [chunk] = this.#wanted.splice(at, 1);
      if (chunk !== undefined) void this.#read(chunk);
    }
  }

  async #read(chunk: Chunk): Promise<void> {
    this.#reads++;
    this.#bytes += chunk.length;
    for (const old of this.#used) {
      if (this.#bytes <= this.#mostBytes) break;
      if (old.bytes !== undefined) this.drop(old);
    }
    const bytes = await chunk.file.read(chunk.index * TFTP_CHUNK_BYTES, chunk.length);
    this.#reads--;
    if (bytes === undefined) {
      this.#bytes -= chunk.length;
      this.drop(chunk);
    } else {
      this.#readBytes += bytes.length;
      chunk.bytes = bytes;
    }
    this.#readNext();
    chunk.file.tell();
  }
}

export class SharedFile {
  readonly identity: string;
  readonly sizeBytes: number;
  readonly #all: FileChunks;
  readonly #chunks = new Map<number, Chunk>();
  #waiting: (() => void)[] = [];
  #open: ReadableFile | undefined;
  #users = 0;
  #isReading = false;
  #failure: string | undefined;

  constructor(all: FileChunks, identity: string, sizeBytes: number) {
    this.#all = all;
    this.identity = identity;
    this.sizeBytes = sizeBytes;
  }

  /** Why nothing of it can be had any more. */
  get failure(): string | undefined {
    return this.#failure;
  }

  get isReading(): boolean {
    return this.#isReading;
  }

  /** The part, if it is there. */
  at(index: number): Uint8Array | undefined {
    return this.#chunks.get(index)?.bytes;
  }

  /** Has the part read, if there is such a one and it is not there; it is kept a while from now.
   * `isAhead`: only if that keeps nobody waiting. */
  want(index: number, isAhead: boolean): void {
    const known = this.#chunks.get(index);
    if (known !== undefined) return this.#all.used(known);
    const from = index * TFTP_CHUNK_BYTES;
    if (isAhead && this.#all.isBusy) return;
    if (from >= this.sizeBytes || this.#failure !== undefined) return;
    const length = Math.min(TFTP_CHUNK_BYTES, this.sizeBytes - from);
    const chunk: Chunk = { file: this, index, length, bytes: undefined };
    this.#chunks.set(index, chunk);
    this.#all.want(chunk);
  }

  /** Calls back once, after the next part of it was read or could not be. */
  whenMore(call: () => void): void {
    this.#waiting.push(call);
  }

  /** One of those who have it open needs it no more. */
  release(): void {
    this.#users--;
    this.#endIfUnused();
  }

  // ---- for FileChunks

  join(file: ReadableFile): void {
    this.#users++;
    if (this.#open === undefined) this.#open = file;
    else file.close();
  }

  async read(from: number, length: number): Promise<Uint8Array | undefined> {
    const file = this.#open;
    if (this.#failure !== undefined || file === undefined) return undefined;
    this.#isReading = true;
    try {
      const bytes = new Uint8Array(length);
      const count = await file.read(bytes, from);
      if (count === length && file.isAsOpened()) return bytes;
      this.#failed("the file has changed while it was sent");
    } catch (error) {
      this.#failed(`the file cannot be read on: ${oneLine(error)}`);
    } finally {
      this.#isReading = false;
      this.#endIfUnused();
    }
    return undefined;
  }

  tell(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const call of waiting) call();
  }

  forget(chunk: Chunk): void {
    this.#chunks.delete(chunk.index);
    this.#endIfUnused();
  }

  #failed(why: string): void {
    this.#failure = why;
    this.#all.isOver(this);
    for (const chunk of [...this.#chunks.values()]) {
      if (chunk.bytes !== undefined) this.#all.drop(chunk);
    }
  }

  #endIfUnused(): void {
    if (this.#users > 0 || this.#isReading) return;
    this.#open?.close();
    this.#open = undefined;
    if (this.#chunks.size === 0) this.#all.isOver(this);
  }
}
