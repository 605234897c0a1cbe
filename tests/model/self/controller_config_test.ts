import { deepEqual, equal } from "node:assert/strict";

import type { Ipv4 } from "../../../src/model/ipv4.ts";
import {
  controllerAddress,
  controllerConfig,
  controllerOf,
} from "../../../src/model/self/controller_config.ts";
import { networksOf } from "../../../src/model/self/node_network.ts";
import { flatYaml } from "../../../src/wire/flat_yaml.ts";
import { ALL, attributes, ipv4 } from "./places.ts";

function told(values: Readonly<Record<string, string>>, address: Ipv4 | undefined): string {
  const texts = attributes(values);
  return flatYaml(controllerConfig(texts, networksOf(texts), ALL, address));
}

const MANAGER = "hardwaremanagement.manager";

Deno.test("the controller has the prefix of the network that it is in", () => {
  equal(
    told({
      [MANAGER]: "10.0.0.107",
      "hardwaremanagement.port": "1",
      "hardwaremanagement.vlan": "77",
    }, ipv4("10.0.0.107")),
    "bmcport: '1'\nbmcvlan: '77'\nbmcipv4: 10.0.0.107\nprefixv4: 24\nbmcgw: null\n",
  );
  equal(
    told({ [MANAGER]: "10.1.9.9" }, ipv4("10.1.9.9")),
    "bmcipv4: 10.1.9.9\nprefixv4: 16\nbmcgw: null\n",
  );
});

Deno.test("its own prefix comes first; else a network of the node's; else nobody knows", () => {
  equal(
    told({ [MANAGER]: "10.0.0.107/22", "net.ipv4_gateway": "10.0.1.1" }, ipv4("10.0.0.107")),
    "bmcipv4: 10.0.0.107\nprefixv4: 22\nbmcgw: 10.0.1.1\n",
  );
  equal(
    told({
      [MANAGER]: "172.20.0.107",
      "net.bmc.ipv4_address": "172.20.0.107/20",
      "net.bmc.ipv4_gateway": "172.20.0.1",
      "net.ipv4_gateway": "10.0.0.1",
    }, ipv4("172.20.0.107")),
    "bmcipv4: 172.20.0.107\nprefixv4: 20\nbmcgw: 172.20.0.1\n",
  );
  equal(
    told({ [MANAGER]: "172.20.0.107", "net.ipv4_gateway": "172.20.0.1" }, ipv4("172.20.0.107")),
    "bmcipv4: 172.20.0.107\nprefixv4: null\nbmcgw: null\n",
  );
});

Deno.test("of one without an IPv4 address the rest is told", () => {
  equal(told({ [MANAGER]: "n1-bmc", "hardwaremanagement.port": "1" }, undefined), "bmcport: '1'\n");
});

Deno.test("a controller is an address or a name, and maybe a prefix", () => {
  const told = (text: string): unknown[] => Object.values(controllerOf(text));
  deepEqual(told(" 10.0.0.7/24 "), ["10.0.0.7", "10.0.0.7", 24]);
  deepEqual(told("n1-bmc"), ["n1-bmc", "n1-bmc", undefined]);
  deepEqual(told("fe80::7%eth0/64"), ["fe80::7%eth0", "fe80::7%eth0", 64]);
  deepEqual(told("https://n1-bmc:8443"), ["https://n1-bmc:8443", "n1-bmc", undefined]);
  deepEqual(told("http://[fd00::7]:80/64"), ["http://[fd00::7]:80", "fd00::7", 64]);
  deepEqual(told("HTTPS://10.0.0.7/"), ["HTTPS://10.0.0.7/", "10.0.0.7", undefined]);
  deepEqual(told(""), ["", "", undefined]);
  equal(controllerAddress("https://10.0.0.7:8443/24"), "10.0.0.7");
  equal(controllerAddress("10.0.0.7/24"), "10.0.0.7");
  equal(controllerAddress("FD00:0::7"), "fd00::7");
  equal(controllerAddress("n1-bmc"), undefined);
  equal(controllerAddress(""), undefined);
});
