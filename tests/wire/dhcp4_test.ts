import { deepEqual, equal, fail, match, ok as holds } from "node:assert/strict";
import fc from "fast-check";

import { concat, equalBytes, toHex } from "../../src/base/bytes.ts";
import { MAX_DHCP_BYTES } from "../../src/base/boot_limits.ts";
import type { Outcome } from "../../src/base/outcome.ts";
import {
  BOOTREPLY,
  BOOTREQUEST,
  type Dhcp4Packet,
  LEAST_MAX_BYTES,
  parseCutDhcp4,
  parseDhcp4,
  printDhcp4,
} from "../../src/wire/dhcp4.ts";

const U16 = fc.nat(0xffff), U32 = fc.nat(0xffff_ffff);
const CODE = fc.integer({ min: 1, max: 254 }).filter((code) => code !== 52);
const LONG = fc.integer({ min: 250, max: 800 }).map((length) => new Uint8Array(length).fill(7));
const VALUE = fc.oneof({ weight: 8, arbitrary: fc.uint8Array({ maxLength: 40 }) }, LONG);
const OPTIONS = fc.array(fc.tuple(CODE, VALUE), { maxLength: 12 }).map((all) => new Map(all));

function latin1(maxLength: number): fc.Arbitrary<string> {
  const filled = fc.array(fc.integer({ min: 1, max: 255 }), { maxLength })
    .map((codes) => String.fromCharCode(...codes));
  return fc.oneof(fc.constant(""), filled);
}

const PACKET: fc.Arbitrary<Dhcp4Packet> = fc.record({
  op: fc.constantFrom(BOOTREQUEST, BOOTREPLY),
  htype: fc.nat(255),
  hops: fc.nat(255),
  xid: U32,
  secs: U16,
  flags: U16,
  ciaddr: U32,
  yiaddr: U32,
  siaddr: U32,
  giaddr: U32,
  chaddr: fc.uint8Array({ maxLength: 16 }),
  sname: latin1(63),
  file: latin1(127),
  options: OPTIONS,
});

const PLAIN: Dhcp4Packet = {
  op: BOOTREQUEST,
  htype: 1,
  hops: 0,
  xid: 0xfedc_ba98,
  secs: 4,
  flags: 0x8000,
  ciaddr: 0,
  yiaddr: 0,
  siaddr: 0,
  giaddr: 0,
  chaddr: Uint8Array.of(2, 0x77, 0, 0, 0x0c, 1),
  sname: "",
  file: "",
  options: new Map([[53, Uint8Array.of(1)]]),
};

function valueOf<T>(outcome: Outcome<T>): T {
  return outcome.ok ? outcome.value : fail(outcome.refusal.message);
}

function whyNot(outcome: Outcome<unknown>): string {
  return outcome.ok ? fail("it was not refused") : outcome.refusal.message;
}

/** A message with just these bytes for options, and in the fields that may hold more. */
function message(options: number[], file: number[] = [], sname: number[] = []): Uint8Array {
  const header = valueOf(printDhcp4({ ...PLAIN, options: new Map() }, 0)).slice(0, 240);
  header.set(file, 108);
  header.set(sname, 44);
  return concat([header, Uint8Array.from(options)]);
}

function optionsOf(bytes: Uint8Array): [number, number[]][] {
  return [...valueOf(parseDhcp4(bytes)).options].map(([code, value]) => [code, [...value]]);
}

Deno.test("what is printed is parsed, where there is room", () => {
  fc.assert(fc.property(PACKET, (packet) => {
    const bytes = valueOf(printDhcp4(packet, MAX_DHCP_BYTES * 2));
    if (bytes.length > MAX_DHCP_BYTES) return;
    deepEqual(valueOf(parseDhcp4(bytes)), packet);
    holds(bytes.length >= 300);
  }));
});

Deno.test("what little room leaves out is the less important, and the rest is parsed", () => {
  fc.assert(fc.property(PACKET, fc.integer({ min: 0, max: 900 }), (packet, maxBytes) => {
    const printed = printDhcp4(packet, maxBytes);
    if (!printed.ok) return match(printed.refusal.message, /option 82/);
    const kept = valueOf(parseDhcp4(printed.value));
    holds(printed.value.length <= Math.max(maxBytes, LEAST_MAX_BYTES));
    const whole = new Map([...packet.options].filter(([code]) => kept.options.has(code)));
    deepEqual(kept, { ...packet, options: whole });
    // What comes later changes nothing: without it the same is kept of what comes before.
    const all = [...packet.options], relay = all.filter(([code]) => code === 82);
    for (let i = 0; i < all.length; i++) {
      const fewer = { ...packet, options: new Map([...all.slice(0, i), ...relay]) };
      const same = valueOf(parseDhcp4(valueOf(printDhcp4(fewer, maxBytes))));
      for (const [code] of fewer.options) {
        equal(same.options.has(code), kept.options.has(code), `option ${code} of ${i}`);
      }
    }
  }));
});

