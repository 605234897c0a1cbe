/**
 * Tokens, version 1, letter by letter. FROM RELEASE 0.1.0 ON THESE FIXTURES ARE NEVER EDITED: a
 * token that one release printed is typed into another. Whoever changes what a token says gives
 * it a new version, and pins that one beside these.
 */
import { deepEqual, equal } from "node:assert/strict";

import { decodeToken, encodeToken, type Token } from "../../src/wire/token.ts";

const LEARNER: Token = {
  id: "00112233445566ff",
  index: 300,
  role: "learner",
  name: "n2",
  expiresAtMs: 1_700_000_000_000,
  addresses: ["n1.example:13001", "[2001:db8::1]:13001"],
  secret: Uint8Array.from({ length: 32 }, (_, i) => 255 - i),
};

const NONVOTING: Token = {
  id: "ffffffffffffffff",
  index: 1,
  role: "nonvoting",
  name: "é",
  expiresAtMs: 0,
  addresses: [],
  secret: new Uint8Array(32),
};

function holdsTo(value: Token, text: string): void {
  equal(encodeToken(value), text);
  deepEqual(decodeToken(text), { ok: true, value });
}

Deno.test("version 1 of a token: of a learner that may be dialed at two addresses", () => {
  holdsTo(
    LEARNER,
    "cftaeidambrgezdemztgq2dknjwgztgnlacaabg4mua2ck77pbraiig4mjomv4gc3lqnrstumjtgaydc" +
      "e23giydamj2mrrdqor2gfotumjtgaydd7767x6px6xz7d37n5pu6pzpd4hp53w6z27k5huopzxf4tr6f" +
      "ypaambr6ty",
  );
});

Deno.test("version 1 of a token: of a non-voting member, with the least in it", () => {
  holdsTo(
    NONVOTING,
    "cftaeigmztgmztgmztgmztgmztgmztgmaibalb2saaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa" +
      "aaaaaaaaaaaaaah3e6ga4",
  );
});
