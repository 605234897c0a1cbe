import { deepEqual, equal } from "node:assert/strict";

import fc from "fast-check";

import { ipv4Text, isWithin, networkText } from "../../src/model/ipv4.ts";
import {
  addressingOf,
  attributeOf,
  type Segment,
  segmentText,
} from "../../src/netboot/addressing.ts";
import { bootNodeOf } from "../../src/netboot/boot_node.ts";
import { interface4, ip, MAC } from "./boot_stage.ts";

const OTHER_MAC = "52:54:00:00:00:02";

function direct(...locals: string[]): Segment {
  return { kind: "direct", networks: locals.map((local) => interface4(local).network) };
}

function routed(address: string): Segment {
  return { kind: "routed", address: ip(address) };
}

const HERE = direct("10.0.0.11/24");

/** `10.0.0.50/24 by 10.0.0.1 mtu 9000, static`, or `static: why there is none`. */
function addressed(
  texts: Readonly<Record<string, string>>,
  segment: Segment = HERE,
  { mac = MAC, ofName }: { readonly mac?: string; readonly ofName?: string } = {},
): string {
  const node = bootNodeOf("n1", new Map(Object.entries(texts)));
  const found = addressingOf(node, mac, segment, ofName === undefined ? undefined : ip(ofName));
  const { address, gateway, mtu, method, why } = found;
  if (address === undefined) {
    deepEqual([gateway, mtu], [undefined, undefined]);
    return `${method}: ${why}`;
  }
  equal(why, undefined);
  return `${ipv4Text(address.address)} in ${networkText(address.network)}` +
    (gateway === undefined ? "" : ` by ${ipv4Text(gateway)}`) +
    (mtu === undefined ? "" : ` mtu ${mtu}`) + `, ${method}`;
}

const ETH0 = { "net.eth0.hwaddr": MAC, "net.eth0.ipv4_address": "10.0.0.50/24" };

Deno.test("the entry that has the hardware address speaks for it", () => {
  equal(addressed(ETH0), "10.0.0.50 in 10.0.0.0/24, static");
  equal(
    addressed({
      ...ETH0,
      "net.eth0.ipv4_gateway": "10.0.0.1",
      "net.eth0.mtu": "9000",
      "net.eth0.ipv4_method": "firmwaredhcp",
      "net.eth1.ipv4_address": "10.0.0.60/24",
      "net.ipv4_address": "10.0.0.70/24",
    }),
    "10.0.0.50 in 10.0.0.0/24 by 10.0.0.1 mtu 9000, firmwaredhcp",
  );
});

Deno.test("the prefix is that of the interface, whatever the attribute says", () => {
  for (const address of ["10.0.0.50", "10.0.0.50/8", "10.0.0.50/32"]) {
    const texts = { ...ETH0, "net.eth0.ipv4_address": address };
    equal(addressed(texts), "10.0.0.50 in 10.0.0.0/24, static");
  }
});

Deno.test("a gateway that is out of the network is none", () => {
  equal(addressed({ ...ETH0, "net.eth0.ipv4_gateway": "10.0.1.1" }), addressed(ETH0));
  const wide = { ...ETH0, "net.eth0.ipv4_address": "10.0.0.50/16" };
  const gateway = { "net.eth0.ipv4_gateway": "10.0.1.1" };
  equal(addressed({ ...wide, ...gateway }), "10.0.0.50 in 10.0.0.0/24, static");
  equal(
    addressed({ ...wide, ...gateway }, routed("10.0.7.1")),
    "10.0.0.50 in 10.0.0.0/16 by 10.0.1.1, static",
  );
});

Deno.test("of an interface with two networks, the one that the address is in", () => {
  const two = direct("10.0.0.11/24", "10.1.0.11/16");
  equal(addressed(ETH0, two), "10.0.0.50 in 10.0.0.0/24, static");
  const other = { ...ETH0, "net.eth0.ipv4_address": "10.1.2.3" };
  equal(addressed(other, two), "10.1.2.3 in 10.1.0.0/16, static");
  const none = { ...ETH0, "net.eth0.ipv4_address": "10.2.0.1" };
  equal(
    addressed(none, two),
    "static: n1 has no address in 10.0.0.0/24 and 10.1.0.0/16: net.eth0.ipv4_address is " +
      "10.2.0.1, which is elsewhere; set it to one there",
  );
});

Deno.test("of networks within each other the smallest, in any order", () => {
  const networks = ["10.0.0.11/8", "10.0.0.12/24", "10.0.0.13/16"];
  equal(addressed(ETH0, direct(...networks)), "10.0.0.50 in 10.0.0.0/24, static");
  equal(addressed(ETH0, direct(...networks.toReversed())), "10.0.0.50 in 10.0.0.0/24, static");
});

