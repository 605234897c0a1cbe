import { deepEqual, equal } from "node:assert/strict";

import { MAX_CONTENT_PATH_LENGTH, MAX_PROFILE_NAME_LENGTH } from "../../src/base/boot_limits.ts";
import {
  contentAnswer,
  fingerprintAnswer,
  importAnswer,
  importLine,
  importRequest,
  mediumRequest,
} from "../../src/wire/media_http.ts";

function whyNot(schema: typeof importRequest | typeof mediumRequest, body: unknown): string {
  const [issue] = schema.safeParse(body).error?.issues ?? [];
  return issue === undefined ? "" : `${issue.path.join(".")}: ${issue.message}`;
}

const WANTED =
  "filename: wanted the whole path of an ISO, a tar or a folder, as the member sees it";

Deno.test("a medium is a path, a profile of it may have a name", () => {
  const filename = "/srv/alma.iso";
  for (const schema of [mediumRequest, importRequest]) {
    equal(whyNot(schema, { filename }), "");
    for (const wrong of [{}, { filename: 9 }, { filename: "" }, { filename: null }]) {
      equal(whyNot(schema, wrong), WANTED);
    }
    equal(whyNot(schema, { filename: "x".repeat(MAX_CONTENT_PATH_LENGTH + 1) }), WANTED);
    equal(schema.safeParse({ filename, force: true }).success, false);
  }
  equal(whyNot(importRequest, { filename, profile: "alma" }), "");
  equal(
    whyNot(importRequest, { filename, profile: "x".repeat(MAX_PROFILE_NAME_LENGTH + 1) }),
    `profile: wanted ${MAX_PROFILE_NAME_LENGTH} characters at most`,
  );
  equal(whyNot(importRequest, { filename, profile: 1 }), "profile: wanted the name of a profile");
  equal(mediumRequest.safeParse({ filename, profile: "alma" }).success, false);
});

const DONE = {
  ...{ imported: "alma", distribution: "alma-9", digest: null, lacking: ["m2"], notices: [] },
};

Deno.test("an import tells how far it is, and then what came of it", () => {
  deepEqual(importAnswer.parse(DONE), DONE);
  const failed = { error: "no", errorcode: 400 };
  for (const line of [{ progress: "hashed 1 of 2 files" }, { done: DONE }]) {
    deepEqual(importLine.parse(line), line);
  }
  equal("error" in importLine.parse(failed), true);
  for (const line of [{}, { progress: 1 }, { done: {} }]) {
    equal(importLine.safeParse(line).success, false);
  }
});

Deno.test("what a medium is, and what deployments need, are answers of their own", () => {
  const found = {
    ...{ family: "el", distro: "alma", version: "9", arch: "x86_64", label: "Alma" },
    ...{ ostype: "linux", kernel: "k", initramfs: "i", distribution: "d", profile: "p" },
    ...{ files: 2, bytes: 3, warning: null },
  };
  deepEqual(fingerprintAnswer.parse(found), found);
  equal(fingerprintAnswer.safeParse({ ...found, family: "os2" }).success, false);
  const content = {
    ...{ member: "m1", folder: "/c", made: ["public"] },
    needed: [{ what: "bsdtar", there: false, remedy: "get it" }],
  };
  deepEqual(contentAnswer.parse(content), content);
  equal(contentAnswer.safeParse({ ...content, made: undefined }).success, false);
});
