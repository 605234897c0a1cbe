import { deepEqual, equal } from "node:assert/strict";
import fc from "fast-check";

import {
  isHardwareAddress,
  netAttributes,
  spellingOf,
  UUID,
} from "../../src/model/machine_names.ts";

Deno.test("the ports of a node are those of the family, whatever their names", () => {
  fc.assert(fc.property(fc.stringMatching(/^[a-z0-9.]{1,12}$/), (name) => {
    equal(isHardwareAddress(`net.${name}.hwaddr`), true);
    equal(isHardwareAddress(`net.${name}.mtu`), false);
  }));
  equal(isHardwareAddress("net.hwaddr"), true);
  equal(isHardwareAddress("netXhwaddr"), false);
});

Deno.test("the attributes of a leaf are those of all interfaces, and no others", () => {
  const names = [
    "net.hwaddr",
    "net.eth0.hwaddr",
    "net.eth0.100.hwaddr",
    "net.mtu",
    "custom.hwaddr",
  ];
  deepEqual(netAttributes(names, "hwaddr"), names.slice(0, 3));
  deepEqual(netAttributes(["net.a.ipv4_address", "net.a.ipv4_address.x"], "ipv4_address"), [
    "net.a.ipv4_address",
  ]);
});

Deno.test("what means the same is spelled the same; what makes no sense is left out", () => {
  const mac = spellingOf("net.eth0.hwaddr"), address = spellingOf("net.ipv4_address");
  equal(mac("AA-BB-CC-DD-EE-0F"), mac("aabb.ccdd.ee0f"));
  equal(mac("nothing"), undefined);
  equal(address("10.0.0.7/24"), "10.0.0.7");
  equal(address(" 10.0.0.7 "), "10.0.0.7");
  equal(address("fd00::1/64"), undefined);
  equal(spellingOf(UUID)("  4C4C4544-0001 "), "4c4c4544-0001");
});
