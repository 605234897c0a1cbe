/**
 * What members tell each other of booting machines. A frame is
 *
 *     type(1 byte) fields...
 *
 *     bootNote    mac(text) xid(u32) kind(byte)          I answer this now
 *     bootNow     interfaces relays dhcp(bool) tftp(bool) httpPort(uint) loaders(list of text)
 *     bootAsk     id(uint) subject(text)                 what do you know of this node or MAC?
 *     bootTold    id(uint) events strangers
 *
 *     interfaces  list of { address(u32) prefix(byte) }
 *     relays      list of u32
 *     events      list of { at(uint) topic(byte) mac asked outcome(byte) told (texts) count(uint) }
 *     strangers   list of { mac uuid client via agent (texts) first(uint) last(uint) count(uint)
 *                 why(text) }
 *
 * An empty subject asks for all strangers. Topics and outcomes are places in BOOT_TOPICS and
 * BOOT_OUTCOMES; events of others are passed over: a later program may know more.
 */
import { unreachable } from "../base/assert.ts";
import { ByteReader, ByteWriter, MalformedError } from "../base/bytes.ts";
import {
  MAX_BOOT_EVENTS_TOLD,
  MAX_INTERFACES,
  MAX_LOADERS_TOLD,
  MAX_MAC_LENGTH,
  MAX_RELAYS,
  MAX_STRANGERS,
} from "../base/boot_limits.ts";
import {
  BOOT_OUTCOMES,
  BOOT_TOPICS,
  type BootEvent,
  type StrangeMachine,
} from "../model/boot_event.ts";
import { type Interface4, type Ipv4, networkOf } from "../model/ipv4.ts";
import { SERVICE_NUMBERS } from "./service_frame.ts";

/** Where a member hears booting machines, and what it can do for them. */
export interface BootNow {
  readonly interfaces: readonly Interface4[];
  readonly relays: readonly Ipv4[];
  readonly dhcp: boolean;
  readonly tftp: boolean;
  /** 0 where it serves no files. */
  readonly httpPort: number;
  /** First stages that it has, as `x86_64/snponly.efi`. */
  readonly loaders: readonly string[];
}

/** What a client may ask, in the order of their numbers on the wire: its REQUEST has the transaction
 * id of its DISCOVER, and its renewal may have that too. RFC 2131 section 4.3.2 tells the kinds of
 * REQUEST apart; `rebinding` stands for `renewing` too, which only its way here tells. Never
 * re-ordered. */
export const REQUEST_KINDS = [
  "discover",
  "selecting",
  "init-reboot",
  "rebinding",
  "inform",
  "decline",
  "release",
] as const;
/** One of {@link REQUEST_KINDS}. */
export type RequestKind = typeof REQUEST_KINDS[number];

/** See above. */
export type BootFrame =
  | {
    readonly type: "bootNote";
    readonly mac: string;
    readonly xid: number;
    readonly kind: RequestKind;
  }
  | { readonly type: "bootNow"; readonly now: BootNow }
  | { readonly type: "bootAsk"; readonly id: number; readonly subject: string }
  | {
    readonly type: "bootTold";
    readonly id: number;
    readonly events: readonly BootEvent[];
    readonly strangers: readonly StrangeMachine[];
  };

/** Whether {@link decodeBootFrame} is for this frame. */
export function isBootFrame(frame: Uint8Array): boolean {
  const number = frame[0] ?? 0;
  return number >= SERVICE_NUMBERS.bootNote && number <= SERVICE_NUMBERS.bootTold;
}

/** The frame's bytes. */
export function encodeBootFrame(frame: BootFrame): Uint8Array {
  const writer = new ByteWriter().byte(SERVICE_NUMBERS[frame.type]);
  switch (frame.type) {
    case "bootNote":
      writer.text(frame.mac).u32(frame.xid).byte(REQUEST_KINDS.indexOf(frame.kind));
      break;
    case "bootNow":
      writeNow(writer, frame.now);
      break;
    case "bootAsk":
      writer.uint(frame.id).text(frame.subject);
      break;
    case "bootTold":
      writer.uint(frame.id);
      writer.list(frame.events, (event) => writeEvent(writer, event));
      writer.list(frame.strangers, (stranger) => writeStranger(writer, stranger));
      break;
    default:
      return unreachable(frame);
  }
  return writer.finish();
}

