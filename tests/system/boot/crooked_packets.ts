/** Frames with DHCP messages that are wrong in every way there is, or that mean harm. */
import { concat } from "../../../src/base/bytes.ts";
import { type Ipv4, ipv4Of } from "../../../src/model/ipv4.ts";
import { BOOTREPLY, BOOTREQUEST } from "../../../src/wire/dhcp4.ts";
import {
  addressBytes,
  MESSAGE_TYPE,
  OPTION,
  textBytes,
  u16Bytes,
  u32Bytes,
  u8Bytes,
} from "../../../src/wire/dhcp4_options.ts";
import { printUdpFrame } from "../../../src/wire/ip_frame.ts";

/** An option as it stands there, however often. */
export type RawOption = readonly [code: number, value: Uint8Array];

/** What no printer of ours would print. Addresses are texts. */
export interface Message {
  readonly mac: Uint8Array;
  readonly options: readonly RawOption[];
  readonly op?: number;
  readonly htype?: number;
  readonly hlen?: number;
  readonly xid?: number;
  readonly ciaddr?: string;
  readonly yiaddr?: string;
  readonly giaddr?: string;
  readonly sname?: Uint8Array;
  readonly file?: Uint8Array;
}

/** Where a frame comes from and goes to; what is not given is that of a client's broadcast. */
export interface Ends {
  readonly toMac?: string;
  readonly from?: string;
  readonly to?: string;
  readonly fromPort?: number;
  readonly toPort?: number;
}

export type Type = keyof typeof MESSAGE_TYPE;

/** Escape sequences that clear a screen, set a title, and begin a line that was never logged. */
export const ESCAPES = "\x1b[2J\x1b]0;owned\x07\r\nerror: forged\x9b31m";

/** Where all frames come from. */
export const ATTACKER_MAC = "02:66:66:66:66:66";

export function ip(text: string): Ipv4 {
  const address = ipv4Of(text);
  if (address === undefined) throw new Error(`${text} is no address`);
  return address;
}

export function macBytes(text: string): Uint8Array {
  return Uint8Array.fromHex(text.replaceAll(":", ""));
}

export function messageOf(said: Message): Uint8Array {
  const { op = BOOTREQUEST, htype = 1, mac, hlen = mac.length, xid = 0x00c0_ffee } = said;
  const head = new Uint8Array(240), view = new DataView(head.buffer);
  head.set([op, htype, hlen, said.giaddr === undefined ? 0 : 1]);
  view.setUint32(4, xid);
  const addresses = [said.ciaddr, said.yiaddr, undefined, said.giaddr];
  addresses.forEach((text = "0.0.0.0", i) => view.setUint32(12 + 4 * i, ip(text)));
  head.set(mac.subarray(0, 16), 28);
  head.set(said.sname ?? [], 44);
  head.set(said.file ?? [], 108);
  view.setUint32(236, 0x6382_5363);
  const options = said.options.flatMap(([code, value]) => [u8Bytes(code), ...sized(value)]);
  return concat([head, ...options, u8Bytes(OPTION.END)]);
}

/** In parts, if it is longer than one may be: the code stands before the first alone. */
function sized(value: Uint8Array): Uint8Array[] {
  return [u8Bytes(Math.min(value.length, 255)), value.subarray(0, 255)];
}

export function typed(type: Type): RawOption {
  return [OPTION.MESSAGE_TYPE, u8Bytes(MESSAGE_TYPE[type])];
}

/** What firmware says of itself. */
export const FIRMWARE: readonly RawOption[] = [
  [OPTION.VENDOR_CLASS_IDENTIFIER, textBytes("PXEClient:Arch:00007:UNDI:003016")],
  [OPTION.CLIENT_SYSTEM_ARCHITECTURE, u16Bytes(7)],
  [OPTION.CLIENT_MACHINE_IDENTIFIER, new Uint8Array(17).fill(7, 1)],
  [OPTION.PARAMETER_REQUEST_LIST, Uint8Array.of(1, 3, 6, 12, 66, 67, 43, 97)],
];

export function frameOf(payload: Uint8Array, ends: Ends = {}): Uint8Array {
  const { toMac = "ff:ff:ff:ff:ff:ff", from = "0.0.0.0", to = "255.255.255.255" } = ends;
  return printUdpFrame({
    destinationMac: macBytes(toMac),
    sourceMac: macBytes(ATTACKER_MAC),
    source: ip(from),
    destination: ip(to),
    sourcePort: ends.fromPort ?? 68,
    destinationPort: ends.toPort ?? 67,
    payload,
  });
}

// ---- messages

