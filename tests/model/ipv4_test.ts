import assert from "node:assert/strict";
import fc from "fast-check";

import {
  broadcastOf,
  interface4Of,
  ipv4Of,
  ipv4Text,
  isWithin,
  maskOf,
  networkOf,
  networkText,
  sameNetwork,
} from "../../src/model/ipv4.ts";

const address = fc.nat({ max: 0xffff_ffff });

Deno.test("an address is read as it is told", () => {
  fc.assert(fc.property(address, (one) => assert.equal(ipv4Of(ipv4Text(one)), one)));
  assert.equal(ipv4Of("10.77.0.11"), 0x0a4d_000b);
  assert.equal(ipv4Text(0xffff_ffff), "255.255.255.255");
});

for (const text of ["", "1.2.3", "1.2.3.4.5", "256.1.1.1", "01.2.3.4", "1.2.3.x", " 1.2.3.4"]) {
  Deno.test(`"${text}" is no address`, () => assert.equal(ipv4Of(text), undefined));
}

Deno.test("an address is in its own network and no other of that length", () => {
  fc.assert(fc.property(address, fc.integer({ min: 0, max: 32 }), (one, prefix) => {
    const network = networkOf(one, prefix);
    assert.ok(isWithin(network, one) && isWithin(network, network.address));
    assert.ok(isWithin(network, broadcastOf(network)));
    const outside = (network.address ^ (1 << (32 - Math.max(1, prefix)))) >>> 0;
    if (prefix > 0) assert.ok(!isWithin(network, outside));
  }));
});

Deno.test("masks run from nothing to all", () => {
  assert.deepEqual([0, 1, 16, 31, 32].map((prefix) => ipv4Text(maskOf(prefix))), [
    "0.0.0.0",
    "128.0.0.0",
    "255.255.0.0",
    "255.255.255.254",
    "255.255.255.255",
  ]);
});

Deno.test("an interface is an address and a prefix", () => {
  const told = interface4Of("10.77.1.50/16");
  assert.deepEqual(told, { address: 0x0a4d_0132, network: networkOf(0x0a4d_0132, 16) });
  assert.equal(told && networkText(told.network), "10.77.0.0/16");
  for (const text of ["10.0.0.1", "10.0.0.1/", "10.0.0.1/33", "10.0.0.1/8/8", "10.0.0.1/-1"]) {
    assert.equal(interface4Of(text), undefined, text);
  }
});

Deno.test("networks are the same by address and prefix", () => {
  assert.ok(sameNetwork(networkOf(0x0a00_0001, 8), networkOf(0x0aff_0001, 8)));
  assert.ok(!sameNetwork(networkOf(0x0a00_0001, 8), networkOf(0x0a00_0001, 9)));
});
