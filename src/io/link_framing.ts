/**
 * Frames on a stream of bytes. A frame has no content of its own here: only a length before it.
 *
 *      0                   1                   2                   3
 *      0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 *     +---------------------------------------------------------------+
 *     |              length of the frame, big-endian                  |
 *     +---------------------------------------------------------------+
 *     |              frame: that many bytes, 0 or more                |
 *     +---------------------------------------------------------------+
 */
import { MalformedError } from "../base/bytes.ts";
import { MAX_FRAME_BYTES, MAX_HELLO_BYTES } from "../base/limits.ts";

export const FRAME_PREFIX_BYTES = 4;

/** How many bytes a frame of `length` bytes takes on the stream. */
export function framedLength(length: number): number {
  return FRAME_PREFIX_BYTES + length;
}

/** {@link MalformedError} for a frame longer than the limit of its link. */
export function checkLength(length: number, limit: number): void {
  if (length <= limit) return;
  throw new MalformedError(`a frame of ${length} bytes; at most ${limit} are allowed`);
}

/** The frames one after another, each behind its length. */
export function joinFrames(frames: readonly Uint8Array[]): Uint8Array {
  let total = 0;
  for (const frame of frames) total += framedLength(frame.length);
  const bytes = new Uint8Array(total);
  const view = new DataView(bytes.buffer);
  let at = 0;
  for (const frame of frames) {
    view.setUint32(at, frame.length);
    bytes.set(frame, at + FRAME_PREFIX_BYTES);
    at += framedLength(frame.length);
  }
  return bytes;
}

/**
 * Takes the stream in pieces as they come and gives whole frames. A length is judged when its
 * frame is asked for, before a byte of it is kept: so the limit that holds is the one of that
 * moment, and a lying prefix costs nothing.
 */
export class FrameReader {
  #limit = MAX_HELLO_BYTES;
  readonly #pieces: Uint8Array[] = [];
  /** Bytes of the first piece that were used already. */
  #used = 0;
  readonly #prefix = new Uint8Array(FRAME_PREFIX_BYTES);
  #prefixFilled = 0;
  #frame: Uint8Array | undefined;
  #frameFilled = 0;

  /** Lifts the limit from MAX_HELLO_BYTES to MAX_FRAME_BYTES. */
  lift(): void {
    this.#limit = MAX_FRAME_BYTES;
  }

  /** Whether a stream that ends here, with nothing left to ask for, ends within a frame. */
  get torn(): boolean {
    return this.#prefixFilled > 0;
  }

  /** The bytes are kept as they are until asked for; the caller must not change them. */
  push(piece: Uint8Array): void {
    if (piece.length > 0) this.#pieces.push(piece);
  }

  /**
   * The next whole frame, in memory of its own, or nothing yet. {@link MalformedError} where its
   * length is beyond the limit.
   */
  next(): Uint8Array | undefined {
    if (this.#frame === undefined) {
      this.#prefixFilled += this.#fill(this.#prefix, this.#prefixFilled);
      if (this.#prefixFilled < FRAME_PREFIX_BYTES) return undefined;
      const length = new DataView(this.#prefix.buffer).getUint32(0);
      checkLength(length, this.#limit);
      this.#frame = new Uint8Array(length);
      this.#frameFilled = 0;
    }
    this.#frameFilled += this.#fill(this.#frame, this.#frameFilled);
    if (this.#frameFilled < this.#frame.length) return undefined;
    const whole = this.#frame;
    this.#frame = undefined;
    this.#prefixFilled = 0;
    return whole;
  }

  /** Moves bytes of the pieces into `target` from `at` on; how many. */
  #fill(target: Uint8Array, at: number): number {
    let moved = 0;
    while (at + moved < target.length) {
      const piece = this.#pieces[0];
      if (piece === undefined) break;
      const some = piece.subarray(this.#used, this.#used + target.length - at - moved);
      target.set(some, at + moved);
      moved += some.length;
      this.#used += some.length;
      if (this.#used === piece.length) {
        this.#pieces.shift();
        this.#used = 0;
      }
    }
    return moved;
  }
}
