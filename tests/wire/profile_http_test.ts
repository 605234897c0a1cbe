import { equal } from "node:assert/strict";

import { contentWord, profileAnswer, updateProfileRequest } from "../../src/wire/profile_http.ts";

Deno.test("an update is asked for as the original's clients do, and by nothing else", () => {
  for (const updateboot of [1, "1", true]) {
    equal(updateProfileRequest.safeParse({ updateboot }).success, true);
  }
  for (const body of [{}, { updateboot: 0 }, { updateboot: 1, rebase: 1 }, { rebase: 1 }, null]) {
    equal(updateProfileRequest.safeParse(body).success, false, JSON.stringify(body));
  }
});

Deno.test("what is not known of a profile is null, never left out", () => {
  const unknown = { label: null, ostype: null, kernelargs: null, loader: null };
  const answer = { name: "p", ...unknown, bootable: false, whyNot: null, digest: null };
  equal(profileAnswer.safeParse({ ...answer, reference: null, members: [] }).success, true);
  equal(profileAnswer.safeParse({ ...answer, members: [] }).success, false);
  equal(contentWord.safeParse("stale").success, false);
});
