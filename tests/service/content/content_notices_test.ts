import { deepEqual, equal } from "node:assert/strict";

import { MAX_CONTENT_NOTICES } from "../../../src/base/boot_limits.ts";
import { bounded, contentNotices } from "../../../src/service/content/content_notices.ts";
import { DIGEST, holder } from "../../api/stand_in_profiles.ts";

const OTHER = "cd".repeat(32);
const differs = { content: "differs", digest: OTHER } as const;
const missing = { content: "missing", digest: undefined, isBootable: false } as const;

Deno.test("where all is as it should be nothing is said", () => {
  const all = [holder("m1"), holder("m2"), holder("m3", { content: "silent", digest: undefined })];
  deepEqual(contentNotices("p", DIGEST, all), []);
  deepEqual(contentNotices("p", undefined, all), []);
  const reading = holder("m2", { content: "reading", digest: undefined });
  deepEqual(contentNotices("p", DIGEST, [holder("m1"), reading]), []);
});

Deno.test("members that differ, or have nothing, are named with what is to be done", () => {
  deepEqual(contentNotices("p", DIGEST, [holder("m1"), holder("m2", differs), holder("m3")]), [
    "the profile p at m2 differs from its reference: copy public/os/p there from m1, m3, " +
    "or run `confluent osdeploy update p` where it is right",
  ]);
  deepEqual(contentNotices("p", DIGEST, [holder("m1"), holder("m2", missing)]), [
    "the profile p is missing at m2: copy public/os/p there from m1, and what its link " +
    "`distribution` leads to",
  ]);
  const silent = holder("m1", { content: "silent" });
  deepEqual(contentNotices("p", DIGEST, [silent, holder("m2", missing)]), [
    "the profile p is missing at m2: bring public/os/p there to what it was",
  ]);
  deepEqual(contentNotices("p", DIGEST, [holder("m1", differs), holder("m2", differs)]), [
    "the profile p at m1, m2 differs from its reference: bring public/os/p there to what it was, " +
    "or run `confluent osdeploy update p` where it is right",
  ]);
});

Deno.test("what cannot be booted, or compared, is named with its reason", () => {
  const kernel = holder("m2", { isBootable: false, why: "boot/kernel is missing" });
  deepEqual(contentNotices("p", DIGEST, [holder("m1"), kernel]), [
    "m2 boots no node with the profile p: boot/kernel is missing; put it right there",
  ]);
  const file = holder("m2", { content: "unreadable", digest: undefined, why: "x cannot be read" });
  deepEqual(contentNotices("p", undefined, [holder("m1"), file]), [
    "the profile p at m2 cannot be compared with that of others: x cannot be read",
  ]);
});

Deno.test("without a reference contents that differ are told of, and who has none is not", () => {
  const unset = (name: string, digest: string): ReturnType<typeof holder> =>
    holder(name, { content: "unset", digest });
  const all = [unset("m1", DIGEST), unset("m2", OTHER), unset("m3", DIGEST), holder("m4", missing)];
  deepEqual(contentNotices("p", undefined, all), [
    "the profile p is not the same at m1, m3, and at m2: run `confluent osdeploy update p` where " +
    "it is right, and copy public/os/p from there",
  ]);
});

Deno.test("a profile that nobody holds any more is no matter", () => {
  deepEqual(contentNotices("p", DIGEST, [holder("m1", missing), holder("m2", missing)]), []);
});

Deno.test("there are no more lines than anybody reads", () => {
  const lines = Array.from({ length: MAX_CONTENT_NOTICES + 7 }, (_, i) => `line ${i}`);
  const told = bounded(lines);
  equal(told.length, MAX_CONTENT_NOTICES + 1);
  equal(told.at(-1), "7 more lines of what is wrong with profiles: see `confluent osdeploy list`");
  deepEqual(bounded(lines.slice(0, MAX_CONTENT_NOTICES)), lines.slice(0, MAX_CONTENT_NOTICES));
});
