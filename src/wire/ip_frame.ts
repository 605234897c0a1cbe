/**
 * UDP over IPv4 over Ethernet II, as AF_PACKET sockets carry it:
 *
 *      0  destination(6)  source(6)  0x0800
 *     14  version 4, header words(1)  DSCP(1)  total length(2)              RFC 791
 *     18  identification(2)  flags, fragment offset(2)
 *     22  TTL(1)  17(1)  header checksum(2)
 *     26  source(4)  destination(4)
 *     34  (options of IP, up to 40 bytes)
 *         source port(2)  destination port(2)  length(2)  checksum(2)       RFC 768
 *         payload, and then perhaps padding of Ethernet
 *
 * Frames that carry a VLAN tag are none of these: the kernel takes it off before it hands them on.
 */
import { assert } from "../base/assert.ts";
import { freshBytes } from "../base/fresh_bytes.ts";
import type { Ipv4 } from "../model/ipv4.ts";
import { putU16, putU32, u16, u32 } from "./network_order.ts";

/** The bytes of an Ethernet header, of an IPv4 header without options, and of a UDP header. */
export const ETHERNET_BYTES = 14;
const IP_BYTES = 20, UDP_BYTES = 8;
const IP_AT = ETHERNET_BYTES;
const MAX_UDP_PAYLOAD_BYTES = 65_535 - IP_BYTES - UDP_BYTES;
const MAC_BYTES = 6;

const ETHERTYPE_IPV4 = 0x0800;
const PROTOCOL_UDP = 17;
const VERSION_AND_WORDS = 0x45;
const DONT_FRAGMENT = 0x4000;
/** MORE_FRAGMENTS and the offset: none of them is set in a whole packet. */
const FRAGMENT_BITS = 0x3fff;
const TTL = 64;

/** What a frame says. The byte arrays of a parsed one are views of the frame. */
export interface UdpFrame {
  readonly destinationMac: Uint8Array;
  readonly sourceMac: Uint8Array;
  readonly source: Ipv4;
  readonly destination: Ipv4;
  readonly sourcePort: number;
  readonly destinationPort: number;
  /** Shorter than it was on the wire only where a capture kept the beginning of the frame. */
  readonly payload: Uint8Array;
}

/**
 * The UDP datagram in a frame. Undefined for everything else: another protocol, a fragment, an IP
 * header whose checksum is wrong, lengths that contradict each other or the frame. The checksum
 * of UDP is not looked at: frames of this host's own programs are seen before the network card
 * has filled it in. `wireBytes` is the frame's length on the wire where a capture kept less of it.
 */
export function parseUdpFrame(
  frame: Uint8Array,
  wireBytes: number = frame.length,
): UdpFrame | undefined {
  if (frame.length < IP_AT + IP_BYTES + UDP_BYTES || wireBytes < frame.length) return undefined;
  const first = frame[IP_AT] as number;
  if (u16(frame, 12) !== ETHERTYPE_IPV4 || first >> 4 !== 4) return undefined;
  if (frame[IP_AT + 9] !== PROTOCOL_UDP) return undefined;
  const headerBytes = (first & 15) * 4, ipBytes = u16(frame, IP_AT + 2);
  const udpAt = IP_AT + headerBytes;
  if (headerBytes < IP_BYTES || ipBytes < headerBytes + UDP_BYTES) return undefined;
  if (IP_AT + ipBytes > wireBytes || udpAt + UDP_BYTES > frame.length) return undefined;
  if ((u16(frame, IP_AT + 6) & FRAGMENT_BITS) !== 0) return undefined;
  if (folded(sumOf(frame, IP_AT, udpAt)) !== 0xffff) return undefined;
  const udpBytes = u16(frame, udpAt + 4);
  if (udpBytes < UDP_BYTES || udpBytes > ipBytes - headerBytes) return undefined;
  return {
    destinationMac: frame.subarray(0, 6),
    sourceMac: frame.subarray(6, 12),
    source: u32(frame, IP_AT + 12),
    destination: u32(frame, IP_AT + 16),
    sourcePort: u16(frame, udpAt),
    destinationPort: u16(frame, udpAt + 2),
    payload: frame.subarray(udpAt + UDP_BYTES, udpAt + udpBytes),
  };
}

/**
 * The frame, with both checksums, to be sent as it is: not to be fragmented, and so with no
 * identification (RFC 6864). That it fits the link is the caller's care.
 */
export function printUdpFrame(said: UdpFrame): Uint8Array {
  const { payload } = said;
  assert(payload.length <= MAX_UDP_PAYLOAD_BYTES, "a payload fits an IPv4 packet");
  assert(
    said.destinationMac.length === MAC_BYTES && said.sourceMac.length === MAC_BYTES,
    "a hardware address of Ethernet has six bytes",
  );
  const udpAt = IP_AT + IP_BYTES, udpBytes = UDP_BYTES + payload.length;
  const frame = freshBytes(udpAt + udpBytes);
  frame.set(said.destinationMac, 0);
  frame.set(said.sourceMac, 6);
  putU16(frame, 12, ETHERTYPE_IPV4);
  frame[IP_AT] = VERSION_AND_WORDS;
  putU16(frame, IP_AT + 2, IP_BYTES + udpBytes);
  putU16(frame, IP_AT + 6, DONT_FRAGMENT);
  frame[IP_AT + 8] = TTL;
  frame[IP_AT + 9] = PROTOCOL_UDP;
  putU32(frame, IP_AT + 12, said.source);
  putU32(frame, IP_AT + 16, said.destination);
  putU16(frame, IP_AT + 10, 0xffff - folded(sumOf(frame, IP_AT, udpAt)));
  putU16(frame, udpAt, said.sourcePort);
  putU16(frame, udpAt + 2, said.destinationPort);
  putU16(frame, udpAt + 4, udpBytes);
  frame.set(payload, udpAt + UDP_BYTES);
  // Both addresses, the protocol and the length are summed up with the datagram.
  const pseudo = sumOf(frame, IP_AT + 12, IP_AT + IP_BYTES) + PROTOCOL_UDP + udpBytes;
  const checksum = 0xffff - folded(pseudo + sumOf(frame, udpAt, frame.length));
  // 0 would say that there is none.
  putU16(frame, udpAt + 6, checksum === 0 ? 0xffff : checksum);
  return frame;
}

/** Of words of 16 bits, the last filled up with a zero; below 2^32 for any packet. */
function sumOf(bytes: Uint8Array, from: number, end: number): number {
  let sum = 0;
  for (let at = from; at + 1 < end; at += 2) sum += u16(bytes, at);
  return (end - from) % 2 === 0 ? sum : sum + ((bytes[end - 1] as number) << 8);
}

/** The sum in ones' complement (RFC 1071). */
function folded(sum: number): number {
  const once = (sum >>> 16) + (sum & 0xffff);
  return (once >>> 16) + (once & 0xffff);
}
