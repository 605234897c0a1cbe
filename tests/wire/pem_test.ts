import { deepEqual, equal, throws } from "node:assert/strict";

import { MalformedError } from "../../src/base/bytes.ts";
import { certificateDer } from "../../src/wire/pem.ts";
import { CA_PEM } from "./certificates.ts";

Deno.test("a certificate is the first in the text, whatever stands before and behind it", () => {
  const der = certificateDer(CA_PEM);
  equal(der[0], 0x30); // a SEQUENCE (X.690)
  deepEqual(certificateDer(`a comment\n${CA_PEM}${CA_PEM.replace("MII", "MIJ")}`), der);
});

Deno.test("what is no certificate in PEM is malformed", () => {
  throws(() => certificateDer("no certificate"), /no PEM certificate/);
  for (const text of ["", "-----BEGIN CERTIFICATE-----\nAAAAA\n-----END CERTIFICATE-----"]) {
    throws(() => certificateDer(text), MalformedError);
  }
});
