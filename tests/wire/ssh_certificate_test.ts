import { deepEqual, equal, match, throws } from "node:assert/strict";
import fc from "fast-check";

import { MAX_SSH_KEY_LENGTH } from "../../src/base/boot_limits.ts";
import { fromBase64, MalformedError, toHex } from "../../src/base/bytes.ts";
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
