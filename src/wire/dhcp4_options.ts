/**
 * What DHCPv4 options say (RFC 2132 where nothing else is named). A reader takes a message's
 * options and a code, and gives
 *
 * - undefined where the option is absent,
 * - a refusal ("invalid") where it is there and has no such meaning,
 * - else its meaning.
 *
 * Options 43 (PXE 2.1), 82 (RFC 3046) and 175 (iPXE) hold options themselves, of their own codes:
 * {@link readEncapsulated} gives those, to be read by the same readers.
 */
import { assert } from "../base/assert.ts";
import { concat, fromHex, toHex, utf8 } from "../base/bytes.ts";
import { freshBytes } from "../base/fresh_bytes.ts";
import { ok, type Outcome, refused } from "../base/outcome.ts";
import type { Ipv4 } from "../model/ipv4.ts";
import { LEAST_MAX_BYTES } from "./dhcp4.ts";
import { putU16, putU32, u16, u32 } from "./network_order.ts";

/** Codes. */
export const OPTION = {
  SUBNET_MASK: 1,
  ROUTER: 3,
  DOMAIN_NAME_SERVER: 6,
  HOST_NAME: 12,
  DOMAIN_NAME: 15,
  ROOT_PATH: 17,
  INTERFACE_MTU: 26,
  NTP_SERVERS: 42,
  VENDOR_SPECIFIC: 43,
  REQUESTED_IP_ADDRESS: 50,
  IP_ADDRESS_LEASE_TIME: 51,
  /** dhcp4.ts does and undoes it. */
  OVERLOAD: 52,
  MESSAGE_TYPE: 53,
  SERVER_IDENTIFIER: 54,
  PARAMETER_REQUEST_LIST: 55,
  MAXIMUM_MESSAGE_SIZE: 57,
  RENEWAL_TIME: 58,
  REBINDING_TIME: 59,
  VENDOR_CLASS_IDENTIFIER: 60,
  CLIENT_IDENTIFIER: 61,
  TFTP_SERVER_NAME: 66,
  BOOTFILE_NAME: 67,
  /** RFC 3004. */
  USER_CLASS: 77,
  /** RFC 3046. */
  RELAY_AGENT_INFORMATION: 82,
  /** RFC 4578, sections 2.1 to 2.3. */
  CLIENT_SYSTEM_ARCHITECTURE: 93,
  CLIENT_NETWORK_INTERFACE: 94,
  CLIENT_MACHINE_IDENTIFIER: 97,
  /** RFC 8910. */
  CAPTIVE_PORTAL: 114,
  /** RFC 3442. */
  CLASSLESS_STATIC_ROUTE: 121,
  /** RFC 3925. */
  VENDOR_IDENTIFYING_VENDOR_SPECIFIC: 125,
  /** Encapsulated options of iPXE. */
  IPXE: 175,
  END: 255,
} as const;

/** Values of MESSAGE_TYPE (section 9.6). */
export const MESSAGE_TYPE = {
  DISCOVER: 1,
  OFFER: 2,
  REQUEST: 3,
  DECLINE: 4,
  ACK: 5,
  NAK: 6,
  RELEASE: 7,
  INFORM: 8,
} as const;

/** Codes within RELAY_AGENT_INFORMATION (RFC 3046, 3527 and 5107). */
export const RELAY_SUBOPTION = {
  CIRCUIT_ID: 1,
  REMOTE_ID: 2,
  LINK_SELECTION: 5,
  SERVER_IDENTIFIER_OVERRIDE: 11,
} as const;

/** Of a message, or of an option that holds options. */
export type Options = ReadonlyMap<number, Uint8Array>;

const IP_AND_UDP_BYTES = 28;
/** RFC 4578, section 2.3: one byte of type, which is 0, and the UUID. */
const UUID_TYPE = 0, UUID_BYTES = 16;
const UUID_TEXT = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

function malformed(code: number, value: Uint8Array, wanted: string): Outcome<never> {
  const shown = toHex(value.subarray(0, 32)) + (value.length > 32 ? "..." : "");
  const there = `${value.length} bytes (${shown})`;
  return refused("invalid", `cannot read option ${code} of ${there}: ${wanted} would be right`);
}

/** An unsigned number of one byte. */
export function readU8(options: Options, code: number): Outcome<number> | undefined {
  const value = options.get(code);
  if (value === undefined) return undefined;
  return value.length === 1 ? ok(value[0] as number) : malformed(code, value, "one byte");
}

