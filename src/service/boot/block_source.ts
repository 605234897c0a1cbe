/** Where the blocks of a transfer come from: bytes in memory, or a file that others read too. */
import { TFTP_CHUNK_BYTES } from "../../base/boot_limits.ts";
import type { SharedFile } from "./file_chunks.ts";

export interface BlockSource {
  readonly sizeBytes: number;
  /** Why no more blocks can be had; undefined: they can. */
  readonly failure: string | undefined;
  /** The bytes of a block, the first being 1; undefined: not yet. They stay as they are. */
  block(number: number, blockBytes: number): Uint8Array | undefined;
  /** Calls back once, when a block that was not there may be. */
  whenMore(call: () => void): void;
  /** Nothing more will be asked for. */
  release(): void;
}

const NO_BYTES = new Uint8Array(0);

/** Blocks of what is in memory. */
export function blocksOfBytes(bytes: Uint8Array): BlockSource {
  return {
    sizeBytes: bytes.length,
    failure: undefined,
    block: (number, blockBytes) => bytes.subarray((number - 1) * blockBytes, number * blockBytes),
    whenMore: (call) => call(),
    release: () => {},
  };
}

/** Parts of a file after the one that is sent which are read before they are asked for. */
const READ_AHEAD = 2;

/** Blocks of a file, as they lie in its parts; one that lies in two is put together. */
export class FileBlocks implements BlockSource {
  readonly #file: SharedFile;
  #current = -1;
  #isReleased = false;

  constructor(file: SharedFile) {
    this.#file = file;
  }

  get sizeBytes(): number {
    return this.#file.sizeBytes;
  }

  get failure(): string | undefined {
    return this.#file.failure;
  }

  block(number: number, blockBytes: number): Uint8Array | undefined {
    const from = (number - 1) * blockBytes;
    const until = Math.min(from + blockBytes, this.#file.sizeBytes);
    if (from >= until) return NO_BYTES;
    const first = Math.floor(from / TFTP_CHUNK_BYTES);
    const last = Math.floor((until - 1) / TFTP_CHUNK_BYTES);
    const head = this.#part(first), at = first * TFTP_CHUNK_BYTES;
    if (first === last) return head?.subarray(from - at, until - at);
    const tail = this.#part(last);
    if (head === undefined || tail === undefined) return undefined;
    const whole = new Uint8Array(until - from);
    whole.set(head.subarray(from - at));
    whole.set(tail.subarray(0, until - last * TFTP_CHUNK_BYTES), TFTP_CHUNK_BYTES - (from - at));
    return whole;
  }

  whenMore(call: () => void): void {
    this.#file.whenMore(call);
  }

  release(): void {
    if (!this.#isReleased) this.#file.release();
    this.#isReleased = true;
  }

  #part(index: number): Uint8Array | undefined {
    const part = this.#file.at(index);
    if (part !== undefined && index === this.#current) return part;
    this.#current = index;
    for (let ahead = 0; ahead <= READ_AHEAD; ahead++) this.#file.want(index + ahead, ahead > 0);
    return part;
  }
}
