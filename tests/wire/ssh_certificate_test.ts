import { deepEqual, equal, match, throws } from "node:assert/strict";
import fc from "fast-check";

import { MAX_SSH_KEY_LENGTH } from "../../src/base/boot_limits.ts";
import { concat, fromBase64, MalformedError, toBase64, toHex, utf8 } from "../../src/base/bytes.ts";
import {
  ed25519Key,
  parseSshKey,
  printSshCertificate,
  printSshKey,
  type SshHostClaim,
  sshHostWords,
} from "../../src/wire/ssh_certificate.ts";

const KEY = ed25519Key(new Uint8Array(32).fill(1));
const CLAIM: SshHostClaim = {
  key: KEY,
  nonce: new Uint8Array(2).fill(2),
  serial: 0x0102_0304_0506_0708n,
  keyId: "n1",
  principals: ["n1", "10.0.0.1"],
  validAfter: 16,
  validBefore: 32,
  signedBy: ed25519Key(new Uint8Array(32).fill(3)),
};

Deno.test("a key that is printed is parsed, with a comment or without", () => {
  fc.assert(fc.property(fc.uint8Array({ minLength: 32, maxLength: 32 }), (bytes) => {
    const key = ed25519Key(bytes);
    deepEqual(parseSshKey(printSshKey(key)), key);
    deepEqual(parseSshKey(`${printSshKey(key, "root at n1")}\n`), key);
  }));
});

Deno.test("keys that are none, and kinds that are not certified, are told", () => {
  const line = printSshKey(KEY), blob = line.split(" ")[1] ?? "";
  for (
    const [text, why] of [
      ["", /wanted a public key/],
      ["ssh-ed25519", /wanted a public key/],
      [`ssh-dss ${blob}`, /ssh-dss: wanted one of ssh-ed25519, /],
      [`ssh-rsa ${blob}`, /the ssh-rsa key is damaged/],
      [`ssh-ed25519 ${blob.slice(0, -4)}`, /cut off/],
      [`ssh-ed25519 ${blob}AAAA`, /cut off|damaged|not base64/],
      ["ssh-ed25519 =", /not base64/],
      [`ssh-ed25519 ${toBase64Of(5)}`, /damaged/],
      [`${line} ${"x".repeat(MAX_SSH_KEY_LENGTH)}`, /wanted a public key/],
    ] as const
  ) {
    throws(() => parseSshKey(text), (error) => {
      equal(error instanceof MalformedError, true, text);
      match(String(error), why);
      return true;
    });
  }
});

function toBase64Of(length: number): string {
  return printSshKey(ed25519Key(new Uint8Array(length))).split(" ")[1] ?? "";
}

/** The line of a key of these parts. */
function lineOf(type: string, ...parts: readonly Uint8Array[]): string {
  const strings = [utf8(type), ...parts].flatMap((part) => {
    const length = new DataView(new ArrayBuffer(4));
    length.setUint32(0, part.length);
    return [new Uint8Array(length.buffer), part];
  });
  return `${type} ${toBase64(concat(strings))}`;
}

Deno.test("of RSA no weak key is certified, of curves nothing that is no point", () => {
  const E = Uint8Array.of(1, 0, 1);
  const modulus = (bits: number): Uint8Array => {
    const bytes = new Uint8Array(1 + bits / 8).fill(0xab);
    bytes[0] = 0;
    return bytes;
  };
  const rsa = (exponent: Uint8Array, of: Uint8Array): string => lineOf("ssh-rsa", exponent, of);
  const curve = utf8("nistp256"), point = new Uint8Array(65).fill(4);
  const p256 = (of: Uint8Array): string => lineOf("ecdsa-sha2-nistp256", curve, of);
  for (const line of [rsa(E, modulus(2048)), rsa(E, modulus(8192)), p256(point)]) {
    equal(parseSshKey(line).type, line.split(" ")[0]);
  }
  const even = modulus(2048).with(256, 2);
  for (
    const [line, why] of [
      [rsa(E, modulus(512)), /an RSA key of 512 bits; wanted 2048/],
      [rsa(E, modulus(8200)), /an RSA key of 8200 bits; wanted 2048 to 8192/],
      [rsa(E, new Uint8Array(300)), /damaged/],
      [rsa(E, new Uint8Array()), /damaged/],
      [rsa(E, even), /damaged/],
      [rsa(Uint8Array.of(1), modulus(2048)), /damaged/],
      [rsa(Uint8Array.of(0, 1), modulus(2048)), /damaged/],
      [rsa(new Uint8Array(), modulus(2048)), /damaged/],
      [p256(utf8("junk")), /damaged/],
      [p256(point.with(0, 2)), /damaged/],
    ] as const
  ) {
    throws(() => parseSshKey(line), why);
  }
});

Deno.test("what is signed is these bytes, and the certificate has the signature after them", () => {
  const words = sshHostWords(CLAIM);
  const key = `0000000b${toHex(new TextEncoder().encode("ssh-ed25519"))}`;
  const type = toHex(new TextEncoder().encode("ssh-ed25519-cert-v01@openssh.com"));
  equal(
    toHex(words),
    `00000020${type}000000020202` + `00000020${"01".repeat(32)}` + "0102030405060708" +
      "00000002" + "000000026e31" + "00000012" + "000000026e31" + "0000000831302e302e302e31" +
      "0000000000000010" + "0000000000000020" + "00000000".repeat(3) +
      `00000033${key}00000020${"03".repeat(32)}`,
  );
  const [name, base64 = "", comment] = printSshCertificate(CLAIM, new Uint8Array(64).fill(4))
    .split(" ");
  deepEqual([name, comment], ["ssh-ed25519-cert-v01@openssh.com", "n1"]);
  equal(toHex(fromBase64(base64)), `${toHex(words)}00000053${key}00000040${"04".repeat(64)}`);
  const forEver = toHex(sshHostWords({ ...CLAIM, validBefore: undefined }));
  equal(forEver.includes(`0000000000000010${"f".repeat(16)}`), true);
});
