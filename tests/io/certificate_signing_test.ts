/** Certificates that are signed here, by what other programs and libraries make of them. */
import { deepEqual, equal, match, throws } from "node:assert/strict";
import { X509Certificate } from "node:crypto";

import {
  MAX_CERTIFIED_NAMES,
  MAX_REQUEST_PEM_LENGTH,
  MIN_RSA_BITS,
} from "../../src/base/boot_limits.ts";
import { MalformedError } from "../../src/base/bytes.ts";
import type { Outcome } from "../../src/base/outcome.ts";
import { x509Library } from "../../src/io/certificate.ts";
import {
  isKeyOf,
  issueServer,
  makeAuthority,
  makeSshAuthority,
  readServer,
  signRequest,
  signSshHost,
} from "../../src/io/certificate_signing.ts";
import { works } from "../system/program.ts";

const NOW = Date.UTC(2026, 5, 1), DAY_MS = 86_400_000;
const VALID = { fromMs: NOW - DAY_MS, untilMs: NOW + DAY_MS };
const HAS_OPENSSL = await works(["openssl", "version"], "openssl");
const HAS_SSH = await works(["sh", "-c", "command -v ssh-keygen >&2"], "ssh-keygen");

function value<T>(outcome: Outcome<T>): T {
  if (!outcome.ok) throw new Error(outcome.refusal.message);
  return outcome.value;
}

function why(outcome: Outcome<unknown>): string {
  return outcome.ok ? "none" : `${outcome.refusal.kind}: ${outcome.refusal.message}`;
}

/** A request for a key of that kind. */
async function requestBy(algorithm: RsaHashedKeyGenParams | EcKeyGenParams): Promise<string> {
  const keys = await crypto.subtle.generateKey(algorithm, true, ["sign", "verify"]);
  const signingAlgorithm = { ...algorithm, hash: "SHA-256" };
  const { Pkcs10CertificateRequestGenerator } = await x509Library();
  const made = await Pkcs10CertificateRequestGenerator.create({
    ...{ name: "CN=wished", keys, signingAlgorithm },
  }, crypto);
  return made.toString("pem");
}

const P256 = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" };

function rsa(modulusLength: number): RsaHashedKeyGenParams {
  const publicExponent = Uint8Array.of(1, 0, 1);
  return { name: "RSASSA-PKCS1-v1_5", hash: "SHA-256", publicExponent, modulusLength };
}

async function sh(script: string, cwd: string): Promise<string> {
  const made = await new Deno.Command("sh", { args: ["-ec", script], cwd }).output();
  const [out, err] = [made.stdout, made.stderr].map((bytes) => new TextDecoder().decode(bytes));
  equal(made.code, 0, `${script}: ${out}${err}`);
  return out ?? "";
}