/** Options that contradict each other, or that are of no length they may have. */
function contradictions(): readonly (readonly RawOption[])[] {
  const discover = typed("DISCOVER"), request = typed("REQUEST");
  const server = (text: string): RawOption => [OPTION.SERVER_IDENTIFIER, addressBytes(ip(text))];
  const overload = (value: number): RawOption => [OPTION.OVERLOAD, u8Bytes(value)];
  const relay = (length: number): RawOption => [82, new Uint8Array(length).fill(1)];
  return [
    ...[[discover, request], [request, discover], [[53, new Uint8Array()] as RawOption]],
    ...[0, 9, 18, 255].map((type): RawOption[] => [[53, u8Bytes(type)]]),
    ...[[], FIRMWARE], // BOOTP, which has no option 53
    ...["0.0.0.0", "255.255.255.255", "127.0.0.1", "10.77.99.99"].map((s) => [request, server(s)]),
    [request, server("10.77.0.11"), server("10.77.0.12")],
    [request, [OPTION.SERVER_IDENTIFIER, new Uint8Array(3)]],
    ...[0, 1, 2, 3, 4, 255].map((which) => [discover, overload(which)]),
    ...[[discover, overload(1), overload(2)], [discover, [52, new Uint8Array(4)] as RawOption]],
    // Together longer than an answer may be.
    [discover, relay(255), relay(255), relay(255), relay(255)],
    ...[0, 1, 2, 3].map((length) => [discover, relay(length)]),
    [discover, [82, Uint8Array.of(1, 255, 1)]],
    [discover, [82, Uint8Array.of(5, 4, 10, 77, 0, 1, 11, 4, 10, 77, 0, 1)]],
    [discover, [55, Uint8Array.from({ length: 255 }, (_, i) => 255 - i)]],
    [discover, ...Array.from({ length: 4 }, (): RawOption => [55, new Uint8Array(255).fill(3)])],
    ...[0, 1, 16, 18, 255].map((length): RawOption[] => [discover, [97, new Uint8Array(length)]]),
    ...[0, 1, 3, 254].map((length): RawOption[] => [discover, [93, new Uint8Array(length)]]),
    ...[[0, 0], [2, 0], [255, 255]].map((max): RawOption[] => [
      discover,
      [57, Uint8Array.from(max)],
    ]),
    ...[50, 57, 60, 61, 77, 175].map((code): RawOption[] => [discover, [code, new Uint8Array()]]),
    [discover, [77, Uint8Array.of(255, 1)], [175, Uint8Array.of(1, 200)], [43, u8Bytes(6)]],
    [discover, [60, textBytes(`PXEClient${ESCAPES}`)], [77, textBytes(ESCAPES)]],
    [discover, [12, textBytes(ESCAPES)], [61, textBytes(ESCAPES)], [60, textBytes(ESCAPES)]],
  ];
}

/** Hardware addresses of other links. */
const KINDS: readonly (readonly [htype: number, hlen: number])[] = [
  ...[[1, 16], [1, 0], [1, 1], [1, 17], [1, 255], [32, 0], [32, 20], [32, 16]] as const,
  ...[[0, 6], [255, 6], [6, 6]] as const,
];

/** One packet cut at each length, each byte of it overwritten, and so on; of machines in turn:
 * `next` gives their hardware addresses. */
export function crookedFrames(next: () => Uint8Array): Uint8Array[] {
  const whole = (): Uint8Array => {
    return messageOf({ mac: next(), options: [typed("DISCOVER"), ...FIRMWARE] });
  };
  const { length } = whole();
  const overwritten = (at: number, value: number): Uint8Array => {
    const bytes = whole();
    bytes[at] = value;
    return bytes;
  };
  const messages = [
    ...Array.from({ length }, (_, to) => whole().subarray(0, to)),
    ...Array.from({ length }, (_, at) => overwritten(at, at % 2 === 0 ? 255 : 0)),
    ...contradictions().map((options) => messageOf({ mac: next(), options })),
    ...contradictions().map((options) => messageOf({ mac: next(), giaddr: "10.77.0.9", options })),
    ...KINDS.map(([htype, hlen]) => {
      return messageOf({ mac: next(), htype, hlen, options: [typed("DISCOVER")] });
    }),
    // Options within a field that says it has options itself.
    messageOf({
      ...{ mac: next(), file: Uint8Array.of(52, 1, 2), sname: Uint8Array.of(52, 1, 1, 53, 1, 3) },
      options: [typed("DISCOVER"), [52, u8Bytes(3)]],
    }),
    concat([whole(), new Uint8Array(1_400 - length)]),
    ...[0, 3, 255].map((op) => messageOf({ mac: next(), op, options: [typed("DISCOVER")] })),
  ];
  return [...messages.map((one) => frameOf(one)), ...crookedHeaders(frameOf(whole()))];
}

/** Headers of IP and UDP that lie. */
function crookedHeaders(frame: Uint8Array): Uint8Array[] {
  const changed = (at: number, ...bytes: readonly number[]): Uint8Array => {
    const copy = frame.slice();
    copy.set(bytes, at);
    return copy;
  };
  const summed = (copy: Uint8Array): Uint8Array => {
    const view = new DataView(copy.buffer);
    view.setUint16(24, 0);
    let sum = 0;
    for (let at = 14; at < 34; at += 2) sum += view.getUint16(at);
    sum = (sum & 0xffff) + (sum >> 16);
    view.setUint16(24, ~(sum + (sum >> 16)));
    return copy;
  };
  return [
    changed(24, 0xde, 0xad), // the checksum of IP
    changed(40, 0xde, 0xad), // and that of UDP
    ...[[0, 0], [0, 27], [255, 255], [2, 88]].map((said) => summed(changed(16, ...said))),
    ...[[0, 0], [0, 7], [255, 255]].map((said) => changed(38, ...said)),
    ...[0x44, 0x4f, 0x40, 0x65].map((first) => summed(changed(14, first))),
    ...[[0x20, 0], [0x20, 1], [0, 4], [0x80, 0]].map((bits) => summed(changed(20, ...bits))),
    frame.subarray(0, 60),
    concat([frame, new Uint8Array(200)]),
  ];
}

/** An answer of a server, to whoever; `server` is in its option 54. */
export function answerOf(server: string, type: Type, mac: Uint8Array, giaddr?: string): Uint8Array {
  return messageOf({
    ...{ op: BOOTREPLY, mac, yiaddr: "10.77.3.3", ...giaddr === undefined ? {} : { giaddr } },
    options: [
      typed(type),
      [OPTION.SERVER_IDENTIFIER, addressBytes(ip(server))],
      [OPTION.IP_ADDRESS_LEASE_TIME, u32Bytes(3_600)],
    ],
  });
}
