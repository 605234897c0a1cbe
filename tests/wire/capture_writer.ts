/** Writes capture files, for tests of what reads them: what is wrong in one is put there after. */
import { concat } from "../../src/base/bytes.ts";

/** One packet; `wireBytes` where it was longer on the wire. */
export interface Written {
  readonly seconds: number;
  readonly fraction: number;
  readonly bytes: Uint8Array;
  readonly wireBytes?: number;
}

/** How a pcap file is written: its magic tells the unit of the fraction. */
export interface PcapWay {
  readonly isLittle: boolean;
  readonly magic: number;
  readonly link: number;
}

/** Numbers of 16 or 32 bits in the order that a file has chosen. */
export function u16Of(isLittle: boolean, ...numbers: number[]): Uint8Array {
  const view = new DataView(new ArrayBuffer(numbers.length * 2));
  numbers.forEach((number, i) => view.setUint16(i * 2, number, isLittle));
  return new Uint8Array(view.buffer);
}

export function u32Of(isLittle: boolean, ...numbers: number[]): Uint8Array {
  const view = new DataView(new ArrayBuffer(numbers.length * 4));
  numbers.forEach((number, i) => view.setUint32(i * 4, number, isLittle));
  return new Uint8Array(view.buffer);
}

export function pcapFile(packets: readonly Written[], way: PcapWay): Uint8Array {
  const { isLittle, magic, link } = way;
  const header = [
    u32Of(isLittle, magic),
    u16Of(isLittle, 2, 4),
    u32Of(isLittle, 0, 0, 262_144, link),
  ];
  return concat([
    ...header,
    ...packets.flatMap(({ seconds, fraction, bytes, wireBytes }) => [
      u32Of(isLittle, seconds, fraction, bytes.length, wireBytes ?? bytes.length),
      bytes,
    ]),
  ]);
}

function padded(bytes: Uint8Array): Uint8Array {
  return concat([bytes, new Uint8Array((4 - bytes.length % 4) % 4)]);
}

/** A block of pcapng. */
export function block(isLittle: boolean, type: number, body: Uint8Array): Uint8Array {
  const whole = padded(body), length = whole.length + 12;
  return concat([u32Of(isLittle, type, length), whole, u32Of(isLittle, length)]);
}

/** An option of a block of pcapng. */
export function blockOption(isLittle: boolean, code: number, value: Uint8Array): Uint8Array {
  return concat([u16Of(isLittle, code, value.length), padded(value)]);
}

export function sectionHeader(isLittle: boolean): Uint8Array {
  const body = [u32Of(isLittle, 0x1a2b3c4d), u16Of(isLittle, 1, 0), u32Of(isLittle, ~0, ~0)];
  return block(isLittle, 0x0a0d0d0a, concat(body));
}

export function interfaceBlock(
  isLittle: boolean,
  link: number,
  options: Uint8Array = new Uint8Array(),
): Uint8Array {
  return block(isLittle, 1, concat([u16Of(isLittle, link, 0), u32Of(isLittle, 0), options]));
}

/** `units` since 1970, of which the interface says how many a second has. */
export function packetBlock(
  isLittle: boolean,
  seenOn: number,
  units: number,
  bytes: Uint8Array,
  wireBytes: number = bytes.length,
): Uint8Array {
  const high = Math.floor(units / 2 ** 32), low = units % 2 ** 32;
  const head = u32Of(isLittle, seenOn, high, low, bytes.length, wireBytes);
  return block(isLittle, 6, concat([head, padded(bytes)]));
}
