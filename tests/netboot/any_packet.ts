/** DHCP messages drawn by fast-check, as they come off the wire: half of what is in them makes
 * sense. */
import fc from "fast-check";

import { ipv4Of } from "../../src/model/ipv4.ts";
import { BOOTREPLY, BOOTREQUEST, type Dhcp4Packet } from "../../src/wire/dhcp4.ts";
import { encapsulatedBytes, textBytes, u16Bytes, u32Bytes } from "../../src/wire/dhcp4_options.ts";
import { CLIENTS, MAC } from "./boot_stage.ts";

const U16 = fc.nat(0xffff), U32 = fc.nat(0xffff_ffff);

/** Those of the stage among others. */
export const ADDRESS = fc.oneof(
  fc.constantFrom("0.0.0.0", "10.0.0.50", "10.0.0.51", "10.0.0.11", "10.0.0.12", "10.9.0.1").map((
    text,
  ) => ipv4Of(text) ?? 0),
  U32,
);
const ANY_BYTES = fc.uint8Array({ maxLength: 40 });
const ADDRESS_BYTES = ADDRESS.map(u32Bytes);

const MEANT: Readonly<Record<number, fc.Arbitrary<Uint8Array>>> = {
  50: ADDRESS_BYTES,
  53: fc.integer({ min: 0, max: 9 }).map((type) => Uint8Array.of(type)),
  54: ADDRESS_BYTES,
  55: fc.uint8Array({ maxLength: 30 }),
  57: U16.map(u16Bytes),
  60: fc.constantFrom(...Object.values(CLIENTS)).map(([text]) => textBytes(text ?? "x")),
  61: ANY_BYTES,
  77: fc.constantFrom("iPXE", "other").map(textBytes),
  82: fc.tuple(ADDRESS_BYTES, ADDRESS_BYTES).map(([link, server]) =>
    encapsulatedBytes(new Map([[5, link], [11, server], [1, textBytes("port 7")]]))
  ),
  93: fc.array(fc.integer({ min: 0, max: 20 }), { minLength: 1, maxLength: 3 }).map((codes) =>
    Uint8Array.from(codes.flatMap((code) => [0, code]))
  ),
  97: fc.uint8Array({ minLength: 16, maxLength: 16 }).map((uuid) => Uint8Array.of(0, ...uuid)),
  175: ANY_BYTES,
};

const OPTION = fc.oneof(
  ...Object.entries(MEANT).map(([code, value]) =>
    fc.tuple(fc.constant(Number(code)), fc.oneof({ weight: 9, arbitrary: value }, ANY_BYTES))
  ),
  fc.tuple(fc.integer({ min: 1, max: 254 }).filter((code) => code !== 52), ANY_BYTES),
);

/** Mostly of the machine that the stage knows. */
export const DHCP_PACKET: fc.Arbitrary<Dhcp4Packet> = fc.record({
  op: fc.constantFrom(BOOTREQUEST, BOOTREQUEST, BOOTREQUEST, BOOTREPLY),
  htype: fc.nat(255),
  hops: fc.nat(255),
  xid: U32,
  secs: U16,
  flags: fc.constantFrom(0, 0x8000),
  ciaddr: fc.oneof(fc.constant(0), ADDRESS),
  yiaddr: fc.constant(0),
  siaddr: fc.constant(0),
  giaddr: fc.oneof({ weight: 4, arbitrary: fc.constant(0) }, ADDRESS),
  chaddr: fc.oneof(
    {
      weight: 4,
      arbitrary: fc.constant(MAC).map((mac) => Uint8Array.fromHex(mac.replaceAll(":", ""))),
    },
    fc.uint8Array({ maxLength: 16 }),
  ),
  sname: fc.constant(""),
  file: fc.constant(""),
  options: fc.tuple(
    MEANT[53] as fc.Arbitrary<Uint8Array>,
    fc.array(OPTION, { maxLength: 12 }),
  ).map(([type, more]) => new Map([[53, type], ...more])),
});