/** An unsigned number of two bytes. */
export function readU16(options: Options, code: number): Outcome<number> | undefined {
  const value = options.get(code);
  if (value === undefined) return undefined;
  return value.length === 2 ? ok(u16(value, 0)) : malformed(code, value, "two bytes");
}

/** An unsigned number of four bytes, as times in seconds are. */
export function readU32(options: Options, code: number): Outcome<number> | undefined {
  const value = options.get(code);
  if (value === undefined) return undefined;
  return value.length === 4 ? ok(u32(value, 0)) : malformed(code, value, "four bytes");
}

/** One address. */
export function readAddress(options: Options, code: number): Outcome<Ipv4> | undefined {
  const value = options.get(code);
  if (value === undefined) return undefined;
  return value.length === 4 ? ok(u32(value, 0)) : malformed(code, value, "an address of four");
}

/** At least one address. */
export function readAddresses(options: Options, code: number): Outcome<Ipv4[]> | undefined {
  const value = options.get(code);
  if (value === undefined) return undefined;
  if (value.length === 0 || value.length % 4 !== 0) {
    return malformed(code, value, "one or more addresses of four");
  }
  return ok(Array.from({ length: value.length / 4 }, (_, i) => u32(value, i * 4)));
}

/** At least one number of two bytes, as CLIENT_SYSTEM_ARCHITECTURE has. */
export function readU16s(options: Options, code: number): Outcome<number[]> | undefined {
  const value = options.get(code);
  if (value === undefined) return undefined;
  if (value.length === 0 || value.length % 2 !== 0) {
    return malformed(code, value, "one or more pairs of bytes");
  }
  return ok(Array.from({ length: value.length / 2 }, (_, i) => u16(value, i * 2)));
}

/**
 * A text, without the NULs that some append (section 2). What is not UTF-8 is read as Latin-1;
 * so no text is malformed.
 */
export function readText(options: Options, code: number): string | undefined {
  const value = options.get(code);
  return value === undefined ? undefined : textOf(value);
}

/**
 * The classes of USER_CLASS: a list of texts, each after its length (RFC 3004), or one bare text,
 * as iPXE and many others send it.
 */
export function readUserClasses(options: Options): Outcome<string[]> | undefined {
  const value = options.get(OPTION.USER_CLASS);
  if (value === undefined) return undefined;
  if (value.length === 0) return malformed(OPTION.USER_CLASS, value, "one or more classes");
  return ok(listedClasses(value) ?? [textOf(value)]);
}

/** Undefined where the bytes are no such list. */
function listedClasses(value: Uint8Array): string[] | undefined {
  const classes: string[] = [];
  for (let at = 0; at < value.length;) {
    const length = value[at] as number;
    if (length === 0 || at + 1 + length > value.length) return undefined;
    classes.push(textOf(value.subarray(at + 1, at + 1 + length)));
    at += 1 + length;
  }
  return classes;
}

/**
 * The UUID of CLIENT_MACHINE_IDENTIFIER, in lower case, as the firmware shows it: the first three
 * fields are sent with their lowest byte first (SMBIOS, section 7.2.1).
 */
export function readMachineUuid(options: Options): Outcome<string> | undefined {
  const value = options.get(OPTION.CLIENT_MACHINE_IDENTIFIER);
  if (value === undefined) return undefined;
  if (value.length !== 1 + UUID_BYTES || value[0] !== UUID_TYPE) {
    return malformed(OPTION.CLIENT_MACHINE_IDENTIFIER, value, "0 and a UUID of 16");
  }
  const hex = toHex(swapped(value.subarray(1)));
  const parts = [[0, 8], [8, 12], [12, 16], [16, 20], [20, 32]] as const;
  return ok(parts.map(([from, to]) => hex.slice(from, to)).join("-"));
}

/** Of a UUID: the same with the other order of bytes in the first three fields. */
function swapped(uuid: Uint8Array): Uint8Array {
  const order = [3, 2, 1, 0, 5, 4, 7, 6];
  return uuid.map((byte, at) => uuid[order[at] ?? at] ?? byte);
}

/**
 * The options within an option, each by its code; of one that is there twice, the first. 0 and
 * 255 are padding and end, but not within RELAY_AGENT_INFORMATION (RFC 3046, section 2.0).
 */
