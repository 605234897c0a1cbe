import { deepEqual, equal, throws } from "node:assert/strict";
import fc from "fast-check";

import { concat, fromHex, toHex } from "../../src/base/bytes.ts";
import {
  ARP_REPLY,
  ARP_REQUEST,
  type ArpFrame,
  arpProbe,
  isArpProbe,
  parseArpFrame,
  printArpFrame,
} from "../../src/wire/arp.ts";

const U32 = fc.nat(0xffff_ffff);
const MAC = fc.uint8Array({ minLength: 6, maxLength: 6 });
const FRAME: fc.Arbitrary<ArpFrame> = fc.record({
  destinationMac: MAC,
  sourceMac: MAC,
  operation: fc.constantFrom(ARP_REQUEST, ARP_REPLY),
  senderMac: MAC,
  senderAddress: U32,
  targetMac: MAC,
  targetAddress: U32,
});
const REPLY: ArpFrame = {
  destinationMac: fromHex("027700000501"),
  sourceMac: fromHex("525400770001"),
  operation: ARP_REPLY,
  senderMac: fromHex("525400770002"),
  senderAddress: 0x0a4d_0132,
  targetMac: fromHex("027700000502"),
  targetAddress: 0xfffe_000b,
};

Deno.test("what is printed is parsed, padded or not; cut off it is nothing", () => {
  fc.assert(fc.property(FRAME, (said) => {
    const frame = printArpFrame(said);
    deepEqual(parseArpFrame(frame), said);
    deepEqual(parseArpFrame(concat([frame, new Uint8Array(18)])), said);
    for (let cut = 0; cut < frame.length; cut++) {
      equal(parseArpFrame(frame.subarray(0, cut)), undefined);
    }
  }));
});

Deno.test("the bytes of a reply", () => {
  equal(
    toHex(printArpFrame(REPLY)),
    "027700000501" + "525400770001" + "0806" + "0001080006040002" +
      "525400770002" + "0a4d0132" + "027700000502" + "fffe000b",
  );
});

Deno.test("another kind of ARP, or none, is nothing", () => {
  for (const at of [12, 13, 14, 15, 16, 17, 18, 19, 20]) {
    equal(parseArpFrame(printArpFrame(REPLY).with(at, 0x77)), undefined, `byte ${at}`);
  }
  equal(parseArpFrame(printArpFrame(REPLY).with(21, 3)), undefined);
  equal(parseArpFrame(printArpFrame(REPLY).with(21, 0)), undefined);
  fc.assert(fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
    equal(parseArpFrame(bytes), undefined);
  }));
});

Deno.test("a probe asks everybody, and claims nothing", () => {
  const mac = fromHex("027700000501"), probe = arpProbe(mac, 0x0a4d_0132);
  equal(
    toHex(printArpFrame(probe)),
    "ffffffffffff" + "027700000501" + "0806" + "0001080006040001" +
      "027700000501" + "00000000" + "000000000000" + "0a4d0132",
  );
  equal(isArpProbe(probe), true);
  equal(isArpProbe({ ...probe, senderAddress: 0x0a4d_0132 }), false, "an announcement");
  equal(isArpProbe({ ...probe, operation: ARP_REPLY }), false);
});

Deno.test("a hardware address has six bytes", () => {
  for (const key of ["destinationMac", "sourceMac", "senderMac", "targetMac"]) {
    throws(() => printArpFrame({ ...REPLY, [key]: new Uint8Array(8) }), /has six bytes/, key);
  }
});
