import { equal } from "node:assert/strict";
import fc from "fast-check";

import { ByteWriter } from "../../src/base/bytes.ts";
import {
  MAX_CONTENT_REASON_LENGTH,
  MAX_PROFILE_NAME_LENGTH,
  MAX_PROFILES,
} from "../../src/base/boot_limits.ts";
import { MAX_FRAME_BYTES } from "../../src/base/limits.ts";
import {
  decodeContentTold,
  encodeContentTold,
  type ToldProfile,
} from "../../src/wire/content_frame.ts";
import { SERVICE_NUMBERS } from "../../src/wire/service_frame.ts";
import { type Codec, codecLaws, malformed } from "./codec_laws.ts";

/** As the bytes begin with its number, there is always a frame. */
const CODEC: Codec<readonly ToldProfile[]> = {
  encode: encodeContentTold,
  decode: (bytes) => decodeContentTold(bytes) ?? [],
};
const OR_NOT = { nil: undefined };
const TOLD: fc.Arbitrary<ToldProfile> = fc.record({
  profile: fc.string({ unit: "binary", maxLength: 12 }),
  isBootable: fc.boolean(),
  digest: fc.option(
    fc.uint8Array({ minLength: 32, maxLength: 32 }).map((bytes) => bytes.toHex()),
    OR_NOT,
  ),
  why: fc.option(fc.string({ unit: "binary", maxLength: 12 }), OR_NOT),
});
const NUMBERED = fc.array(TOLD, { maxLength: 3 });

codecLaws("what a member holds", NUMBERED, {
  encode: encodeContentTold,
  decode: (bytes) => {
    const frame = new ByteWriter().byte(SERVICE_NUMBERS.contentTold).raw(bytes.subarray(1));
    return CODEC.decode(bytes.length === 0 ? bytes : frame.finish());
  },
});

Deno.test("it begins with its number, and another service's frame is let pass", () => {
  equal(encodeContentTold([])[0], SERVICE_NUMBERS.contentTold);
  equal(decodeContentTold(Uint8Array.of(SERVICE_NUMBERS.command, 9, 9)), undefined);
});

Deno.test("all that a member may hold fits one frame, and not one more", () => {
  const longest = (count: number): ToldProfile[] =>
    Array.from({ length: count }, () => ({
      profile: "p".repeat(MAX_PROFILE_NAME_LENGTH),
      isBootable: false,
      digest: "0f".repeat(32),
      why: "\u{fffd}".repeat(MAX_CONTENT_REASON_LENGTH),
    }));
  const most = encodeContentTold(longest(MAX_PROFILES));
  equal(decodeContentTold(most)?.length, MAX_PROFILES);
  equal(most.length < MAX_FRAME_BYTES / 4, true);
  equal(
    malformed(CODEC, encodeContentTold(longest(MAX_PROFILES + 1))),
    `${MAX_PROFILES + 1} profiles; wanted ${MAX_PROFILES} at most`,
  );
});

Deno.test("names and reasons have their bounds; of a longer reason the beginning is told", () => {
  const told = { profile: "p", isBootable: true, digest: undefined, why: "y".repeat(9_999) };
  const [read] = decodeContentTold(encodeContentTold([told])) ?? [];
  equal(read?.why, "y".repeat(MAX_CONTENT_REASON_LENGTH));
  const profile = "p".repeat(MAX_PROFILE_NAME_LENGTH + 1);
  equal(
    malformed(CODEC, encodeContentTold([{ ...told, profile }])),
    "a text of 129 characters, 128 are the most",
  );
});
