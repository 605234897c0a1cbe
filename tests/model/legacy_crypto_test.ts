import { deepEqual, equal, fail, match, ok as holds } from "node:assert/strict";
import fc from "fast-check";

import { toBase64 } from "../../src/base/bytes.ts";
import { sealGcm } from "../../src/base/crypto.ts";
import type { Outcome } from "../../src/base/outcome.ts";
import {
  DUMP_IV_BYTES,
  DUMP_SALT_BYTES,
  openDumpKey,
  openDumpSecret,
  writeDumpKey,
  writeDumpSecret,
} from "../../src/model/legacy_crypto.ts";

// Dummies, out of a dump of the original: one key, in clear and protected.
const CLEAR = "*unencrypted:1+gscJlR8SbQMuY7qWK00LMKUPffSjOqMxur1TxS12g=";
const PROTECTED = "m3zEskECoc/elkZPYScMxVAihaMJg8vnRRstVcv33fA=!dkNk7WD4C1hlDH/v!" +
  "uS3bibBIUzqTMIqXzr6DWWPmpoOvfQf1N5ITevYkSb8=!w3GcSBrVXUtVHf3rO2NcTA==!Ag==";
const PASSPHRASE = "dummy-dump-passphrase";
const SECRETS: readonly (readonly [cryptvalue: string, plain: string])[] = [
  ["3WRTDarTXS5KaaNl!g8aWTSFLSFaygakUkw==!J7mulQ0yCSqXhrvhh3oJUg==!Ag==", "dummy-license"],
  ["2sg1dqdI0iOfxfgz!Ot85DjuAQvdsWMhemXy4!AgtM6sCQUXbgQiF1Sc7TYQ==!Ag==", "dummy-Passw0rd!"],
  ["NEj7s8Aq38JW36zj!kadi7DbMG0/xjw==!dbux/q6bcRsQmyq52KnPnw==!Ag==", "dummy-Pdu1"],
  ["4832nr37PTdEX+nI!dfPPbDa09Z/S7Ls=!E9wlFxm4/X6YZ0S6qLzpBg==!Ag==", "dummypublic"],
];

// The older kind, made by another program: keys of bytes that count up from zero.
const COUNTED = Uint8Array.from({ length: 64 }, (_, i) => i);
const OLD = { cryptKey: COUNTED.subarray(0, 32), integrityKey: COUNTED };
const OLD_SECRET = "EBESExQVFhcYGRobHB0eHw==!AEs8oJPJnkCGaCEZ9yGQKg==!" +
  "zGmxtAHV0jConz+VCkV/sbCVDWnuuYluHuMrATQbEes=";
const OLDEST_SECRET = "EBESExQVFhcYGRobHB0eHw==!AEs8oJPJnkCGaCEZ9yGQKg==!" +
  "vdzXKCPaMt9SncgwQtP6SlaSKJ5HOXEJuxtymdxs/B0=";
const OLD_KEY = "ICEiIyQlJicoKSorLC0uLzAxMjM0NTY3ODk6Ozw9Pj8=!EBESExQVFhcYGRobHB0eHw==!" +
  "bPuqNjEGjfC6zv/yvBQs2s2CbgQHanlNqtzLi7fjUAGDo5Ik+7GlVqgyVOakdI7v!" +
  "0Iagcu/Q4LtCXcTXOEWZOmuQEQheR57zvWNM6ilFCX4=";

function opened<T>(outcome: Outcome<T>): T {
  return outcome.ok ? outcome.value : fail(outcome.refusal.message);
}

function refusal(outcome: Outcome<unknown>): string {
  if (outcome.ok) return fail("it was taken");
  equal(outcome.refusal.kind, "invalid");
  return outcome.refusal.message;
}

Deno.test("a dump of the original: its key opens in both forms, and its secrets with it", () => {
  const cryptKey = opened(openDumpKey(CLEAR));
  deepEqual(opened(openDumpKey(PROTECTED, PASSPHRASE)), cryptKey);
  deepEqual(opened(openDumpKey(CLEAR, PASSPHRASE)), cryptKey);
  for (const [cryptvalue, plain] of SECRETS) {
    equal(opened(openDumpSecret({ cryptKey }, cryptvalue)), plain);
  }
});

Deno.test("what the original wrote before: AES-CBC with an HMAC, of the iv or not", () => {
  equal(opened(openDumpSecret(OLD, OLD_SECRET)), "dummy-older");
  equal(opened(openDumpSecret(OLD, OLDEST_SECRET)), "dummy-older");
  deepEqual(opened(openDumpKey(OLD_KEY, PASSPHRASE)), OLD.cryptKey);
  match(refusal(openDumpSecret({ cryptKey: OLD.cryptKey }, OLD_SECRET)), /integritykey/);
  const other = { ...OLD, integrityKey: OLD.cryptKey };
  match(refusal(openDumpSecret(other, OLD_SECRET)), /not of this key/);
});

