/** What nodes are told, as they read it: by the tools of shell scripts, as YAML and as JSON. */
import { deepEqual, equal, match } from "node:assert/strict";

import { parse } from "yaml";

import type { Server } from "../collective.ts";
import { addressOf, type SelfClient } from "./self_client.ts";
import { INTERFACE } from "../boot/segment.ts";
import { PROFILE, type SelfSite, selfTest } from "./self_site.ts";
import { LIST_FORMS, readBy, VALUE_FORMS } from "./stock_scripts.ts";

const ADDRESS = "10.77.1.1", GATEWAY = "10.77.0.1";
const NOTE = `on: "a", #1 'b' \\ ü`;
const YAML = "application/yaml", JSON_TYPE = "application/json";

const ATTRIBUTES = {
  "net.ipv4_address": `${ADDRESS}/16`,
  "net.ipv4_gateway": GATEWAY,
  "net.ipv6_address": "fd77::51/64",
  "net.hostname": "n1-boot",
  "net.ib.ipv4_address": "10.90.0.5/24",
  "net.ib.mtu": "9000",
  "net.ib.connection_name": "yes",
  "net.ib.interface_names": "ib0",
  "dns.servers": "10.77.0.53,10.77.0.54",
  "dns.domain": "site.test",
  "ntp.servers": "10.77.0.2,10.77.0.3",
  "console.method": "ipmi",
  "crypted.rootpassword": "correct horse",
  "info.note": NOTE,
  "id.serial": "0012",
  "location.room": "null",
  "secret.hardwaremanagementpassword": "SECRET-OF-A-BMC",
  "hardwaremanagement.manager": "10.77.5.1",
};

type Document = Record<string, unknown>;

/** By every sort of YAML it says what JSON says; in JSON, with both types told rightly. */
async function document(client: SelfClient, member: Server, path: string): Promise<{
  readonly text: string;
  readonly told: unknown;
}> {
  const asked = async (accept: string): Promise<{ type: string; text: string }> => {
    const got = await client.own(member, path, { headers: [`Accept: ${accept}`] });
    equal(got.status, 200, `${path}: ${got.text}`);
    return got;
  };
  const yaml = await asked(YAML), json = await asked(JSON_TYPE);
  equal(yaml.type, YAML);
  equal(json.type, JSON_TYPE);
  const told: unknown = JSON.parse(json.text);
  for (const version of ["1.1", "1.2"] as const) {
    deepEqual(parse(yaml.text, { version }), told, `${path} as YAML ${version}:\n${yaml.text}`);
  }
  const neither = await client.own(member, path, { headers: ["Accept: text/html"] });
  equal(neither.status, 406, neither.text);
  return { text: yaml.text, told };
}

/** Each value of the document is found by each of the ways that scripts look for one. */
async function isReadable(site: SelfSite, text: string, told: Document): Promise<void> {
  const { segment } = site.boot;
  for (const [key, value] of Object.entries(told)) {
    const isList = Array.isArray(value);
    const wanted = isList ? value.join("\n") : String(value);
    for (const form of isList ? LIST_FORMS : VALUE_FORMS) {
      equal(await readBy(segment, text, form, key), wanted, `${form} ${key} of\n${text}`);
    }
  }
}

async function deployConfigs(site: SelfSite, n1: SelfClient, n2: SelfClient): Promise<void> {
  for (const member of site.boot.members) {
    const { text, told } = await document(n1, member, "deploycfg2");
    const { rootpassword, ...rest } = told as Document;
    const { timezone, locale, keymap, ...others } = rest;
    match(String(rootpassword), /^\$6\$[^$]+\$[./0-9A-Za-z]{86}$/);
    for (const one of [timezone, locale, keymap]) match(String(one), /^\S+$/);
    deepEqual(others, {
      ipv4_method: "static",
      ipv4_address: ADDRESS,
      prefix: 16,
      ipv4_netmask: "255.255.0.0",
      ipv4_gateway: GATEWAY,
      ipv6_method: "static",
      ipv6_address: "fd77::51",
      ipv6_prefix: 64,
      deploy_server: addressOf(member),
      deploy_server_v6: `fd77::${member.name.slice(1)}`,
      profile: PROFILE,
      protocol: "https",
      confluent_uuid: site.trust.uuid,
      textconsole: true,
      encryptboot: null,
      grubpassword: null,
      nameservers: ["10.77.0.53", "10.77.0.54"],
      ntpservers: ["10.77.0.2", "10.77.0.3"],
      dnsdomain: "site.test",
    });
    await isReadable(site, text, told as Document);
    const plain = await n1.got(member, "deploycfg2");
    equal(plain, text); // who asks for anything gets YAML

    const before = (await document(n1, member, "deploycfg")).told;
    deepEqual(
      before,
      Object.fromEntries(
        Object.entries(told as Document).filter(([key]) => !key.includes("v6")),
      ),
    );
  }
  // What is not set is found to be not set.
  const { text } = await document(n2, site.boot.first, "deploycfg2");
  const { segment } = site.boot;
  for (const key of ["rootpassword", "dnsdomain", "ipv4_gateway", "ipv4_address", "encryptboot"]) {
    equal(await readBy(segment, text, "word", key), "null", text);
  }
  equal(await readBy(segment, text, "word", "textconsole"), "false");
  equal(await readBy(segment, text, "items", "nameservers"), "''");
  equal(await readBy(segment, text, "items", "ntpservers"), "");
}

