import { deepEqual, equal, fail, match } from "node:assert/strict";
import fc from "fast-check";

import { ByteWriter, concat } from "../../src/base/bytes.ts";
import { crc32c } from "../../src/base/crc32c.ts";
import { MAX_ADDRESSES_PER_MEMBER, MAX_TOKEN_LENGTH } from "../../src/base/limits.ts";
import { decodeToken, encodeToken, type Token } from "../../src/wire/token.ts";
import { TOKEN } from "./generated.ts";

const WRONG = "the token is not valid: it was cut, altered or mistyped; copy the whole line that " +
  "`confluent invite` printed";

const SAMPLE: Token = {
  id: "00112233445566ff",
  index: 300,
  role: "learner",
  name: "n2",
  expiresAtMs: 1_700_000_000_000,
  addresses: ["n1.example:13001", "[2001:db8::1]:13001"],
  secret: Uint8Array.from({ length: 32 }, (_, i) => i * 8),
};

/** RFC 4648, section 6, in lower case and without padding: written as it is drawn there. */
function base32(bytes: Uint8Array): string {
  const bits = [...bytes].map((byte) => byte.toString(2).padStart(8, "0")).join("");
  const fives = bits.match(/.{1,5}/g) ?? [];
  const alphabet = "abcdefghijklmnopqrstuvwxyz234567";
  return fives.map((five) => alphabet.charAt(parseInt(five.padEnd(5, "0"), 2))).join("");
}

/** A token that says `body` under a checksum that is right. */
function sealed(body: Uint8Array): string {
  return "cft" + base32(concat([body, new ByteWriter().u32(crc32c(body)).finish()]));
}

function bodyOf(token: Token, role = 0, version = 1): ByteWriter {
  const writer = new ByteWriter().byte(version).text(token.id).uint(token.index).byte(role);
  writer.text(token.name).uint(token.expiresAtMs);
  return writer.list(token.addresses, (address) => writer.text(address)).raw(token.secret);
}

function refusal(text: string): string {
  const outcome = decodeToken(text);
  if (outcome.ok) return fail(`${text} was taken`);
  equal(outcome.refusal.kind, "invalid");
  return outcome.refusal.message;
}

Deno.test("a token is one word that says all of it: RFC 4648 over body and checksum", () => {
  fc.assert(fc.property(TOKEN, (token) => {
    const text = encodeToken(token);
    if (text.length <= MAX_TOKEN_LENGTH) deepEqual(decodeToken(text), { ok: true, value: token });
    equal(text, sealed(bodyOf(token, ["learner", "nonvoting"].indexOf(token.role)).finish()));
    match(text, /^cft[a-z2-7]+$/);
  }));
});

Deno.test("a token that was cut anywhere, or has more behind or before it, is refused", () => {
  const text = encodeToken(SAMPLE);
  for (let cut = 0; cut < text.length; cut++) {
    equal(refusal(text.slice(0, cut)), WRONG);
    if (cut > 0) equal(refusal(text.slice(cut)), WRONG);
  }
  for (const more of ["a", "aa", "aaaaaaaa", "=", " ", "\n"]) {
    equal(refusal(text + more), WRONG);
    equal(refusal(more + text), WRONG);
  }
});

Deno.test("a token with any one letter changed is refused, and one in capitals too", () => {
  const text = encodeToken(SAMPLE);
  for (let at = 0; at < text.length; at++) {
    for (const letter of ["a", "7", "q", "0", "1", "A", "-", "é", " "]) {
      if (letter === text[at]) continue;
      equal(refusal(text.slice(0, at) + letter + text.slice(at + 1)), WRONG, `at ${at}`);
    }
  }
  equal(refusal(text.toUpperCase()), WRONG);
});