Deno.test("any bytes are a message or refused, and what they are can be printed", () => {
  const header = message([]);
  const anything = fc.oneof(
    fc.uint8Array({ maxLength: 400 }),
    fc.tuple(fc.uint8Array({ maxLength: 300 }), fc.array(fc.nat(255), { maxLength: 128 }))
      .map(([options, file]) => concat([message([], file), options])),
    fc.array(fc.tuple(fc.nat({ max: 243 }), fc.nat(255)), { maxLength: 4 }).map((changes) => {
      const bytes = concat([header, Uint8Array.of(53, 1, 1, 255)]);
      for (const [at, byte] of changes) bytes[at] = byte;
      return bytes;
    }),
  );
  fc.assert(
    fc.property(anything, (bytes) => {
      const before = toHex(bytes);
      const parsed = parseDhcp4(bytes);
      equal(toHex(bytes), before);
      if (!parsed.ok) return match(parsed.refusal.message, /^cannot read a DHCP message: /);
      const again = valueOf(printDhcp4(parsed.value, MAX_DHCP_BYTES));
      deepEqual(valueOf(parseDhcp4(again)), parsed.value);
    }),
    { numRuns: 1_000 },
  );
});

Deno.test("cut off within an option a message is refused, and between two it has fewer", () => {
  fc.assert(
    fc.property(PACKET, (packet) => {
      const whole = valueOf(printDhcp4(packet, MAX_DHCP_BYTES));
      const all = valueOf(parseDhcp4(whole));
      for (let cut = 0; cut < whole.length; cut++) {
        const bytes = whole.subarray(0, cut), left = parseDhcp4(bytes), kept = parseCutDhcp4(bytes);
        equal(kept.ok, cut >= 240, `cut at ${cut}`);
        if (!kept.ok) continue;
        for (const [code, value] of kept.value.options) {
          holds(equalBytes(value, (all.options.get(code) as Uint8Array).subarray(0, value.length)));
        }
        if (left.ok) deepEqual(left.value, kept.value);
        else match(left.refusal.message, /option \d+ (has no length|says it has \d+ bytes)/);
      }
    }),
    { numRuns: 20 },
  );
});

Deno.test("of a message that a capture cut, the option in which it ends is left out", () => {
  const bytes = message([53, 1, 3, 77, 4, 1, 2, 3]);
  equal(
    whyNot(parseDhcp4(bytes)),
    "cannot read a DHCP message: option 77 says it has 4 bytes, and 3 are left",
  );
  deepEqual([...valueOf(parseCutDhcp4(bytes)).options.keys()], [53]);
  // Nor does a part of it stay that came before.
  const parts = message([12, 1, 65, 53, 1, 3, 12, 9, 66]);
  deepEqual([...valueOf(parseCutDhcp4(parts)).options.keys()], [53]);
});

Deno.test("the bytes of a message are those of RFC 2131", () => {
  const reply = {
    ...PLAIN,
    op: BOOTREPLY,
    ciaddr: 0x0a4d_0101,
    yiaddr: 0x0a4d_0132,
    siaddr: 0x0a4d_000b,
    giaddr: 0x0a4e_0001,
    hops: 1,
    sname: "s\xe9",
    file: "boot.ipxe",
  };
  const bytes = valueOf(printDhcp4(reply, 548));
  equal(bytes.length, 300);
  equal(
    toHex(bytes.subarray(0, 44)),
    "02010601fedcba98000480000a4d01010a4d01320a4d000b0a4e0001" + "027700000c0100000000000000000000",
  );
  equal(toHex(bytes.subarray(44, 48)), "73e90000");
  equal(toHex(bytes.subarray(108, 118)), "626f6f742e6970786500");
  equal(toHex(bytes.subarray(236, 246)), "63825363350101ff0000");
});

