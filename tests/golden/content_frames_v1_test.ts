/**
 * What members tell each other of profiles, version 1, byte by byte, and the digest that is kept of
 * one. FROM RELEASE 0.1.0 ON THESE FIXTURES ARE NEVER EDITED: whoever changes a frame gives it a
 * new number or the protocol a new version, and pins that one beside these.
 */
import { deepEqual, equal } from "node:assert/strict";

import { fromHex, toHex } from "../../src/base/bytes.ts";
import {
  decodeContentTold,
  encodeContentTold,
  type ToldProfile,
} from "../../src/wire/content_frame.ts";
import { profileDigest } from "../../src/wire/profile_digest.ts";

const FRAMES: readonly (readonly [held: readonly ToldProfile[], hex: string])[] = [
  [[], "9800"],
  [
    [
      { profile: "a", isBootable: true, digest: "0123456789abcdef".repeat(4), why: undefined },
      { profile: "b", isBootable: true, digest: undefined, why: undefined },
      { profile: "c", isBootable: false, digest: undefined, why: "no" },
    ],
    "9803" + "01610101" + "0123456789abcdef".repeat(4) + "00" + "0162010000" + "0163000001026e6f",
  ],
];

Deno.test("what members tell of profiles is these bytes", () => {
  for (const [held, hex] of FRAMES) {
    equal(toHex(encodeContentTold(held)), hex);
    deepEqual(decodeContentTold(fromHex(hex)), held);
  }
});

Deno.test("the digest of these files is this one", () => {
  equal(profileDigest([]), "47dc540c94ceb704a23875c11273e16bb0b8a87aed84de911f2133568115f254");
  equal(
    profileDigest([
      { path: "profile.yaml", size: 300, sha256: "11".repeat(32) },
      { path: "boot/kernel", target: "distributions/alma/vmlinuz" },
    ]),
    "0467093a466d4901c61a696d3cda74e8684414d3b10359925763610188304ad2",
  );
});
