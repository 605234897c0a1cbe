/**
 * Capture files, as tcpdump and Wireshark write them (IETF drafts pcap and pcapng):
 *
 *     pcap     magic(4)  major 2(2)  minor(2)  zone(4)  accuracy(4)  snapshot length(4)  link(4)
 *              then records: seconds(4)  fraction(4)  kept(4)  on the wire(4)  bytes(kept)
 *
 *     pcapng   blocks: type(4)  length(4)  body  length(4)     see pcapng.ts
 *
 * Either order of bytes; the magic tells it, and whether the fraction is in micro- or nanoseconds.
 * Of links, Ethernet is read, and what Linux makes of any interface ("cooked"), of which a frame
 * is made as good as it says: to all or to nobody in particular, from whoever sent it.
 */
import {
  MAX_CAPTURE_BYTES,
  MAX_CAPTURE_PACKETS,
  MAX_CAPTURE_RECORD_BYTES,
} from "../base/boot_limits.ts";
import { ok, type Outcome, refused } from "../base/outcome.ts";
import { putU16, u16, u32 } from "./network_order.ts";
import { isPcapng, readPcapng } from "./pcapng.ts";

/** One packet as it was seen. */
export interface CapturedPacket {
  /** Milliseconds since 1970, with a fraction. */
  readonly atMs: number;
  /** From the Ethernet header on; a view of the file where it has one. */
  readonly frame: Uint8Array;
  /** The frame's length on the wire: more than it has where only its beginning was kept. */
  readonly wireBytes: number;
}

/** What a file holds. */
export interface Capture {
  readonly packets: readonly CapturedPacket[];
  /** Whether the file ends within a packet, as when its writer was killed. */
  readonly endsEarly: boolean;
}

/** A packet as a file has it, at byte `at`, whatever link it was seen on. */
export interface CaptureRecord {
  readonly at: number;
  readonly link: number;
  readonly atMs: number;
  readonly bytes: Uint8Array;
  readonly wireBytes: number;
}

/** Takes one; a text says why it cannot, and ends the reading. */
export type TakeRecord = (record: CaptureRecord) => string | undefined;

/** How a file ended: on a packet's end or within one; a text where it is not to be read at all. */
export type FileEnd = { readonly endsEarly: boolean } | string;

/** Link types (www.tcpdump.org/linktypes.html). */
const LINK_ETHERNET = 1, LINK_LINUX_SLL = 113, LINK_LINUX_SLL2 = 276;
/** The rest says whether frames end with their checksum. */
const LINK_BITS = 0xffff;

const MAGIC_MICROSECONDS = 0xa1b2c3d4, MAGIC_NANOSECONDS = 0xa1b23c4d;
const FILE_HEADER_BYTES = 24, RECORD_HEADER_BYTES = 16;
const MAJOR_VERSION = 2;
const GZIP = 0x1f8b;

const ETHERNET_BYTES = 14, MAC_BYTES = 6;
/** LINUX_SLL: packet type(2)  hardware(2)  length(2)  address(8)  protocol(2) */
const SLL_BYTES = 16;
/** LINUX_SLL2: protocol(2) 0(2) interface(4) hardware(2) packet type(1) length(1) address(8) */
const SLL2_BYTES = 20;
/** Packet types: to all, and to all of a group; the rest does not tell the address. */
const TO_ALL = 1;

/**
 * The packets of a file, in its order. Refused with the reason: "invalid" for anything that is no
 * such file, or was seen on another link; "too-large" beyond the bounds of limits.ts.
 */
export function parseCapture(file: Uint8Array): Outcome<Capture> {
  if (file.length > MAX_CAPTURE_BYTES) {
    const most = `it has ${file.length} bytes, MAX_CAPTURE_BYTES is ${MAX_CAPTURE_BYTES}`;
    return refused("too-large", `cannot read the capture: ${most}`);
  }
  const packets: CapturedPacket[] = [];
  let isTooMany = false;
  const end = readRecords(file, (record) => {
    isTooMany = packets.length === MAX_CAPTURE_PACKETS;
    if (isTooMany) return `it has more packets than MAX_CAPTURE_PACKETS, ${MAX_CAPTURE_PACKETS}`;
    const packet = lengthFault(record) ?? packetOf(record);
    if (typeof packet === "string") return packet;
    packets.push(packet);
    return undefined;
  });
  if (typeof end === "string") {
    return refused(isTooMany ? "too-large" : "invalid", `cannot read the capture: ${end}`);
  }
  return ok({ packets, endsEarly: end.endsEarly });
}

