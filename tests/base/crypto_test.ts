import { deepEqual, equal, notDeepEqual, ok as holds } from "node:assert/strict";
import fc from "fast-check";

import { concat, fromHex, fromUtf8, toHex, utf8 } from "../../src/base/bytes.ts";
import {
  encodeFields,
  fingerprintOf,
  hkdfSha256,
  hmacSha256,
  openCbc,
  openGcm,
  pbkdf2Sha256,
  sameSecret,
  sealGcm,
  sha256,
  sha512,
  sign,
  verify,
  x25519Public,
  x25519Shared,
} from "../../src/base/crypto.ts";
import { makeIdentity } from "../../src/io/certificate.ts";
import { certificateDer } from "../../src/wire/pem.ts";

function filled(length: number, byte: number): Uint8Array {
  return new Uint8Array(length).fill(byte);
}

Deno.test("SHA-256: the examples of FIPS 180-2", () => {
  equal(
    toHex(sha256(utf8("abc"))),
    "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
  );
  equal(
    toHex(sha256(new Uint8Array(0))),
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
  );
});

Deno.test("SHA-512: the example of FIPS 180-2, in one part or in several", () => {
  const digest = "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a" +
    "2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f";
  equal(toHex(sha512(utf8("abc"))), digest);
  equal(toHex(sha512(utf8("a"), new Uint8Array(0), utf8("bc"))), digest);
});

Deno.test("a fingerprint is the SHA-256 in lower-case hexadecimal", () => {
  equal(
    fingerprintOf(utf8("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq")),
    "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1",
  );
});

Deno.test("HMAC-SHA256: the test cases of RFC 4231", () => {
  const cases: readonly (readonly [key: Uint8Array, message: Uint8Array, mac: string])[] = [
    [
      filled(20, 0x0b),
      utf8("Hi There"),
      "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7",
    ],
    [
      utf8("Jefe"),
      utf8("what do ya want for nothing?"),
      "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
    ],
    [
      filled(20, 0xaa),
      filled(50, 0xdd),
      "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe",
    ],
    [
      Uint8Array.from({ length: 25 }, (_, i) => i + 1),
      filled(50, 0xcd),
      "82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b",
    ],
    [
      filled(131, 0xaa),
      utf8("Test Using Larger Than Block-Size Key - Hash Key First"),
      "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54",
    ],
  ];
  for (const [key, message, mac] of cases) equal(toHex(hmacSha256(key, message)), mac);
});

Deno.test("HKDF-SHA256: test case 3 of RFC 5869, the one without a salt", () => {
  equal(
    toHex(hkdfSha256(filled(22, 0x0b), "", 42)),
    "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8",
  );
});

Deno.test("HKDF-SHA256: extract and expand as RFC 5869 writes them, for any purpose", () => {
  const purpose = "confluent invitation v1";
  const secret = fromHex("00112233445566778899aabbccddeeff");
  const extracted = hmacSha256(new Uint8Array(32), secret);
  const first = hmacSha256(extracted, concat([utf8(purpose), Uint8Array.of(1)]));
  const second = hmacSha256(extracted, concat([first, utf8(purpose), Uint8Array.of(2)]));
  deepEqual(hkdfSha256(secret, purpose), first);
  deepEqual(hkdfSha256(secret, purpose, 64), concat([first, second]));
  notDeepEqual(hkdfSha256(secret, "confluent invitation v2"), first);
});

Deno.test("PBKDF2-HMAC-SHA256: the examples of RFC 7914, section 11", () => {
  equal(
    toHex(pbkdf2Sha256(utf8("passwd"), utf8("salt"), 1, 64)),
    "55ac046e56e3089fec1691c22544b605f94185216dde0465e68b9d57c20dacbc" +
      "49ca9cccf179b645991664b39d77ef317c71b845b1e30bd509112041d3a19783",
  );
  equal(
    toHex(pbkdf2Sha256(utf8("Password"), utf8("NaCl"), 80_000)),
    "4ddcd8f60b98be21830cee5ef22701f9641a4418d04c0414aeff08876b34ab56",
  );
});

// Test case 16 of the paper that GCM was proposed with, and 4, its like for a key of 128 bits.
const GCM_PLAIN = fromHex(
  "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a72" +
    "1c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39",
);
const GCM_BOUND = fromHex("feedfacedeadbeeffeedfacedeadbeefabaddad2");
const GCM_IV = fromHex("cafebabefacedbaddecaf888");
const GCM_KEY = fromHex("feffe9928665731c6d6a8f9467308308");
const GCM_LONG_KEY = concat([GCM_KEY, GCM_KEY]);

Deno.test("AES-GCM: the test cases 4 and 16 of McGrew and Viega", () => {
  equal(
    toHex(sealGcm(GCM_KEY, GCM_IV, GCM_PLAIN, GCM_BOUND)),
    "42831ec2217774244b7221b784d0d49ce3aa212f2c02a4e035c17e2329aca12e" +
      "21d514b25466931c7d8f6a5aac84aa051ba30b396a0aac973d58e091" +
      "5bc94fbc3221a5db94fae95ae7121a47",
  );
  equal(
    toHex(sealGcm(GCM_LONG_KEY, GCM_IV, GCM_PLAIN, GCM_BOUND)),
    "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa" +
      "8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662" +
      "76fc6ece0f4e1768cddf8853bb2d551b",
  );
});

