import { deepEqual, equal } from "node:assert/strict";

import { readKind, writeKind } from "../../src/wire/refusal_kind.ts";
import { codecOf, malformed } from "./codec_laws.ts";
import { REFUSAL_KINDS } from "./generated.ts";

const KINDS = codecOf(writeKind, readKind);

Deno.test("every kind of refusal is one byte of its own, and comes back", () => {
  deepEqual(
    REFUSAL_KINDS.map((kind) => [...KINDS.encode(kind)]),
    REFUSAL_KINDS.map((_, number) => [number]),
  );
  deepEqual(REFUSAL_KINDS.map((kind) => KINDS.decode(KINDS.encode(kind))), REFUSAL_KINDS);
});

Deno.test("a byte that is no kind is malformed, and so is none at all", () => {
  for (let number = REFUSAL_KINDS.length; number <= 255; number++) {
    equal(malformed(KINDS, Uint8Array.of(number)), "a kind of refusal that is not known");
  }
  equal(malformed(KINDS, new Uint8Array(0)), "truncated");
});
