/**
 * Capture files in sections of blocks (IETF draft pcapng), each padded to whole words:
 *
 *     type(4)  length(4)  body  length(4)            both lengths are that of the whole block
 *
 *     section header       0x0a0d0d0a  magic 0x1a2b3c4d(4)  major 1(2)  minor(2)  size(8)  options
 *     interface            1           link(2)  0(2)  snapshot length(4)  options
 *     enhanced packet      6           interface(4)  time high(4)  time low(4)
 *                                      kept(4)  on the wire(4)  bytes(kept)  options
 *
 * The magic tells the order of bytes of its section, in which interfaces count from 0. Options are
 * code(2) length(2) value, padded, until code 0; one of an interface says how many units of time a
 * second has. Blocks of other types are passed over.
 */
import { u32 } from "./network_order.ts";
import type { FileEnd, TakeRecord } from "./pcap.ts";

const SECTION_HEADER = 0x0a0d0d0a;
const INTERFACE = 1;
const ENHANCED_PACKET = 6;
const MAGIC = 0x1a2b3c4d;
const MAJOR_VERSION = 1;
/** Type and both lengths. */
const LEAST_BLOCK_BYTES = 12;
const BODY_AT = 8;
const SECTION_BYTES = 28, INTERFACE_BYTES = 20, PACKET_BYTES = 32;

const OPTION_END = 0, IF_TSRESOL = 9, IF_TSOFFSET = 14;
const DEFAULT_UNITS_PER_S = 1_000_000;

/** Where packets of a section were seen. */
interface Interface {
  readonly link: number;
  readonly unitsPerS: number;
  /** To be added to each time. */
  readonly offsetS: number;
}

interface Block {
  readonly at: number;
  readonly type: number;
  readonly length: number;
}

/** Reads one file, of which {@link isPcapng} has said that it is one. */
class PcapngReader {
  readonly #file: Uint8Array;
  readonly #numbers: DataView;
  readonly #take: TakeRecord;
  #isLittle = false;
  #interfaces: Interface[] = [];

  constructor(file: Uint8Array, take: TakeRecord) {
    this.#file = file;
    this.#numbers = new DataView(file.buffer, file.byteOffset, file.length);
    this.#take = take;
  }

  read(): FileEnd {
    let at = 0;
    while (at + LEAST_BLOCK_BYTES <= this.#file.length) {
      const type = this.#u32(at);
      if (type === SECTION_HEADER) {
        const magic = this.#startSection(at);
        if (magic !== undefined) return magic;
      }
      const length = this.#u32(at + 4);
      if (length < LEAST_BLOCK_BYTES || length % 4 !== 0) {
        return `the block at byte ${at} says it has ${length} bytes`;
      }
      if (at + length > this.#file.length) break;
      if (this.#u32(at + length - 4) !== length) {
        return `the block at byte ${at} does not end with its length, ${length}`;
      }
      const fault = this.#readBlock({ at, type, length });
      if (fault !== undefined) return fault;
      at += length;
    }
    return at === 0 ? "it ends within its header" : { endsEarly: at < this.#file.length };
  }

  #u32(at: number): number {
    return this.#numbers.getUint32(at, this.#isLittle);
  }

  #u16(at: number): number {
    return this.#numbers.getUint16(at, this.#isLittle);
  }

  /** Its type reads the same in either order, so that the magic can tell which it is. */
  #startSection(at: number): string | undefined {
    const isLittle = this.#numbers.getUint32(at + BODY_AT, true) === MAGIC;
    if (!isLittle && this.#numbers.getUint32(at + BODY_AT) !== MAGIC) {
      return `the section at byte ${at} has no magic 1a2b3c4d`;
    }
    this.#isLittle = isLittle;
    this.#interfaces = [];
    return undefined;
  }

  #readBlock(block: Block): string | undefined {
    switch (block.type) {
      case SECTION_HEADER: {
        if (block.length < SECTION_BYTES) return this.#tooShort(block, SECTION_BYTES);
        const major = this.#u16(block.at + 12);
        if (major === MAJOR_VERSION) return undefined;
        return `it is of version ${major}, and ${MAJOR_VERSION} is read`;
      }
      case INTERFACE:
        if (block.length < INTERFACE_BYTES) return this.#tooShort(block, INTERFACE_BYTES);
        this.#interfaces.push(this.#interfaceOf(block));
        return undefined;
      case ENHANCED_PACKET:
        if (block.length < PACKET_BYTES) return this.#tooShort(block, PACKET_BYTES);
        return this.#readPacket(block);
      default:
        return undefined;
    }
  }

  #tooShort({ at, type, length }: Block, least: number): string {
    return `the block at byte ${at}, of type ${type}, has ${length} bytes, ${least} are the least`;
  }

  #readPacket({ at, length }: Block): string | undefined {
    const number = this.#u32(at + 8), seenOn = this.#interfaces[number];
    if (seenOn === undefined) {
      return `the packet at byte ${at} is of interface ${number}, which was not told of before`;
    }
    const kept = this.#u32(at + 20), wireBytes = this.#u32(at + 24);
    if (kept > length - PACKET_BYTES) {
      return `the packet at byte ${at} says it has ${kept} bytes, its block ${length}`;
    }
    const units = this.#u32(at + 12) * 2 ** 32 + this.#u32(at + 16);
    const atMs = (units / seenOn.unitsPerS + seenOn.offsetS) * 1_000;
    const bytes = this.#file.subarray(at + 28, at + 28 + kept);
    return this.#take({ at, link: seenOn.link, atMs, bytes, wireBytes });
  }

  #interfaceOf({ at, length }: Block): Interface {
    let unitsPerS = DEFAULT_UNITS_PER_S, offsetS = 0;
    const end = at + length - 4;
    for (let option = at + 16; option + 4 <= end;) {
      const code = this.#u16(option), size = this.#u16(option + 2), value = option + 4;
      if (code === OPTION_END || value + size > end) break;
      if (code === IF_TSRESOL && size === 1) unitsPerS = unitsOf(this.#file[value] as number);
      if (code === IF_TSOFFSET && size === 8) {
        offsetS = Number(this.#numbers.getBigInt64(value, this.#isLittle));
      }
      option = value + Math.ceil(size / 4) * 4;
    }
    return { link: this.#u16(at + 8), unitsPerS, offsetS };
  }
}

/** The highest bit says whether the rest is a power of 2 or of 10. */
function unitsOf(resolution: number): number {
  return (resolution & 0x80) === 0 ? 10 ** resolution : 2 ** (resolution & 0x7f);
}

/** Whether a file of at least four bytes is meant to be one. */
export function isPcapng(file: Uint8Array): boolean {
  return u32(file, 0) === SECTION_HEADER;
}

/** Hands every packet to `take`, in the file's order. */
export function readPcapng(file: Uint8Array, take: TakeRecord): FileEnd {
  return new PcapngReader(file, take).read();
}
