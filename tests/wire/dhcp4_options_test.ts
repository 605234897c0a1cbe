import { deepEqual, equal, fail, match, ok as holds } from "node:assert/strict";
import fc from "fast-check";

import { fromHex, toHex, utf8 } from "../../src/base/bytes.ts";
import type { Outcome } from "../../src/base/outcome.ts";
import {
  addressBytes,
  addressesBytes,
  encapsulatedBytes,
  machineUuidBytes,
  OPTION,
  type Options,
  readAddress,
  readAddresses,
  readEncapsulated,
  readMachineUuid,
  readRequested,
  readText,
  readU16,
  readU16s,
  readU32,
  readU8,
  readUserClasses,
  RELAY_SUBOPTION,
  replyRoom,
  textBytes,
  u16Bytes,
  u32Bytes,
  u8Bytes,
} from "../../src/wire/dhcp4_options.ts";

const U32 = fc.nat(0xffff_ffff);

function only(code: number, value: Uint8Array | number[]): Options {
  return new Map([[code, Uint8Array.from(value)]]);
}

function valueOf<T>(outcome: Outcome<T> | undefined): T {
  return outcome?.ok ? outcome.value : fail(outcome?.refusal.message ?? "absent");
}

function whyNot(outcome: Outcome<unknown> | undefined): string {
  return outcome?.ok === false ? outcome.refusal.message : fail("it was not refused");
}

Deno.test("numbers and addresses are read as they are written", () => {
  fc.assert(fc.property(U32, fc.array(U32, { minLength: 1, maxLength: 5 }), (one, more) => {
    equal(valueOf(readU8(only(1, u8Bytes(one & 255)), 1)), one & 255);
    equal(valueOf(readU16(only(1, u16Bytes(one & 0xffff)), 1)), one & 0xffff);
    equal(valueOf(readU32(only(1, u32Bytes(one)), 1)), one);
    equal(valueOf(readAddress(only(1, addressBytes(one)), 1)), one);
    deepEqual(valueOf(readAddresses(only(1, addressesBytes(more)), 1)), more);
  }));
  deepEqual([...addressesBytes([0x0a4d_000b, 0xffff_ffff])], [10, 77, 0, 11, 255, 255, 255, 255]);
  deepEqual([...u16Bytes(0x05c0)], [5, 0xc0]);
});

const READERS: Readonly<Record<string, (options: Options) => Outcome<unknown> | undefined>> = {
  readU8: (options) => readU8(options, 97),
  readU16: (options) => readU16(options, 97),
  readU32: (options) => readU32(options, 97),
  readAddress: (options) => readAddress(options, 97),
  readAddresses: (options) => readAddresses(options, 97),
  readU16s: (options) => readU16s(options, 97),
  readMachineUuid,
};

const RIGHT_LENGTHS: Readonly<Record<string, readonly number[]>> = {
  readU8: [1],
  readU16: [2],
  readU32: [4],
  readAddress: [4],
  readAddresses: [4, 8, 12, 16, 20],
  readU16s: [2, 4, 6, 8, 10, 12, 14, 16, 18, 20],
  readMachineUuid: [17],
};

for (const [name, read] of Object.entries(READERS)) {
  Deno.test(`${name}: absent is not malformed, and another length is`, () => {
    equal(read(new Map()), undefined);
    equal(read(only(12, [1])), undefined);
    for (let length = 0; length <= 20; length++) {
      const outcome = read(only(97, new Uint8Array(length)));
      equal(outcome?.ok, RIGHT_LENGTHS[name]?.includes(length), `${length} bytes`);
      if (outcome?.ok !== false) continue;
      match(outcome.refusal.message, new RegExp(`^cannot read option 97 of ${length} bytes`));
      equal(outcome.refusal.kind, "invalid");
    }
  });
}

Deno.test("a refusal shows the bytes, and not too many", () => {
  equal(
    whyNot(readU16(only(57, [1, 2, 3]), 57)),
    "cannot read option 57 of 3 bytes (010203): two bytes would be right",
  );
  holds(whyNot(readU16(only(57, new Uint8Array(1_400)), 57)).length < 150);
});

Deno.test("texts lose the NULs at their end, and are UTF-8 or Latin-1", () => {
  fc.assert(fc.property(fc.string({ unit: "binary", maxLength: 40 }), (text) => {
    const read = readText(only(12, textBytes(text)), 12);
    equal(read, text.replace(/\0+$/, ""));
  }));
  equal(readText(only(67, utf8("boot.ipxe\0\0")), 67), "boot.ipxe");
  equal(readText(only(12, [0xe9, 0x80, 65]), 12), "\xe9\x80A");
  equal(readText(only(12, []), 12), "");
  equal(readText(new Map(), 12), undefined);
  fc.assert(fc.property(fc.uint8Array(), (bytes) => {
    equal(typeof readText(only(12, bytes), 12), "string");
  }));
});