export function readEncapsulated(options: Options, code: number): Outcome<Options> | undefined {
  const value = options.get(code);
  if (value === undefined) return undefined;
  const isRelay = code === OPTION.RELAY_AGENT_INFORMATION;
  const within = new Map<number, Uint8Array>();
  for (let at = 0; at < value.length;) {
    const sub = value[at++] as number;
    if (!isRelay && sub === 0) continue;
    if (!isRelay && sub === OPTION.END) break;
    const length = value[at++];
    if (length === undefined || at + length > value.length) {
      return malformed(code, value, `a sub-option ${sub} that ends within it`);
    }
    if (!within.has(sub)) within.set(sub, value.subarray(at, at + length));
    at += length;
  }
  return ok(within);
}

/**
 * How many bytes of message (IP and UDP not counted) an answer may have: by the client's
 * MAXIMUM_MESSAGE_SIZE, 576 where it says less or nothing of sense, and by `mtuBytes` of the link.
 */
export function replyRoom(options: Options, mtuBytes: number): number {
  const said = readU16(options, OPTION.MAXIMUM_MESSAGE_SIZE);
  const most = said?.ok ? Math.min(said.value, mtuBytes) : 0;
  return Math.max(most - IP_AND_UDP_BYTES, LEAST_MAX_BYTES);
}

/** Which codes the client wants, in its order, each once; none where it does not say. */
export function readRequested(options: Options): number[] {
  const codes: number[] = [];
  const list = options.get(OPTION.PARAMETER_REQUEST_LIST);
  if (list === undefined) return codes;
  const seen = freshBytes(256);
  for (const code of list) {
    if (seen[code] === 0) codes.push(code);
    seen[code] = 1;
  }
  return codes;
}

/** Of a number of 8 bits. */
export function u8Bytes(value: number): Uint8Array {
  const bytes = freshBytes(1);
  bytes[0] = value;
  return bytes;
}

/** Of an unsigned number of 16 bits. */
export function u16Bytes(value: number): Uint8Array {
  const bytes = freshBytes(2);
  putU16(bytes, 0, value);
  return bytes;
}

/** Of an unsigned number, or of an address. */
export function u32Bytes(value: number): Uint8Array {
  const bytes = freshBytes(4);
  putU32(bytes, 0, value);
  return bytes;
}

/** Of an address. */
export function addressBytes(address: Ipv4): Uint8Array {
  return u32Bytes(address);
}

/** One after another. */
export function addressesBytes(addresses: readonly Ipv4[]): Uint8Array {
  const bytes = freshBytes(addresses.length * 4);
  addresses.forEach((address, i) => putU32(bytes, i * 4, address));
  return bytes;
}

/** In UTF-8, with no NUL at its end. */
export function textBytes(text: string): Uint8Array {
  const bytes = freshBytes(text.length);
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code > 127) return utf8(text);
    bytes[i] = code;
  }
  return bytes;
}

/** What {@link readMachineUuid} reads; "invalid" for any text but a UUID in lower case. */
export function machineUuidBytes(uuid: string): Outcome<Uint8Array> {
  if (!UUID_TEXT.test(uuid)) {
    const right = "12345678-9abc-def0-1234-56789abcdef0 would be right";
    return refused("invalid", `cannot print "${uuid.slice(0, 64)}" as a UUID: ${right}`);
  }
  const bytes = new Uint8Array(1 + UUID_BYTES);
  bytes[0] = UUID_TYPE;
  bytes.set(swapped(fromHex(uuid.replaceAll("-", ""))), 1);
  return ok(bytes);
}

/** The value of VENDOR_SPECIFIC or IPXE, without an end. Each has at most 255 bytes. */
export function encapsulatedBytes(options: Options): Uint8Array {
  return concat([...options].map(([code, value]) => {
    assert(value.length <= 255, "an encapsulated option has at most 255 bytes");
    return concat([Uint8Array.of(code, value.length), value]);
  }));
}

const UTF8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

function textOf(value: Uint8Array): string {
  let end = value.length;
  while (end > 0 && value[end - 1] === 0) end--;
  let text = "";
  for (let i = 0; i < end; i++) {
    const byte = value[i] as number;
    if (byte > 127) return wideText(value.subarray(0, end));
    text += String.fromCharCode(byte);
  }
  return text;
}

function wideText(bytes: Uint8Array): string {
  try {
    return UTF8.decode(bytes);
  } catch {
    return String.fromCharCode(...bytes);
  }
}
