/** Small pieces of memory, thousands a second: each cut from a larger one, for about a tenth of
 * what one of its own would cost. */

const PIECE_BYTES = 16 * 1024;
/** A larger one would leave too much of the piece unused. */
const LARGEST_CUT = 1024;
/** Whole words, so that none shares one with another. */
const ALIGNMENT = 8;

let piece = new ArrayBuffer(PIECE_BYTES);
let used = 0;

/**
 * So many zeros, which nobody else has. They are for what is soon forgotten: as long as one array
 * is kept, so are the 16 KiB that it was cut from.
 */
export function freshBytes(length: number): Uint8Array<ArrayBuffer> {
  if (length > LARGEST_CUT) return new Uint8Array(length);
  if (used + length > PIECE_BYTES) {
    piece = new ArrayBuffer(PIECE_BYTES);
    used = 0;
  }
  const bytes = new Uint8Array(piece, used, length);
  used += Math.ceil(length / ALIGNMENT) * ALIGNMENT;
  return bytes;
}
