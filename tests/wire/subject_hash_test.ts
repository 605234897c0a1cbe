import { equal, throws } from "node:assert/strict";
import fc from "fast-check";

import { MalformedError } from "../../src/base/bytes.ts";
import { certificateDer } from "../../src/wire/pem.ts";
import { subjectHash } from "../../src/wire/subject_hash.ts";
import { CA_HASH, CA_PEM } from "./certificates.ts";
import { said } from "./outside_program.ts";

Deno.test("a CA of a collective goes by the name that OpenSSL gives it", () => {
  equal(subjectHash(certificateDer(CA_PEM)), CA_HASH);
});

Deno.test("so does any other, whatever is in its subject", async () => {
  for (
    const subject of [
      "/CN=x",
      "/C=DE/O=Some  Body   Else/OU=  Blanks at ends  /CN=MiXeD Case",
      "/CN=Größe ÄÖÜ/emailAddress=Root@Example.ORG",
      `/CN=${"long ".repeat(12)}/O=${"y".repeat(60)}/OU=${"z".repeat(60)}`,
      "/O=a/O=b+OU=c/CN=d",
    ]
  ) {
    const made = await said(
      "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout /dev/null -utf8"
        .split(" ").concat("-days", "3", "-multivalue-rdn", "-subj", subject),
    );
    if (made === undefined) return;
    const wanted = await said(
      ["openssl", "x509", "-hash", "-noout"],
      new TextEncoder().encode(made),
    );
    equal(subjectHash(certificateDer(made)), wanted?.trim(), subject);
  }
});

Deno.test("what is no certificate has none", () => {
  const der = certificateDer(CA_PEM);
  for (const length of [0, 1, 2, 40, der.length - 1]) {
    throws(() => subjectHash(der.subarray(0, length)), MalformedError);
  }
  fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
    throws(() => subjectHash(bytes), MalformedError);
  }));
});
