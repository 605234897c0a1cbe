/**
 * The headers with which one recvmmsg or sendmmsg moves many messages, laid out once and used
 * again. Of each message:
 *
 *     struct mmsghdr (64 bytes)   0 msg_name     8 msg_namelen      16 msg_iov     24 msg_iovlen
 *                                32 msg_control 40 msg_controllen   48 msg_flags   56 msg_len
 *     struct iovec (16)           0 iov_base     8 iov_len
 *     msg_name                    a struct sockaddr_in (16), sockaddr_ll (20) or sockaddr_in6 (28)
 *     msg_control                 0 cmsg_len     8 cmsg_level       12 cmsg_type   16 its contents
 *     room                        bytes of its own
 *
 * Linux, x86-64 and aarch64. Nothing here calls anything: see datagram.ts, group_socket.ts and
 * packet_socket.ts.
 */
import { type Ipv6, ipv6At, ipv6Bytes } from "../model/ipv6.ts";
import type { PinnedMemory } from "./pinned_memory.ts";

const HEADER_BYTES = 64;
const VECTOR_BYTES = 16;
const VECTORS = 2;
const NAME_BYTES = 32;
const CONTROL_BYTES = 64;

const AF_INET = 2, AF_INET6 = 10, AF_PACKET = 17;
const IPPROTO_IP = 0, IP_PKTINFO = 8;
const IPPROTO_IPV6 = 41, IPV6_PKTINFO = 50;
/** struct cmsghdr and struct in_pktinfo: ipi_ifindex, ipi_spec_dst, ipi_addr. */
const PKTINFO_CMSG_BYTES = 16 + 12;
/** struct cmsghdr and struct in6_pktinfo: ipi6_addr, ipi6_ifindex. */
const PKTINFO6_CMSG_BYTES = 16 + 20;
const SOL_PACKET = 263, PACKET_AUXDATA = 8;
/** struct cmsghdr and struct tpacket_auxdata, whose first member is tp_status. */
const AUXDATA_CMSG_BYTES = 16 + 20;
const TP_STATUS_CSUMNOTREADY = 1 << 3;
const MSG_TRUNC = 0x20;

/** Many messages, and the memory they are described in. */
export class MessageBatch {
  readonly capacity: number;
  readonly #roomBytes: number;
  readonly #memory: PinnedMemory;
  readonly #words: Uint32Array;
  readonly #view: DataView;
  readonly #vectors: number;
  readonly #names: number;
  readonly #controls: number;
  readonly #rooms: number;

  /** Of so many messages, each with `roomBytes` (a multiple of 8) of its own; `allocate` gives
   * zeros that stay where they are. */
  constructor(capacity: number, roomBytes: number, allocate: (length: number) => PinnedMemory) {
    this.capacity = capacity;
    this.#roomBytes = roomBytes;
    this.#vectors = capacity * HEADER_BYTES;
    this.#names = this.#vectors + capacity * VECTORS * VECTOR_BYTES;
    this.#controls = this.#names + capacity * NAME_BYTES;
    this.#rooms = this.#controls + capacity * CONTROL_BYTES;
    this.#memory = allocate(this.#rooms + capacity * roomBytes);
    const { buffer } = this.#memory.bytes;
    this.#words = new Uint32Array(buffer);
    this.#view = new DataView(buffer);
    for (let i = 0; i < capacity; i++) {
      const header = i * HEADER_BYTES;
      this.#putAddress(header, this.#addressOf(this.#names + i * NAME_BYTES));
      this.#putAddress(header + 16, this.#addressOf(this.#vector(i)));
      this.#putAddress(header + 32, this.#addressOf(this.#controls + i * CONTROL_BYTES));
    }
  }

  /** Where the header of a message is. */
  headerAddress(i: number): number {
    return this.#addressOf(i * HEADER_BYTES);
  }