function readRecords(file: Uint8Array, take: TakeRecord): FileEnd {
  if (file.length < 4) return `it has ${file.length} bytes, too few to be one`;
  if (isPcapng(file)) return readPcapng(file, take);
  const numbers = new DataView(file.buffer, file.byteOffset, file.length);
  for (const isLittle of [false, true]) {
    const magic = numbers.getUint32(0, isLittle);
    if (magic === MAGIC_MICROSECONDS) return readPcap(file, numbers, isLittle, 1_000, take);
    if (magic === MAGIC_NANOSECONDS) return readPcap(file, numbers, isLittle, 1_000_000, take);
  }
  if (u16(file, 0) === GZIP) return "it is compressed by gzip; give what gunzip makes of it";
  const start = u32(file, 0).toString(16).padStart(8, "0");
  return `it begins with ${start}, and is neither pcap nor pcapng`;
}

function readPcap(
  file: Uint8Array,
  numbers: DataView,
  isLittle: boolean,
  perMs: number,
  take: TakeRecord,
): FileEnd {
  if (file.length < FILE_HEADER_BYTES) return "it ends within its header";
  const major = numbers.getUint16(4, isLittle);
  if (major !== MAJOR_VERSION) return `it is of version ${major}, and ${MAJOR_VERSION} is read`;
  const link = numbers.getUint32(20, isLittle) & LINK_BITS;
  if (!isKnownLink(link)) return unknownLink(link);
  let at = FILE_HEADER_BYTES;
  while (at + RECORD_HEADER_BYTES <= file.length) {
    const kept = numbers.getUint32(at + 8, isLittle);
    const wireBytes = numbers.getUint32(at + 12, isLittle);
    // Not taken for one that the file's end cuts off.
    if (kept > MAX_CAPTURE_RECORD_BYTES) return tooLong(at, kept);
    const from = at + RECORD_HEADER_BYTES;
    if (from + kept > file.length) return { endsEarly: true };
    const atMs = numbers.getUint32(at, isLittle) * 1_000 +
      numbers.getUint32(at + 4, isLittle) / perMs;
    const fault = take({ at, link, atMs, bytes: file.subarray(from, from + kept), wireBytes });
    if (fault !== undefined) return fault;
    at = from + kept;
  }
  return { endsEarly: at < file.length };
}

function isKnownLink(link: number): boolean {
  return link === LINK_ETHERNET || link === LINK_LINUX_SLL || link === LINK_LINUX_SLL2;
}

function unknownLink(link: number): string {
  return `packets of link type ${link} are in it; Ethernet (1) or Linux cooked (113, 276) is read`;
}

function lengthFault({ at, bytes, wireBytes }: CaptureRecord): string | undefined {
  if (bytes.length > MAX_CAPTURE_RECORD_BYTES) return tooLong(at, bytes.length);
  if (bytes.length <= wireBytes) return undefined;
  return `the packet at byte ${at} has ${bytes.length} bytes, of ${wireBytes} on the wire`;
}

function tooLong(at: number, kept: number): string {
  const most = `MAX_CAPTURE_RECORD_BYTES is ${MAX_CAPTURE_RECORD_BYTES}`;
  return `the packet at byte ${at} says it has ${kept} bytes, ${most}`;
}

function packetOf({ link, atMs, bytes, wireBytes }: CaptureRecord): CapturedPacket | string {
  if (!isKnownLink(link)) return unknownLink(link);
  if (link === LINK_ETHERNET) return { atMs, frame: bytes, wireBytes };
  const headerBytes = link === LINK_LINUX_SLL ? SLL_BYTES : SLL2_BYTES;
  if (bytes.length < headerBytes) {
    return `a cooked packet has ${bytes.length} bytes, and ${headerBytes} are its header`;
  }
  const frame = link === LINK_LINUX_SLL
    ? frameOf(bytes, headerBytes, u16(bytes, 0), u16(bytes, 4), 6, u16(bytes, 14))
    : frameOf(bytes, headerBytes, bytes[10] as number, bytes[11] as number, 12, u16(bytes, 0));
  return { atMs, frame, wireBytes: wireBytes - headerBytes + ETHERNET_BYTES };
}

/** A frame in place of a cooked header; an address that it does not tell is all zeros. */
function frameOf(
  bytes: Uint8Array,
  headerBytes: number,
  packetType: number,
  addressBytes: number,
  addressAt: number,
  protocol: number,
): Uint8Array {
  const frame = new Uint8Array(ETHERNET_BYTES + bytes.length - headerBytes);
  if (packetType === TO_ALL) frame.fill(255, 0, MAC_BYTES);
  if (addressBytes === MAC_BYTES) {
    frame.set(bytes.subarray(addressAt, addressAt + MAC_BYTES), MAC_BYTES);
  }
  putU16(frame, 2 * MAC_BYTES, protocol);
  frame.set(bytes.subarray(headerBytes), ETHERNET_BYTES);
  return frame;
}