async function inFolder(test: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "confluent-signing-" });
  try {
    await test(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("a server's certificate has its names, times and key, and its CA behind it", async () => {
  const authority = await makeAuthority("confluent of a test", NOW);
  const names = ["m1", "m1.site", "10.0.0.1", "fe80::1"];
  const made = value(await issueServer(authority, { names, ...VALID }));
  deepEqual(readServer(made.certificatePem), { names, ...VALID });
  equal(isKeyOf(made), true);
  equal(isKeyOf({ ...made, keyPem: authority.keyPem }), false);
  equal(isKeyOf({ ...made, keyPem: "none" }), false);
  equal(made.certificatePem.endsWith(authority.certificatePem), true);
  const leaf = new X509Certificate(made.certificatePem);
  equal(leaf.verify(new X509Certificate(authority.certificatePem).publicKey), true);
  deepEqual([leaf.subject, leaf.ca, leaf.publicKey.asymmetricKeyType], ["CN=m1", false, "ec"]);
  throws(() => readServer("none"), MalformedError);
});

Deno.test({
  name: "openssl verifies it by name, by address, and for no purpose but a server's",
  ignore: !HAS_OPENSSL,
  fn: async () => {
    await inFolder(async (folder) => {
      const authority = await makeAuthority("confluent of a test", NOW);
      const names = ["n1", "10.0.0.1", "fd00::1"];
      const made = value(await issueServer(authority, { names, ...VALID }));
      await Deno.writeTextFile(`${folder}/ca.pem`, authority.certificatePem);
      await Deno.writeTextFile(`${folder}/leaf.pem`, made.certificatePem);
      const verify = `openssl verify -x509_strict -attime ${NOW / 1_000} -CAfile ca.pem`;
      for (
        const wanted of [
          "-purpose sslserver",
          "-verify_hostname n1",
          "-verify_ip 10.0.0.1",
          "-verify_ip fd00::1",
        ]
      ) {
        match(await sh(`${verify} ${wanted} leaf.pem`, folder), /^leaf\.pem: OK$/m, wanted);
      }
      for (
        const unwanted of [
          "-purpose sslclient",
          "-verify_hostname n2",
          "-verify_ip 10.0.0.2",
          `-attime ${VALID.untilMs / 1_000 + 1}`,
        ]
      ) {
        equal(
          await sh(`${verify} ${unwanted} leaf.pem 2>&1 || true`, folder).then((told) =>
            /OK/.test(told)
          ),
          false,
          unwanted,
        );
      }
      // A server cannot make servers.
      const by = { certificatePem: made.certificatePem, keyPem: made.keyPem };
      const below = value(await issueServer(by, { names: ["evil"], ...VALID }));
      await Deno.writeTextFile(`${folder}/below.pem`, below.certificatePem);
      const told = `${verify} -untrusted leaf.pem below.pem 2>&1 || true`;
      match(await sh(told, folder), /invalid CA certificate|error 24|error 79|error 32/);
    });
  },
});

Deno.test("of a request its key is signed and nothing else", async () => {
  const authority = await makeAuthority("confluent of a test", NOW);
  for (const kind of [P256, { ...P256, namedCurve: "P-384" }, rsa(MIN_RSA_BITS)]) {
    const request = await requestBy(kind);
    const made = value(await signRequest(authority, request, { names: ["n1"], ...VALID }));
    deepEqual(readServer(made), { names: ["n1"], ...VALID });
    equal(made.match(/BEGIN/g)?.length, 1);
    equal(new X509Certificate(made).subject, "CN=n1");
  }
});

Deno.test("what is no request, weak, of another's key or for no name is refused", async () => {
  const authority = await makeAuthority("confluent of a test", NOW);
  const claim = { names: ["n1"], ...VALID };
  const request = await requestBy(P256), other = await requestBy(P256);
  const swapped = request.split("\n").map((line, i, all) =>
    i === all.length - 3 ? other.split("\n")[i] ?? "" : line
  ).join("\n");
  const tries = [
    ["", /invalid: wanted a certificate request in PEM/],
    ["-----BEGIN CERTIFICATE REQUEST-----\nAAAA\n-----END CERTIFICATE REQUEST-----", /in PEM/],
    [authority.certificatePem, /invalid: /],
    [swapped, /invalid: /],
    ["x".repeat(MAX_REQUEST_PEM_LENGTH + 1), /MAX_REQUEST_PEM_LENGTH/],
    [await requestBy(rsa(1_024)), /an RSA key of 1024 bits; wanted 2048 to 8192/],
  ] as const;
  for (const [text, wanted] of tries) match(why(await signRequest(authority, text, claim)), wanted);
  const many = Array.from({ length: MAX_CERTIFIED_NAMES + 1 }, (_, i) => `n${i}`);
  for (const names of [[], many, ["a b"], ["-a"], ["a..b"], ["x".repeat(64)], ["n1,DNS:evil"]]) {
    match(
      why(await signRequest(authority, request, { names, ...VALID })),
      /^invalid: .*wanted 1 to/,
    );
  }
});

Deno.test({
  name: "ssh-keygen reads a host's certificate as it was meant",
  ignore: !HAS_SSH,
  fn: async () => {
    await inFolder(async (folder) => {
      const signer = await makeSshAuthority("confluent-test");
      await Deno.writeTextFile(`${folder}/ca.pub`, `${signer.publicLine}\n`);
      const host = { keyId: "n1", principals: ["n1", "10.0.0.1"] };
      for (const kind of ["ed25519", "ecdsa", "rsa"]) {
        await sh(`ssh-keygen -q -t ${kind} -N '' -f ${kind}`, folder);
        const key = await Deno.readTextFile(`${folder}/${kind}.pub`);
        const line = value(
          await signSshHost(signer, key.trim(), {
            ...{ ...host, validAfter: NOW / 1_000, validBefore: undefined },
          }),
        );
        await Deno.writeTextFile(`${folder}/${kind}-cert.pub`, `${line}\n`);
        const told = await sh(`ssh-keygen -L -f ${kind}-cert.pub; ssh-keygen -lf ca.pub`, folder);
        match(told, /host certificate[^]*Principals:\s+n1\n\s+10\.0\.0\.1\n/);
        match(told, /Valid: after \S+\n|Valid: from \S+ to forever/);
        const [by] = /SHA256:\S+(?= \(using ssh-ed25519\))/.exec(told) ?? ["none"];
        equal(told.split("\n").at(-2)?.includes(by), true, told);
      }
    });
  },
});
