import { equal, notDeepEqual, ok as holds, throws } from "node:assert/strict";
import { X509Certificate } from "node:crypto";

import { MalformedError } from "../../src/base/bytes.ts";
import { fingerprintOf } from "../../src/base/crypto.ts";
import { expiryOf, makeIdentity } from "../../src/io/certificate.ts";
import { certificateDer } from "../../src/wire/pem.ts";

const DAY_MS = 86_400_000;

Deno.test("certificate: it carries the name, its own signature, and ten years", async () => {
  for (const name of ["a1", "a,b=c+d", "ünï"]) {
    const { certificatePem } = await makeIdentity(name);
    const certificate = new X509Certificate(certificatePem);
    holds(certificate.verify(certificate.publicKey));
    equal(certificate.serialNumber.length, 32);
    equal(certificate.subject, `CN=${name}`);
    const days = (expiryOf(certificatePem) - Date.now()) / DAY_MS;
    holds(days > 3_651 && days < 3_654, `${days} days`);
    holds(Date.parse(certificate.validFrom) < Date.now() - DAY_MS / 2, "valid since yesterday");
  }
});

Deno.test("certificate: two of one name share nothing", async () => {
  const [one, two] = [await makeIdentity("a1"), await makeIdentity("a1")];
  notDeepEqual(one.keyPem, two.keyPem);
  const serials = [one, two].map((each) => new X509Certificate(each.certificatePem).serialNumber);
  notDeepEqual(serials[0], serials[1]);
});

Deno.test("certificate: DER is what the PEM holds, and both tell the expiry", async () => {
  const { certificatePem } = await makeIdentity("a1");
  const der = certificateDer(certificatePem);
  const raw = new X509Certificate(certificatePem);
  equal(fingerprintOf(der), raw.fingerprint256.replaceAll(":", "").toLowerCase());
  equal(expiryOf(der), expiryOf(certificatePem));
  equal(fingerprintOf(certificateDer(`a comment\n${certificatePem}`)), fingerprintOf(der));
});

Deno.test("certificate: what is none is malformed", () => {
  for (const text of ["", "-----BEGIN CERTIFICATE-----\nAAA\n-----END CERTIFICATE-----", "x"]) {
    throws(() => expiryOf(text), MalformedError);
  }
  throws(() => expiryOf(new Uint8Array(5)), MalformedError);
  throws(() => certificateDer("no certificate"), /no PEM certificate/);
});
