import assert from "node:assert/strict";

import { macOf, macText } from "../../src/model/hardware_address.ts";

for (
  const typed of ["AA:bb:0C:dd:ee:01", "aa-bb-0c-dd-ee-01", "aabb.0cdd.ee01", " aabb0cddee01 "]
) {
  Deno.test(`"${typed}" is one and the same`, () =>
    assert.equal(macOf(typed), "aa:bb:0c:dd:ee:01"));
}

for (const typed of ["", "aa:bb:cc:dd:ee", "aa:bb:cc:dd:ee:0g", "aa:bb:cc:dd:ee:ff:00"]) {
  Deno.test(`"${typed}" is none`, () => assert.equal(macOf(typed), undefined));
}

Deno.test("longer ones are taken: EUI-64 and InfiniBand", () => {
  assert.equal(macOf("00".repeat(8))?.length, 23);
  assert.equal(macOf("00".repeat(20))?.length, 59);
});

Deno.test("bytes become what a typed one becomes", () => {
  assert.equal(macText(Uint8Array.of(0xaa, 0xbb, 0x0c, 0xdd, 0xee, 1)), "aa:bb:0c:dd:ee:01");
  assert.equal(macText(new Uint8Array()), "");
});
