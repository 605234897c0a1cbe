import { equal } from "node:assert/strict";
import fc from "fast-check";

import { dialledAddress, hasAddress, interfaceOf } from "../../../src/model/self/own_interface.ts";
import { ALL, ETH0, own } from "./places.ts";

function named(told: string, peer: string, host = "", all = ALL): string | undefined {
  return interfaceOf(all, { told, peer, host })?.name;
}

Deno.test("the interface is the one that the node names, by name or index", () => {
  equal(named("eth1", "fe80::99"), "eth1");
  equal(named("3", "fe80::99"), "eth1");
  equal(named("eth1", "192.168.7.9"), "eth1");
  // Routed: nothing speaks against it.
  equal(named("eth1", "172.16.0.9"), "eth1");
});

Deno.test("a name that is not ours, or another member's, gives way to the node's address", () => {
  equal(named("ens9", "10.0.0.9"), "eth0");
  equal(named("3", "10.0.0.9"), "eth0");
  equal(named("eth0", "fd00:7::9"), "eth1");
  equal(named("", "10.0.0.9"), "eth0");
});

Deno.test("of networks within each other the smaller counts; then what was dialled", () => {
  const all = [...ALL, own(4, "eth2", "10.0.0.129/28")];
  equal(named("", "10.0.0.130", "", all), "eth2");
  equal(named("", "10.0.0.130", "10.0.0.250", all), "eth0");
  equal(named("", "172.16.0.9", "192.168.7.1:443"), "eth1");
  equal(named("", "fe80::99", "[fe80::2%25eth1]:443"), "eth1");
  equal(named("", "172.16.0.9", "m1.example"), undefined);
  equal(named("", "fe80::99"), undefined);
});

Deno.test("what was dialled is read out of a Host header", () => {
  const told: [host: string, address: string | undefined][] = [
    ["10.0.0.1", "10.0.0.1"],
    ["10.0.0.1:443", "10.0.0.1"],
    ["[FE80:0::1]:443", "fe80::1"],
    ["[fe80::1%eth0]", "fe80::1"],
    ["m1.example:443", undefined],
    ["", undefined],
    ["fe80::1", undefined],
    ["[10.0.0.1", undefined],
  ];
  for (const [host, address] of told) equal(dialledAddress(host), address, host);
  equal(hasAddress(ETH0, "fe80::1") && hasAddress(ETH0, "10.1.0.250"), true);
  equal(hasAddress(ETH0, "10.0.0.251"), false);
});

Deno.test("whatever is said, the interface is one of ours or none", () => {
  fc.assert(fc.property(fc.string(), fc.string(), fc.string(), (told, peer, host) => {
    const found = interfaceOf(ALL, { told, peer, host });
    equal(found === undefined || ALL.includes(found), true);
  }));
});
