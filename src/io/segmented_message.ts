/**
 * One message that the kernel cuts into many datagrams (UDP_SEGMENT; since Linux 4.18): they pass
 * through it together, at a third of what they cost one by one. Of the memory it is made in:
 *
 *       0 struct msghdr   64 struct sockaddr_in   128 the control part (IP_PKTINFO, UDP_SEGMENT)
 *     256 small parts of the datagrams, copied    then a struct iovec for each part
 *
 * Layouts are those of message_batch.ts.
 */
import { MAX_SEGMENTS } from "../base/boot_limits.ts";
import type { Endpoint, LocalEnd } from "./datagram.ts";
import { addressOf, MAX_MOVING_BYTES, pinnedMemory, pointerTo } from "./pinned_memory.ts";

const NAME_AT = 64, CONTROL_AT = 128, SMALL_AT = 256;
const MOST_PARTS = 2 * MAX_SEGMENTS;
const VECTORS_AT = SMALL_AT + MOST_PARTS * MAX_MOVING_BYTES;
const VECTOR_BYTES = 16;

const AF_INET = 2;
const IPPROTO_IP = 0, IP_PKTINFO = 8, PKTINFO_CMSG_BYTES = 16 + 12;
const SOL_UDP = 17, UDP_SEGMENT = 103, SEGMENT_CMSG_BYTES = 16 + 2;
/** Control parts stand at multiples of 8. */
const SEGMENT_AT = CONTROL_AT + 32, CONTROL_BYTES = 32 + 24;

/** The message. It is made anew for each call of sendmsg(2). */
export class SegmentedMessage {
  readonly #memory = pinnedMemory(VECTORS_AT + MOST_PARTS * VECTOR_BYTES);
  readonly #view = new DataView(this.#memory.bytes.buffer);
  /** Of its struct msghdr. */
  readonly pointer = pointerTo(this.#memory.address);

  constructor() {
    const view = this.#view;
    this.#putAddress(0, this.#memory.address + NAME_AT);
    view.setUint32(8, 16, true);
    this.#putAddress(16, this.#memory.address + VECTORS_AT);
    this.#putAddress(32, this.#memory.address + CONTROL_AT);
    view.setUint32(40, CONTROL_BYTES, true);
    view.setUint16(NAME_AT, AF_INET, true);
    this.#putControl(CONTROL_AT, PKTINFO_CMSG_BYTES, IPPROTO_IP, IP_PKTINFO);
    this.#putControl(SEGMENT_AT, SEGMENT_CMSG_BYTES, SOL_UDP, UDP_SEGMENT);
  }

  /** Datagrams of `bytesEach` bytes, the last of fewer perhaps, which the parts make one after the
   * other. Parts of more than MAX_MOVING_BYTES must stay as they are until it is sent. */
  make(to: Endpoint, from: LocalEnd, bytesEach: number, parts: readonly Uint8Array[]): void {
    const view = this.#view;
    view.setUint16(NAME_AT + 2, to.port, false);
    view.setUint32(NAME_AT + 4, to.address, false);
    view.setInt32(CONTROL_AT + 16, from.interfaceIndex, true);
    view.setUint32(CONTROL_AT + 20, from.address, false);
    view.setUint16(SEGMENT_AT + 16, bytesEach, true);
    let count = 0;
    for (const part of parts) {
      if (part.length === 0) continue;
      const vector = VECTORS_AT + count * VECTOR_BYTES;
      this.#putAddress(vector, this.#place(part, count++));
      view.setUint32(vector + 8, part.length, true);
    }
    view.setUint32(24, count, true);
  }

  #place(part: Uint8Array, number: number): number {
    if (part.length > MAX_MOVING_BYTES) return addressOf(part);
    const at = SMALL_AT + number * MAX_MOVING_BYTES;
    this.#memory.bytes.set(part, at);
    return this.#memory.address + at;
  }

  #putControl(at: number, bytes: number, level: number, type: number): void {
    this.#view.setUint32(at, bytes, true);
    this.#view.setInt32(at + 8, level, true);
    this.#view.setInt32(at + 12, type, true);
  }

  #putAddress(at: number, address: number): void {
    this.#view.setUint32(at, address >>> 0, true);
    this.#view.setUint32(at + 4, Math.floor(address / 2 ** 32), true);
  }
}
