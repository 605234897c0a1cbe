/**
 * TFTP, as it is on the wire (RFC 1350, section 5; options: RFC 2347, 2348, 2349, 7440). Numbers
 * are of two bytes, the higher first; texts end with a zero byte.
 *
 *     RRQ    1  file 0 mode 0 { option 0 value 0 }     WRQ is the same with 2
 *     DATA   3  block(2) bytes                          fewer than blksize bytes: the last one
 *     ACK    4  block(2)
 *     ERROR  5  code(2) message 0
 *     OACK   6  { option 0 value 0 }
 *
 * Block numbers begin with 1; 65535 is followed by 0, as all clients of long files expect, though
 * no RFC says so. Names of options are in either case. What a request holds after its last option
 * is passed over if it is zeros: some ROMs send a buffer of fixed size.
 */
import { ok, type Outcome, refused } from "../base/outcome.ts";

/** RFC 1350, section 5; OACK of RFC 2347. */
export const OPCODE = { RRQ: 1, WRQ: 2, DATA: 3, ACK: 4, ERROR: 5, OACK: 6 } as const;

/** RFC 1350, appendix; the last of RFC 2347. */
export const ERROR_CODE = {
  NOT_DEFINED: 0,
  FILE_NOT_FOUND: 1,
  ACCESS_VIOLATION: 2,
  DISK_FULL: 3,
  ILLEGAL_OPERATION: 4,
  UNKNOWN_TRANSFER_ID: 5,
  FILE_EXISTS: 6,
  NO_SUCH_USER: 7,
  OPTION_NEGOTIATION: 8,
} as const;

/** RFC 2348: bytes of a block, where nothing else is agreed, and what may be asked for. */
export const DEFAULT_BLKSIZE = 512;
export const MIN_BLKSIZE = 8;
export const MAX_BLKSIZE = 65_464;
/** RFC 2349: seconds. */
export const MIN_TIMEOUT_S = 1;
export const MAX_TIMEOUT_S = 255;
/** RFC 7440: blocks that may be sent before one is acknowledged. */
export const MAX_WINDOWSIZE = 65_535;
/** Block numbers are counted modulo this. */
export const BLOCK_NUMBERS = 65_536;
/** What stands before the bytes of a block, and all of an ACK. */
export const HEAD_BYTES = 4;

/** An option with its value, as it was sent; the name in lower case. */
export interface TftpOption {
  readonly name: string;
  readonly value: string;
}

/** A request to read or to write. `mode` is in lower case: `octet`, `netascii` or `mail`. */
export interface TftpRequest {
  readonly type: "rrq" | "wrq";
  readonly file: string;
  readonly mode: string;
  readonly options: readonly TftpOption[];
}

/** Any packet of TFTP. The bytes of a DATA lie in what it was read from. */
export type TftpPacket =
  | TftpRequest
  | { readonly type: "data"; readonly block: number; readonly bytes: Uint8Array }
  | { readonly type: "ack"; readonly block: number }
  | { readonly type: "error"; readonly code: number; readonly message: string }
  | { readonly type: "oack"; readonly options: readonly TftpOption[] };

const MODES: readonly string[] = ["octet", "netascii", "mail"];
// What a client says is shown to people: bytes that are no UTF-8 become U+FFFD.
const LENIENT = new TextDecoder("utf-8", { ignoreBOM: true });
const STRICT = new TextDecoder("utf-8", { ignoreBOM: true, fatal: true });
const ENCODER = new TextEncoder();

/** The block that an ACK of just this many bytes acknowledges; undefined for any other packet. A
 * server reads a hundred thousand of them a second. */
export function ackedBlock(bytes: Uint8Array): number | undefined {
  if (bytes.length !== HEAD_BYTES || bytes[0] !== 0 || bytes[1] !== OPCODE.ACK) return undefined;
  return (bytes[2] as number) * 256 + (bytes[3] as number);
}

/** What the bytes say; refused as `invalid`, with what is wrong, where they say nothing. */
export function readTftp(bytes: Uint8Array): Outcome<TftpPacket> {
  if (bytes.length < HEAD_BYTES) {
    return malformed(`has ${bytes.length} bytes; the shortest has ${HEAD_BYTES}`);
  }
  const opcode = numberAt(bytes, 0), second = numberAt(bytes, 2);
  switch (opcode) {
    case OPCODE.RRQ:
      return readRequest("rrq", bytes);
    case OPCODE.WRQ:
      return readRequest("wrq", bytes);
    case OPCODE.DATA:
      return ok({ type: "data", block: second, bytes: bytes.subarray(HEAD_BYTES) });
    case OPCODE.ACK:
      return ok({ type: "ack", block: second });
    case OPCODE.ERROR: {
      // Some clients leave out the zero at the end, or the message.
      const end = bytes.indexOf(0, HEAD_BYTES);
      const message = bytes.subarray(HEAD_BYTES, end < 0 ? bytes.length : end);
      return ok({ type: "error", code: second, message: LENIENT.decode(message) });
    }
    case OPCODE.OACK: {
      const options = readOptions(bytes, 2);
      return options.ok ? ok({ type: "oack", options: options.value }) : options;
    }
    default:
      return malformed(`has opcode ${opcode}; there are 1 to 6`);
  }
}

