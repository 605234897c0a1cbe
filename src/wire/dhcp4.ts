/**
 * DHCPv4 messages (RFC 2131, section 2, on top of RFC 951), the payload of UDP 67, 68 and 4011:
 *
 *      0  op(1)  htype(1)  hlen(1)  hops(1)
 *      4  xid(4)
 *      8  secs(2)  flags(2)                   flags: 0x8000 is BROADCAST, the rest is zero
 *     12  ciaddr(4)  yiaddr(4)  siaddr(4)  giaddr(4)
 *     28  chaddr(16)                          hlen bytes of it count
 *     44  sname(64)                           each a text that ends with a NUL, or more options
 *    108  file(128)                           (option 52, RFC 2132, section 9.3)
 *    236  magic cookie 99 130 83 99
 *    240  options: code(1) length(1) value(length), until code 255; code 0 is one byte of padding
 *
 * Parts of one option that stand apart are joined, those of `options` first, then those of `file`
 * and of `sname` (RFC 3396). What the options say is in dhcp4_options.ts.
 */
import { MAX_DHCP_BYTES } from "../base/boot_limits.ts";
import { concat } from "../base/bytes.ts";
import { freshBytes } from "../base/fresh_bytes.ts";
import { ok, type Outcome, refused } from "../base/outcome.ts";
import type { Ipv4 } from "../model/ipv4.ts";
import { putU32, u16, u32 } from "./network_order.ts";

/** Values of `op`. */
export const BOOTREQUEST = 1;
export const BOOTREPLY = 2;
/** In `flags`: the client hears nothing that is sent to its address before it has it. */
export const BROADCAST = 0x8000;
/** What every client takes: an IP packet of 576 bytes (RFC 2131, section 2) less IP and UDP. */
export const LEAST_MAX_BYTES = 548;

const MAGIC_COOKIE = 0x63825363;
const CHADDR_AT = 28, MAX_CHADDR_BYTES = 16;
const SNAME_AT = 44, SNAME_BYTES = 64;
const FILE_AT = 108, FILE_BYTES = 128;
const COOKIE_AT = 236;
const OPTIONS_AT = 240;
/** BOOTP's own size: relays and clients of its time drop what is shorter (RFC 1542, 2.1). */
const LEAST_BYTES = 300;

const PAD = 0;
const OVERLOAD = 52;
const RELAY_AGENT_INFORMATION = 82;
const END = 255;
/** Bits of the value of OVERLOAD. */
const FILE_HAS_OPTIONS = 1, SNAME_HAS_OPTIONS = 2;
const OVERLOAD_BYTES = 3;
const MAX_PART_BYTES = 255;

/**
 * One message. The byte arrays of a parsed one are views of the bytes it was parsed from, unless
 * parts were joined: whoever keeps it while that buffer is filled anew copies the buffer first.
 */
export interface Dhcp4Packet {
  readonly op: number;
  readonly htype: number;
  readonly hops: number;
  /** Unsigned, 32 bits. */
  readonly xid: number;
  /** Seconds since the client began, as it says. */
  readonly secs: number;
  readonly flags: number;
  readonly ciaddr: Ipv4;
  readonly yiaddr: Ipv4;
  readonly siaddr: Ipv4;
  readonly giaddr: Ipv4;
  /** hlen bytes, at most 16. */
  readonly chaddr: Uint8Array;
  /** Latin-1, up to the first NUL: at most 63 characters. */
  readonly sname: string;
  /** Latin-1, up to the first NUL: at most 127 characters. */
  readonly file: string;
  /** By code, parts joined and overload undone: no 0, 52, 255. In order of first appearance. */
  readonly options: ReadonlyMap<number, Uint8Array>;
}

/**
 * The message that the bytes are. Any bytes give one or are refused ("invalid"): those that are
 * too few or too many or lack the cookie, an option that runs beyond its field, an `op`, hlen or
 * overload that there is not. That 255 is missing after a last whole option is no fault: clients
 * leave it out.
 */
export function parseDhcp4(bytes: Uint8Array): Outcome<Dhcp4Packet> {
  return parseMessage(bytes, false);
}

/**
 * The same of a message of which a capture kept only the beginning: the option in which the bytes
 * end is left out, and so is all that came after it.
 */
export function parseCutDhcp4(bytes: Uint8Array): Outcome<Dhcp4Packet> {
  return parseMessage(bytes, true);
}

function invalid(what: string): Outcome<never> {
  return refused("invalid", `cannot read a DHCP message: ${what}`);
}

