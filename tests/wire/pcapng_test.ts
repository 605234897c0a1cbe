import { deepEqual, equal, fail } from "node:assert/strict";
import fc from "fast-check";

import { concat } from "../../src/base/bytes.ts";
import type { CaptureRecord } from "../../src/wire/pcap.ts";
import { isPcapng, readPcapng } from "../../src/wire/pcapng.ts";
import {
  block,
  blockOption,
  interfaceBlock,
  packetBlock,
  pcapFile,
  sectionHeader,
  u32Of,
} from "./capture_writer.ts";

const BYTES = Uint8Array.of(1, 2, 3, 4, 5);
const IF_TSRESOL = 9, IF_TSOFFSET = 14, IF_NAME = 2, COMMENT = 1;

function recordsOf(file: Uint8Array): CaptureRecord[] {
  const records: CaptureRecord[] = [];
  const end = readPcapng(file, (record) => {
    records.push(record);
    return undefined;
  });
  deepEqual(end, { endsEarly: false });
  return records;
}

function faultOf(...blocks: readonly Uint8Array[]): string {
  const end = readPcapng(concat(blocks), () => undefined);
  return typeof end === "string" ? end : fail("it was read");
}

Deno.test("packets of several interfaces and sections, in either order of bytes", () => {
  const packet = fc.record({
    seenOn: fc.nat({ max: 1 }),
    units: fc.maxSafeNat(),
    bytes: fc.uint8Array({ maxLength: 20 }),
  });
  const section = fc.record({
    isLittle: fc.boolean(),
    links: fc.tuple(fc.nat(300), fc.nat(300)),
    packets: fc.array(packet, { maxLength: 4 }),
  });
  fc.assert(fc.property(fc.array(section, { minLength: 1, maxLength: 3 }), (sections) => {
    const file = concat(sections.flatMap(({ isLittle, links, packets }) => [
      sectionHeader(isLittle),
      ...links.map((link) => interfaceBlock(isLittle, link)),
      ...packets.map(({ seenOn, units, bytes }) =>
        packetBlock(isLittle, seenOn, units, bytes, bytes.length + 1)
      ),
    ]));
    const found = recordsOf(file).map(({ at: _at, ...rest }) => rest);
    deepEqual(
      found,
      sections.flatMap(({ links, packets }) =>
        packets.map(({ seenOn, units, bytes }) => ({
          link: links[seenOn],
          atMs: units / 1e6 * 1_000,
          bytes,
          wireBytes: bytes.length + 1,
        }))
      ),
    );
  }));
});

/** When a packet was seen that many units after 1970, by an interface with those options. */
function timeOf(units: number, ...options: readonly Uint8Array[]): number | undefined {
  const seenOn = interfaceBlock(true, 1, concat(options));
  const file = concat([sectionHeader(true), seenOn, packetBlock(true, 0, units, BYTES)]);
  return recordsOf(file)[0]?.atMs;
}

Deno.test("an interface says how many units a second has, and where its time begins", () => {
  equal(timeOf(1_700_000_000_250_000), 1_700_000_000_250);
  const name = blockOption(true, IF_NAME, Uint8Array.of(101, 116, 104));
  const nano = blockOption(true, IF_TSRESOL, Uint8Array.of(9));
  equal(timeOf(1_500_000_000, name, nano), 1_500);
  equal(timeOf(3, blockOption(true, IF_TSRESOL, Uint8Array.of(0x81))), 1_500, "halves");
  const offset = blockOption(true, IF_TSOFFSET, u32Of(true, 10, 0));
  equal(timeOf(1_500_000, offset), 11_500);
  equal(timeOf(1_500_000, blockOption(true, IF_TSOFFSET, u32Of(true, ~0, ~0))), 500);
  const end = blockOption(true, 0, new Uint8Array());
  equal(timeOf(1_500_000, end, nano), 1_500, "not after the end of options");
  equal(timeOf(1_500_000, blockOption(true, IF_TSRESOL, Uint8Array.of(9, 0))), 1_500);
  equal(timeOf(1_500_000, nano.subarray(0, 4)), 1_500, "an option that runs beyond its block");
  const cut = interfaceBlock(true, 1, offset.subarray(0, 4));
  deepEqual(recordsOf(concat([sectionHeader(true), cut])), []);
});

Deno.test("other blocks are passed over, and options of a packet", () => {
  const options = blockOption(true, COMMENT, Uint8Array.of(104, 105));
  const head = u32Of(true, 0, 0, 0, BYTES.length, BYTES.length);
  const file = concat([
    sectionHeader(true),
    block(true, 0x0bad, new Uint8Array(16)),
    interfaceBlock(true, 1),
    block(true, 5, new Uint8Array(0)),
    block(true, 6, concat([head, BYTES, new Uint8Array(3), options])),
  ]);
  deepEqual(recordsOf(file).map(({ bytes }) => bytes), [BYTES]);
});

Deno.test("what takes the packets may end the reading", () => {
  const packet = packetBlock(true, 0, 1, BYTES);
  let taken = 0;
  const file = concat([sectionHeader(true), interfaceBlock(true, 1), packet, packet]);
  equal(readPcapng(file, () => ++taken === 1 ? "enough" : fail("it went on")), "enough");
});

const START = sectionHeader(true), SEEN_ON = interfaceBlock(true, 1);

Deno.test("what contradicts itself is refused", () => {
  const packet = packetBlock(true, 0, 1, BYTES);
  equal(faultOf(START.with(8, 0)), "the section at byte 0 has no magic 1a2b3c4d");
  equal(faultOf(START.with(12, 2)), "it is of version 2, and 1 is read");
  equal(faultOf(START.subarray(0, 20)), "it ends within its header");
  equal(faultOf(START, u32Of(true, 5, 8, 8)), "the block at byte 28 says it has 8 bytes");
  equal(faultOf(START, u32Of(true, 5, 0, 0)), "the block at byte 28 says it has 0 bytes");
  equal(faultOf(START, u32Of(true, 5, 13, 0)), "the block at byte 28 says it has 13 bytes");
  equal(
    faultOf(START, SEEN_ON.with(16, 24)),
    "the block at byte 28 does not end with its length, 20",
  );
  equal(
    faultOf(START, packet),
    "the packet at byte 28 is of interface 0, which was not told of before",
  );
  equal(
    faultOf(START, SEEN_ON, START, packet),
    "the packet at byte 76 is of interface 0, which was not told of before",
    "interfaces are those of a section",
  );
  equal(
    faultOf(START, SEEN_ON, packet.with(20, 9)),
    "the packet at byte 48 says it has 9 bytes, its block 40",
  );
  equal(
    faultOf(START, block(true, 1, new Uint8Array(4))),
    "the block at byte 28, of type 1, has 16 bytes, 20 are the least",
  );
  equal(
    faultOf(START, block(true, 6, new Uint8Array(16))),
    "the block at byte 28, of type 6, has 28 bytes, 32 are the least",
  );
  equal(
    faultOf(block(true, 0x0a0d0d0a, u32Of(true, 0x1a2b3c4d))),
    "the block at byte 0, of type 168627466, has 16 bytes, 28 are the least",
  );
});

Deno.test("it is told from pcap by its first block", () => {
  equal(isPcapng(START), true);
  equal(isPcapng(pcapFile([], { isLittle: false, magic: 0xa1b2c3d4, link: 1 })), false);
});
