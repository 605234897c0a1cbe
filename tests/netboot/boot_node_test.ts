import { deepEqual, equal } from "node:assert/strict";

import fc from "fast-check";

import { MAX_SERVERS_TOLD } from "../../src/base/boot_limits.ts";
import { ipv4Text, networkText } from "../../src/model/ipv4.ts";
import {
  type BootNode,
  bootNodeOf,
  LOCKDOWN,
  mattersToBoot,
  type NetEntry,
} from "../../src/netboot/boot_node.ts";

function nodeOf(texts: Readonly<Record<string, string>>): BootNode {
  return bootNodeOf("n1", new Map(Object.entries(texts)));
}

/** `eth0 52:54:00:00:00:01 static 10.0.0.50 in 10.0.0.0/24 by 10.0.0.1 mtu 9000`. */
function entryText({ name, mac, method, address, gateway, mtu }: NetEntry): string {
  const parts = [
    name === "" ? "(no name)" : name,
    mac,
    method,
    address && ipv4Text(address.address),
    address?.own && `in ${networkText(address.own.network)}`,
    gateway && `by ${ipv4Text(gateway)}`,
    mtu && `mtu ${mtu}`,
  ];
  return parts.filter((part) => part !== undefined).join(" ");
}

const ENTRIES: readonly (readonly [string, Readonly<Record<string, string>>, readonly string[]])[] =
  [
    ["all of an interface", {
      "net.eth0.hwaddr": "52-54-00-AA-00-01",
      "net.eth0.ipv4_method": "firmwaredhcp",
      "net.eth0.ipv4_address": " 10.0.0.50/24 ",
      "net.eth0.ipv4_gateway": "10.0.0.1",
      "net.eth0.mtu": "9000",
    }, ["eth0 52:54:00:aa:00:01 firmwaredhcp 10.0.0.50 in 10.0.0.0/24 by 10.0.0.1 mtu 9000"]],
    ["the one without a name, and one with a dot in its name", {
      "net.eth0.100.hwaddr": "525400aa0002",
      "net.hwaddr": "5254.00aa.0001",
      "net.ipv4_address": "10.0.0.50",
    }, ["(no name) 52:54:00:aa:00:01 10.0.0.50", "eth0.100 52:54:00:aa:00:02"]],
    ["what boot does not care for, and what is empty", {
      "net.eth0.interface_names": "eth0",
      "net.eth1.ipv4_address": "  ",
      "net.eth2.constructor": "x",
      "net.eth3.__proto__": "x",
      "networking.hwaddr": "525400aa0002",
    }, []],
    ["InfiniBand", {
      "net.ib0.hwaddr": "80:00:02:08:fe:80:00:00:00:00:00:00:24:8a:07:03:00:aa:bb:cc",
    }, ["ib0 80:00:02:08:fe:80:00:00:00:00:00:00:24:8a:07:03:00:aa:bb:cc"]],
  ];

for (const [name, texts, entries] of ENTRIES) {
  Deno.test(`a node's interfaces: ${name}`, () => {
    deepEqual(nodeOf(texts).entries.map(entryText), entries);
    deepEqual(nodeOf(texts).faults, []);
  });
}

Deno.test("what makes no sense counts as unset, and is told", () => {
  const { entries, faults } = nodeOf({
    "net.eth0.hwaddr": "52:54:00:00:00",
    "net.eth0.ipv4_method": "dhcp6",
    "net.eth0.ipv4_address": "10.0.0.500/24",
    "net.eth0.ipv4_gateway": "10.0.0.1/24",
    "net.eth0.mtu": "67",
    "net.eth1.ipv4_address": "10.0.0.50/33",
    "net.eth1.mtu": "65536",
    "net.eth2.mtu": "x".repeat(100),
  });
  deepEqual(entries.map(entryText), ["eth0", "eth1", "eth2"]);
  deepEqual(faults, [
    'net.eth0.hwaddr: "52:54:00:00:00" makes no sense: ' +
    "wanted a hardware address, as 52:54:00:0a:0b:0c",
    'net.eth0.ipv4_method: "dhcp6" makes no sense: ' +
    "wanted static, dhcp, firmwaredhcp, firmwarenone, none",
    'net.eth0.ipv4_address: "10.0.0.500/24" makes no sense: ' +
    "wanted an address, as 10.0.0.7/24",
    'net.eth0.ipv4_gateway: "10.0.0.1/24" makes no sense: ' +
    "wanted an address, as 10.0.0.1",
    'net.eth0.mtu: "67" makes no sense: ' +
    "wanted a number of bytes, 68 to 65535",
    'net.eth1.ipv4_address: "10.0.0.50/33" makes no sense: ' +
    "wanted an address, as 10.0.0.7/24",
    'net.eth1.mtu: "65536" makes no sense: ' +
    "wanted a number of bytes, 68 to 65535",
    `net.eth2.mtu: "${"x".repeat(64)}" makes no sense: wanted a number of bytes, 68 to 65535`,
  ]);
});