Deno.test("options are in the order in which they first appear, padding aside", () => {
  deepEqual(optionsOf(message([0, 61, 2, 1, 9, 0, 0, 53, 1, 3, 80, 0, 255, 12, 1, 1])), [
    [61, [1, 9]],
    [53, [3]],
    [80, []],
  ]);
  deepEqual(optionsOf(message([53, 1, 1])), [[53, [1]]], "without 255");
  deepEqual(optionsOf(message([])), []);
});

Deno.test("parts of one option are joined: of the options, of file, of sname", () => {
  const bytes = message(
    [12, 2, 1, 2, 52, 1, 3, 12, 1, 3, 255],
    [0, 43, 1, 9, 12, 1, 4, 255, 12],
    [12, 1, 5, 17, 1, 6, 255],
  );
  deepEqual(optionsOf(bytes), [[12, [1, 2, 3, 4, 5]], [43, [9]], [17, [6]]]);
  const packet = valueOf(parseDhcp4(bytes));
  deepEqual([packet.file, packet.sname], ["", ""]);
});

Deno.test("overload of one field leaves the other a text", () => {
  const file = valueOf(parseDhcp4(message([52, 1, 1], [12, 1, 65, 255], [115, 0, 9])));
  deepEqual([file.file, file.sname, [...file.options.keys()]], ["", "s", [12]]);
  const sname = valueOf(parseDhcp4(message([52, 1, 2], [102, 0, 9], [12, 1, 65])));
  deepEqual([sname.file, sname.sname, [...sname.options.keys()]], ["f", "", [12]]);
});

Deno.test("a text fills its field but for the last byte", () => {
  const packet = valueOf(parseDhcp4(message([], Array(128).fill(97), Array(64).fill(98))));
  deepEqual([packet.file, packet.sname], ["a".repeat(127), "b".repeat(63)]);
});

const FAULTS: Readonly<Record<string, Uint8Array>> = {
  "it has 239 bytes, and one with options has at least 240": message([]).subarray(0, 239),
  [`it has 9001 bytes, MAX_DHCP_BYTES is ${MAX_DHCP_BYTES}`]: message(Array(8_761).fill(0)),
  "op is 3, and must be 1 (request) or 2 (reply)": message([255]).with(0, 3),
  "hlen is 17, and chaddr has room for 16": message([255]).with(2, 17),
  "the magic cookie 99.130.83.99 is absent": message([255]).with(239, 0),
  "option 53 has no length: the bytes end there": message([53]),
  "option 53 says it has 2 bytes, and 1 are left": message([53, 2, 1]),
  "option 52 (overload) is [0], and must be one byte: 1, 2 or 3": message([52, 1, 0]),
  "option 52 (overload) is [4], and must be one byte: 1, 2 or 3": message([52, 1, 4]),
  "option 52 (overload) is [], and must be one byte: 1, 2 or 3": message([52, 0]),
  "option 52 (overload) is [1,1], and must be one byte: 1, 2 or 3": message([52, 2, 1, 1]),
  "option 52 (overload) stands there twice": message([52, 1, 1, 52, 1, 2]),
  "option 52 (overload) stands within a field that it gives to options": message(
    [52, 1, 1],
    [52, 1, 2],
  ),
  "in file, option 12 says it has 200 bytes, and 126 are left": message([52, 1, 1], [12, 200]),
  "in sname, option 12 says it has 63 bytes, and 62 are left": message([52, 1, 2], [], [12, 63]),
};

for (const [why, bytes] of Object.entries(FAULTS)) {
  Deno.test(`refused: ${why}`, () => {
    equal(whyNot(parseDhcp4(bytes)), `cannot read a DHCP message: ${why}`);
  });
}

Deno.test("an overload that is fine is fine in a message that was cut, too", () => {
  const packet = valueOf(parseCutDhcp4(message([52, 1, 1, 61, 9], [12, 1, 65])));
  deepEqual([...packet.options], [[12, Uint8Array.of(65)]]);
});

Deno.test("an option in thousands of parts is joined at once", () => {
  const parts = Array.from({ length: 2_920 }, () => [43, 1, 7]).flat();
  equal(valueOf(parseDhcp4(message(parts))).options.get(43)?.length, 2_920);
});

/** What stands in the three fields that may hold options, as codes. */
function placesOf(bytes: Uint8Array): number[][] {
  return [[240, bytes.length], [108, 236], [44, 108]].map(([from = 0, end = 0]) => {
    const codes: number[] = [];
    let at = from;
    for (; at < end && bytes[at] !== 255 && bytes[at] !== 0; at += 2 + (bytes[at + 1] as number)) {
      codes.push(bytes[at] as number);
    }
    equal(codes.length === 0 || bytes[at] === 255, true, "options end with 255");
    return codes;
  });
}