Deno.test("AES-GCM opens with the same key, iv and bound alone, and to no bit changed", () => {
  const sealed = sealGcm(GCM_LONG_KEY, GCM_IV, GCM_PLAIN, GCM_BOUND);
  deepEqual(openGcm(GCM_LONG_KEY, GCM_IV, sealed, GCM_BOUND), GCM_PLAIN);
  equal(openGcm(GCM_KEY, GCM_IV, sealed, GCM_BOUND), undefined);
  equal(openGcm(GCM_LONG_KEY, GCM_IV, sealed), undefined);
  equal(openGcm(GCM_LONG_KEY, GCM_PLAIN.subarray(0, 12), sealed, GCM_BOUND), undefined);
  for (let at = 0; at < sealed.length; at++) {
    const other = Uint8Array.from(sealed, (byte, i) => i === at ? byte ^ 1 : byte);
    equal(openGcm(GCM_LONG_KEY, GCM_IV, other, GCM_BOUND), undefined, `byte ${at}`);
    equal(openGcm(GCM_LONG_KEY, GCM_IV, sealed.subarray(0, at), GCM_BOUND), undefined);
  }
});

Deno.test("AES-CBC: a block of SP 800-38A, and a whole block of padding behind it", () => {
  const key = fromHex("2b7e151628aed2a6abf7158809cf4f3c");
  const iv = fromHex("000102030405060708090a0b0c0d0e0f");
  const sealed = fromHex("7649abac8119b246cee98e9b12e9197d8964e0b149c10b7b682e6e39aaeb731c");
  deepEqual(openCbc(key, iv, sealed), fromHex("6bc1bee22e409f96e93d7e117393172a"));
  equal(openCbc(key, iv, sealed.subarray(0, 16)), undefined);
  equal(openCbc(key, iv, sealed.subarray(1)), undefined);
});

Deno.test("X25519: the example of RFC 7748, section 6.1", () => {
  const alice = fromHex("8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a");
  const bob = fromHex("5dab087e624a8a4b79e17f8b83800ee66f3bb1292618b6fd1c2f8b27ff88e0eb");
  equal(
    toHex(x25519Public(bob)),
    "de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f",
  );
  equal(
    toHex(x25519Shared(bob, alice) ?? new Uint8Array(0)),
    "4a5d9d5ba4ce2de1728e3bf480350f25e07e21c947d19e3376f09b3c1e161742",
  );
});

Deno.test("X25519: both ends come to the same", () => {
  const [one, two] = [filled(32, 1), filled(32, 2)];
  deepEqual(x25519Shared(one, x25519Public(two)), x25519Shared(two, x25519Public(one)));
  notDeepEqual(x25519Shared(one, x25519Public(two)), x25519Shared(one, x25519Public(one)));
});

Deno.test("X25519: a public key of small order or another length is shared with nobody", () => {
  const own = filled(32, 7);
  for (const bad of [new Uint8Array(32), filled(31, 9), filled(33, 9), new Uint8Array(0)]) {
    equal(x25519Shared(own, bad), undefined);
  }
});

Deno.test("secrets are the same only where every byte is, and of one length", () => {
  const secret = filled(32, 7);
  equal(sameSecret(secret, filled(32, 7)), true);
  equal(sameSecret(new Uint8Array(0), new Uint8Array(0)), true);
  for (const length of [0, 31, 33]) equal(sameSecret(secret, filled(length, 7)), false);
  for (let at = 0; at < 32; at++) {
    const other = filled(32, 7);
    other[at] = 6;
    equal(sameSecret(secret, other), false, `byte ${at}`);
  }
});

Deno.test("fields: each stands behind its length, texts as UTF-8", () => {
  equal(toHex(encodeFields("ab", Uint8Array.of(1, 2, 3), "", "é")), "0261620301020300" + "02c3a9");
  equal(toHex(encodeFields("x".repeat(200))).slice(0, 6), "c80178");
  equal(encodeFields().length, 0);
});

Deno.test("fields: two different lists never give the same bytes", () => {
  // A tiny alphabet, length bytes among it, so that lists which could collide are drawn often.
  const field = fc.array(fc.constantFrom(0, 1, 2), { maxLength: 4 }).map((all) =>
    Uint8Array.from(all)
  );
  const fields = fc.array(field, { maxLength: 4 });
  fc.assert(
    fc.property(fields, fields, (a, b) => {
      const [left, right] = [toHex(encodeFields(...a)), toHex(encodeFields(...b))];
      equal(left === right, JSON.stringify(a.map(toHex)) === JSON.stringify(b.map(toHex)));
    }),
    { numRuns: 2000 },
  );
});

Deno.test("a signature holds for its key and its message alone", async () => {
  const [one, two] = [await makeIdentity("a1"), await makeIdentity("a1")];
  const message = utf8("let me in again");
  const signature = sign(one.keyPem, message);
  const [own, other] = [certificateDer(one.certificatePem), certificateDer(two.certificatePem)];
  holds(verify(own, message, signature));
  holds(!verify(other, message, signature));
  holds(!verify(own, utf8(`${fromUtf8(message)}.`), signature));
  holds(!verify(own, message, signature.subarray(1)));
  holds(!verify(own, message, new Uint8Array(0)));
  holds(!verify(utf8("not a certificate"), message, signature));
});
