import { equal, notDeepEqual } from "node:assert/strict";

import { fingerprintOf, sign } from "../../src/base/crypto.ts";
import { follows, rotationWords } from "../../src/collective/rotation.ts";
import { makeIdentity } from "../../src/io/certificate.ts";
import { type Member, memberId } from "../../src/model/member.ts";
import { SUPPORT } from "../../src/model/support.ts";
import { certificateDer } from "../../src/wire/pem.ts";

const [OLD, NEW] = [await makeIdentity("m1"), await makeIdentity("m1")];
const [OLD_DER, NEW_DER] = [certificateDer(OLD.certificatePem), certificateDer(NEW.certificatePem)];
const NEW_PRINT = fingerprintOf(NEW_DER);
const ID = memberId("1".repeat(16));
const MEMBER: Member = {
  id: ID,
  name: "m1",
  fingerprint: fingerprintOf(OLD_DER),
  addresses: [],
  role: "voter",
  support: SUPPORT,
};
const STATEMENT = {
  certificate: OLD_DER,
  signature: sign(OLD.keyPem, rotationWords(ID, OLD_DER, NEW_PRINT)),
};

Deno.test("a certificate follows from a pinned one by its key's word, and by nobody else's", () => {
  equal(follows(MEMBER, STATEMENT, NEW_PRINT), true);
  equal(follows(MEMBER, STATEMENT, "ab".repeat(32)), false);
  const forged = sign(NEW.keyPem, rotationWords(ID, OLD_DER, NEW_PRINT));
  equal(follows(MEMBER, { ...STATEMENT, signature: forged }, NEW_PRINT), false);
  const own = sign(NEW.keyPem, rotationWords(ID, NEW_DER, NEW_PRINT));
  equal(follows(MEMBER, { certificate: NEW_DER, signature: own }, NEW_PRINT), false);
});

Deno.test("a word holds while the certificate it comes from is pinned", () => {
  const former = { ...STATEMENT, isPinned: true };
  equal(follows({ ...MEMBER, fingerprint: "ab".repeat(32) }, STATEMENT, NEW_PRINT), false);
  equal(follows({ ...MEMBER, fingerprint: "ab".repeat(32), former }, STATEMENT, NEW_PRINT), true);
  const gone = { ...former, isPinned: false };
  equal(
    follows({ ...MEMBER, fingerprint: "ab".repeat(32), former: gone }, STATEMENT, NEW_PRINT),
    false,
  );
});

Deno.test("a word is for one member, one certificate and one that follows", () => {
  equal(follows({ ...MEMBER, id: memberId("2".repeat(16)) }, STATEMENT, NEW_PRINT), false);
  notDeepEqual(rotationWords(ID, OLD_DER, NEW_PRINT), rotationWords(ID, NEW_DER, NEW_PRINT));
});
