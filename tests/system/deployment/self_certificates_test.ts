/** Certificates over the wire: of members, whom nodes trust by them, and of nodes. */
import { equal, match } from "node:assert/strict";

import { until } from "../program.ts";
import { addressOf, curl, type SelfClient } from "./self_client.ts";
import { serverAddress } from "../boot/segment.ts";
import { type SelfSite, selfTest } from "./self_site.ts";

const UNTRUSTED = 60; // curl's word for it
const WWW = 8443;

/** A member is who it says by either name, and nobody else is. */
async function members(site: SelfSite, n1: SelfClient): Promise<void> {
  const { boot, trust } = site, { segment } = boot;
  const other = `${segment.folder}/other.pem`;
  const name = ["-subj", "/CN=confluent other", "-out", other, "-keyout", "/dev/null"];
  const request = ["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", ...name];
  await segment.done("c1", "openssl", ...request);
  for (const member of boot.members) {
    const address = addressOf(member);
    for (const host of [`${trust.uuid}.confluent`, address, member.name]) {
      const got = await n1.own(member, "myattribs", { host });
      equal(`${got.code} ${got.status}`, "0 200", `${member.name} as ${host}`);
    }
    equal((await n1.own(member, "myattribs", { host: "other.confluent" })).code, UNTRUSTED);
    const url = `https://${address}/confluent-public/site/site.cpio`;
    equal((await curl(boot, "c1", "--cacert", other, url)).code, UNTRUSTED);
    equal((await curl(boot, "c1", "--cacert", trust.ca, "-o", "/dev/null", url)).status, 200);
  }
}

async function ofTls(site: SelfSite, n1: SelfClient): Promise<void> {
  const { boot: { segment, members }, trust } = site;
  const own = `${segment.folder}/own`;
  await segment.sh(
    "c1",
    `openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes \
       -subj '/CN=evil.example' -addext 'subjectAltName=DNS:evil.example' \
       -keyout ${own}.key -out ${own}.csr 2>/dev/null`,
  );
  const request = await Deno.readTextFile(`${own}.csr`);
  for (const member of members) {
    await Deno.writeTextFile(`${own}.pem`, await n1.got(member, "tlscert", { body: request }));
    const verify = (...more: readonly string[]): ReturnType<typeof segment.run> =>
      segment.run(
        "c1",
        ...["openssl", "verify", "-CAfile", trust.ca, "-x509_strict", "-purpose", "sslserver"],
        ...[...more, `${own}.pem`],
      );
    for (const name of ["n1", "n1.site.test"]) {
      match((await verify("-verify_hostname", name)).out, /: OK$/, name);
    }
    match((await verify("-verify_ip", n1.address)).out, /: OK$/);
    for (const name of ["evil.example", "n2", `${trust.uuid}.confluent`]) {
      match((await verify("-verify_hostname", name)).err, /[Hh]ostname mismatch/, name);
    }
    const days = ["openssl", "x509", "-in", `${own}.pem`, "-noout", "-checkend"];
    equal((await segment.run("c1", ...days, String(46 * 86_400))).code, 0);
    equal((await segment.run("c1", ...days, String(48 * 86_400))).code, 1);
  }
  equal((await n1.own(members[0]!, "tlscert", { body: "no request" })).status, 400);

  const args = ["-accept", String(WWW), "-cert", `${own}.pem`, "-key", `${own}.key`, "-www"];
  const server = segment.start("c1", "openssl", "s_server", ...args);
  await until("the node serves by it", async () => {
    const to = ["--cacert", trust.ca, "--connect-to", `::${n1.address}:${WWW}`];
    const got = await curl(site.boot, "s1", ...to, `https://n1:${WWW}/`);
    if (server.hasEnded) throw new Error(server.said());
    return got.status === 200 || undefined;
  });
  await server.kill();
}

async function ofSsh(site: SelfSite, n1: SelfClient): Promise<void> {
  const { boot: { segment, members }, trust } = site;
  const ca = `${segment.folder}/ssh-ca`;
  await Deno.writeTextFile(ca, `${trust.sshCa}\n`);
  const [, print = ""] = (await segment.done("c1", "ssh-keygen", "-l", "-f", ca)).split(" ");
  match(print, /^SHA256:/);
  for (const [at, type] of ["ed25519", "ecdsa", "rsa"].entries()) {
    const key = `${segment.folder}/host-${type}`;
    await segment.done("c1", "ssh-keygen", "-q", "-t", type, "-N", "", "-f", key);
    const body = await Deno.readTextFile(`${key}.pub`);
    const line = await n1.got(members[at % 2]!, "sshcert", { body });
    await Deno.writeTextFile(`${key}-cert.pub`, line);
    const shown = await segment.done("c1", "ssh-keygen", "-L", "-f", `${key}-cert.pub`);
    match(shown, /Type: \S+ host certificate/);
    equal(shown.includes(`Signing CA: ED25519 ${print} `), true, shown);
    const own = (await segment.done("c1", "ssh-keygen", "-l", "-f", `${key}.pub`)).split(" ")[1];
    equal(shown.includes(`-CERT ${own}\n`), true, shown);
    const principals = /Principals: *\n((?: {16}\S+ *\n)+)/.exec(shown)?.[1] ?? "";
    equal(
      principals.trim().split(/\s+/).join(" "),
      `n1 n1.site.test ${n1.address} 127.0.0.1 ::1 localhost localhost.localdomain`,
    );
    // ssh-keygen checks what the CA signed.
    const [word = "", base64 = ""] = line.split(" ");
    const bytes = Uint8Array.fromBase64(base64), middle = bytes.length - 20;
    bytes[middle] = (bytes[middle] ?? 0) ^ 1;
    await Deno.writeTextFile(`${key}-cert.pub`, `${word} ${bytes.toBase64()}\n`);
    equal((await segment.run("c1", "ssh-keygen", "-L", "-f", `${key}-cert.pub`)).code === 0, false);
  }
  equal((await n1.own(members[0]!, "sshcert", { body: "ssh-rsa AAAA" })).status, 400);
  equal((await n1.ask(members[0]!, "sshcert", { body: "ssh-rsa AAAA" })).status, 401);
}

await selfTest(
  "certificates of members and of nodes are verified by openssl, curl and ssh-keygen",
  { members: 2, clients: 1 },
  async (site) => {
    const n1 = await site.client("c1", "n1", {
      "dns.domain": "site.test",
      "net.ipv4_address": "10.77.1.1/16",
    });
    equal(n1.address, "10.77.1.1");
    await site.granted(n1);
    equal(addressOf(site.boot.first), serverAddress(1));
    await members(site, n1);
    await ofTls(site, n1);
    await ofSsh(site, n1);
  },
);