Deno.test("behind a relay the attribute's prefix is needed, and the relay must be within", () => {
  equal(addressed(ETH0, routed("10.0.0.1")), "10.0.0.50 in 10.0.0.0/24, static");
  equal(
    addressed(ETH0, routed("10.0.1.1")),
    "static: n1 has no address in the network of 10.0.1.1: net.eth0.ipv4_address is 10.0.0.50, " +
      "which is elsewhere; set it to one there",
  );
  equal(
    addressed({ ...ETH0, "net.eth0.ipv4_address": "10.0.0.50" }, routed("10.0.0.1")),
    "static: n1 has no address in the network of 10.0.0.1: net.eth0.ipv4_address has no prefix, " +
      "which is needed behind a relay: 10.0.0.50/24, say",
  );
});

Deno.test("one port in several VLANs: the entry that is of the segment", () => {
  const vlans = {
    "net.a.hwaddr": MAC,
    "net.a.ipv4_address": "10.5.0.50/24",
    "net.a.ipv4_method": "none",
    "net.b.hwaddr": MAC,
    "net.b.ipv4_address": "10.0.0.50/24",
    "net.b.ipv4_method": "firmwaredhcp",
  };
  equal(addressed(vlans), "10.0.0.50 in 10.0.0.0/24, firmwaredhcp");
  equal(addressed(vlans, routed("10.5.0.1")), "10.5.0.50 in 10.5.0.0/24, none");
  equal(
    addressed({ ...vlans, "net.a.ipv4_address": "10.0.0.51/24" }),
    "none: net.a.ipv4_address and net.b.ipv4_address both have an address there: " +
      "which one is meant?",
  );
});

Deno.test("its own address is elsewhere: another entry's that has no hardware address", () => {
  const elsewhere = { ...ETH0, "net.eth0.ipv4_address": "10.9.0.50/24" };
  const free = { "net.ipv4_address": "10.0.0.60", "net.ipv4_method": "dhcp" };
  equal(addressed({ ...elsewhere, ...free }), "10.0.0.60 in 10.0.0.0/24, dhcp");
  // What its own entry says of the method holds.
  const told = { "net.eth0.ipv4_method": "firmwarenone" };
  equal(addressed({ ...elsewhere, ...free, ...told }), "10.0.0.60 in 10.0.0.0/24, firmwarenone");
  const taken = { "net.eth1.hwaddr": OTHER_MAC, "net.eth1.ipv4_address": "10.0.0.60/24" };
  equal(
    addressed({ ...elsewhere, ...taken }),
    "static: n1 has no address in 10.0.0.0/24: net.eth0.ipv4_address is 10.9.0.50, which is " +
      "elsewhere; set it to one there; net.eth1.ipv4_address is there for another hardware " +
      `address, ${OTHER_MAC}`,
  );
});

Deno.test("of two that could be meant, none is, and both are named", () => {
  equal(
    addressed({
      "net.eth0.hwaddr": MAC,
      "net.eth0.ipv4_method": "firmwaredhcp",
      "net.eth1.ipv4_address": "10.0.0.60/24",
      "net.ipv4_address": "10.0.0.70/24",
    }),
    "firmwaredhcp: net.ipv4_address and net.eth1.ipv4_address both have an address there: " +
      "which one is meant?",
  );
});

Deno.test("known by its UUID, the entries without a hardware address count alone", () => {
  const byUuid = { mac: "" };
  equal(
    addressed(ETH0, HERE, byUuid),
    "static: n1 has no address in 10.0.0.0/24: net.eth0.ipv4_address is there for another " +
      `hardware address, ${MAC}`,
  );
  const free = { "net.eth1.ipv4_address": "10.0.0.60/24", "net.eth1.ipv4_method": "firmwarenone" };
  equal(addressed({ ...ETH0, ...free }, HERE, byUuid), "10.0.0.60 in 10.0.0.0/24, firmwarenone");
  equal(
    addressed({ "net.ipv4_method": "firmwaredhcp" }, HERE, byUuid),
    "firmwaredhcp: n1 has no address, and none is known by that name: set net.ipv4_address to " +
      "one in 10.0.0.0/24",
  );
});

