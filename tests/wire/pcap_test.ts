import { deepEqual, equal, fail, match } from "node:assert/strict";
import fc from "fast-check";

import { concat, fromHex, toHex } from "../../src/base/bytes.ts";
import {
  MAX_CAPTURE_BYTES,
  MAX_CAPTURE_PACKETS,
  MAX_CAPTURE_RECORD_BYTES,
} from "../../src/base/boot_limits.ts";
import { type Capture, parseCapture } from "../../src/wire/pcap.ts";
import {
  interfaceBlock,
  packetBlock,
  pcapFile,
  type PcapWay,
  sectionHeader,
  u32Of,
  type Written,
} from "./capture_writer.ts";

const MICRO = 0xa1b2c3d4, NANO = 0xa1b23c4d;
const WAY: PcapWay = { isLittle: true, magic: MICRO, link: 1 };
const ONE: Written = { seconds: 1_000, fraction: 250, bytes: Uint8Array.of(1, 2, 3) };

function captureOf(file: Uint8Array): Capture {
  const outcome = parseCapture(file);
  return outcome.ok ? outcome.value : fail(outcome.refusal.message);
}

function whyNot(file: Uint8Array, kind = "invalid"): string {
  const outcome = parseCapture(file);
  if (outcome.ok) return fail("it was not refused");
  equal(outcome.refusal.kind, kind);
  return outcome.refusal.message.replace(/^cannot read the capture: /, "");
}

const WRITTEN: fc.Arbitrary<Written> = fc.record({
  seconds: fc.nat(0xffff_ffff),
  fraction: fc.nat(999_999),
  bytes: fc.uint8Array({ maxLength: 30 }),
  more: fc.nat(9),
}).map(({ more, ...rest }) => ({ ...rest, wireBytes: rest.bytes.length + more }));
const PCAP_WAY: fc.Arbitrary<PcapWay> = fc.record({
  isLittle: fc.boolean(),
  magic: fc.constantFrom(MICRO, NANO),
  link: fc.constant(1),
});

Deno.test("pcap in either order of bytes, in micro- and nanoseconds", () => {
  fc.assert(fc.property(fc.array(WRITTEN, { maxLength: 5 }), PCAP_WAY, (packets, way) => {
    const perMs = way.magic === MICRO ? 1e3 : 1e6;
    deepEqual(captureOf(pcapFile(packets, way)), {
      packets: packets.map(({ seconds, fraction, bytes, wireBytes }) => ({
        atMs: seconds * 1_000 + fraction / perMs,
        frame: bytes,
        wireBytes,
      })),
      endsEarly: false,
    });
  }));
});

Deno.test("of a file that ends early, all whole packets are there", () => {
  const ways: readonly Uint8Array[] = [
    pcapFile([ONE, ONE], WAY),
    concat([
      sectionHeader(true),
      interfaceBlock(true, 1),
      packetBlock(true, 0, 5, ONE.bytes),
      packetBlock(true, 0, 5, ONE.bytes),
    ]),
  ];
  const ends = [[24, 43, 62], [28, 48, 84, 120]];
  ways.forEach((file, i) => {
    const whole = ends[i] as number[], header = whole[0] as number;
    for (let cut = 0; cut <= file.length; cut++) {
      const outcome = parseCapture(file.subarray(0, cut));
      equal(outcome.ok, cut >= header, `cut at ${cut}`);
      if (!outcome.ok) continue;
      equal(outcome.value.endsEarly, !whole.includes(cut), `cut at ${cut}`);
      equal(outcome.value.packets.length, whole.slice(1 + i).filter((end) => end <= cut).length);
    }
  });
});

Deno.test("any bytes, and any bytes changed, are a capture or refused", () => {
  const file = concat([
    sectionHeader(false),
    interfaceBlock(false, 113),
    packetBlock(false, 0, 5, new Uint8Array(20)),
  ]);
  const change = fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 4 });
  const files = fc.constantFrom(file, pcapFile([ONE, ONE], WAY), new Uint8Array(60));
  fc.assert(
    fc.property(files, change, (whole, changes) => {
      const bytes = whole.slice();
      for (const [at, byte] of changes) bytes[at % bytes.length] = byte;
      const before = toHex(bytes), outcome = parseCapture(bytes);
      equal(toHex(bytes), before);
      if (!outcome.ok) return match(outcome.refusal.message, /^cannot read the capture: /);
      for (const { atMs, frame, wireBytes } of outcome.value.packets) {
        equal(Number.isFinite(atMs) && frame.length <= wireBytes, true);
      }
    }),
    { numRuns: 2_000 },
  );
});

