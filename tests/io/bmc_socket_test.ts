/** Connections to controllers over real sockets. */
import "reflect-metadata";
import assert from "node:assert/strict";
import * as x509 from "@peculiar/x509";

import { fingerprintOf } from "../../src/base/crypto.ts";
import { makeIdentity } from "../../src/io/certificate.ts";
import { BmcFault } from "../../src/io/bmc_fault.ts";
import { type BmcDial, type BmcSocket, connectBmc } from "../../src/io/bmc_socket.ts";
import { systemClock } from "../../src/io/clock.ts";
import type { LinkIdentity } from "../../src/io/link.ts";
import { Fleet } from "../../src/cli/sim/fleet.ts";
import { certificateDer } from "../../src/wire/pem.ts";

const ALGORITHM = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" };

interface Authority {
  readonly pem: string;
  issue(name: string): Promise<LinkIdentity>;
}

async function makeAuthority(): Promise<Authority> {
  const keys = await crypto.subtle.generateKey(ALGORITHM, true, ["sign", "verify"]);
  const dates = { notBefore: new Date(Date.now() - 1e8), notAfter: new Date(Date.now() + 1e9) };
  const root = await x509.X509CertificateGenerator.createSelfSigned({
    ...dates,
    serialNumber: "01",
    name: "CN=authority",
    keys,
    signingAlgorithm: ALGORITHM,
    extensions: [new x509.BasicConstraintsExtension(true, undefined, true)],
  }, crypto);
  const issue = async (name: string): Promise<LinkIdentity> => {
    const own = await crypto.subtle.generateKey(ALGORITHM, true, ["sign", "verify"]);
    const certificate = await x509.X509CertificateGenerator.create({
      ...dates,
      serialNumber: "02",
      subject: "CN=bmc",
      issuer: root.subject,
      publicKey: own.publicKey,
      signingKey: keys.privateKey,
      signingAlgorithm: ALGORITHM,
      extensions: [
        new x509.SubjectAlternativeNameExtension([
          { type: /^[\d.]+$/.test(name) ? "ip" : "dns", value: name },
        ]),
      ],
    }, crypto);
    const pkcs8 = await crypto.subtle.exportKey("pkcs8", own.privateKey);
    const keyPem = x509.PemConverter.encode(pkcs8, "PRIVATE KEY");
    return { certificatePem: certificate.toString("pem"), keyPem };
  };
  return { pem: root.toString("pem"), issue };
}

function dialTo(address: string, changed: Partial<BmcDial> = {}): BmcDial {
  const [host = "", port] = address.split(":");
  return {
    host,
    port: Number(port),
    isTls: true,
    askAuthorities: false,
    name: host,
    signal: new AbortController().signal,
    ...changed,
  };
}

async function faultOf(connecting: Promise<BmcSocket>): Promise<BmcFault> {
  try {
    await connecting;
  } catch (error) {
    if (error instanceof BmcFault) return error;
    throw error;
  }
  throw new Error("it connected");
}

Deno.test("authorities vouch for the right name, by name and by address", async () => {
  const authority = await makeAuthority();
  const cases = [["bmc7.example", "bmc7.example"], ["127.16.0.1", "127.16.0.1"]] as const;
  for (const [issuedFor, name] of cases) {
    const identity = await authority.issue(issuedFor);
    const fleet = await Fleet.start({ count: 1, identity });
    const address = fleet.all[0]?.address ?? "";
    const authorities = [authority.pem];
    const vouched = async (dial: Partial<BmcDial>): Promise<boolean> => {
      const socket = await connectBmc(
        dialTo(address, { askAuthorities: true, ...dial }),
        systemClock,
      );
      assert.equal(socket.fingerprint, fingerprintOf(certificateDer(identity.certificatePem)));
      socket.reset();
      return socket.isVouchedFor;
    };
    assert.equal(await vouched({ name, authorities }), true, name);
    assert.equal(await vouched({ name: "other.example", authorities }), false);
    assert.equal(await vouched({ name: "127.16.0.9", authorities }), false);
    assert.equal(await vouched({ name }), false, "this host's own authorities");
    assert.equal(await vouched({ name: "no name\r\n", authorities }), false);
    assert.equal(await vouched({ name, authorities, askAuthorities: false }), false);
    fleet.close();
  }
});

