import { deepEqual, equal } from "node:assert/strict";
import fc from "fast-check";

import { fromHex } from "../../src/base/bytes.ts";
import {
  MAX_BOOT_EVENTS_KEPT,
  MAX_BOOT_EVENTS_TOLD,
  MAX_BOOT_TEXT_LENGTH,
  MAX_INTERFACES,
  MAX_LOADERS_TOLD,
  MAX_MAC_LENGTH,
  MAX_RELAY_AGENT_KEPT_BYTES,
  MAX_RELAYS,
  MAX_STRANGERS,
} from "../../src/base/boot_limits.ts";
import { MAX_FRAME_BYTES } from "../../src/base/limits.ts";
import {
  BOOT_OUTCOMES,
  BOOT_TOPICS,
  type BootEvent,
  type StrangeMachine,
} from "../../src/model/boot_event.ts";
import { networkOf } from "../../src/model/ipv4.ts";
import {
  type BootFrame,
  type BootNow,
  decodeBootFrame,
  encodeBootFrame,
  isBootFrame,
  REQUEST_KINDS,
} from "../../src/wire/boot_frame.ts";
import { SERVICE_NUMBERS } from "../../src/wire/service_frame.ts";
import { type Codec, codecLaws, malformed } from "./codec_laws.ts";
import { UINT } from "./generated.ts";

const CODEC: Codec<BootFrame> = { encode: encodeBootFrame, decode: decodeBootFrame };
const TEXT = fc.string({ unit: "binary", maxLength: 12 });
const U32 = fc.oneof(fc.nat(0xffff_ffff), fc.constantFrom(0, 0xffff_ffff, 0x8000_0000));

const INTERFACE = fc.tuple(U32, fc.integer({ min: 0, max: 32 })).map(([address, prefix]) => ({
  address,
  network: networkOf(address, prefix),
}));

