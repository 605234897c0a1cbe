import { deepEqual, equal } from "node:assert/strict";

import {
  namesToLookUp,
  networkConfig,
  type NetworkFacts,
} from "../../../src/model/self/network_config.ts";
import { networksOf } from "../../../src/model/self/node_network.ts";
import { flatYaml } from "../../../src/wire/flat_yaml.ts";
import { ALL, at, attributes, ETH1, ipv4 } from "./places.ts";

type Values = Readonly<Record<string, string>>;

function config(values: Values, more: Partial<NetworkFacts> = {}): Record<string, unknown> {
  const facts = { ...at(), interfaces: ALL, ofNames: new Map(), ...more };
  return networkConfig("n1", networksOf(attributes(values)), facts);
}

/** Without what is undefined, as it is sent. */
function sent(values: Values, more: Partial<NetworkFacts> = {}): unknown {
  return JSON.parse(JSON.stringify(config(values, more)));
}

Deno.test("all that is set of a network is told", () => {
  equal(
    flatYaml(config({
      "net.ipv4_address": "10.0.0.7",
      "net.ipv4_gateway": "10.0.0.1",
      "net.hwaddr": "52:54:00:ab:cd:ef",
      "net.ib.ipv4_address": "10.9.0.7/20",
      "net.ib.ipv6_address": "fd00:9::7/56",
      "net.ib.ipv6_gateway": "fd00:9::1",
      "net.ib.connection_name": "fabric",
      "net.ib.interface_names": "ib0,ib1",
      "net.ib.vlan_id": "7",
      "net.ib.mtu": "9000",
      "net.ib.team_mode": "lacp",
      "net.ib.extra_settings": "a=b",
    })),
    [
      ...["default:", "  ipv4_method: static", "  ipv4_address: 10.0.0.7/24"],
      ...["  ipv4_netmask: 255.255.255.0", "  ipv4_gateway: 10.0.0.1"],
      ...["  hwaddr: 52:54:00:ab:cd:ef", "  current_nic: true", "extranets:", "  ib:"],
      ...["    ipv4_method: static", "    ipv4_address: 10.9.0.7/20"],
      ...["    ipv4_netmask: 255.255.240.0", "    ipv6_method: static"],
      ...["    ipv6_address: fd00:9::7/56", "    ipv6_gateway: fd00:9::1"],
      ...["    connection_name: fabric", "    interface_names: ib0,ib1", "    vlan_id: '7'"],
      ...["    mtu: 9000", "    team_mode: lacp", "    extra_settings: a=b"],
      ...["    current_nic: false", ""],
    ].join("\n"),
  );
});

Deno.test("the prefix is of the member's network, else of the attribute, else a usual one", () => {
  const told = sent({
    "net.a.ipv4_address": "10.0.0.7/8",
    "net.b.ipv4_address": "172.16.0.7/12",
    "net.c.ipv4_address": "172.17.0.7",
    "net.d.ipv6_address": "fd00:8::7",
  });
  const { extranets } = told as { extranets: Record<string, Record<string, string>> };
  deepEqual(Object.values(extranets).map((one) => one["ipv4_address"] ?? one["ipv6_address"]), [
    ...["10.0.0.7/24", "172.16.0.7/12", "172.17.0.7/16", "fd00:8::7/64"],
  ]);
});

Deno.test("a network without an address is left out, and so is the controller's", () => {
  deepEqual(
    sent({
      "net.a.mtu": "1500",
      "net.b.ipv4_method": "none",
      "net.b.ipv4_address": "10.0.0.7/24",
      "net.bmc.ipv4_address": "10.0.0.107/24",
      "net.d.ipv4_method": "dhcp",
      "net.d.mtu": "much",
    }, { ofController: new Set(["10.0.0.107"]) }),
    {
      default: { ipv4_method: "dhcp", current_nic: false },
      extranets: { d: { ipv4_method: "dhcp", current_nic: false } },
    },
  );
});

Deno.test("names stand for addresses, each for one network", () => {
  const values = {
    "net.hostname": "",
    "net.mtu": "1500",
    "net.ib.hostname": "n1-ib other",
    "net.ib2.hostname": "n1-ib",
    "net.x.ipv4_address": "10.0.0.9",
    "net.y.ipv4_method": "dhcp",
    "net.z.mtu": "1500",
  };
  const names = namesToLookUp("n1", networksOf(attributes(values)));
  deepEqual([...names], [["", "n1"], ["ib", "n1-ib"]]);
  const ofNames = new Map([["n1", ipv4("10.0.0.7")], ["n1-ib", ipv4("10.9.0.7")]]);
  const { default: own, extranets } = config(values, { ofNames }) as {
    default: Record<string, unknown>;
    extranets: Record<string, Record<string, unknown>>;
  };
  equal(own["ipv4_address"], "10.0.0.7/24");
  deepEqual(Object.keys(extranets), ["ib", "x", "y"]);
  equal(extranets["ib"]?.["ipv4_address"], "10.9.0.7/16");
});

Deno.test("who has named networks alone stands, by default, where it asks", () => {
  const values = { "net.a.ipv4_address": "10.9.0.7/24", "net.b.ipv4_address": "10.8.0.7/24" };
  deepEqual(
    sent(values, { ofName: ipv4("192.168.7.9"), on: ETH1, peer: "192.168.7.9" }),
    {
      default: {
        ...{ ipv4_method: "static", ipv4_address: "192.168.7.9/24" },
        ...{ ipv4_netmask: "255.255.255.0", current_nic: true },
      },
      extranets: {
        a: {
          ...{ ipv4_method: "static", ipv4_address: "10.9.0.7/24" },
          ...{ ipv4_netmask: "255.255.255.0", current_nic: false },
        },
        b: {
          ...{ ipv4_method: "static", ipv4_address: "10.8.0.7/24" },
          ...{ ipv4_netmask: "255.255.255.0", current_nic: false },
        },
      },
    },
  );
  const near = config({ "net.a.ipv4_address": "10.0.0.7/24" }, { peer: "10.0.0.7" });
  deepEqual(Object.keys(near), ["extranets"], "it is told already");
  equal(flatYaml(config({})), "extranets: {}\n");
});