function parseMessage(bytes: Uint8Array, isCut: boolean): Outcome<Dhcp4Packet> {
  const fault = headerFault(bytes);
  if (fault !== undefined) return invalid(fault);
  const found: Found = { options: new Map(), parts: undefined, cut: undefined };
  const wrong = readOptions(bytes, OPTIONS_AT, bytes.length, found) ??
    (found.cut === undefined || isCut ? undefined : cutFault(found.cut));
  if (wrong !== undefined) return invalid(wrong);
  const overload = overloadOf(found);
  if (typeof overload === "string") return invalid(overload);
  if (overload !== 0) {
    const within = readOverloaded(bytes, overload, found);
    if (within !== undefined) return invalid(within);
  }
  if (found.parts !== undefined) join(found.options, found.parts);
  if (found.cut !== undefined) found.options.delete(found.cut.code);
  const hasFile = (overload & FILE_HAS_OPTIONS) === 0;
  const hasSname = (overload & SNAME_HAS_OPTIONS) === 0;
  return ok({
    op: bytes[0] as number,
    htype: bytes[1] as number,
    hops: bytes[3] as number,
    xid: u32(bytes, 4),
    secs: u16(bytes, 8),
    flags: u16(bytes, 10),
    ciaddr: u32(bytes, 12),
    yiaddr: u32(bytes, 16),
    siaddr: u32(bytes, 20),
    giaddr: u32(bytes, 24),
    chaddr: bytes.subarray(CHADDR_AT, CHADDR_AT + (bytes[2] as number)),
    sname: hasSname ? latin1(bytes, SNAME_AT, SNAME_BYTES - 1) : "",
    file: hasFile ? latin1(bytes, FILE_AT, FILE_BYTES - 1) : "",
    options: found.options,
  });
}

function headerFault(bytes: Uint8Array): string | undefined {
  if (bytes.length < OPTIONS_AT) {
    return `it has ${bytes.length} bytes, and one with options has at least ${OPTIONS_AT}`;
  }
  if (bytes.length > MAX_DHCP_BYTES) {
    return `it has ${bytes.length} bytes, MAX_DHCP_BYTES is ${MAX_DHCP_BYTES}`;
  }
  if (bytes[0] !== BOOTREQUEST && bytes[0] !== BOOTREPLY) {
    return `op is ${bytes[0]}, and must be 1 (request) or 2 (reply)`;
  }
  if ((bytes[2] as number) > MAX_CHADDR_BYTES) {
    return `hlen is ${bytes[2]}, and chaddr has room for ${MAX_CHADDR_BYTES}`;
  }
  if (u32(bytes, COOKIE_AT) !== MAGIC_COOKIE) return "the magic cookie 99.130.83.99 is absent";
  return undefined;
}

/** The option in which a field ends, which says that it has more. */
interface CutOption {
  readonly code: number;
  readonly length: number | undefined;
  readonly left: number;
}

interface Found {
  readonly options: Map<number, Uint8Array>;
  /** All parts of the options that came more than once. */
  parts: Map<number, Uint8Array[]> | undefined;
  /** Only of the field `options`: a capture cuts nothing but the end. */
  cut: CutOption | undefined;
}

function cutFault({ code, length, left }: CutOption): string {
  return length === undefined
    ? `option ${code} has no length: the bytes end there`
    : `option ${code} says it has ${length} bytes, and ${left} are left`;
}

/** Adds the options of one field; sets `cut` where the field ends within one. */
function readOptions(
  bytes: Uint8Array,
  from: number,
  end: number,
  found: Found,
): string | undefined {
  const { options } = found;
  let at = from;
  while (at < end) {
    const code = bytes[at++] as number;
    if (code === PAD) continue;
    if (code === END) break;
    const length = bytes[at] as number;
    if (at >= end || at + 1 + length > end) {
      const cut = { code, length: at >= end ? undefined : length, left: end - at - 1 };
      if (from !== OPTIONS_AT) return cutFault(cut);
      found.cut = cut;
      break;
    }
    const value = bytes.subarray(at + 1, at + 1 + length);
    at += 1 + length;
    const before = options.get(code);
    if (before === undefined) options.set(code, value);
    else addPart(found, code, before, value);
  }
  return undefined;
}

function addPart(found: Found, code: number, before: Uint8Array, value: Uint8Array): void {
  found.parts ??= new Map();
  const parts = found.parts.get(code);
  if (parts === undefined) found.parts.set(code, [before, value]);
  else parts.push(value);
}

function join(options: Map<number, Uint8Array>, parts: Map<number, Uint8Array[]>): void {
  for (const [code, all] of parts) options.set(code, concat(all));
}

/** Which fields hold options: 0 for none; a text for an overload that says nothing. */
function overloadOf({ options, parts }: Found): number | string {
  const value = options.get(OVERLOAD);
  if (value === undefined) return 0;
  if (parts?.has(OVERLOAD)) return "option 52 (overload) stands there twice";
  const which = value[0] ?? 0;
  if (value.length !== 1 || which < 1 || which > 3) {
    return `option 52 (overload) is [${value}], and must be one byte: 1, 2 or 3`;
  }
  options.delete(OVERLOAD);
  return which;
}