/** The frame's meaning; {@link MalformedError} for anything else. */
export function decodeBootFrame(bytes: Uint8Array): BootFrame {
  const reader = new ByteReader(bytes);
  const frame = readFrame(reader, reader.byte());
  reader.end();
  return frame;
}

function readFrame(reader: ByteReader, number: number): BootFrame {
  switch (number) {
    case SERVICE_NUMBERS.bootNote: {
      const mac = reader.text(), xid = reader.u32();
      if (mac.length > MAX_MAC_LENGTH) throw new MalformedError("no hardware address is so long");
      const number = reader.byte(), kind = REQUEST_KINDS[number];
      if (kind === undefined) throw new MalformedError(`a request of kind ${number}`);
      return { type: "bootNote", mac, xid, kind };
    }
    case SERVICE_NUMBERS.bootNow:
      return { type: "bootNow", now: readNow(reader) };
    case SERVICE_NUMBERS.bootAsk:
      return { type: "bootAsk", id: reader.uint(), subject: reader.text() };
    case SERVICE_NUMBERS.bootTold: {
      const id = reader.uint();
      const events = bounded(reader.list(() => readEvent(reader)), MAX_BOOT_EVENTS_TOLD, "events");
      const strangers = reader.list(() => readStranger(reader));
      return {
        ...{ type: "bootTold", id },
        events: events.filter((event) => event !== undefined),
        strangers: bounded(strangers, MAX_STRANGERS, "strangers"),
      };
    }
    default:
      throw new MalformedError(`frame ${number} says nothing of booting machines`);
  }
}

function writeNow(writer: ByteWriter, now: BootNow): void {
  writer.list(now.interfaces, ({ address, network }) => {
    writer.u32(address).byte(network.prefix);
  });
  writer.list(now.relays, (address) => writer.u32(address));
  writer.bool(now.dhcp).bool(now.tftp).uint(now.httpPort);
  writer.list(now.loaders, (name) => writer.text(name));
}

function readNow(reader: ByteReader): BootNow {
  const interfaces = reader.list(() => {
    const address = reader.u32(), prefix = reader.byte();
    if (prefix > 32) throw new MalformedError(`a prefix of ${prefix} bits`);
    return { address, network: networkOf(address, prefix) };
  });
  const relays = reader.list(() => reader.u32());
  return {
    interfaces: bounded(interfaces, MAX_INTERFACES, "interfaces"),
    relays: bounded(relays, MAX_RELAYS, "relays"),
    dhcp: reader.bool(),
    tftp: reader.bool(),
    httpPort: port(reader.uint()),
    loaders: bounded(reader.list(() => reader.text()), MAX_LOADERS_TOLD, "first stages"),
  };
}

function port(number: number): number {
  if (number <= 65_535) return number;
  throw new MalformedError(`there is no port ${number}`);
}

function writeEvent(writer: ByteWriter, event: BootEvent): void {
  const { atMs, topic, mac, asked, outcome, told, count } = event;
  writer.uint(atMs).byte(BOOT_TOPICS.indexOf(topic)).text(mac).text(asked);
  writer.byte(BOOT_OUTCOMES.indexOf(outcome)).text(told).uint(count);
}

function readEvent(reader: ByteReader): BootEvent | undefined {
  const atMs = reader.uint(), topic = BOOT_TOPICS[reader.byte()];
  const mac = reader.text(), asked = reader.text(), outcome = BOOT_OUTCOMES[reader.byte()];
  const told = reader.text(), count = reader.uint();
  if (topic === undefined || outcome === undefined) return undefined;
  return { atMs, topic, mac, asked, outcome, told, count };
}

function writeStranger(writer: ByteWriter, stranger: StrangeMachine): void {
  const { mac, uuid, client, via, relayAgent, firstAtMs, lastAtMs, count, why } = stranger;
  writer.text(mac).text(uuid).text(client).text(via).text(relayAgent);
  writer.uint(firstAtMs).uint(lastAtMs).uint(count).text(why);
}

function readStranger(reader: ByteReader): StrangeMachine {
  const mac = reader.text(), uuid = reader.text(), client = reader.text(), via = reader.text();
  const relayAgent = reader.text(), firstAtMs = reader.uint(), lastAtMs = reader.uint();
  const count = reader.uint(), why = reader.text();
  return { mac, uuid, client, via, relayAgent, firstAtMs, lastAtMs, count, why };
}

function bounded<T>(list: T[], most: number, what: string): T[] {
  if (list.length <= most) return list;
  throw new MalformedError(`${list.length} ${what}, ${most} are the most`);
}
