/** The document that a node's setup begins with, in the words and the order of confluent 4.0. */
import { deepEqual, equal } from "node:assert/strict";

import {
  type ConfigFacts,
  type ConfiguredNode,
  deployConfig,
  deployConfig4,
} from "../../../src/model/self/deploy_config.ts";
import { flatYaml } from "../../../src/wire/flat_yaml.ts";
import { ALL, at, attributes, ETH0, ETH1, ipv4, LO, own } from "./places.ts";

const HASH = "$6$rounds=5000$salt$abc/def.";

function node(
  values: Readonly<Record<string, string>>,
  more: Partial<ConfiguredNode> = {},
): ConfiguredNode {
  return {
    texts: attributes(values),
    rootPassword: undefined,
    grubPassword: undefined,
    ...more,
  };
}

function facts(more: Partial<ConfigFacts> = {}): ConfigFacts {
  return {
    ...at(),
    interfaces: ALL,
    host: "",
    uuid: "a0000000-0000-4000-8000-000000000001",
    locality: { timezone: "Europe/Berlin", locale: "de_DE.UTF-8", keymap: "de" },
    ...more,
  };
}

Deno.test("all is told, one line for one thing, lists before a key that is always there", () => {
  const full = node({
    "net.ipv4_address": "10.0.0.9/24",
    "net.ipv4_method": "firmwaredhcp",
    "net.ipv4_gateway": "10.0.0.1",
    "deployment.pendingprofile": "alma-9.4-x86_64-default",
    "deployment.useinsecureprotocols": "always",
    "deployment.encryptboot": "tpm2",
    "console.method": "ipmi",
    "dns.servers": "10.0.0.11, 10.0.0.12",
    "dns.domain": "hpc.example.com",
    "ntp.servers": "10.0.0.11",
  }, { rootPassword: { crypt: HASH }, grubPassword: { crypt: HASH, grub: "grub.pbkdf2.x" } });
  equal(
    flatYaml(deployConfig(full, facts({ ofName: ipv4("10.0.0.9") }))),
    [
      ...["ipv4_method: static", "ipv4_address: 10.0.0.9", "prefix: 24"],
      ...["ipv4_netmask: 255.255.255.0", "ipv4_gateway: 10.0.0.1", "ipv6_method: null"],
      ...["ipv6_address: null", "ipv6_prefix: null", "deploy_server: 10.0.0.250"],
      ...["deploy_server_v6: fe80::1", "matchesnodename: true"],
      ...["profile: alma-9.4-x86_64-default", "protocol: http"],
      ...["confluent_uuid: a0000000-0000-4000-8000-000000000001", "textconsole: true"],
      ...["encryptboot: tpm2", `rootpassword: ${HASH}`, "grubpassword: grub.pbkdf2.x"],
      ...["timezone: Europe/Berlin", "locale: de_DE.UTF-8", "keymap: de", "nameservers:"],
      ...["- 10.0.0.11", "- 10.0.0.12", "ntpservers:", "- 10.0.0.11", "dnsdomain: hpc.example.com"],
      "",
    ].join("\n"),
  );
});

Deno.test("what is unset is null, or not there", () => {
  equal(
    flatYaml(deployConfig(node({ "deployment.encryptboot": "none" }), facts({ on: ETH1 }))),
    [
      ...["ipv4_method: null", "ipv4_address: null", "prefix: null", "ipv4_gateway: null"],
      ...["ipv6_method: null", "ipv6_address: null", "ipv6_prefix: null"],
      ...["deploy_server: 192.168.7.1", "deploy_server_v6: fe80::2", "profile: ''"],
      ...["protocol: https", "confluent_uuid: a0000000-0000-4000-8000-000000000001"],
      ...["textconsole: false", "encryptboot: null", "rootpassword: null", "grubpassword: null"],
      ...["timezone: Europe/Berlin", "locale: de_DE.UTF-8", "keymap: de", "nameservers:"],
      ...["- ''", "dnsdomain: null", ""],
    ].join("\n"),
  );
});

Deno.test("those who know of IPv4 alone hear of nothing else", () => {
  const keys = Object.keys(deployConfig4(node({}), facts()));
  deepEqual(keys.filter((key) => key.includes("v6")), []);
  deepEqual(keys.slice(0, 5), [
    ...["ipv4_method", "ipv4_address", "prefix", "ipv4_netmask", "ipv4_gateway"],
  ]);
});

Deno.test("the server is where the node is, by the address that it dialled if it is there", () => {
  const servers = (more: Partial<ConfigFacts>): unknown[] => {
    const { deploy_server, deploy_server_v6 } = deployConfig(node({}), facts(more));
    return [deploy_server, deploy_server_v6];
  };
  deepEqual(servers({ peer: "10.1.9.9" }), ["10.1.0.250", "fe80::1"]);
  deepEqual(servers({ peer: "10.0.0.9", host: "10.1.0.250" }), ["10.1.0.250", "fe80::1"]);
  deepEqual(servers({ peer: "10.0.0.9", host: "192.168.7.1" }), ["10.0.0.250", "fe80::1"]);
  deepEqual(servers({ on: ETH1, peer: "fd00:7::9" }), ["192.168.7.1", "fd00:7::1"]);
  deepEqual(servers({ on: ETH1, peer: "fe80::9" }), ["192.168.7.1", "fe80::2"]);
  const routed = { on: undefined, peer: "172.16.0.9" };
  deepEqual(servers(routed), ["10.0.0.250", "fd00:7::1"]);
  deepEqual(servers({ ...routed, host: "192.168.7.1:443" }), ["192.168.7.1", "fd00:7::1"]);
  const only6 = own(4, "eth2", "fe80::4/64");
  deepEqual(servers({ on: only6, interfaces: [LO, ETH0, only6] }), [undefined, "fe80::4"]);
});
