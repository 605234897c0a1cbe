import { deepEqual, equal } from "node:assert/strict";

import { hostnamesOf, networksOf } from "../../../src/model/self/node_network.ts";
import { attributes, ipv4 } from "./places.ts";

Deno.test("networks are told apart by their names, the one without a name first", () => {
  const networks = networksOf(attributes({
    "net.ib10.mtu": "9000",
    "net.ib2.ipv4_method": "dhcp",
    "net.rack.1.ipv4_address": " 10.0.0.7/24 ",
    "net.mtu": "1500",
    "net.ib2.hwaddr": "",
    "network.mtu": "1",
    "dns.domain": "x",
  }));
  deepEqual(networks.map(({ name }) => name), ["", "ib2", "ib10", "rack.1"]);
  const [, ib2, , rack] = networks;
  equal(ib2?.texts.has("hwaddr"), false);
  equal(ib2?.v4.method, "dhcp");
  deepEqual(rack?.v4, {
    method: "static",
    address: ipv4("10.0.0.7"),
    prefix: 24,
    gateway: undefined,
  });
});

Deno.test("what is only for firmware is static for the system", () => {
  const methods = ["static", "dhcp", "firmwaredhcp", "firmwarenone", "none", "nonsense"];
  const told = methods.map((method) =>
    networksOf(attributes({ "net.ipv4_method": method }))[0]?.v4.method
  );
  deepEqual(told, ["static", "dhcp", "static", "static", "none", "static"]);
});

Deno.test("host names stand with commas or spaces between", () => {
  const [network] = networksOf(attributes({ "net.hostname": "a, b  c,,d" }));
  deepEqual(network && hostnamesOf(network), ["a", "b", "c", "d"]);
});