Deno.test("the address of its name counts where no attribute has one, and on its link", () => {
  const bare = { "net.eth0.hwaddr": MAC, "net.eth0.ipv4_gateway": "10.0.0.1" };
  const ofName = { ofName: "10.0.0.99" };
  equal(addressed(bare, HERE, ofName), "10.0.0.99 in 10.0.0.0/24 by 10.0.0.1, static");
  equal(addressed(ETH0, HERE, ofName), "10.0.0.50 in 10.0.0.0/24, static");
  equal(
    addressed(bare, HERE, { ofName: "10.9.0.99" }),
    "static: the name alone comes to 10.9.0.99, which is not in 10.0.0.0/24: set " +
      "net.ipv4_address to one in 10.0.0.0/24",
  );
  equal(
    addressed(bare, routed("10.0.0.1"), ofName),
    "static: the name alone comes to 10.0.0.99, without a prefix, which is needed behind a " +
      "relay: set net.ipv4_address to one in the network of 10.0.0.1, with its prefix",
  );
  const elsewhere = { ...bare, "net.eth1.ipv4_address": "10.9.0.1/24" };
  equal(
    addressed(elsewhere, HERE, ofName),
    "static: n1 has no address in 10.0.0.0/24: net.eth1.ipv4_address is 10.9.0.1, which is " +
      "elsewhere; set it to one there",
  );
});

Deno.test("an address that no host can have is nobody's, and it is told so", () => {
  for (const [address, segment] of [["10.0.0.0", HERE], ["10.0.0.255/24", HERE]] as const) {
    const texts = { ...ETH0, "net.eth0.ipv4_address": address };
    equal(
      addressed(texts, segment),
      `static: n1 has no address in 10.0.0.0/24: net.eth0.ipv4_address is ${
        address.split("/")[0]
      }, which no host in it can have`,
    );
  }
  const wide = { ...ETH0, "net.eth0.ipv4_address": "10.0.255.255/16" };
  equal(addressed(wide, routed("10.0.0.1")).includes("which no host in it can have"), true);
  // Two hosts of their own (RFC 3021).
  const two = { ...ETH0, "net.eth0.ipv4_address": "10.0.0.0" };
  equal(addressed(two, direct("10.0.0.1/31")), "10.0.0.0 in 10.0.0.0/31, static");
});

Deno.test("an address that makes no sense is told in place of one that is not set", () => {
  equal(
    addressed({ "net.eth0.hwaddr": MAC, "net.eth0.ipv4_address": "10.0.0.300/40" }),
    'static: n1 has no address: net.eth0.ipv4_address: "10.0.0.300/40" makes no sense: wanted ' +
      "an address, as 10.0.0.7/24",
  );
});

Deno.test("attributes and segments in words", () => {
  const [bare, eth0] = bootNodeOf("n1", new Map([["net.mtu", "1500"], ["net.eth0.mtu", "1500"]]))
    .entries;
  deepEqual([bare, eth0].map((entry) => entry && attributeOf(entry, "hwaddr")), [
    "net.hwaddr",
    "net.eth0.hwaddr",
  ]);
  equal(segmentText(HERE), "10.0.0.0/24");
  equal(segmentText(routed("10.0.0.1")), "the network of 10.0.0.1");
});

Deno.test("what is given is the node's, lies in the segment, and so does its gateway", () => {
  const address = fc.constantFrom("10.0.0.50", "10.0.0.51/24", "10.0.1.50/16", "10.9.0.1/8", "x");
  const leaf = fc.oneof(
    fc.tuple(fc.constant("hwaddr"), fc.constantFrom(MAC, OTHER_MAC)),
    fc.tuple(fc.constant("ipv4_address"), address),
    fc.tuple(fc.constant("ipv4_gateway"), fc.constantFrom("10.0.0.1", "10.1.0.1")),
  );
  const attribute = fc.tuple(fc.constantFrom("net.", "net.eth0.", "net.eth1."), leaf)
    .map(([net, [name, text]]): [string, string] => [net + name, text]);
  const segment = fc.constantFrom(
    HERE,
    direct("10.0.0.11/24", "10.0.0.11/16"),
    routed("10.0.0.1"),
    routed("10.3.0.1"),
  );
  fc.assert(
    fc.property(fc.array(attribute), segment, fc.constantFrom(MAC, ""), (texts, where, mac) => {
      const node = bootNodeOf("n1", new Map(texts));
      const { address, gateway, why } = addressingOf(node, mac, where, undefined);
      equal(address === undefined, why !== undefined);
      if (address === undefined) return;
      const holders = node.entries.filter((entry) => entry.address?.address === address.address);
      equal(holders.some((entry) => entry.mac === undefined || entry.mac === mac), true);
      equal(isWithin(address.network, address.address), true);
      if (gateway !== undefined) equal(isWithin(address.network, gateway), true);
      if (where.kind === "routed") equal(isWithin(address.network, where.address), true);
      else equal(where.networks.includes(address.network), true);
    }),
    { numRuns: 1_000 },
  );
});
