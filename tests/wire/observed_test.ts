import { deepEqual, equal } from "node:assert/strict";
import fc from "fast-check";

import { ByteWriter } from "../../src/base/bytes.ts";
import { MAX_NAME_LENGTH, MAX_OBSERVED_VALUE_BYTES } from "../../src/base/limits.ts";
import { memberId } from "../../src/model/member.ts";
import { OBSERVED_FACTS, type ObservedCell } from "../../src/model/observed.ts";
import {
  decodeObserved,
  encodeObserved,
  isObserved,
  OBSERVED_SUMS,
  type ObservedMessage,
} from "../../src/wire/observed.ts";
import { codecLaws, malformed } from "./codec_laws.ts";
import { UINT } from "./generated.ts";

const CODEC = { encode: encodeObserved, decode: decodeObserved };
const MEMBERS = ["0", "7", "f"].map((digit) => memberId(digit.repeat(16)));

const CELL: fc.Arbitrary<ObservedCell> = fc.record({
  node: fc.oneof(fc.constantFrom("n1", "n2"), fc.string({ maxLength: 20, unit: "binary" })),
  fact: fc.constantFrom(...OBSERVED_FACTS),
  value: fc.oneof(fc.constantFrom("on", "off", ""), fc.string({ maxLength: 20, unit: "binary" })),
  stamp: fc.record({ epoch: UINT, hlc: UINT, by: fc.constantFrom(...MEMBERS) }),
});
const CELLS = fc.array(CELL, { maxLength: 6 });
const SUMS = fc.array(fc.nat(0xffff_ffff), { maxLength: 8 }).map((some) => {
  const sums = new Uint32Array(OBSERVED_SUMS);
  sums.set(some, 0);
  return sums;
});

const MESSAGES: { readonly [T in ObservedMessage["type"]]: fc.Arbitrary<ObservedMessage> } = {
  observed: fc.record({ type: fc.constant("observed"), upTo: UINT, cells: CELLS }),
  observedGot: fc.record({ type: fc.constant("observedGot"), upTo: UINT }),
  observedAsk: fc.record({ type: fc.constant("observedAsk"), from: UINT, sums: SUMS }),
  observedTold: fc.record({
    type: fc.constant("observedTold"),
    from: UINT,
    next: fc.option(UINT, { nil: undefined }),
    cells: CELLS,
  }),
};

for (const [type, messages] of Object.entries(MESSAGES)) {
  // At each byte of the 4 KiB of sums something is tried: once is enough of those.
  if (type !== "observedAsk") codecLaws(`a frame "${type}"`, messages, CODEC);
}

Deno.test("a question comes back as it was asked, and cut off it is malformed", () => {
  fc.assert(fc.property(MESSAGES.observedAsk, fc.nat(), (ask, cut) => {
    const bytes = encodeObserved(ask);
    deepEqual(decodeObserved(bytes), ask);
    malformed(CODEC, bytes.subarray(0, cut % bytes.length));
    equal(malformed(CODEC, new Uint8Array([...bytes, 0])), "1 bytes too many");
  }));
});

Deno.test("the frames are told from others by their first byte", () => {
  for (let number = 0; number < 256; number++) {
    equal(isObserved(Uint8Array.of(number)), number >= 136 && number <= 139, String(number));
  }
  equal(isObserved(new Uint8Array()), false);
  equal(malformed(CODEC, Uint8Array.of(128)), "frame 128 says nothing of what was seen");
});

/** News of one cell, as anybody may say it. */
function said(fact: number, by: number, node = "n1", value = "on"): Uint8Array {
  const writer = new ByteWriter().byte(136).uint(1);
  writer.uint(1).text(MEMBERS[0] as string);
  writer.uint(1).text(node).uint(1).byte(fact).uint(5).uint(6).uint(by).text(value);
  return writer.finish();
}

Deno.test("a fact that is not known is passed over; a member not listed is malformed", () => {
  const stamp = { epoch: 5, hlc: 6, by: MEMBERS[0] as ObservedCell["stamp"]["by"] };
  const cells: ObservedCell[] = [{ node: "n1", fact: "power", value: "on", stamp }];
  deepEqual(decodeObserved(said(0, 0)), { type: "observed", upTo: 1, cells });
  deepEqual(decodeObserved(said(77, 0)), { type: "observed", upTo: 1, cells: [] });
  equal(malformed(CODEC, said(0, 1)), "there is no member 1 in the list");
});

Deno.test("names and values are bounded", () => {
  const most = "x".repeat(MAX_OBSERVED_VALUE_BYTES), name = "n".repeat(MAX_NAME_LENGTH);
  equal(encodeObserved(decodeObserved(said(0, 0, name, most))).length > most.length, true);
  equal(
    malformed(CODEC, said(0, 0, "n1", `${most}x`)),
    "a text of 513 characters, 512 are the most",
  );
  equal(malformed(CODEC, said(0, 0, `${name}n`)), "a text of 254 characters, 253 are the most");
});
