import { equal } from "node:assert/strict";
import fc from "fast-check";

import { fromHex, utf8 } from "../../src/base/bytes.ts";
import { crc32c } from "../../src/base/crc32c.ts";

/** The definition, one bit at a time, most significant first: nothing shared with the table. */
function bitByBit(bytes: Uint8Array): number {
  const reverse = (value: bigint, width: number): bigint =>
    BigInt("0b" + [...value.toString(2).padStart(width, "0")].reverse().join(""));
  let register = 0xffff_ffffn;
  for (const byte of bytes) {
    register ^= reverse(BigInt(byte), 8) << 24n;
    for (let bit = 0; bit < 8; bit++) {
      register = register & 0x8000_0000n ? (register << 1n) ^ 0x1_1edc_6f41n : register << 1n;
    }
  }
  return Number(reverse(register ^ 0xffff_ffffn, 32));
}

/** RFC 3720 B.4: a SCSI read command. */
const READ_PDU = fromHex(
  "01c00000000000000000000000000000140000000000040000000014000000182800000000000000" +
    "0200000000000000",
);

Deno.test("CRC-32C: the examples of RFC 3720 B.4", () => {
  const up = Uint8Array.from({ length: 32 }, (_, i) => i);
  equal(crc32c(new Uint8Array(32)), 0x8a9136aa);
  equal(crc32c(new Uint8Array(32).fill(0xff)), 0x62a8ab43);
  equal(crc32c(up), 0x46dd794e);
  equal(crc32c(up.toReversed()), 0x113fdb5c);
  equal(READ_PDU.length, 48);
  equal(crc32c(READ_PDU), 0xd9963a56);
});

Deno.test("CRC-32C: the check value of the catalogue, and nothing at all", () => {
  equal(crc32c(utf8("123456789")), 0xe3069283);
  equal(crc32c(new Uint8Array(0)), 0);
});

Deno.test("CRC-32C: every length and content agrees with the definition", () => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 70 }), (bytes) => {
    equal(crc32c(bytes), bitByBit(bytes));
  }));
});

Deno.test("CRC-32C: a checksum may be gone on with, wherever the bytes are cut", () => {
  const bytes = Uint8Array.from({ length: 100 }, (_, i) => (i * 37) & 255);
  const whole = crc32c(bytes);
  for (let cut = 0; cut <= bytes.length; cut++) {
    equal(crc32c(bytes.subarray(cut), crc32c(bytes.subarray(0, cut))), whole, `cut at ${cut}`);
  }
});

Deno.test("CRC-32C: one flipped bit is always seen", () => {
  const bytes = Uint8Array.from({ length: 40 }, (_, i) => i * 5);
  const whole = crc32c(bytes);
  for (let bit = 0; bit < bytes.length * 8; bit++) {
    const broken = bytes.slice();
    broken[bit >> 3] = (broken[bit >> 3] as number) ^ (1 << (bit & 7));
    equal(crc32c(broken) === whole, false, `bit ${bit}`);
  }
});