function readOverloaded(bytes: Uint8Array, overload: number, found: Found): string | undefined {
  const fault = (overload & FILE_HAS_OPTIONS) === 0
    ? undefined
    : readOptions(bytes, FILE_AT, FILE_AT + FILE_BYTES, found);
  if (fault !== undefined) return `in file, ${fault}`;
  const another = (overload & SNAME_HAS_OPTIONS) === 0
    ? undefined
    : readOptions(bytes, SNAME_AT, SNAME_AT + SNAME_BYTES, found);
  if (another !== undefined) return `in sname, ${another}`;
  return found.options.has(OVERLOAD)
    ? "option 52 (overload) stands within a field that it gives to options"
    : undefined;
}

function latin1(bytes: Uint8Array, at: number, most: number): string {
  let text = "";
  for (let i = at; i < at + most && bytes[i] !== 0; i++) {
    text += String.fromCharCode(bytes[i] as number);
  }
  return text;
}

/**
 * The message's bytes: 300 (BOOTP's size, zeros at the end) to `maxBytes`, of which fewer than 548
 * count as 548. `maxBytes` is the client's option 57, and no more than the link takes, less the 28
 * of IP and UDP: `replyRoom` of dhcp4_options.ts.
 *
 * The caller puts the options in order of importance, and they are printed in that order. If they
 * do not all fit the field `options`, those for which it has no room go to `file`, then to
 * `sname`, where these are empty (option 52). An option stands in one field as a whole, in parts
 * of 255 bytes if it is longer (RFC 3396). One that no field has room for after all those before
 * it is left out, and never for the sake of a later one. Option 82 alone stands always in
 * `options`, as the last (RFC 3046, section 2.1), and its room is taken first.
 *
 * Refused, "invalid": a message that has no such bytes: an `op` other than 1 and 2, more than 16
 * bytes of chaddr, a `sname` or `file` that is too long or not Latin-1, an option 0, 52 or 255;
 * "too-large": an option 82 that does not fit, since a relay has no use for an answer without it.
 */
export function printDhcp4(packet: Dhcp4Packet, maxBytes: number): Outcome<Uint8Array> {
  const fault = unprintable(packet);
  if (fault !== undefined) return refused("invalid", `cannot print a DHCP message: ${fault}`);
  const { options } = packet;
  const room = Math.max(maxBytes, LEAST_MAX_BYTES) - OPTIONS_AT - 1;
  let wanted = 0;
  for (const value of options.values()) wanted += printedBytes(value);
  if (wanted <= room) {
    const bytes = printHeader(packet, wanted);
    let at = OPTIONS_AT;
    const relay = options.get(RELAY_AGENT_INFORMATION);
    for (const [code, value] of options) {
      if (code !== RELAY_AGENT_INFORMATION) at = printOption(bytes, at, code, value);
    }
    if (relay !== undefined) at = printOption(bytes, at, RELAY_AGENT_INFORMATION, relay);
    bytes[at] = END;
    return ok(bytes);
  }
  return printOverloaded(packet, room);
}

/** A field for options, and those that stand in it. */
interface Field {
  readonly overload: number;
  readonly at: number;
  left: number;
  readonly holds: (readonly [code: number, value: Uint8Array])[];
}

/** Where options stand, and which of them, counted in order of importance, stand nowhere. */
interface Layout {
  readonly fields: readonly [Field, ...Field[]];
  readonly leftOut: readonly number[];
}

function printOverloaded(packet: Dhcp4Packet, room: number): Outcome<Uint8Array> {
  const relay = packet.options.get(RELAY_AGENT_INFORMATION);
  const relayBytes = relay === undefined ? 0 : printedBytes(relay);
  const left = room - relayBytes;
  if (left < 0) {
    const most = `what a relay added (option 82) takes ${relayBytes} bytes, there are ${room}`;
    return refused("too-large", `cannot print a DHCP message: ${most}`);
  }
  const { fields } = betterOf(
    layOut(packet, [fieldOf(0, OPTIONS_AT, left)]),
    layOut(packet, overloadedFields(packet, left)),
  );
  const [main] = fields;
  const bytes = printHeader(packet, room - main.left);
  let overload = 0;
  for (const { overload: one, holds } of fields) if (holds.length > 0) overload |= one;
  if (overload !== 0) main.holds.push([OVERLOAD, Uint8Array.of(overload)]);
  if (relay !== undefined) main.holds.push([RELAY_AGENT_INFORMATION, relay]);
  for (const { at: from, holds } of fields) {
    if (holds.length === 0) continue;
    let at = from;
    for (const [code, value] of holds) at = printOption(bytes, at, code, value);
    bytes[at] = END;
  }
  return ok(bytes);
}