Deno.test("what is written is what the original writes, byte for byte", () => {
  const cryptKey = opened(openDumpKey(CLEAR));
  equal(writeDumpKey(cryptKey), CLEAR);
  for (const [cryptvalue, plain] of SECRETS) {
    const iv = Uint8Array.fromBase64(cryptvalue.split("!")[0] as string);
    equal(writeDumpSecret(cryptKey, iv, plain), cryptvalue);
  }
  const [salt, iv] = PROTECTED.split("!").map((part) => Uint8Array.fromBase64(part));
  if (salt === undefined || iv === undefined) fail("no parts");
  deepEqual([salt.length, iv.length], [DUMP_SALT_BYTES, DUMP_IV_BYTES]);
  equal(writeDumpKey(cryptKey, { passphrase: PASSPHRASE, salt, iv }), PROTECTED);
});

Deno.test("a text that was written opens to itself, whatever it is", () => {
  const iv = fc.uint8Array({ minLength: DUMP_IV_BYTES, maxLength: DUMP_IV_BYTES });
  const key = fc.uint8Array({ minLength: 32, maxLength: 32 });
  fc.assert(fc.property(key, iv, fc.string({ unit: "grapheme" }), (cryptKey, iv, plain) => {
    equal(opened(openDumpSecret({ cryptKey }, writeDumpSecret(cryptKey, iv, plain))), plain);
  }));
});

Deno.test("a wrong passphrase, none, and another key are told apart and told of", () => {
  match(refusal(openDumpKey(PROTECTED)), /passphrase: it must be given/);
  match(refusal(openDumpKey(PROTECTED, "dummy")), /the passphrase does not open the key/);
  const [secret] = SECRETS[0] as readonly [string, string];
  match(refusal(openDumpSecret(OLD, secret)), /not of this key/);
  match(refusal(openDumpSecret({ cryptKey: COUNTED }, secret)), /16 or 32 bytes/);
  match(refusal(openDumpSecret(OLD, secret.replace("!Ag==", "!Aw=="))), /newer kind/);
  match(refusal(openDumpSecret(OLD, `${secret}!Ag==`)), /three or four parts/);
  match(refusal(openDumpSecret(OLD, `AA==${secret.slice(16)}`)), /damaged/);
});

Deno.test("bytes that are no text are refused", () => {
  const iv = COUNTED.subarray(0, DUMP_IV_BYTES);
  const sealed = sealGcm(OLD.cryptKey, iv, Uint8Array.of(0x61, 0xff));
  const parts = [iv, sealed.subarray(0, 2), sealed.subarray(2), Uint8Array.of(2)];
  equal(refusal(openDumpSecret(OLD, parts.map(toBase64).join("!"))), "the secret is not UTF-8");
});

Deno.test("damage anywhere is refused, and no refusal quotes a part of what it was given", () => {
  const cryptKey = opened(openDumpKey(CLEAR));
  const [secret] = SECRETS[1] as readonly [string, string];
  const alphabet = "ABab09+/=!*é ";
  const change = fc.tuple(fc.nat(secret.length - 1), fc.constantFrom(...alphabet));
  fc.assert(fc.property(change, ([at, by]) => {
    const changed = secret.slice(0, at) + by + secret.slice(at + 1);
    const outcome = openDumpSecret({ cryptKey }, changed);
    if (outcome.ok) return equal(outcome.value, "dummy-Passw0rd!");
    for (const part of secret.split("!").slice(0, 3)) {
      holds(!outcome.refusal.message.includes(part.slice(0, 6)), outcome.refusal.message);
    }
  }));
  for (let cut = 0; cut < secret.length - 1; cut++) {
    if (cut !== secret.length - 2) refusal(openDumpSecret({ cryptKey }, secret.slice(0, cut)));
  }
});

Deno.test("any text is a key, a secret or a refusal: nothing is thrown", () => {
  const text = fc.oneof(
    fc.string(),
    fc.array(fc.base64String({ maxLength: 48 }), { maxLength: 6 }).map((all) => all.join("!")),
    fc.base64String().map((key) => `*unencrypted:${key}`),
  );
  fc.assert(fc.property(text, (text) => {
    equal(openDumpSecret(OLD, text).ok, false);
    const key = openDumpKey(text);
    if (!key.ok) holds(!/\n/.test(key.refusal.message));
  }));
});
