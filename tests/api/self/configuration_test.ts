/** What a node is told of itself. */
import { deepEqual, equal, match } from "node:assert/strict";

import { NAME_KEPT_MS } from "../../../src/base/boot_limits.ts";
import { groupRow, nodeRow } from "../../../src/model/operation.ts";
import { toCell } from "../../../src/model/stored_value.ts";
import { newGroup } from "../asking.ts";
import { address, endpointStage } from "./endpoint_stage.ts";

const HASH = "$6$salt$abc/def.";

Deno.test("deploycfg2: one line for one thing at the first column, for scripts", async () => {
  const { member, ask, set } = await endpointStage();
  set("n1", {
    "deployment.pendingprofile": "alma-9.4-x86_64-default",
    "net.ipv4_gateway": "10.0.0.1",
    "dns.servers": "10.0.0.11,10.0.0.12",
    "dns.domain": "hpc.example",
  });
  const cells = [["crypted.rootpassword", toCell({ kind: "hashed", hashes: { crypt: HASH } })]];
  member.apply([{ kind: "set", rows: [nodeRow("n1")], cells: cells as [string, string][] }]);
  const told = await ask("GET deploycfg2", { headers: { host: "10.0.0.250" } });
  deepEqual([told.status, told.headers.get("content-type")], [200, "application/yaml"]);
  const lines = told.text.split("\n");
  const wanted = [
    ...["ipv4_method: static", "ipv4_address: 10.0.0.7", "prefix: 24"],
    ...["ipv4_netmask: 255.255.255.0", "ipv4_gateway: 10.0.0.1", "ipv6_method: null"],
    ...["deploy_server: 10.0.0.250", "profile: alma-9.4-x86_64-default", "protocol: https"],
    ...[`confluent_uuid: ${member.authority.uuid}`, "textconsole: false", "encryptboot: null"],
    ...[`rootpassword: ${HASH}`, "timezone: Europe/Berlin", "keymap: us", "nameservers:"],
    ...["- 10.0.0.11", "- 10.0.0.12", "dnsdomain: hpc.example"],
  ];
  for (const line of wanted) equal(lines.includes(line), true, line);
  for (const line of lines) match(line, /^(?:[a-z0-9_]+:(?: .+)?|- .*|)$/);
  const [[node, event] = []] = member.reports;
  deepEqual([node, event?.told], ["n1", "10.0.0.7, alma-9.4-x86_64-default"]);
  const before = (await ask("GET deploycfg")).text;
  equal(before.includes("v6"), false);
  match(before, /^ipv4_address: 10\.0\.0\.7$/m);
});

Deno.test("the network is that of the interface which the node names, or where it is", async () => {
  const { ask, set, names, clock } = await endpointStage();
  set("n1", { "net.ib.ipv4_address": "192.168.7.7/24" });
  const by = async (from: string, headers: Record<string, string> = {}): Promise<string[]> => {
    const { text } = await ask("GET deploycfg2", { from, headers });
    return ["ipv4_address", "deploy_server"].map((key) =>
      new RegExp(`^${key}: (.*)$`, "m").exec(text)?.[1] ?? ""
    );
  };
  deepEqual(await by("10.0.0.7"), ["10.0.0.7", "10.0.0.250"]);
  deepEqual(await by("192.168.7.7"), ["192.168.7.7", "192.168.7.1"]);
  deepEqual(await by("fe80::7", { CONFLUENT_MGTIFACE: "eth1" }), ["192.168.7.7", "192.168.7.1"]);
  deepEqual(await by("fe80::7", { "CONFLUENT-MGTIFACE": "2" }), ["10.0.0.7", "10.0.0.250"]);
  const lied = { CONFLUENT_MGTIFACE: "eth1", "X-Forwarded-For": "192.168.7.7" };
  deepEqual(await by("10.0.0.7", lied), ["10.0.0.7", "10.0.0.250"]);
  set("n1", { "net.ipv4_address": null, "net.ib.ipv4_address": null });
  names.set("n1", address("10.0.0.77"));
  clock.monoMs += NAME_KEPT_MS;
  const { text } = await ask("GET deploycfg2");
  match(text, /^ipv4_address: 10\.0\.0\.77$/m);
  match(text, /^matchesnodename: true$/m);
});