Deno.test("of each length a token has one spelling: no letter more, no other last letter", () => {
  // Five bytes are eight letters, so five lengths show every way a token may end.
  for (const name of ["", "n", "nn", "nnn", "nnnn"]) {
    const text = encodeToken({ ...SAMPLE, name });
    equal(decodeToken(text).ok, true);
    for (const letter of "abcdefghijklmnopqrstuvwxyz234567") {
      equal(refusal(text + letter), WRONG);
      if (!text.endsWith(letter)) equal(refusal(text.slice(0, -1) + letter), WRONG);
    }
  }
});

Deno.test("any text gives a token or a refusal, never an exception", () => {
  const letters = fc.string({ unit: fc.constantFrom(..."abcz27="), maxLength: 200 });
  fc.assert(fc.property(fc.oneof(fc.string({ unit: "binary" }), letters), (text) => {
    equal(refusal(text), WRONG);
    equal(refusal(`cft${text}`), WRONG);
  }));
});

Deno.test("any bytes under a checksum that is right give a token or a refusal", () => {
  const change = fc.record({ at: fc.nat(), by: fc.uint8Array({ maxLength: 9 }) });
  fc.assert(
    fc.property(TOKEN, change, fc.uint8Array({ maxLength: 60 }), (token, { at, by }, bytes) => {
      const body = bodyOf(token).finish();
      const cut = at % body.length;
      for (const changed of [concat([body.subarray(0, cut), by, body.subarray(cut + 1)]), bytes]) {
        const outcome = decodeToken(sealed(changed));
        if (outcome.ok) deepEqual(decodeToken(encodeToken(outcome.value)), outcome);
        else equal(outcome.refusal.kind, "invalid");
      }
    }),
    { numRuns: 300 },
  );
});

Deno.test("a token of another version is told apart from one that is wrong", () => {
  const newer = sealed(bodyOf(SAMPLE, 0, 2).finish());
  equal(
    refusal(newer),
    "the token is of version 2, this program knows 1; upgrade the older side",
  );
  match(refusal(sealed(Uint8Array.of(9))), /^the token is of version 9/);
  equal(refusal(sealed(new Uint8Array(0))), WRONG);
});

Deno.test("what nobody would invite is refused under any checksum", () => {
  equal(refusal(sealed(bodyOf(SAMPLE, 2).finish())), WRONG);
  for (const id of ["", "00112233445566f", "00112233445566FF", "00112233445566ff0"]) {
    equal(refusal(sealed(bodyOf({ ...SAMPLE, id }).finish())), WRONG, id);
  }
  const secret = SAMPLE.secret.subarray(1);
  equal(refusal(sealed(bodyOf({ ...SAMPLE, secret }).finish())), WRONG);
  equal(refusal(sealed(bodyOf(SAMPLE).byte(0).finish())), WRONG);
  // The same bytes, put together as they should be, are a token.
  deepEqual(decodeToken(sealed(bodyOf(SAMPLE).finish())), { ok: true, value: SAMPLE });
});

Deno.test("a token names MAX_ADDRESSES_PER_MEMBER places at most", () => {
  const addresses = Array.from({ length: MAX_ADDRESSES_PER_MEMBER }, (_, i) => `n1:${i}`);
  equal(decodeToken(encodeToken({ ...SAMPLE, addresses })).ok, true);
  equal(refusal(encodeToken({ ...SAMPLE, addresses: [...addresses, "n1:99"] })), WRONG);
});

Deno.test("a token longer than MAX_TOKEN_LENGTH is refused before it is read", () => {
  const prefix = encodeToken({ ...SAMPLE, name: "" });
  // Eight letters say five bytes: names are tried around the bound.
  const room = Math.floor((MAX_TOKEN_LENGTH - prefix.length) * 5 / 8);
  const lengths = Array.from({ length: 8 }, (_, i) => room - 4 + i);
  const tokens = lengths.map((length) => encodeToken({ ...SAMPLE, name: "x".repeat(length) }));
  for (const text of tokens) equal(decodeToken(text).ok, text.length <= MAX_TOKEN_LENGTH);
  deepEqual(new Set(tokens.map((text) => text.length <= MAX_TOKEN_LENGTH)), new Set([true, false]));
});