Deno.test("a profile is pending, or it is told why none is", () => {
  const profiles = (pending: string, staged: string, completed: string): string[] => {
    const node = nodeOf({
      "deployment.pendingprofile": pending,
      "deployment.stagedprofile": staged,
      "deployment.profile": completed,
    });
    return [node.pending, node.notPending];
  };
  equal(profiles("alma", "rocky", "debian")[0], "alma");
  deepEqual(profiles("", "rocky", "debian"), ["", "rocky is staged: it boots from disk"]);
  deepEqual(profiles("", "", "debian"), ["", "debian is deployed: it boots from disk"]);
  deepEqual(profiles("", "", " "), ["", "no profile is pending: it boots from disk"]);
});

Deno.test("the policy is firmware unless told otherwise, and the strictest of several", () => {
  const told = ["", "firmware", "always", "never", "firmware,always", "never,always", "nonsense"];
  deepEqual(
    told.map((text) => nodeOf({ "deployment.useinsecureprotocols": text }).policy),
    ["firmware", "firmware", "always", "never", "firmware", "never", "never"],
  );
});

Deno.test("servers are told by address, so many of them; names are for the system", () => {
  const many = Array.from({ length: MAX_SERVERS_TOLD + 3 }, (_, i) => `10.0.1.${i}`);
  const { dnsServers, ntpServers, domain } = nodeOf({
    "dns.servers": "10.0.0.1, 10.0.0.2,fd00::1,dns.example",
    "ntp.servers": ["ntp.example.com", ...many].join(","),
    "dns.domain": " cluster.example ",
  });
  deepEqual(dnsServers.map(ipv4Text), ["10.0.0.1", "10.0.0.2"]);
  deepEqual(ntpServers.map(ipv4Text), many.slice(0, MAX_SERVERS_TOLD));
  equal(domain, "cluster.example");
});

Deno.test("what is no address, domain or UUID is told, and is not handed to clients", () => {
  const told = (texts: Readonly<Record<string, string>>): unknown[] => {
    const { dnsServers, domain, uuid, faults } = nodeOf(texts);
    return [dnsServers.length, domain, uuid, faults.length];
  };
  deepEqual(told({ "dns.servers": "10.0.0.300,ns.example,fd00::1" }), [0, "", "", 1]);
  for (const domain of ["a b", "a\u001b[31m", "$(reboot)", "a;b", "-a", "`id`"]) {
    deepEqual(told({ "dns.domain": domain }), [0, "", "", 1], domain);
  }
  deepEqual(told({ "dns.domain": "Cluster-1.example." }), [0, "Cluster-1.example.", "", 0]);
  const uuid = "4C4C4544-0042-3510-8054-B7C04F4E3132";
  deepEqual(told({ "id.uuid": uuid }), [0, "", uuid.toLowerCase(), 0]);
  for (const wrong of ["00000000-0000-0000-0000-000000000000", "4c4c4544"]) {
    deepEqual(told({ "id.uuid": wrong }), [0, "", "", 1]);
  }
  const broken = ["net.mtu comes to nothing: no such value"];
  deepEqual(bootNodeOf("n1", new Map(), broken).faults, broken);
});

Deno.test("only the word strict locks down", () => {
  const told = ["strict", " strict ", "", "Strict", "no"];
  deepEqual(told.map((text) => nodeOf({ [LOCKDOWN]: text }).isLockedDown), [
    true,
    true,
    false,
    false,
    false,
  ]);
});

Deno.test("what is read matters, and what does not matter is not read", () => {
  const attribute = fc.constantFrom(
    "net.hwaddr",
    "net.eth0.hwaddr",
    "net.eth0.ipv4_address",
    "net.ipv4_method",
    "net.eth0.ipv4_gateway",
    "net.eth0.mtu",
    "dns.servers",
    "dns.domain",
    "ntp.servers",
    "deployment.pendingprofile",
    "deployment.stagedprofile",
    "deployment.profile",
    "deployment.useinsecureprotocols",
    "collective.lockdown",
    "collective.manager",
    "hardwaremanagement.manager",
    "id.uuid",
    "custom.net.hwaddr",
    "networks",
  );
  const text = fc.constantFrom("", "strict", "10.0.0.1/24", "always", "52:54:00:00:00:01", "1500");
  fc.assert(fc.property(fc.dictionary(attribute, text), (texts) => {
    const read = Object.entries(texts).filter(([name]) => mattersToBoot(name));
    deepEqual(nodeOf(texts), nodeOf(Object.fromEntries(read)));
  }));
});

Deno.test("the order of attributes does not matter, and any text is taken", () => {
  const attribute = fc.tuple(
    fc.constantFrom("net.", "net.eth0.", "net.eth1.", "dns.", "deployment."),
    fc.constantFrom("hwaddr", "ipv4_address", "ipv4_method", "mtu", "servers", "pendingprofile"),
  ).map((parts) => parts.join(""));
  const texts = fc.uniqueArray(fc.tuple(attribute, fc.string({ unit: "binary" })), {
    selector: ([name]) => name,
  });
  fc.assert(fc.property(texts, (all) => {
    const { faults: one, ...node } = bootNodeOf("n1", new Map(all));
    const { faults: other, ...turned } = bootNodeOf("n1", new Map(all.toReversed()));
    deepEqual(node, turned);
    deepEqual(one.toSorted(), other.toSorted());
  }));
});