const NOW: fc.Arbitrary<BootNow> = fc.record({
  interfaces: fc.array(INTERFACE, { maxLength: 4 }),
  relays: fc.array(U32, { maxLength: 4 }),
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

const STRANGER: fc.Arbitrary<StrangeMachine> = fc.record({
  ...{ mac: TEXT, uuid: TEXT, client: TEXT, via: TEXT, relayAgent: TEXT },
  ...{ firstAtMs: UINT, lastAtMs: UINT, count: UINT, why: TEXT },
});

const FRAMES: { readonly [T in BootFrame["type"]]: fc.Arbitrary<BootFrame> } = {
  bootNote: fc.record({
    type: fc.constant("bootNote" as const),
    mac: TEXT,
    xid: U32,
    kind: fc.constantFrom(...REQUEST_KINDS),
  }),
  bootNow: fc.record({ type: fc.constant("bootNow" as const), now: NOW }),
  bootAsk: fc.record({ type: fc.constant("bootAsk" as const), id: UINT, subject: TEXT }),
  bootTold: fc.record({
    type: fc.constant("bootTold" as const),
    id: UINT,
    events: fc.array(EVENT, { maxLength: 3 }),
    strangers: fc.array(STRANGER, { maxLength: 3 }),
  }),
};

for (const [type, frames] of Object.entries(FRAMES)) {
  codecLaws(`a frame "${type}"`, frames, CODEC);
}

Deno.test("each begins with its number, and other services' frames are none of these", () => {
  for (const [type, frames] of Object.entries(FRAMES)) {
    const [frame = new Uint8Array()] = fc.sample(frames, 1).map(encodeBootFrame);
    equal(frame[0], SERVICE_NUMBERS[type as BootFrame["type"]]);
    equal(isBootFrame(frame), true);
  }
  const ours = Object.keys(FRAMES);
  for (const [type, number] of Object.entries(SERVICE_NUMBERS)) {
    equal(isBootFrame(Uint8Array.of(number)), ours.includes(type), type);
  }
  equal(isBootFrame(new Uint8Array()), false);
  equal(
    malformed(CODEC, Uint8Array.of(SERVICE_NUMBERS.command)),
    "frame 128 says nothing of booting machines",
  );
});

Deno.test("a prefix has 32 bits at most", () => {
  const now = CODEC.encode({
    type: "bootNow",
    now: {
      ...{ interfaces: [{ address: 1, network: { address: 0, prefix: 32 } }], relays: [] },
      ...{ dhcp: true, tftp: true, httpPort: 0, loaders: [] },
    },
  });
  const at = now.indexOf(32);
  const wrong = now.slice();
  wrong[at] = 33;
  equal(malformed(CODEC, wrong), "a prefix of 33 bits");
});

const NOTHING: BootNow = {
  ...{ interfaces: [], relays: [], dhcp: false, tftp: false, httpPort: 0, loaders: [] },
};
const HERE = { address: 0x0a00_000b, network: networkOf(0x0a00_000b, 24) };
const [SOME_EVENT, SOME_STRANGER] = [fc.sample(EVENT, 1)[0], fc.sample(STRANGER, 1)[0]];

const BOUNDS: readonly (readonly [string, most: number, of: (count: number) => BootFrame])[] = [
  ["interfaces", MAX_INTERFACES, (count) => ({
    type: "bootNow",
    now: { ...NOTHING, interfaces: Array.from({ length: count }, () => HERE) },
  })],
  ["relays", MAX_RELAYS, (count) => ({
    type: "bootNow",
    now: { ...NOTHING, relays: Array.from({ length: count }, (_, i) => i) },
  })],
  ["first stages", MAX_LOADERS_TOLD, (count) => ({
    type: "bootNow",
    now: { ...NOTHING, loaders: Array.from({ length: count }, () => "x") },
  })],
  ["events", MAX_BOOT_EVENTS_TOLD, (count) => ({
    ...{ type: "bootTold", id: 1, strangers: [] },
    events: Array.from({ length: count }, () => SOME_EVENT as BootEvent),
  })],
  ["strangers", MAX_STRANGERS, (count) => ({
    ...{ type: "bootTold", id: 1, events: [] },
    strangers: Array.from({ length: count }, () => SOME_STRANGER as StrangeMachine),
  })],
];

for (const [what, most, of] of BOUNDS) {
  Deno.test(`${what} are so many at most`, () => {
    deepEqual(CODEC.decode(CODEC.encode(of(most))), of(most));
    const many = CODEC.encode(of(most + 1));
    equal(malformed(CODEC, many), `${most + 1} ${what}, ${most} are the most`);
  });
}

Deno.test("events of a later program are passed over, and the others are read", () => {
  const event = (mac: string): BootEvent => ({
    ...{ atMs: 1, topic: "dhcp", mac, asked: "", outcome: "answered", told: "", count: 1 },
  });
  const frame = CODEC.encode({
    ...{ type: "bootTold", id: 5, strangers: [] },
    events: [event("a"), event("b"), event("c")],
  });
  // Of each: at, topic, mac, asked, outcome, told, count.
  const each = ["61", "62", "63"].map((mac) => `010001${mac}00000001`);
  equal(frame.toHex(), ["a30503", ...each, "00"].join(""));
  const later = ["010901610000" + "0001", "010001620009" + "0001", "010001630000" + "0001"];
  const bytes = fromHex(["a30503", ...later, "00"].join(""));
  deepEqual(CODEC.decode(bytes), { type: "bootTold", id: 5, strangers: [], events: [event("c")] });
});

Deno.test("a port and a hardware address that cannot be are not believed", () => {
  const now = encodeBootFrame({ type: "bootNow", now: { ...NOTHING, httpPort: 65_536 } });
  equal(malformed(CODEC, now), "there is no port 65536");
  const mac = "0".repeat(MAX_MAC_LENGTH + 1);
  const note = encodeBootFrame({ type: "bootNote", mac, xid: 1, kind: "discover" });
  equal(malformed(CODEC, note), "no hardware address is so long");
});

Deno.test("all strangers that a member keeps fit one frame, whatever they say", () => {
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
