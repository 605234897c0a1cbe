/**
 * What nodes trust, by the tools that they have: curl, openssl and ssh-keygen against members of a
 * segment, their own CA and nothing else.
 */
import { deepEqual, equal, match } from "node:assert/strict";

import { equalBytes } from "../../../src/base/bytes.ts";
import type { Server } from "../collective.ts";
import { PROGRAM, until } from "../program.ts";
import { type BootSite, bootTest } from "../boot/boot_site.ts";
import { clientMac, INTERFACE, serverAddress } from "../boot/segment.ts";

const KEY = "ab".repeat(32);
/** Has the port, and nothing to say there. */
const HOLDER = `const listener = Deno.listen({ hostname: "::", port: 443 });
console.log("holds");
for await (const connection of listener) connection.close();`;

/** A node of the segment, with what it was given to trust. */
class TrustingNode {
  readonly #site: BootSite;
  readonly #place: string;
  /** In the segment's folder. */
  readonly folder: string;

  constructor(site: BootSite, place: string) {
    this.#site = site;
    this.#place = place;
    this.folder = `${site.segment.folder}/${place}`;
  }

  async sh(script: string): Promise<string> {
    return await this.#site.segment.sh(this.#place, `cd ${this.folder}; ${script}`);
  }

  /** Fetches site.cpio without TLS from each member, unpacks it, and tells the collective's id. */
  async takesSite(): Promise<string> {
    await Deno.mkdir(this.folder, { recursive: true });
    const sites = await until("all members have one site.cpio", async () => {
      const all = await Promise.all(this.#site.members.map((_, at) => this.#siteOf(at + 1)));
      const [first] = all;
      return all.every((one) => first !== undefined && one !== undefined && equalBytes(one, first))
        ? all
        : undefined;
    });
    equal(sites.length, this.#site.members.length);
    await this.sh("rm -rf tls; cpio -idu --quiet --no-absolute-filenames < site1.cpio");
    return (await this.sh("cat confluent_uuid")).trim();
  }

  /** Undefined while there is none, or not all of it. */
  async #siteOf(number: number): Promise<Uint8Array | undefined> {
    const url = `http://${serverAddress(number)}/confluent-public/site/site.cpio`;
    const curl = `curl -sf --noproxy '*' -o site${number}.cpio ${url} || echo none`;
    if ((await this.sh(curl)).includes("none")) return undefined;
    const bytes = await Deno.readFile(`${this.folder}/site${number}.cpio`);
    return new TextDecoder().decode(bytes).includes("ssh/confluent.ca") ? bytes : undefined;
  }

  /** Asks the member at an address by the fixed name; `more`: words of curl. */
  async curl(uuid: string, address: string, path: string, more = ""): Promise<string> {
    const name = `${uuid}.confluent`, to = `--connect-to ${name}:443:${address}:443`;
    return await this.sh(
      `curl -sS --noproxy '*' --capath tls ${to} -w ' %{http_code}' ${more} https://${name}${path}`,
    );
  }
}

/** By the fixed name and by its own address, of IPv4 and of the link. */
async function isTrusted(
  site: BootSite,
  node: TrustingNode,
  uuid: string,
  number: number,
): Promise<void> {
  const member = site.members[number - 1] as Server;
  const address = serverAddress(number);
  match(await node.curl(uuid, address, "/confluent-public/site/site.cpio -o got"), / 200$/);
  equal(
    equalBytes(
      await Deno.readFile(`${node.folder}/got`),
      await Deno.readFile(`${node.folder}/site1.cpio`),
    ),
    true,
  );
  match(await node.curl(uuid, address, "/confluent-api/nodes/"), /401.* 401$/s);
  const shown = await node.sh(
    `openssl s_client -connect ${address}:443 -CApath tls -verify_return_error ` +
      `-verify_hostname ${uuid}.confluent </dev/null 2>&1; ` +
      `openssl s_client -connect ${address}:443 -CAfile etc/confluent/ca.pem ` +
      `-verify_return_error -verify_ip ${address} </dev/null 2>/dev/null | ` +
      "openssl x509 -noout -text",
  );
  match(shown, /Verify return code: 0 \(ok\)/);
  match(shown, /Public Key Algorithm: id-ecPublicKey/);
  match(shown, /CA:FALSE/);
  match(shown, new RegExp(`DNS:${member.name}, DNS:${uuid}\\.confluent, IP Address:`));
  const link = await site.segment.sh(
    site.place(member),
    `ip -6 -o addr show dev ${INTERFACE} scope link | sed 's/.*inet6 \\(.*\\)\\/.*/\\1/'`,
  );
  const url = `https://[${link.trim()}%25${INTERFACE}]/confluent-public/site/site.cpio`;
  await node.sh(`curl -sSfg --noproxy '*' --capath tls -o got '${url}'`);
}

const SELF = "/confluent-api/self";
const NODE = "-H 'CONFLUENT_NODENAME: n1'";

function posting(file: string, to: string): string {
  return `${NODE} -H 'CONFLUENT_APIKEY: ${KEY}' --data-binary @${file} -o ${to}`;
}

async function registers(site: BootSite, node: TrustingNode, uuid: string): Promise<void> {
  await site.node("n1", { "net.hwaddr": clientMac("c1"), "net.ipv4_address": "10.77.1.51/16" });
  const armed = ["deployment.apiarmed=continuous", "dns.domain=site.test"];
  await site.first.done("nodeattrib", "n1", ...armed);
  const more = `${NODE} --local-port 700-900 --data-binary ${KEY}`;
  const told = await node.curl(uuid, serverAddress(2), `${SELF}/registerapikey`, more);
  match(told, /^Accepted\s* 200$/);
}

/** Of each member; none has more in it than what the database says of the node. */
async function getsTls(site: BootSite, node: TrustingNode, uuid: string): Promise<void> {
  await node.sh(
    "openssl req -new -newkey rsa:2048 -nodes -keyout node.key -subj /CN=other.name " +
      "-addext subjectAltName=DNS:not.mine -out node.csr 2>/dev/null",
  );
  for (const at of site.members.keys()) {
    const file = `n${at}.pem`, more = posting("node.csr", file);
    await until("the member has the node's key", async () => {
      const told = await node.curl(uuid, serverAddress(at + 1), `${SELF}/tlscert`, more);
      return / 200$/.test(told) || undefined;
    });
    const text = await node.sh(
      `openssl verify -CApath tls -verify_hostname n1.site.test ${file}; ` +
        `openssl verify -CApath tls -verify_ip 10.77.1.51 ${file}; ` +
        `openssl x509 -in ${file} -noout -text; ` +
        `[ "$(openssl x509 -in ${file} -noout -pubkey)" = ` +
        `"$(openssl req -in node.csr -noout -pubkey)" ]`,
    );
    match(text, new RegExp(`^n${at}\\.pem: OK\nn${at}\\.pem: OK\n`));
    equal(/not\.mine|other\.name/.test(text), false, "what a request wishes for is not in it");
  }
}

async function getsSsh(node: TrustingNode, uuid: string, key: string): Promise<void> {
  await node.sh(`ssh-keygen -q -t ${key} -N '' -f ${key}`);
  const more = posting(`${key}.pub`, `${key}-cert.pub`);
  match(await node.curl(uuid, serverAddress(3), `${SELF}/sshcert`, more), / 200$/);
  const shown = await node.sh(
    `ssh-keygen -L -f ${key}-cert.pub; echo ca; ssh-keygen -l -f ssh/confluent.ca`,
  );
  match(shown, /host certificate/);
  match(shown, /Principals:\s+n1\n\s+n1\.site\.test\n/);
  const by = /Signing CA: ED25519 (SHA256:\S+)/.exec(shown)?.[1] ?? "none";
  equal(shown.slice(shown.indexOf("\nca\n")).includes(by), true, shown);
}

/** Neither a dump nor a log, nor a store as it lies on disk, has the key of the CA. */
async function doesNotLeak(site: BootSite, uuid: string): Promise<void> {
  const folder = `${site.segment.folder}/dump`;
  await Deno.writeTextFile(`${site.segment.folder}/pass`, "a passphrase");
  const dump = ["dump", "-p", "--passphrase-file", `${site.segment.folder}/pass`, folder];
  await site.first.done(...dump);
  for await (const { name } of Deno.readDir(folder)) {
    const text = await Deno.readTextFile(`${folder}/${name}`);
    equal(/PRIVATE KEY|authority\/|BEGIN CERTIFICATE/.test(text), false, name);
  }
  match(await Deno.readTextFile(`${folder}/globals.json`), new RegExp(uuid));
  for (const member of site.members) {
    equal(member.running.said().includes("PRIVATE KEY"), false, member.name);
    const store = await site.segment.sh(
      site.place(member),
      `cat ${member.data}/confluent.kv* | grep -c 'PRIVATE KEY' || true`,
    );
    equal(store.trim(), "0", `${member.name} has the CA's key sealed, and nothing else`);
    const modes = await site.segment.sh(site.place(member), `stat -c %a ${member.data}/nodes-*`);
    deepEqual(modes.trim().split("\n"), ["600", "600"]);
  }
}

await bootTest(
  "nodes trust all members by one CA, and get certificates of it that others verify",
  { members: 3, clients: 1, tools: ["curl", "openssl", "cpio", "ssh-keygen"] },
  async (site) => {
    const { segment, first, members } = site;
    const node = new TrustingNode(site, "c1");
    await segment.sh("c1", `ip addr add 10.77.1.51/16 brd + dev ${INTERFACE}`);
    const uuid = await node.takesSite();
    equal((await first.ask("GET", "/uuid")).body && uuid.length, 32);

    for (const at of members.keys()) await isTrusted(site, node, uuid, at + 1);
    match(
      await segment.sh("c1", `curl -sS --noproxy '*' https://${serverAddress(1)}/ 2>&1 || echo $?`),
      /60$/,
      "whoever trusts other CAs does not trust this one",
    );

    await first.done("collective", "rotate-key");
    await registers(site, node, uuid);
    await getsTls(site, node, uuid);
    for (const key of ["ed25519", "ecdsa"]) await getsSsh(node, uuid, key);
    equal(await node.takesSite(), uuid);
    equal(
      (await Deno.readTextFile(`${node.folder}/etc/confluent/ca.pem`)).match(/BEGIN/g)?.length,
      1,
    );
    await doesNotLeak(site, uuid);
  },
);

await bootTest(
  "a member whose port is taken says so, and has it once it is free",
  { members: 1, tools: ["curl", "cpio"] },
  async ({ segment, first }) => {
    await first.stop();
    const holder = segment.start("s1", Deno.execPath(), "eval", HOLDER);
    await holder.line(/^holds$/);
    const checking = [...PROGRAM, "check", "--data", first.data, "--socket", first.socket];
    const offline = await segment.run("s1", ...checking);
    match(offline.out + offline.err, /cannot listen on \[::\]:443: .* has the port/);
    await first.serve();
    match((await first.run("check")).out, /cannot listen on \[::\]:443: deno \(process \d+\) has/);
    match(first.running.said(), /cannot listen on \[::\]:443/);
    await holder.kill();
    await until("the port is served", async () => {
      const { out } = await segment.run("s1", "curl", "-sk", "https://127.0.0.1/confluent-api/");
      return out.includes("not proven") || undefined;
    });
    equal(/:443/.test((await first.run("check")).out), false);
  },
);

await bootTest(
  "a member goes by its new address as soon as it has one",
  { members: 1, clients: 1, tools: ["curl", "cpio"] },
  async (site) => {
    const { segment } = site, node = new TrustingNode(site, "c1");
    await segment.sh("c1", `ip addr add 10.77.1.51/16 brd + dev ${INTERFACE}`);
    await node.takesSite();
    const by = async (address: string): Promise<boolean> => {
      const url = `https://${address}/confluent-public/site/site.cpio`;
      const curl = ["curl", "-sf", "--noproxy", "*", "--capath", `${node.folder}/tls`, url];
      return (await segment.run("c1", ...curl, "-o", "/dev/null")).code === 0;
    };
    equal(await by(serverAddress(1)), true);
    await segment.sh("s1", `ip addr add 10.77.0.99/16 brd + dev ${INTERFACE}`);
    await until("the new address is in the certificate", async () => {
      return await by("10.77.0.99") || undefined;
    });
    equal(await by(serverAddress(1)), true);
  },
);