Deno.test("the certificate is shown anew at every connection: no session is taken up", async () => {
  const [first, second] = [await makeIdentity("first"), await makeIdentity("second")];
  const fleet = await Fleet.start({ count: 1, identity: first });
  const [one] = fleet.all;
  assert(one !== undefined);
  for (const identity of [first, second, first]) {
    fleet.show(one.bmc, identity);
    const socket = await connectBmc(dialTo(one.address), systemClock);
    assert.equal(socket.fingerprint, fingerprintOf(certificateDer(identity.certificatePem)));
    // The far end hands out what a session is taken up by with its first answer.
    socket.stream.write("GET /redfish/v1/ HTTP/1.1\r\n\r\n");
    await new Promise((resolve) => socket.stream.once("data", resolve));
    socket.reset();
  }
  fleet.close();
});

Deno.test("what the far end has not acknowledged is known, and taken back by a reset", async () => {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const accepting = listener.accept();
  const dial = dialTo(`127.0.0.1:${listener.addr.port}`, { isTls: false });
  const socket = await connectBmc(dial, systemClock);
  const far = await accepting;
  assert.equal(await socket.isAcknowledged(), true);
  const written = 16 * 1024 * 1024;
  socket.stream.on("error", () => {});
  socket.stream.write(new Uint8Array(written)); // nobody reads it
  assert.equal(await socket.isAcknowledged(), false);
  socket.reset();
  let read = 0;
  await assert.rejects(async () => {
    const buffer = new Uint8Array(1 << 20);
    for (let length: number | null = 0; length !== null; read += length) {
      length = await far.read(buffer);
      if (length === null) return;
    }
  }, /reset/);
  assert(read < written);
  far.close();
  listener.close();
});

Deno.test("why there is no connection", async () => {
  const refused = await faultOf(connectBmc(dialTo("127.0.0.1:1"), systemClock));
  assert.deepEqual([refused.kind, refused.message], ["unreachable", "nothing listens there"]);
  const stopped = dialTo("127.0.0.1:1", { signal: AbortSignal.abort() });
  assert.equal((await faultOf(connectBmc(stopped, systemClock))).kind, "stopped");
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const connecting = connectBmc(dialTo(`127.0.0.1:${listener.addr.port}`), systemClock);
  const far = await listener.accept();
  await far.write(new TextEncoder().encode("HTTP/1.1 400 Bad Request\r\n\r\n"));
  assert.equal((await faultOf(connecting)).kind, "tls");
  far.close();
  listener.close();
});

const OPENSSL = await new Deno.Command("openssl", { args: ["version"] }).output()
  .then(({ success }) => success, () => false);

Deno.test({
  name: "an old TLS is named as what it is (needs openssl)",
  ignore: !OPENSSL,
  fn: async () => {
    const identity = await makeIdentity("old");
    const folder = await Deno.makeTempDir();
    await Deno.writeTextFile(`${folder}/both.pem`, identity.keyPem + identity.certificatePem);
    for (
      const old of [["-tls1_1", "-cipher", "ALL:@SECLEVEL=0"], [
        "-tls1_2",
        "-cipher",
        "ECDHE-ECDSA-AES128-SHA",
      ]]
    ) {
      const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
      const { port } = listener.addr;
      listener.close();
      const child = new Deno.Command("openssl", {
        args: ["s_server", "-accept", `127.0.0.1:${port}`, "-cert", `${folder}/both.pem`, ...old],
        stdin: "piped", // it ends where there is none
        stdout: "piped",
        stderr: "null",
      }).spawn();
      const lines = child.stdout.getReader();
      let said = "";
      while (!said.includes("ACCEPT")) said += new TextDecoder().decode((await lines.read()).value);
      const fault = await faultOf(connectBmc(dialTo(`127.0.0.1:${port}`), systemClock));
      assert.equal(fault.kind, "tls");
      assert.match(fault.message, /no TLS that is safe enough .* update its firmware/);
      child.kill("SIGKILL");
      await child.status;
      await child.stdin.close().catch((error: unknown) => String(error)); // it is gone already
      await lines.cancel();
    }
    await Deno.remove(folder, { recursive: true });
  },
});
