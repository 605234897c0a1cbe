import { deepEqual, equal, match } from "node:assert/strict";
import fc from "fast-check";

import { ByteWriter, concat, fromHex, MalformedError } from "../../src/base/bytes.ts";
import { MAX_CHAIN_LENGTH, MAX_HELLO_BYTES, MAX_MEMBERS } from "../../src/base/limits.ts";
import { memberId } from "../../src/model/member.ts";
import { SUPPORT } from "../../src/model/support.ts";
import {
  decodeHello,
  encodeHello,
  type HelloMessage,
  otherVersionText,
} from "../../src/wire/hello.ts";
import { type Codec, codecLaws, malformed } from "./codec_laws.ts";
import { GREETINGS, UINT } from "./generated.ts";

/** A frame of another version says nothing else: it is read as what this program might say. */
const OTHER: HelloMessage = {
  type: "hello",
  chain: [],
  lastTerm: 0,
  lastIndex: 0,
  isSurvey: true,
  statement: undefined,
};

const HELLOS: Codec<HelloMessage> = {
  encode: encodeHello,
  decode(bytes: Uint8Array): HelloMessage {
    const { message } = decodeHello(bytes);
    // A later program may say more: that is left, and here counts as too much.
    const more = message === undefined ? 0 : bytes.length - encodeHello(message).length;
    if (more > 0) throw new MalformedError(`${more} bytes too many`);
    return message ?? OTHER;
  },
};

const TYPES = Object.keys(GREETINGS);

for (const [type, greetings] of Object.entries(GREETINGS)) {
  const drawn: fc.Arbitrary<HelloMessage> = greetings;
  codecLaws(`a greeting "${type}"`, drawn, HELLOS);
}

function headed(number: number, fewest: number, most: number, fields: Uint8Array): Uint8Array {
  return concat([new ByteWriter().byte(number).uint(fewest).uint(most).uint(7).finish(), fields]);
}

Deno.test("each greeting begins with a number of its own, from 1 on, and the versions", () => {
  const heads = Object.values(GREETINGS).map((greetings) => {
    const drawn: fc.Arbitrary<HelloMessage> = greetings;
    return fc.sample(drawn, 1).map((message) => [...encodeHello(message).subarray(0, 4)])[0];
  });
  deepEqual(heads, TYPES.map((_, i) => [i + 1, SUPPORT.fewest, SUPPORT.most, SUPPORT.level]));
});

Deno.test("a greeting of no known number is malformed, and so is a frame of peers", () => {
  for (let number = 0; number <= 255; number++) {
    if (number >= 1 && number <= TYPES.length) continue;
    const frame = headed(number, 1, 1, new Uint8Array(8));
    equal(malformed(HELLOS, frame), `greeting ${number} is not known`);
  }
});

Deno.test("of another version nothing is read but the versions, whatever follows", () => {
  const number = fc.integer({ min: 1, max: TYPES.length });
  fc.assert(fc.property(number, UINT, UINT, fc.uint8Array(), (type, from, wide, fields) => {
    const fewest = Math.max(SUPPORT.most + 1, from);
    const most = Math.min(Number.MAX_SAFE_INTEGER, fewest + wide);
    const newer = headed(type, fewest, most, fields);
    deepEqual(decodeHello(newer), { support: { fewest, most, level: 7 }, message: undefined });
  }));
  const older = headed(1, 0, SUPPORT.fewest - 1, fromHex("ffff"));
  const support = { fewest: 0, most: SUPPORT.fewest - 1, level: 7 };
  deepEqual(decodeHello(older), { support, message: undefined });
  for (let cut = 0; cut < 4; cut++) {
    equal(malformed(HELLOS, headed(1, 2, 2, new Uint8Array(0)).subarray(0, cut)), "truncated");
  }
});

Deno.test("where both ends know one version in common the fields are read", () => {
  const greeting: HelloMessage = { ...OTHER, lastTerm: 5, lastIndex: 9 } as const;
  const fields = encodeHello(greeting).subarray(4);
  for (const [fewest, most] of [[0, SUPPORT.fewest], [SUPPORT.most, 9], [0, 9]] as const) {
    const support = { fewest, most, level: 7 };
    deepEqual(decodeHello(headed(1, fewest, most, fields)), { support, message: greeting });
  }
});

Deno.test("who cannot talk is told what both ends speak, and what helps", () => {
  const own = { fewest: 2, most: 3, level: 1 };
  equal(
    otherVersionText("m2", { fewest: 4, most: 6, level: 1 }, own),
    "m2 speaks protocol 4 to 6, this member 2 to 3: upgrade this member",
  );
  equal(
    otherVersionText("m2", { fewest: 1, most: 1, level: 1 }, own),
    "m2 speaks protocol 1 to 1, this member 2 to 3: upgrade m2",
  );
});

Deno.test("a proof has 32 bytes and no length before it", () => {
  const frame = encodeHello({ type: "enrol", id: "", index: 0, proof: new Uint8Array(32).fill(7) });
  equal(frame.length, 4 + 1 + 1 + 32);
  match(malformed(HELLOS, frame.subarray(0, -1)), /truncated: 32 bytes wanted, 31 left/);
});

Deno.test("a member that is none is malformed", () => {
  const member = memberId("0123456789abcdef");
  const frame = encodeHello({ type: "redeem", member, addresses: [] });
  frame[5] = "X".charCodeAt(0);
  equal(malformed(HELLOS, frame), '"X123456789abcdef" is not a member id');
});

Deno.test("the longest chain there may be fits what a stranger may send", () => {
  const chain = Array.from({ length: MAX_CHAIN_LENGTH }, (_, epoch) => ({
    epoch,
    random: "a".repeat(32),
  }));
  const most = Number.MAX_SAFE_INTEGER;
  const hello = {
    type: "hello",
    chain,
    lastTerm: most,
    lastIndex: most,
    isSurvey: true,
    statement: undefined,
  } as const;
  equal(encodeHello(hello).length <= MAX_HELLO_BYTES, true);
  const proven = { type: "proven", proof: new Uint8Array(32), chain } as const;
  equal(encodeHello(proven).length <= MAX_HELLO_BYTES, true);
});

const MEMBERS = Array.from({ length: MAX_MEMBERS + 1 }, (_, i) => ({
  id: memberId(String(i).padStart(16, "0")),
  name: `n${i}`,
  fingerprint: "",
  addresses: [],
  role: "voter",
  support: SUPPORT,
} as const));

Deno.test("a roster beyond its bound is malformed within a greeting too", () => {
  const roster = { level: 1, members: MEMBERS, removed: [] };
  const frame = encodeHello({ type: "admitted", chain: [], roster });
  equal(malformed(HELLOS, frame), "a roster of 65 members");
});

Deno.test("what a later program says behind the fields of today is left", () => {
  const frame = encodeHello(OTHER);
  deepEqual(decodeHello(concat([frame, fromHex("0102ff")])), { support: SUPPORT, message: OTHER });
});