Deno.test("user classes: a list, or the bare text of iPXE", () => {
  const classes = (value: number[]): string[] => valueOf(readUserClasses(only(77, value)));
  deepEqual(classes([...utf8("iPXE")]), ["iPXE"]);
  deepEqual(classes([4, ...utf8("iPXE")]), ["iPXE"]);
  deepEqual(classes([4, ...utf8("iPXE"), 2, ...utf8("ab")]), ["iPXE", "ab"]);
  // Lists that do not come out even are no lists.
  deepEqual(classes([2, 65]), ["\x02A"]);
  deepEqual(classes([1, 65, 0]), ["\x01A"]);
  match(whyNot(readUserClasses(only(77, []))), /one or more classes/);
  equal(readUserClasses(new Map()), undefined);
  fc.assert(fc.property(fc.uint8Array({ minLength: 1 }), (bytes) => {
    holds(valueOf(readUserClasses(only(77, bytes))).length > 0);
  }));
});

Deno.test("the architectures are a list, in the client's order", () => {
  deepEqual(valueOf(readU16s(only(93, [0, 7]), 93)), [7]);
  deepEqual(valueOf(readU16s(only(93, [0, 9, 1, 0]), 93)), [9, 256]);
});

Deno.test("a machine's UUID is shown as its firmware shows it", () => {
  const sent = fromHex("000100770a11112222333344556677" + "8899");
  equal(valueOf(readMachineUuid(only(97, sent))), "0a770001-1111-2222-3333-445566778899");
  equal(
    valueOf(readMachineUuid(only(97, fromHex("00ffeeddccbbaa99887766554433221100")))),
    "ccddeeff-aabb-8899-7766-554433221100",
  );
  const wrongType = whyNot(readMachineUuid(only(97, sent.with(0, 1))));
  match(wrongType, /^cannot read option 97 of 17 bytes \(0101.*\): 0 and a UUID of 16 would/);
});

Deno.test("a UUID is written as it is read, in lower case alone", () => {
  fc.assert(fc.property(fc.uuid(), (uuid) => {
    const bytes = valueOf(machineUuidBytes(uuid));
    equal(valueOf(readMachineUuid(only(97, bytes))), uuid);
  }));
  const bytes = valueOf(machineUuidBytes("0a770001-1111-2222-3333-445566778899"));
  equal(toHex(bytes), "000100770a111122223333445566778899");
  for (const text of ["", "0A770001-1111-2222-3333-445566778899", "0a7700011111222233334455"]) {
    match(whyNot(machineUuidBytes(text)), /^cannot print ".*" as a UUID: /);
  }
});

Deno.test("what a relay added is read by its sub-options", () => {
  const relayed = only(82, [1, 2, 65, 66, 5, 4, 10, 77, 0, 1, 0, 1, 9, 255, 0, 2, 0]);
  const added = valueOf(readEncapsulated(relayed, OPTION.RELAY_AGENT_INFORMATION));
  deepEqual([...added.keys()], [1, 5, 0, 255, 2], "neither padding nor end");
  equal(readText(added, RELAY_SUBOPTION.CIRCUIT_ID), "AB");
  equal(valueOf(readAddress(added, RELAY_SUBOPTION.LINK_SELECTION)), 0x0a4d_0001);
  equal(readAddress(added, RELAY_SUBOPTION.SERVER_IDENTIFIER_OVERRIDE), undefined);
  equal(readText(added, RELAY_SUBOPTION.REMOTE_ID), "");
});

Deno.test("options within another have padding and an end; the first of two counts", () => {
  const within = valueOf(readEncapsulated(only(175, [0, 8, 1, 9, 0, 8, 1, 7, 255, 3, 9]), 175));
  deepEqual([...within], [[8, Uint8Array.of(9)]]);
  match(whyNot(readEncapsulated(only(43, [6, 2, 1]), 43)), /a sub-option 6 that ends within it/);
  match(whyNot(readEncapsulated(only(82, [6]), 82)), /a sub-option 6 that ends within it/);
  equal(readEncapsulated(new Map(), 43), undefined);
});

Deno.test("options are written within another as they are read", () => {
  const code = fc.integer({ min: 1, max: 254 });
  const some = fc.array(fc.tuple(code, fc.uint8Array({ maxLength: 255 })), { maxLength: 5 });
  fc.assert(fc.property(some, (all) => {
    const options = new Map(all);
    deepEqual(valueOf(readEncapsulated(only(43, encapsulatedBytes(options)), 43)), options);
  }));
  deepEqual([...encapsulatedBytes(only(0xb0, [1]))], [0xb0, 1, 1], "no wait for a proxy");
});

Deno.test("any bytes in an option that holds options are those or refused", () => {
  fc.assert(fc.property(fc.uint8Array(), fc.constantFrom(43, 82, 175), (bytes, code) => {
    const outcome = readEncapsulated(only(code, bytes), code);
    if (outcome?.ok === false) match(outcome.refusal.message, /^cannot read option/);
  }));
});

Deno.test("an answer has the room that client and link give, at least what all have", () => {
  const room = (size: number[]): number => replyRoom(only(57, size), 1_500);
  equal(replyRoom(new Map(), 1_500), 548);
  equal(room([0x05, 0xc0]), 1_472 - 28);
  equal(room([0xff, 0x00]), 1_500 - 28, "OVMF says 65,280");
  equal(room([0, 100]), 548);
  equal(room([5]), 548);
});

Deno.test("what a client asks for is in its order", () => {
  deepEqual(readRequested(only(55, [1, 3, 67, 1])), [1, 3, 67]);
  deepEqual(readRequested(new Map()), []);
});