const IP = fromHex("4500aabb");
const COOKED: Readonly<Record<string, readonly [link: number, header: string, frame: string]>> = {
  "cooked: to this host": [
    113,
    "0000" + "0001" + "0006" + "0277000005010000" + "0800",
    "000000000000" + "027700000501" + "0800",
  ],
  "cooked: to all": [
    113,
    "0001" + "0001" + "0006" + "0277000005010000" + "0806",
    "ffffffffffff" + "027700000501" + "0806",
  ],
  "cooked: from no Ethernet address": [
    113,
    "0004" + "0304" + "0000" + "ffffffffffffffff" + "0800",
    "000000000000" + "000000000000" + "0800",
  ],
  "cooked, version 2: to all": [
    276,
    "0800" + "0000" + "00000003" + "0001" + "01" + "06" + "0277000005010000",
    "ffffffffffff" + "027700000501" + "0800",
  ],
  "cooked, version 2: to another": [
    276,
    "0800" + "0000" + "00000001" + "0001" + "03" + "06" + "0277000005010000",
    "000000000000" + "027700000501" + "0800",
  ],
};

for (const [what, [link, header, ethernet]] of Object.entries(COOKED)) {
  Deno.test(`${what}: a frame is made of it`, () => {
    const bytes = concat([fromHex(header), IP]);
    const file = pcapFile([{ ...ONE, bytes, wireBytes: bytes.length + 5 }], { ...WAY, link });
    const [packet] = captureOf(file).packets;
    equal(packet && toHex(packet.frame), ethernet + toHex(IP));
    equal(packet?.wireBytes, 14 + IP.length + 5);
    const short = pcapFile([{ ...ONE, bytes: bytes.subarray(0, 15) }], { ...WAY, link });
    match(whyNot(short), /^a cooked packet has 15 bytes, and (16|20) are its header$/);
  });
}

Deno.test("bits beside the link type are not taken for a link", () => {
  const file = pcapFile([ONE], { ...WAY, link: 0x2400_0001 });
  equal(captureOf(file).packets.length, 1);
});

const FAULTS: Readonly<Record<string, Uint8Array>> = {
  "it has 0 bytes, too few to be one": new Uint8Array(),
  "it begins with 47494638, and is neither pcap nor pcapng": fromHex("4749463839"),
  "it begins with a1b2cd34, and is neither pcap nor pcapng": pcapFile([], {
    ...WAY,
    isLittle: false,
    magic: 0xa1b2cd34,
  }),
  "it is compressed by gzip; give what gunzip makes of it": fromHex("1f8b0800"),
  "it ends within its header": pcapFile([], WAY).subarray(0, 23),
  "it is of version 3, and 2 is read": pcapFile([], WAY).with(4, 3),
  "packets of link type 105 are in it; Ethernet (1) or Linux cooked (113, 276) is read": pcapFile(
    [],
    { ...WAY, link: 105 },
  ),
  "the packet at byte 43 has 3 bytes, of 2 on the wire": pcapFile(
    [ONE, { ...ONE, wireBytes: 2 }],
    WAY,
  ),
  [
    `the packet at byte 24 says it has ${MAX_CAPTURE_RECORD_BYTES + 1} bytes, ` +
    `MAX_CAPTURE_RECORD_BYTES is ${MAX_CAPTURE_RECORD_BYTES}`
  ]: concat([pcapFile([], WAY), u32Of(true, 0, 0, MAX_CAPTURE_RECORD_BYTES + 1, 0xffff_ffff)]),
};

for (const [why, file] of Object.entries(FAULTS)) {
  Deno.test(`refused: ${why}`, () => equal(whyNot(file), why));
}

Deno.test("the longest packet is read", () => {
  const bytes = new Uint8Array(MAX_CAPTURE_RECORD_BYTES);
  equal(captureOf(pcapFile([{ ...ONE, bytes }], WAY)).packets[0]?.frame.length, bytes.length);
});

Deno.test("a file has bounds", () => {
  match(whyNot(new Uint8Array(MAX_CAPTURE_BYTES + 1), "too-large"), /MAX_CAPTURE_BYTES is/);
  const most = concat([
    pcapFile([], WAY),
    new Uint8Array(16 * MAX_CAPTURE_PACKETS),
  ]);
  equal(captureOf(most).packets.length, MAX_CAPTURE_PACKETS);
  match(whyNot(concat([most, new Uint8Array(16)]), "too-large"), /than MAX_CAPTURE_PACKETS/);
});