Deno.test("policy always asks for http, and a console for text", async () => {
  const { ask, set } = await endpointStage();
  set("n1", { "deployment.useinsecureprotocols": "always", "console.method": "ipmi" });
  const { text } = await ask("GET deploycfg2");
  match(text, /^protocol: http$/m);
  match(text, /^textconsole: true$/m);
  match(text, /^nameservers:\n- ''$/m);
  match(text, /^dnsdomain: null$/m);
});

Deno.test("documents are YAML, JSON for who asks, and nothing for others", async () => {
  const { ask } = await endpointStage();
  for (const path of ["deploycfg2", "deploycfg", "netcfg", "myattribs"]) {
    const told = async (accept: string): Promise<[number, string | null, string]> => {
      const { status, headers, text } = await ask(`GET ${path}`, { headers: { accept } });
      return [status, headers.get("content-type"), text];
    };
    equal((await told("application/yaml"))[1], "application/yaml", path);
    const [status, type, text] = await told("application/json");
    deepEqual([status, type], [200, "application/json"], path);
    equal(typeof JSON.parse(text), "object");
    equal((await told("text/html"))[0], 406, path);
  }
});

Deno.test("netcfg: all networks, but the controller's", async () => {
  const { ask, set, names } = await endpointStage();
  set("n1", {
    "net.ib.ipv4_address": "10.9.0.7/20",
    "net.ib.mtu": "9000",
    "net.bmc.ipv4_address": "10.0.0.107/24",
    "hardwaremanagement.manager": "n1-bmc",
  });
  names.set("n1-bmc", address("10.0.0.107"));
  const { text } = await ask("GET netcfg", { headers: { accept: "application/json" } });
  deepEqual(JSON.parse(text), {
    default: {
      ...{ ipv4_method: "static", ipv4_address: "10.0.0.7/24", ipv4_netmask: "255.255.255.0" },
      ...{ hwaddr: "52:54:00:00:00:01", current_nic: true },
    },
    extranets: {
      ib: {
        ...{ ipv4_method: "static", ipv4_address: "10.9.0.7/20", ipv4_netmask: "255.255.240.0" },
        ...{ mtu: 9000, current_nic: false },
      },
    },
  });
});

Deno.test("bmcconfig: where the controller is, which must be set", async () => {
  const { ask, set, names } = await endpointStage();
  const none = await ask("GET bmcconfig");
  deepEqual([none.status, none.text], [500, "Missing value in hardwaremanagement.manager"]);
  set("n1", {
    "hardwaremanagement.manager": "n1-bmc",
    "hardwaremanagement.vlan": "7",
    "net.bmc.ipv4_address": "10.0.0.107/24",
    "net.bmc.ipv4_gateway": "10.0.0.1",
  });
  names.set("n1-bmc", address("10.0.0.107"));
  equal(
    (await ask("GET bmcconfig")).text,
    "bmcvlan: '7'\nbmcipv4: 10.0.0.107\nprefixv4: 24\nbmcgw: 10.0.0.1\n",
  );
});

Deno.test("myattribs: what is set or inherited, evaluated; no secret, nothing broken", async () => {
  const { member, ask, set } = await endpointStage();
  member.apply([newGroup("g"), {
    kind: "set",
    rows: [groupRow("g")],
    cells: [["location.rack", "r7"], ["console.logging", "none"]],
  }]);
  set("n1", { groups: "g", "console.logging": "", "custom.note": "yes" });
  const row = { kind: "set", rows: [nodeRow("n1")] } as const;
  const expression = (text: string): string => toCell({ kind: "expression", expression: text });
  member.apply([{
    ...row,
    cells: [
      ["id.serial", expression("s-{n1}")],
      ["id.model", expression("{nothing.there}")],
      ["secret.snmpcommunity", toCell({ kind: "sealed", sealed: "x" })],
      ["secret.bmcpass", "as no dump should have brought it"],
      ["custom.nodesecret.a", toCell({ kind: "sealed", sealed: "x" })],
      ["crypted.rootpassword", toCell({ kind: "hashed", hashes: { crypt: HASH } })],
    ],
  }]);
  const { text } = await ask("GET myattribs");
  match(text, /^custom\.note: 'yes'$/m);
  match(text, /^id\.serial: s-1$/m);
  match(text, /^location\.rack: r7$/m);
  match(text, /^net\.hwaddr: '52:54:00:00:00:01'$/m);
  for (const hidden of ["secret", "crypted", "id.model", "console.logging", "x\n"]) {
    equal(text.includes(hidden), false, hidden);
  }
  const keys = text.split("\n").map((line) => line.split(":")[0]).filter((key) => key !== "");
  deepEqual(keys, keys.toSorted());
});