  /** Makes the first `count` ready to be received into. */
  expect(count: number): void {
    for (let i = 0; i < count; i++) {
      const header = i * HEADER_BYTES >>> 2;
      this.#words[header + 2] = NAME_BYTES;
      this.#words[header + 6] = 1;
      this.#words[header + 10] = CONTROL_BYTES;
      this.#words[header + 12] = 0;
      this.#putVector(this.#vector(i), this.#addressOf(this.#room(i)), this.#roomBytes);
    }
  }

  /** What was received, in this memory; undefined where it was longer than the room. */
  received(i: number): Uint8Array | undefined {
    const header = i * HEADER_BYTES >>> 2;
    if (((this.#words[header + 12] ?? 0) & MSG_TRUNC) !== 0) return undefined;
    const at = this.#room(i);
    return this.#memory.bytes.subarray(at, at + (this.#words[header + 14] ?? 0));
  }

  /** The address of a received datagram's sender. */
  senderAddress(i: number): number {
    return this.#view.getUint32(this.#name(i) + 4, false);
  }

  /** Its port. */
  senderPort(i: number): number {
    return this.#view.getUint16(this.#name(i) + 2, false);
  }

  /** The index of the interface that a received frame came by (sockaddr_ll). */
  frameInterface(i: number): number {
    return this.#view.getInt32(this.#name(i) + 4, true);
  }

  /** Whether a checksum is left to the hardware: another process of this host sent the frame. */
  isChecksumOpen(i: number): boolean {
    const at = this.#received(i, SOL_PACKET, PACKET_AUXDATA, AUXDATA_CMSG_BYTES);
    return at !== 0 && (this.#view.getUint32(at, true) & TP_STATUS_CSUMNOTREADY) !== 0;
  }

  /** The address that a received datagram was sent to, as its header says; 0 if unknown. */
  destinationAddress(i: number): number {
    const at = this.#received(i, IPPROTO_IP, IP_PKTINFO, PKTINFO_CMSG_BYTES);
    return at === 0 ? 0 : this.#view.getUint32(at + 8, false);
  }

  /** The index of the interface that a received datagram came by; 0 if unknown. */
  datagramInterface(i: number): number {
    const at = this.#received(i, IPPROTO_IP, IP_PKTINFO, PKTINFO_CMSG_BYTES);
    return at === 0 ? 0 : this.#view.getInt32(at, true);
  }

  /** The same of a datagram over IPv6. */
  senderAddress6(i: number): Ipv6 {
    return ipv6At(this.#memory.bytes, this.#name(i) + 8);
  }

  /** The same of a datagram over IPv6. */
  datagramInterface6(i: number): number {
    const at = this.#received(i, IPPROTO_IPV6, IPV6_PKTINFO, PKTINFO6_CMSG_BYTES);
    return at === 0 ? 0 : this.#view.getInt32(at + 16, true);
  }

  /** The contents of a message's control part, if it is of that kind; else 0. */
  #received(i: number, level: number, type: number, length: number): number {
    const at = this.#controls + i * CONTROL_BYTES;
    const words = at >>> 2;
    const isIt = (this.#words[(i * HEADER_BYTES >>> 2) + 10] ?? 0) >= length &&
      (this.#words[words] ?? 0) >= length && this.#words[words + 2] === level &&
      this.#words[words + 3] === type;
    return isIt ? at + 16 : 0;
  }

  /** Where a message's own room is, to write into. */
  room(i: number): Uint8Array {
    const at = this.#room(i);
    return this.#memory.bytes.subarray(at, at + this.#roomBytes);
  }

  /** The message goes to that address and port (RFC 768). */
  toPort(i: number, address: number, port: number): void {
    const at = this.#name(i);
    this.#view.setUint16(at, AF_INET, true);
    this.#view.setUint16(at + 2, port, false);
    this.#view.setUint32(at + 4, address, false);
    this.#words[(i * HEADER_BYTES >>> 2) + 2] = 16;
  }

  /** The message is a frame that leaves by that interface; `protocol` is its EtherType. */
  toInterface(i: number, interfaceIndex: number, protocol: number): void {
    const at = this.#name(i);
    this.#view.setUint16(at, AF_PACKET, true);
    this.#view.setUint16(at + 2, protocol, false);
    this.#view.setInt32(at + 4, interfaceIndex, true);
    this.#words[(i * HEADER_BYTES >>> 2) + 2] = 20;
  }

  /** The datagram leaves by that interface with that source; 0 leaves either to the routes. */
  pinTo(i: number, address: number, interfaceIndex: number): void {
    const at = this.#controls + i * CONTROL_BYTES;
    const words = at >>> 2;
    this.#words[words] = PKTINFO_CMSG_BYTES;
    this.#words[words + 2] = IPPROTO_IP;
    this.#words[words + 3] = IP_PKTINFO;
    this.#view.setInt32(at + 16, interfaceIndex, true);
    this.#view.setUint32(at + 20, address, false);
    this.#words[words + 6] = 0;
    this.#words[(i * HEADER_BYTES >>> 2) + 10] = PKTINFO_CMSG_BYTES + 4;
  }

  /** The same over IPv6; an address of a link is one of that interface's. */
  toPort6(i: number, address: Ipv6, port: number, interfaceIndex: number): void {
    const at = this.#name(i);
    this.#view.setUint16(at, AF_INET6, true);
    this.#view.setUint16(at + 2, port, false);
    this.#view.setUint32(at + 4, 0, false);
    this.#memory.bytes.set(ipv6Bytes(address), at + 8);
    this.#view.setUint32(at + 24, interfaceIndex, true);
    this.#words[(i * HEADER_BYTES >>> 2) + 2] = 28;
  }

  /** The datagram over IPv6 leaves by that interface, with the source that the kernel finds. */
  pinTo6(i: number, interfaceIndex: number): void {
    const at = this.#controls + i * CONTROL_BYTES;
    const words = at >>> 2;
    this.#words[words] = PKTINFO6_CMSG_BYTES;
    this.#words[words + 2] = IPPROTO_IPV6;
    this.#words[words + 3] = IPV6_PKTINFO;
    this.#memory.bytes.fill(0, at + 16, at + 32);
    this.#view.setInt32(at + 32, interfaceIndex, true);
    this.#words[(i * HEADER_BYTES >>> 2) + 10] = PKTINFO6_CMSG_BYTES + 4;
  }

  /** The routes say by which interface and with which source it leaves. */
  unpinned(i: number): void {
    this.#words[(i * HEADER_BYTES >>> 2) + 10] = 0;
  }

  /** The message's bytes: `length` at `address`, and after them the same of a second part. */
  parts(i: number, address: number, length: number, second = 0, secondLength = 0): void {
    const vector = this.#vector(i);
    this.#putVector(vector, address, length);
    this.#putVector(vector + VECTOR_BYTES, second, secondLength);
    this.#words[(i * HEADER_BYTES >>> 2) + 6] = secondLength === 0 ? 1 : VECTORS;
  }

  /** Where a message's own room is, for `parts`. */
  roomAddress(i: number): number {
    return this.#addressOf(this.#room(i));
  }

  #vector(i: number): number {
    return this.#vectors + i * VECTORS * VECTOR_BYTES;
  }

  #name(i: number): number {
    return this.#names + i * NAME_BYTES;
  }

  #room(i: number): number {
    return this.#rooms + i * this.#roomBytes;
  }

  #addressOf(offset: number): number {
    return this.#memory.address + offset;
  }

  #putVector(at: number, address: number, length: number): void {
    this.#putAddress(at, address);
    this.#words[at + 8 >>> 2] = length;
  }

  #putAddress(at: number, address: number): void {
    this.#words[at >>> 2] = address >>> 0;
    this.#words[(at >>> 2) + 1] = Math.floor(address / 2 ** 32);
  }
}
