import { deepEqual, equal } from "node:assert/strict";
import fc from "fast-check";

import { putU16, putU32, u16, u32 } from "../../src/wire/network_order.ts";

Deno.test("the highest byte comes first, and no number is negative", () => {
  const bytes = Uint8Array.of(7, 0xfe, 0xdc, 0xba, 0x98);
  equal(u16(bytes, 1), 0xfedc);
  equal(u32(bytes, 1), 0xfedc_ba98);
});

Deno.test("what is put is read, and nothing beside it changes", () => {
  fc.assert(fc.property(fc.nat(0xffff), fc.nat(0xffff_ffff), (small, large) => {
    const bytes = new Uint8Array(8).fill(0xaa);
    putU16(bytes, 1, small);
    putU32(bytes, 3, large);
    deepEqual([u16(bytes, 1), u32(bytes, 3)], [small, large]);
    deepEqual([bytes[0], bytes[7]], [0xaa, 0xaa]);
  }));
});