/** The bytes of a packet. Texts must hold no zero character: they would end there. */
export function writeTftp(packet: TftpPacket): Uint8Array {
  switch (packet.type) {
    case "rrq":
    case "wrq": {
      const opcode = packet.type === "rrq" ? OPCODE.RRQ : OPCODE.WRQ;
      return withTexts([opcode], [packet.file, packet.mode, ...textsOf(packet.options)]);
    }
    case "data": {
      const whole = new Uint8Array(HEAD_BYTES + packet.bytes.length);
      whole.set(dataHead(packet.block));
      whole.set(packet.bytes, HEAD_BYTES);
      return whole;
    }
    case "ack":
      return withTexts([OPCODE.ACK, packet.block], []);
    case "error":
      return withTexts([OPCODE.ERROR, packet.code], [packet.message]);
    case "oack":
      return withTexts([OPCODE.OACK], textsOf(packet.options));
  }
}

/** The four bytes before those of a block; the number is taken modulo 65536. */
export function dataHead(block: number): Uint8Array {
  const head = new Uint8Array(HEAD_BYTES);
  head[1] = OPCODE.DATA;
  head[2] = block >>> 8;
  head[3] = block;
  return head;
}

function readRequest(type: "rrq" | "wrq", bytes: Uint8Array): Outcome<TftpPacket> {
  const fileEnd = bytes.indexOf(0, 2);
  const modeEnd = fileEnd < 0 ? -1 : bytes.indexOf(0, fileEnd + 1);
  if (modeEnd < 0) return malformed("is a request cut off before the end of its mode");
  const file = strictText(bytes.subarray(2, fileEnd));
  if (file === undefined) return malformed("asks for a file whose name is not UTF-8");
  if (file === "") return malformed("asks for a file without a name");
  const mode = LENIENT.decode(bytes.subarray(fileEnd + 1, modeEnd)).toLowerCase();
  if (!MODES.includes(mode)) return malformed(`has mode "${mode}"; there are ${MODES.join(", ")}`);
  const options = readOptions(bytes, modeEnd + 1);
  return options.ok ? ok({ type, file, mode, options: options.value }) : options;
}

function readOptions(bytes: Uint8Array, from: number): Outcome<TftpOption[]> {
  const options: TftpOption[] = [];
  for (let at = from; at < bytes.length;) {
    if (bytes.subarray(at).every((byte) => byte === 0)) break;
    const nameEnd = bytes.indexOf(0, at);
    const valueEnd = nameEnd < 0 ? -1 : bytes.indexOf(0, nameEnd + 1);
    if (valueEnd < 0) return malformed("is cut off within an option");
    if (nameEnd === at) return malformed("has an option without a name");
    const name = LENIENT.decode(bytes.subarray(at, nameEnd)).toLowerCase();
    options.push({ name, value: LENIENT.decode(bytes.subarray(nameEnd + 1, valueEnd)) });
    at = valueEnd + 1;
  }
  return ok(options);
}

function malformed(what: string): Outcome<never> {
  return refused("invalid", `this is no packet of TFTP: it ${what}`);
}

function numberAt(bytes: Uint8Array, at: number): number {
  return (bytes[at] as number) * 256 + (bytes[at + 1] as number);
}

function strictText(bytes: Uint8Array): string | undefined {
  try {
    return STRICT.decode(bytes);
  } catch {
    return undefined; // it is not UTF-8
  }
}

function textsOf(options: readonly TftpOption[]): string[] {
  return options.flatMap(({ name, value }) => [name, value]);
}

function withTexts(numbers: readonly number[], texts: readonly string[]): Uint8Array {
  const words = numbers.flatMap((number) => [(number >>> 8) & 0xff, number & 0xff]);
  const tail = texts.length === 0 ? new Uint8Array() : ENCODER.encode(`${texts.join("\0")}\0`);
  const whole = new Uint8Array(words.length + tail.length);
  whole.set(words);
  whole.set(tail, words.length);
  return whole;
}