function sized(...sizes: [code: number, bytes: number][]): Map<number, Uint8Array> {
  return new Map(sizes.map(([code, bytes]) => [code, new Uint8Array(bytes)]));
}

Deno.test("options that do not fit go to file, then to sname, and say so", () => {
  const options = sized([53, 1], [43, 255], [6, 80], [15, 60], [82, 20], [12, 10]);
  const bytes = valueOf(printDhcp4({ ...PLAIN, options }, 548));
  deepEqual(placesOf(bytes), [[53, 43, 12, 52, 82], [6], [15]]);
  deepEqual(valueOf(parseDhcp4(bytes)).options, options);
  const taken = { ...PLAIN, file: "boot.ipxe", options };
  const fewer = valueOf(printDhcp4(taken, 548));
  deepEqual(placesOf(fewer.fill(0, 108, 236)), [[53, 43, 12, 52, 82], [], [15]]);
  const full = valueOf(printDhcp4({ ...taken, sname: "s" }, 548));
  deepEqual([...valueOf(parseDhcp4(full)).options.keys()], [53, 43, 12, 82]);
});

Deno.test("the last byte of room is used, and overload's own three are not in the way", () => {
  const room = 548 - 241;
  const exact = sized([43, room - 2 - 2 - 2], [12, 0]);
  equal(valueOf(printDhcp4({ ...PLAIN, options: exact }, 548)).length, 548);
  const alone = valueOf(printDhcp4({ ...PLAIN, options: sized([43, room - 4], [12, 10]) }, 548));
  equal(alone.length, 548);
  deepEqual([...valueOf(parseDhcp4(alone)).options.keys()], [43]);
});

Deno.test("a field that is filled up ends with 255", () => {
  const sizes: readonly [bytes: number, file: number[], sname: number[]][] = [
    [61, [6], []],
    [125, [6], []],
    [126, [], []],
  ];
  for (const [size, file, sname] of sizes) {
    const options = sized([43, 290], [6, size]);
    const bytes = valueOf(printDhcp4({ ...PLAIN, options }, 548));
    deepEqual(placesOf(bytes).slice(1), [file, sname], `${size} bytes`);
  }
  const named = { ...PLAIN, file: "f", options: sized([43, 290], [6, 61], [12, 1]) };
  const short = valueOf(printDhcp4(named, 548));
  deepEqual(placesOf(short.fill(0, 108, 236))[2], [6]);
  const long = valueOf(printDhcp4({ ...named, options: sized([43, 290], [6, 62]) }, 548));
  deepEqual([...valueOf(parseDhcp4(long)).options.keys()], [43]);
});

Deno.test("a long option is printed in parts that stand together", () => {
  const bytes = valueOf(printDhcp4({ ...PLAIN, options: sized([43, 600], [12, 2]) }, 1_472));
  deepEqual(placesOf(bytes), [[43, 43, 43, 12], [], []]);
  deepEqual([bytes[241], bytes[498], bytes[755]], [255, 255, 90]);
});

Deno.test("what cannot be printed is refused", () => {
  const cases: readonly [Partial<Dhcp4Packet>, RegExp][] = [
    [{ op: 3 }, /op is 3, and must be 1 or 2/],
    [{ chaddr: new Uint8Array(17) }, /chaddr has 17 bytes, and room for 16/],
    [{ sname: "s".repeat(64) }, /sname has 64 characters, and room for 63/],
    [{ file: "f".repeat(128) }, /file has 128 characters, and room for 127/],
    [{ file: "\u0100" }, /file has the character 256/],
    [{ sname: "a\0" }, /sname has the character 0/],
    [{ options: sized([52, 1]) }, /52 is no option to be given/],
    [{ options: sized([0, 1]) }, /0 is no option to be given/],
    [{ options: sized([255, 1]) }, /255 is no option to be given/],
  ];
  for (const [change, why] of cases) match(whyNot(printDhcp4({ ...PLAIN, ...change }, 548)), why);
  const relayed = printDhcp4({ ...PLAIN, options: sized([53, 1], [82, 310]) }, 548);
  match(whyNot(relayed), /what a relay added \(option 82\) takes 314 bytes, there are 307/);
  equal(!relayed.ok && relayed.refusal.kind, "too-large");
});
