import { equal } from "node:assert/strict";

import { hostAddressText } from "../../src/model/host_address.ts";

Deno.test("addresses of both versions are written as each is", () => {
  equal(hostAddressText({ family: 4, address: 0x0a00_0032 }), "10.0.0.50");
  equal(hostAddressText({ family: 6, address: (0xfe80n << 112n) + 1n }), "fe80::1");
});
