import { deepEqual, equal, match } from "node:assert/strict";
import fc from "fast-check";

import { MAX_PROFILE_NAME_LENGTH } from "../../src/base/boot_limits.ts";
import { profileName, profileRow } from "../../src/model/profile.ts";

Deno.test("a profile's name is one segment of a path, and stands in a URL as it is", () => {
  for (const name of ["alma-9.4-x86_64-default", "a", "_x", "9", "g++", "a..b"]) {
    deepEqual(profileName(name), { ok: true, value: name });
    equal(encodeURI(name), name);
  }
  for (const name of ["", ".", "..", ".hidden", "a/b", "a b", "ä", "a\n", "a\0", "a%2f", "a:b"]) {
    const named = profileName(name);
    match(named.ok ? "" : named.refusal.message, /is not a valid profile name: it takes letters/);
  }
  fc.assert(fc.property(fc.string({ unit: "binary", maxLength: 6 }), (text) => {
    const path = new URL(`http://h/os/${text}/boot`).pathname;
    equal(profileName(text).ok && path !== `/os/${text}/boot`, false);
  }));
});

Deno.test("it has 128 characters at most", () => {
  const longest = "x".repeat(MAX_PROFILE_NAME_LENGTH);
  equal(profileName(longest).ok, true);
  const named = profileName(`${longest}y`);
  match(
    named.ok ? "" : named.refusal.message,
    /has 129 characters; MAX_PROFILE_NAME_LENGTH is 128/,
  );
});

Deno.test("its row is of a kind of its own", () => {
  equal(profileRow("alma-9"), "profile/alma-9");
});
