import { equal } from "node:assert/strict";

import { keysOf, oneOf, someOf, text } from "../../../src/model/catalogue/entry.ts";
import type { Attribute } from "../../../src/model/catalogue/entry.ts";
import { inVocabulary } from "../../../src/model/catalogue/vocabulary.ts";

function judged(attribute: Attribute, value: string): string {
  const outcome = inVocabulary(attribute, value);
  return outcome.ok ? "ok" : outcome.refusal.message;
}

Deno.test("one word of few, or a pattern of them", () => {
  const boot = oneOf("tpm2 tpm2:* none ", "boot", "");
  for (const value of ["tpm2", "tpm2:pcr7", "none", ""]) equal(judged(boot, value), "ok", value);
  equal(
    judged(boot, "luks"),
    "Attribute boot does not accept value luks (valid values would be tpm2,tpm2:*,none,)",
  );
  const plain = oneOf("a b", "plain", "");
  equal(judged(plain, ""), "ok");
  for (const value of ["A", "a ", "a,b", "a*"]) equal(judged(plain, value) === "ok", false, value);
});

Deno.test("a list of words, where commas may stand alone", () => {
  const some = someOf("open pxe", "some", "");
  for (const value of ["", ",", "open", "open,pxe", "pxe,,open,"]) equal(judged(some, value), "ok");
  equal(
    judged(some, "open,shut"),
    "Attribute some does not accept list member shut (valid values would be open,pxe)",
  );
  equal(judged(some, "open, pxe").includes("list member  pxe "), true);
});

Deno.test("keys are held against the words, values are not", () => {
  const keys = keysOf("reuse length", "keys", "");
  for (const value of ["", "reuse=no", "reuse=no,length=8=9", "reuse"]) {
    equal(judged(keys, value), "ok", value);
  }
  equal(
    judged(keys, "reuse=no,size=8"),
    "Attribute keys does not accept key size (valid values would be reuse,length)",
  );
});

Deno.test("what has no words takes all, and a long value is told in short", () => {
  equal(judged(text("free", ""), "anything"), "ok");
  equal(judged(oneOf("a", "x", ""), "y".repeat(100_000)).length < 160, true);
});
