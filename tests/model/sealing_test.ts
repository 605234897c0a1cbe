import { equal, match, notEqual } from "node:assert/strict";
import fc from "fast-check";

import {
  type CollectiveKey,
  seal,
  SEAL_IV_BYTES,
  sealedBy,
  unseal,
} from "../../src/model/sealing.ts";

const KEY: CollectiveKey = { id: "0123456789abcdef", bytes: new Uint8Array(32).fill(7) };
const IV = new Uint8Array(SEAL_IV_BYTES).fill(1);
const ROW = "node/n1", ATTRIBUTE = "secret.hardwaremanagementpassword";
const SEALED = seal(KEY, ROW, ATTRIBUTE, "dummy-secret", IV);

Deno.test("a secret opens in its cell, and says which key it wants", () => {
  equal(unseal(KEY, ROW, ATTRIBUTE, SEALED), "dummy-secret");
  equal(sealedBy(SEALED), KEY.id);
  match(SEALED, /^1\.0123456789abcdef\.[A-Za-z0-9+/=]+$/);
});

Deno.test("the text of a sealed cell is this one for ever", () => {
  equal(SEALED, "1.0123456789abcdef.AQEBAQEBAQEBAQEBEpTk2umSn2uyprlVFLo65z5vqQIKGAoiUzDILQ==");
});

Deno.test("it opens in no other row, for no other attribute and with no other key", () => {
  const cases: readonly (readonly [CollectiveKey, string, string])[] = [
    [KEY, "node/n2", ATTRIBUTE],
    [KEY, ROW, "secret.hardwaremanagementuser"],
    [KEY, `${ROW}s`, ATTRIBUTE.slice(1)],
    [{ ...KEY, bytes: new Uint8Array(32).fill(8) }, ROW, ATTRIBUTE],
    [{ ...KEY, id: "0123456789abcdee" }, ROW, ATTRIBUTE],
  ];
  for (const [key, row, attribute] of cases) equal(unseal(key, row, attribute, SEALED), undefined);
  // The id is bound as well: one key under two names is two keys.
  const renamed = SEALED.replace(KEY.id, "0123456789abcdee");
  equal(unseal({ ...KEY, id: "0123456789abcdee" }, ROW, ATTRIBUTE, renamed), undefined);
});

Deno.test("no character of it can be changed, added or left out", () => {
  for (let at = 0; at < SEALED.length; at++) {
    const other = SEALED[at] === "A" ? "B" : "A";
    const changed = SEALED.slice(0, at) + other + SEALED.slice(at + 1);
    notEqual(unseal(KEY, ROW, ATTRIBUTE, changed), "dummy-secret", `character ${at}`);
    equal(unseal(KEY, ROW, ATTRIBUTE, SEALED.slice(0, at)), undefined);
  }
});

Deno.test("whatever was sealed opens to itself, and any other text opens to nothing", () => {
  const iv = fc.uint8Array({ minLength: SEAL_IV_BYTES, maxLength: SEAL_IV_BYTES });
  fc.assert(
    fc.property(
      fc.string({ unit: "grapheme" }),
      fc.string(),
      fc.string(),
      iv,
      (plain, a, b, iv) => {
        equal(unseal(KEY, a, b, seal(KEY, a, b, plain, iv)), plain);
      },
    ),
  );
  fc.assert(fc.property(fc.string(), fc.base64String(), (text, base64) => {
    equal(unseal(KEY, ROW, ATTRIBUTE, text), undefined);
    equal(unseal(KEY, ROW, ATTRIBUTE, `1.${KEY.id}.${base64}`), undefined);
    equal(sealedBy(text), undefined);
  }));
});
