/** Memory whose address may be handed to C, and stays good as long as the memory is referred to. */

/** Bytes, and where they are. */
export interface PinnedMemory {
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** As a whole number: user space ends far below 2^53. */
  readonly address: number;
}

/** So many zeros. */
export function pinnedMemory(length: number): PinnedMemory {
  const bytes = new Uint8Array(new ArrayBuffer(length));
  return { bytes, address: addressOf(bytes) };
}

/**
 * V8 keeps arrays of at most so many bytes in its own heap, where they move: they have to be
 * copied. The memory of longer ones stays where it is.
 */
export const MAX_MOVING_BYTES = 64;

/** Finding an address costs more than remembering one. */
const known = new WeakMap<ArrayBufferLike, number>();

/** Where the bytes are. The array must be of more than MAX_MOVING_BYTES or made from a buffer. */
export function addressOf(bytes: Uint8Array): number {
  const { buffer } = bytes;
  let start = known.get(buffer);
  if (start === undefined) {
    const pointer = Deno.UnsafePointer.of(new Uint8Array(buffer));
    start = Number(Deno.UnsafePointer.value(pointer));
    known.set(buffer, start);
  }
  return start + bytes.byteOffset;
}

/** The same as C is told it. */
export function pointerTo(address: number): Deno.PointerObject {
  const pointer = Deno.UnsafePointer.create(BigInt(address));
  if (pointer === null) throw new Error("no memory is at address 0");
  return pointer;
}