async function networks(site: SelfSite, n1: SelfClient): Promise<void> {
  const { first, segment } = site.boot;
  const { text, told } = await document(n1, first, "netcfg");
  deepEqual(told, {
    default: {
      ipv4_method: "static",
      ipv4_address: `${ADDRESS}/16`,
      ipv4_netmask: "255.255.0.0",
      ipv4_gateway: GATEWAY,
      ipv6_method: "static",
      ipv6_address: "fd77::51/64",
      hwaddr: n1.mac,
      current_nic: true,
    },
    extranets: {
      ib: {
        ipv4_method: "static",
        ipv4_address: "10.90.0.5/24",
        ipv4_netmask: "255.255.255.0",
        connection_name: "yes",
        interface_names: "ib0",
        mtu: 9000,
        current_nic: false,
      },
    },
  });
  for (const [key, value] of Object.entries((told as { default: Document }).default)) {
    for (const form of ["inner", "section"] as const) {
      equal(await readBy(segment, text, form, `default/${key}`), String(value), text);
    }
  }
  equal(await readBy(segment, text, "deeper", "ib/ipv4_address"), "10.90.0.5/24");
  equal(await readBy(segment, text, "deeper", "ib/mtu"), "9000");
}

const OWN_NAMES = ["127.0.0.1", "::1", "localhost", "localhost.localdomain"];

async function lists(site: SelfSite, n1: SelfClient): Promise<void> {
  const { segment, first, content } = site.boot;
  const { text, told } = await document(n1, first, "nodelist");
  const names = told as string[];
  deepEqual(
    new Set(names),
    new Set([
      ...OWN_NAMES,
      ...["n1", "n1-boot", "n2", "m1", "m2"].flatMap((one) => [one, `${one}.site.test`]),
      ...[ADDRESS, "fd77::51", "10.90.0.5", "10.77.0.11", "10.77.0.12"],
    ].filter((one) => one !== "n2.site.test")),
  );
  equal(await readBy(segment, text, "list"), names.join("\n"));
  // A list of hosts as sshd takes it.
  equal(await n1.got(first, "nodelist"), names.map((name) => `${name}\n`).join(""));

  const folder = `${content}/public/os/${PROFILE}/scripts/post.d`;
  await Deno.mkdir(folder, { recursive: true });
  const scripts = ["9-first", "10-second.sh", "no"];
  for (const name of scripts) await Deno.writeTextFile(`${folder}/${name}`, "#!/bin/sh\n");
  for (const path of ["scriptlist/post.d", "scriptlist/post.d/", "scriptlist/post"]) {
    const list = await document(n1, first, path);
    deepEqual(list.told, scripts);
    equal(await readBy(segment, list.text, "list"), "9-first\n10-second.sh\n'no'");
    const [script = ""] = scripts;
    const file = await n1.fetch(first, `/confluent-public/os/${PROFILE}/scripts/post.d/${script}`);
    equal(file.text, "#!/bin/sh\n");
  }
  equal(await n1.got(first, "scriptlist/firstboot.d"), ""); // nothing that a shell would run
}

async function attributes(site: SelfSite, n1: SelfClient): Promise<void> {
  const { first, segment } = site.boot;
  const { text, told } = await document(n1, first, "myattribs");
  const all = told as Document;
  equal(all["info.note"], NOTE);
  equal(all["id.serial"], "0012");
  equal(all["location.room"], "null");
  equal(all["deployment.pendingprofile"], PROFILE);
  for (const name of ["net.hwaddr", "net.ib.interface_names", "dns.domain", "console.method"]) {
    equal(await readBy(segment, text, "value", name), all[name], text);
  }
  equal(await readBy(segment, text, "value", "net.ib.mtu"), "'9000'"); // a text, as all of them
  for (const name of Object.keys(all)) equal(/^(?:secret|crypted)\./.test(name), false, name);
  equal(/SECRET|correct horse|\$[56]\$/.test(text), false);
}

await selfTest(
  "what nodes are told is read by scripts, as YAML and as JSON",
  { members: 2, clients: 2 },
  async (site) => {
    const { first, members, segment } = site.boot;
    for (const at of ["1", "2"]) {
      await segment.done(
        `s${at}`,
        ...["ip", "addr", "add", `fd77::${at}/64`, "dev", INTERFACE, "nodad"],
      );
    }
    const n1 = await site.client("c1", "n1", ATTRIBUTES), n2 = await site.client("c2", "n2");
    equal(n1.address, ADDRESS);
    for (const client of [n1, n2]) await site.granted(client);
    await deployConfigs(site, n1, n2);
    await networks(site, n1);
    await lists(site, n1);
    await attributes(site, n1);
    const bmc = await document(n1, first, "bmcconfig");
    deepEqual(bmc.told, { bmcipv4: "10.77.5.1", prefixv4: 16, bmcgw: GATEWAY });
    await isReadable(site, bmc.text, bmc.told as Document);
    const none = await n2.own(first, "bmcconfig");
    equal(none.status, 500);
    for (const member of members) {
      const headers = [`CONFLUENT_IDS: uuid=/mac=02:00:00:00:00:99/mac=${n1.mac}`];
      equal((await n1.ask(member, "whoami", { headers, node: "" })).text, "n1");
    }
  },
);
