import { equal, notEqual } from "node:assert/strict";
import fc from "fast-check";

import { type DigestEntry, profileDigest } from "../../src/wire/profile_digest.ts";

const HASH = fc.uint8Array({ minLength: 32, maxLength: 32 }).map((bytes) => bytes.toHex());
const ENTRY: fc.Arbitrary<DigestEntry> = fc.oneof(
  fc.record({ path: fc.string({ minLength: 1 }), size: fc.nat(), sha256: HASH }),
  fc.record({ path: fc.string({ minLength: 1 }), target: fc.string() }),
);
const ENTRIES = fc.uniqueArray(ENTRY, { selector: ({ path }) => path, maxLength: 8 });

Deno.test("the digest is that of the files, in whatever order they are named", () => {
  fc.assert(fc.property(ENTRIES, (entries) => {
    const digest = profileDigest(entries);
    equal(digest, profileDigest(entries.toReversed()));
    equal(/^[0-9a-f]{64}$/.test(digest), true);
  }));
});

Deno.test("other files have another digest", () => {
  fc.assert(fc.property(ENTRIES, ENTRIES, (one, other) => {
    const said = (entries: readonly DigestEntry[]): string =>
      JSON.stringify(
        entries.map((entry) =>
          JSON.stringify(
            "target" in entry ? [entry.path, entry.target] : [entry.path, entry.size, entry.sha256],
          )
        ).sort(),
      );
    equal(profileDigest(one) === profileDigest(other), said(one) === said(other));
  }));
  const sha256 = "00".repeat(32);
  const base = profileDigest([{ path: "a", size: 1, sha256 }]);
  for (
    const other of [
      [],
      [{ path: "b", size: 1, sha256 }],
      [{ path: "a", size: 2, sha256 }],
      [{ path: "a", size: 1, sha256: "01".repeat(32) }],
      [{ path: "a", target: "b" }],
    ]
  ) {
    notEqual(profileDigest(other), base);
  }
});
