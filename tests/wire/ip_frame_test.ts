import { deepEqual, equal, fail, ok as holds, throws } from "node:assert/strict";
import fc from "fast-check";

import { concat, fromHex, toHex } from "../../src/base/bytes.ts";
import { parseUdpFrame, printUdpFrame, type UdpFrame } from "../../src/wire/ip_frame.ts";

const U16 = fc.nat(0xffff), U32 = fc.nat(0xffff_ffff);
const MAC = fc.uint8Array({ minLength: 6, maxLength: 6 });
const FRAME: fc.Arbitrary<UdpFrame> = fc.record({
  destinationMac: MAC,
  sourceMac: MAC,
  source: U32,
  destination: U32,
  sourcePort: U16,
  destinationPort: U16,
  payload: fc.uint8Array({ maxLength: 60 }),
});

const SAID: UdpFrame = {
  destinationMac: fromHex("525400770001"),
  sourceMac: fromHex("027700000501"),
  source: 0x0a4d_000b,
  destination: 0x0a4d_0132,
  sourcePort: 67,
  destinationPort: 68,
  payload: fromHex("616263"),
};

/** The sum of a correct checksum with what it is of, as any other program computes it. */
function isSummedUp(bytes: Uint8Array): boolean {
  let sum = 0;
  for (let at = 0; at < bytes.length; at++) sum += (bytes[at] as number) << (at % 2 === 0 ? 8 : 0);
  while (sum > 0xffff) sum = Math.floor(sum / 0x1_0000) + sum % 0x1_0000;
  return sum === 0xffff;
}

Deno.test("what is printed is parsed, and both checksums are right", () => {
  fc.assert(fc.property(FRAME, (said) => {
    const frame = printUdpFrame(said);
    deepEqual(parseUdpFrame(frame), said);
    holds(isSummedUp(frame.subarray(14, 34)));
    const length = Uint8Array.of(0, 17, 0, frame.length - 34);
    holds(isSummedUp(concat([frame.subarray(26, 34), length, frame.subarray(34)])));
    holds(frame[40] !== 0 || frame[41] !== 0, "a checksum of 0 says that there is none");
    // Ethernet fills up what is short.
    deepEqual(parseUdpFrame(concat([frame, new Uint8Array(18)])), said);
  }));
});

Deno.test("the bytes of a frame", () => {
  equal(
    toHex(printUdpFrame(SAID)),
    "525400770001" + "027700000501" + "0800" +
      "4500001f00004000401124f80a4d000b0a4d0132" + "00430044000b2518" + "616263",
  );
});

Deno.test("a checksum that comes to 0 is sent as its other form", () => {
  const checksum = printUdpFrame({ ...SAID, payload: new Uint8Array(2) }).subarray(40, 42);
  const frame = printUdpFrame({ ...SAID, payload: checksum });
  equal(toHex(frame.subarray(40, 42)), "ffff");
});

Deno.test("any bytes are a frame or none, and truncated ones are none", () => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 100 }), (bytes) => {
    holds(parseUdpFrame(bytes) === undefined || bytes.length >= 42);
  }));
  fc.assert(fc.property(FRAME, fc.nat({ max: 41 }), fc.nat(255), (said, at, byte) => {
    const frame = printUdpFrame(said);
    for (let cut = 0; cut < frame.length; cut++) {
      equal(parseUdpFrame(frame.subarray(0, cut)), undefined);
    }
    const changed = frame.with(at, byte);
    const parsed = parseUdpFrame(changed);
    holds(parsed === undefined || parsed.payload.length <= said.payload.length);
  }));
});

/** The frame with other bytes at places, and a right checksum of its IP header. */
function changed(changes: Readonly<Record<number, number>>): Uint8Array {
  const frame = printUdpFrame(SAID);
  for (const [at, byte] of Object.entries(changes)) frame[Number(at)] = byte;
  frame[24] = frame[25] = 0;
  let sum = 0;
  for (let at = 14; at < 34; at += 2) {
    sum += ((frame[at] as number) << 8) | (frame[at + 1] as number);
  }
  while (sum > 0xffff) sum = (sum >>> 16) + (sum & 0xffff);
  frame[24] = (~sum >> 8) & 255;
  frame[25] = ~sum & 255;
  return frame;
}

const NONE: Readonly<Record<string, Uint8Array>> = {
  "another ethertype": changed({ 12: 0x86, 13: 0xdd }),
  "a VLAN tag": changed({ 12: 0x81, 13: 0 }),
  "version 6": changed({ 14: 0x65 }),
  "a header of four words": changed({ 14: 0x44 }),
  "TCP": changed({ 23: 6 }),
  "the first fragment": changed({ 20: 0x20 }),
  "a later fragment": changed({ 20: 0, 21: 1 }),
  "a packet longer than the frame": changed({ 17: 32 }),
  "a packet too short for UDP": changed({ 17: 27 }),
  "a datagram longer than its packet": changed({ 39: 12 }),
  "a datagram shorter than its header": changed({ 39: 7 }),
  "a wrong checksum of IP": printUdpFrame(SAID).with(22, 63),
};

for (const [what, frame] of Object.entries(NONE)) {
  Deno.test(`none: ${what}`, () => equal(parseUdpFrame(frame), undefined));
}

Deno.test("the changes above are what makes them none", () => {
  deepEqual(parseUdpFrame(changed({})), SAID);
  deepEqual(parseUdpFrame(changed({ 22: 63, 20: 0 })), SAID, "another TTL, may be fragmented");
  deepEqual(parseUdpFrame(changed({ 39: 10 }))?.payload, fromHex("6162"), "padded within IP");
});

Deno.test("the checksum of UDP is not looked at", () => {
  deepEqual(parseUdpFrame(printUdpFrame(SAID).with(40, 0).with(41, 0)), SAID);
  deepEqual(parseUdpFrame(printUdpFrame(SAID).with(40, 9)), SAID);
});

Deno.test("options of IP are passed over", () => {
  const frame = printUdpFrame(SAID);
  const longer = concat([frame.subarray(0, 34), fromHex("01010101"), frame.subarray(34)]);
  longer.set(fromHex("46000023"), 14);
  // The version's word grew by 0x100, the length by 4, and the options are 0x0202 in sum.
  const sum = 0x24f8 - 0x100 - 4 - 0x202;
  longer.set([sum >> 8, sum & 255], 24);
  deepEqual(parseUdpFrame(longer), SAID);
  equal(parseUdpFrame(longer.subarray(0, 45), longer.length), undefined, "cut within UDP");
});

Deno.test("of a frame that a capture cut, as much of the payload is there as was kept", () => {
  const frame = printUdpFrame(SAID), cut = frame.subarray(0, frame.length - 2);
  equal(parseUdpFrame(cut), undefined);
  deepEqual(parseUdpFrame(cut, frame.length)?.payload, fromHex("61"));
  equal(parseUdpFrame(frame.subarray(0, 41), frame.length), undefined, "not even the header");
  equal(parseUdpFrame(frame, frame.length - 1), undefined, "longer than on the wire");
});

Deno.test("what is no frame is not printed", () => {
  throws(() => printUdpFrame({ ...SAID, sourceMac: new Uint8Array(8) }), /has six bytes/);
  throws(() => printUdpFrame({ ...SAID, payload: new Uint8Array(65_508) }), /fits an IPv4 packet/);
  const most = parseUdpFrame(printUdpFrame({ ...SAID, payload: new Uint8Array(65_507).fill(255) }));
  equal(most === undefined ? fail("not parsed") : most.payload.length, 65_507);
});