function fieldOf(overload: number, at: number, left: number): Field {
  return { overload, at, left, holds: [] };
}

/** All there are, `options` with so many bytes left but those that say which others. */
function overloadedFields({ file, sname }: Dhcp4Packet, left: number): Layout["fields"] {
  const fields: [Field, ...Field[]] = [fieldOf(0, OPTIONS_AT, left - OVERLOAD_BYTES)];
  if (file === "") fields.push(fieldOf(FILE_HAS_OPTIONS, FILE_AT, FILE_BYTES - 1));
  if (sname === "") fields.push(fieldOf(SNAME_HAS_OPTIONS, SNAME_AT, SNAME_BYTES - 1));
  return fields;
}

function layOut({ options }: Dhcp4Packet, fields: Layout["fields"]): Layout {
  const leftOut: number[] = [];
  let position = 0;
  for (const option of options) {
    position++;
    if (option[0] === RELAY_AGENT_INFORMATION) continue;
    const size = printedBytes(option[1]);
    const field = fields.find((one) => one.left >= size);
    if (field === undefined) leftOut.push(position);
    else {
      field.left -= size;
      field.holds.push(option);
    }
  }
  return { fields, leftOut };
}

/** The one that has the most important option which the other leaves out; else the first. */
function betterOf(plain: Layout, overloaded: Layout): Layout {
  for (let i = 0; i < plain.leftOut.length; i++) {
    const here = plain.leftOut[i] as number, there = overloaded.leftOut[i] ?? Infinity;
    if (here !== there) return here > there ? plain : overloaded;
  }
  return plain;
}

function unprintable({ op, chaddr, sname, file, options }: Dhcp4Packet): string | undefined {
  if (op !== BOOTREQUEST && op !== BOOTREPLY) return `op is ${op}, and must be 1 or 2`;
  if (chaddr.length > MAX_CHADDR_BYTES) {
    return `chaddr has ${chaddr.length} bytes, and room for ${MAX_CHADDR_BYTES}`;
  }
  for (const code of options.keys()) {
    if (!(code > PAD && code < END) || code === OVERLOAD) return `${code} is no option to be given`;
  }
  return textFault("sname", sname, SNAME_BYTES - 1) ?? textFault("file", file, FILE_BYTES - 1);
}

function textFault(name: string, text: string, most: number): string | undefined {
  if (text.length > most) return `${name} has ${text.length} characters, and room for ${most}`;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code === 0 || code > 255) return `${name} has the character ${code}, which is not Latin-1`;
  }
  return undefined;
}

/** How many bytes an option takes with the code and length of each of its parts. */
function printedBytes({ length }: Uint8Array): number {
  return length <= MAX_PART_BYTES ? length + 2 : length + 2 * Math.ceil(length / MAX_PART_BYTES);
}

/** The message without its options, with room for so many bytes of them and the end. */
function printHeader(packet: Dhcp4Packet, optionBytes: number): Uint8Array {
  const bytes = freshBytes(Math.max(LEAST_BYTES, OPTIONS_AT + optionBytes + 1));
  bytes[0] = packet.op;
  bytes[1] = packet.htype;
  bytes[2] = packet.chaddr.length;
  bytes[3] = packet.hops;
  putU32(bytes, 4, packet.xid);
  putU32(bytes, 8, ((packet.secs & 0xffff) << 16) | (packet.flags & 0xffff));
  putU32(bytes, 12, packet.ciaddr);
  putU32(bytes, 16, packet.yiaddr);
  putU32(bytes, 20, packet.siaddr);
  putU32(bytes, 24, packet.giaddr);
  bytes.set(packet.chaddr, CHADDR_AT);
  putLatin1(bytes, SNAME_AT, packet.sname);
  putLatin1(bytes, FILE_AT, packet.file);
  putU32(bytes, COOKIE_AT, MAGIC_COOKIE);
  return bytes;
}

function putLatin1(bytes: Uint8Array, at: number, text: string): void {
  for (let i = 0; i < text.length; i++) bytes[at + i] = text.charCodeAt(i);
}

/** Where the next one goes. */
function printOption(bytes: Uint8Array, from: number, code: number, value: Uint8Array): number {
  let at = from, done = 0;
  do {
    const length = Math.min(MAX_PART_BYTES, value.length - done);
    bytes[at++] = code;
    bytes[at++] = length;
    for (let i = 0; i < length; i++) bytes[at++] = value[done++] as number;
  } while (done < value.length);
  return at;
}
