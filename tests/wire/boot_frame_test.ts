import { equal, match } from "node:assert/strict";
import fc from "fast-check";

import {
  MAX_BOOT_EVENTS_KEPT,
  MAX_BOOT_TEXT_LENGTH,
  MAX_FRAME_BYTES,
  MAX_INTERFACES,
  MAX_LOADERS_TOLD,
  MAX_MAC_LENGTH,
  MAX_RELAY_AGENT_KEPT_BYTES,
  MAX_RELAYS,
  MAX_STRANGERS,
} from "../../src/base/limits.ts";
import { BOOT_OUTCOMES, BOOT_TOPICS, type BootEvent } from "../../src/model/boot_event.ts";
import { networkOf } from "../../src/model/ipv4.ts";
import {
  type BootFrame,
  type BootNow,
  decodeBootFrame,
  encodeBootFrame,
  isBootFrame,
} from "../../src/wire/boot_frame.ts";
import { SERVICE_NUMBERS } from "../../src/wire/service_frame.ts";
import { codecLaws, malformed } from "./codec_laws.ts";
import { UINT } from "./generated.ts";

const U32 = fc.nat(0xffff_ffff), TEXT = fc.string({ unit: "binary", maxLength: 12 });
const MAC = fc.string({ maxLength: MAX_MAC_LENGTH });

const NOW: fc.Arbitrary<BootNow> = fc.record({
  interfaces: fc.array(
    fc.tuple(U32, fc.nat(32)).map(([address, prefix]) => ({
      address,
      network: networkOf(address, prefix),
    })),
    { maxLength: 3 },
  ),
  relays: fc.array(U32, { maxLength: 3 }),
  dhcp: fc.boolean(),
  tftp: fc.boolean(),
  httpPort: fc.nat(65_535),
  loaders: fc.array(TEXT, { maxLength: 3 }),
});

const EVENT: fc.Arbitrary<BootEvent> = fc.record({
  atMs: UINT,
  topic: fc.constantFrom(...BOOT_TOPICS),
  mac: TEXT,
  asked: TEXT,
  outcome: fc.constantFrom(...BOOT_OUTCOMES),
  told: TEXT,
  count: UINT,
});

const STRANGER = fc.record({
  ...{ mac: TEXT, uuid: TEXT, client: TEXT, via: TEXT, relayAgent: TEXT, why: TEXT },
  ...{ firstAtMs: UINT, lastAtMs: UINT, count: UINT },
});

const FRAME: fc.Arbitrary<BootFrame> = fc.oneof(
  fc.record({
    type: fc.constant("bootNote" as const),
    ...{ mac: MAC, xid: U32, isDiscover: fc.boolean() },
  }),
  fc.record({ type: fc.constant("bootNow" as const), now: NOW }),
  fc.record({ type: fc.constant("bootAsk" as const), id: UINT, subject: TEXT }),
  fc.record({
    type: fc.constant("bootTold" as const),
    id: UINT,
    events: fc.array(EVENT, { maxLength: 3 }),
    strangers: fc.array(STRANGER, { maxLength: 3 }),
  }),
);

const CODEC = { encode: encodeBootFrame, decode: decodeBootFrame };

codecLaws("what members tell of booting machines", FRAME, CODEC);

Deno.test("a frame is known by its first byte", () => {
  fc.assert(fc.property(FRAME, (frame) => equal(isBootFrame(encodeBootFrame(frame)), true)));
  equal(isBootFrame(Uint8Array.of(SERVICE_NUMBERS.contentTold)), false);
  equal(isBootFrame(new Uint8Array()), false);
});

const NOTHING: BootNow = {
  ...{ interfaces: [], relays: [], loaders: [] },
  ...{ dhcp: true, tftp: true, httpPort: 80 },
};

function wrong(now: Partial<BootNow>): string {
  return malformed(CODEC, encodeBootFrame({ type: "bootNow", now: { ...NOTHING, ...now } }));
}

Deno.test("a member that says absurd things is not believed", () => {
  const own = { address: 1, network: { address: 0, prefix: 33 } };
  match(wrong({ interfaces: [own] }), /a prefix of 33 bits/);
  match(wrong({ httpPort: 65_536 }), /there is no port 65536/);
  match(wrong({ relays: Array.from({ length: MAX_RELAYS + 1 }, () => 1) }), /relays/);
  match(wrong({ loaders: Array.from({ length: MAX_LOADERS_TOLD + 1 }, () => "") }), /stages/);
  const many = Array.from({ length: MAX_INTERFACES + 1 }, () => ({
    address: 1,
    network: networkOf(1, 8),
  }));
  match(wrong({ interfaces: many }), /interfaces/);
  const mac = "0".repeat(MAX_MAC_LENGTH + 1);
  const note = encodeBootFrame({ type: "bootNote", mac, xid: 1, isDiscover: true });
  match(malformed(CODEC, note), /no hardware address is so long/);
});

Deno.test("all strangers that a member keeps fit one frame, whatever they say; events as well", () => {
  const stranger = {
    mac: "x".repeat(MAX_MAC_LENGTH),
    uuid: "x".repeat(36),
    client: "firmware that does not tell its architecture, HTTP boot",
    via: "interface012345, relay 255.255.255.255",
    relayAgent: "00".repeat(MAX_RELAY_AGENT_KEPT_BYTES),
    why: "no node has its hardware address, and it tells no UUID",
    ...{ firstAtMs: 2 ** 42, lastAtMs: 2 ** 42, count: 2 ** 32 },
  };
  const event: BootEvent = {
    ...{ atMs: 2 ** 42, topic: "http", mac: stranger.mac, outcome: "failed", count: 2 ** 32 },
    asked: "\u{fffd}".repeat(MAX_BOOT_TEXT_LENGTH + 3),
    told: "\u{fffd}".repeat(MAX_BOOT_TEXT_LENGTH + 3),
  };
  const told = (strangers: number, events: number): Uint8Array =>
    encodeBootFrame({
      ...{ type: "bootTold", id: 2 ** 32 },
      strangers: Array.from({ length: strangers }, () => stranger),
      events: Array.from({ length: events }, () => event),
    });
  const lengths = [told(MAX_STRANGERS, 0), told(1, MAX_BOOT_EVENTS_KEPT)].map((one) => one.length);
  equal(lengths.every((length) => length <= MAX_FRAME_BYTES), true, String(lengths));
});
