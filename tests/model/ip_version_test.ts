import { deepEqual, equal } from "node:assert/strict";

import { around, placedOf, V4, V6 } from "../../src/model/ip_version.ts";
import { ipv4Of } from "../../src/model/ipv4.ts";

Deno.test("addresses are read with their prefix and without", () => {
  deepEqual(placedOf(V4, "10.0.0.7"), { address: ipv4Of("10.0.0.7"), prefix: undefined });
  deepEqual(placedOf(V4, "10.0.0.7/33"), { address: ipv4Of("10.0.0.7"), prefix: undefined });
  deepEqual(placedOf(V6, "::1/128"), { address: 1n, prefix: 128 });
  equal(placedOf(V4, "n1/24"), undefined);
  equal(placedOf(V4, ""), undefined);
});

Deno.test("of the networks around an address the smallest counts", () => {
  const prefixOf = (address: string, ...networks: string[]): number | undefined => {
    const placed = networks.map((text) => {
      const { address = 0n, prefix = 0 } = placedOf(V6, text) ?? {};
      return { address, prefix };
    });
    return around(V6, placed, V6.of(address) ?? 0n)?.prefix;
  };
  equal(prefixOf("fd00::7", "fd00::1/16", "fd00::1/64", "fd00:1::/64"), 64);
  equal(prefixOf("fd01::7", "fd00::1/16"), undefined);
  equal(prefixOf("fd01::7"), undefined);
});
