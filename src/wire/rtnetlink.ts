/**
 * What the kernel is asked and answers of neighbours: the tables of ARP and of IPv6 neighbour
 * discovery (rtnetlink(7); linux/netlink.h, linux/neighbour.h). A message is
 *
 *     u32 length   with this head           s32  interface, as the kernel counts them
 *     u16 type     RTM_NEWNEIGH, ...        u16  state, one bit of NUD_*
 *     u16 flags                             u8   flags
 *     u32 sequence                          u8   type
 *     u32 port                              { u16 length, u16 attribute, value, to 4 bytes }*
 *     u8  family
 *     u8, u16      left free
 *
 * in the byte order of the host, which is little-endian on all that this program runs on. Messages
 * follow one another, each from a multiple of 4 bytes on.
 */
import { macText } from "../model/hardware_address.ts";
import { type IpAddress, ipAddressAt } from "../model/ip_address.ts";

/** Another host, as the kernel knows it. */
export interface Neighbour {
  readonly address: IpAddress;
  /** As `macText` writes it. */
  readonly mac: string;
}

const RTM_NEWNEIGH = 28, RTM_GETNEIGH = 30;
const NLM_F_REQUEST = 0x1, NLM_F_DUMP = 0x300;
const NLMSG_ERROR = 2, NLMSG_DONE = 3;
const HEAD_BYTES = 16, NDMSG_BYTES = 12, ATTRIBUTE_BYTES = 4;
const NDA_DST = 1, NDA_LLADDR = 2;
/** States in which the hardware address is one that the neighbour told, or an administrator. */
const NUD_REACHABLE = 0x02, NUD_STALE = 0x04, NUD_DELAY = 0x08, NUD_PROBE = 0x10;
const NUD_PERMANENT = 0x80;
const KNOWN = NUD_REACHABLE | NUD_STALE | NUD_DELAY | NUD_PROBE | NUD_PERMANENT;
/** AF_INET and AF_INET6. */
const FAMILIES: Readonly<Record<number, IpAddress["family"]>> = { 2: 4, 10: 6 };

/** Asks for all neighbours of both families. */
export function neighbourRequest(sequence: number): Uint8Array<ArrayBuffer> {
  const message = new DataView(new ArrayBuffer(HEAD_BYTES + NDMSG_BYTES));
  message.setUint32(0, message.byteLength, true);
  message.setUint16(4, RTM_GETNEIGH, true);
  message.setUint16(6, NLM_F_REQUEST | NLM_F_DUMP, true);
  message.setUint32(8, sequence, true);
  return new Uint8Array(message.buffer);
}

/** What one piece of an answer says. */
export interface NeighbourPiece {
  readonly neighbours: readonly Neighbour[];
  /** `more` pieces follow; `failed`: with the errno, 0 for what makes no sense. */
  readonly end: "more" | "done" | { readonly failed: number };
}

/** Reads one datagram of the answer to that request. What is of no neighbour with an IP address and
 * a hardware address is left out. */
export function neighboursIn(datagram: Uint8Array, sequence: number): NeighbourPiece {
  const view = new DataView(datagram.buffer, datagram.byteOffset, datagram.byteLength);
  const neighbours: Neighbour[] = [];
  for (let at = 0; at + HEAD_BYTES <= datagram.length;) {
    const length = view.getUint32(at, true), type = view.getUint16(at + 4, true);
    if (length < HEAD_BYTES || at + length > datagram.length) {
      return { neighbours, end: { failed: 0 } };
    }
    if (view.getUint32(at + 8, true) === sequence) {
      if (type === NLMSG_DONE) return { neighbours, end: "done" };
      if (type === NLMSG_ERROR) {
        const errno = length >= HEAD_BYTES + 4 ? -view.getInt32(at + HEAD_BYTES, true) : 0;
        return { neighbours, end: { failed: errno } };
      }
      const found = type === RTM_NEWNEIGH
        ? neighbourOf(datagram.subarray(at + HEAD_BYTES, at + length))
        : undefined;
      if (found !== undefined) neighbours.push(found);
    }
    at += aligned(length);
  }
  return { neighbours, end: "more" };
}

function neighbourOf(body: Uint8Array): Neighbour | undefined {
  if (body.length < NDMSG_BYTES) return undefined;
  const view = new DataView(body.buffer, body.byteOffset, body.byteLength);
  const family = FAMILIES[view.getUint8(0)], state = view.getUint16(8, true);
  if (family === undefined || (state & KNOWN) === 0) return undefined;
  let address: IpAddress | undefined, mac: string | undefined;
  for (let at = NDMSG_BYTES; at + ATTRIBUTE_BYTES <= body.length;) {
    const size = view.getUint16(at, true), type = view.getUint16(at + 2, true);
    if (size < ATTRIBUTE_BYTES || at + size > body.length) return undefined;
    const value = body.subarray(at + ATTRIBUTE_BYTES, at + size);
    if (type === NDA_DST) address = ipAddressAt(value);
    if (type === NDA_LLADDR && value.length > 0) mac = macText(value);
    at += aligned(size);
  }
  if (address?.family !== family || mac === undefined) return undefined;
  return { address, mac };
}

function aligned(length: number): number {
  return (length + 3) & ~3;
}
