import assert from "node:assert/strict";

import {
  asksAuthorities,
  judgeCertificate,
  judgeWithoutTls,
  pinOf,
} from "../../src/hardware/certificate_trust.ts";

const SEEN = pinOf("ab".repeat(32)), OTHER = pinOf("cd".repeat(32));

function verdict(
  policy: "tofu" | "manual" | "ca" | "ca-only",
  pinned: string | undefined,
  isVouchedFor = false,
): string {
  return judgeCertificate({ fingerprint: SEEN, isVouchedFor }, { policy, pinned }).verdict;
}

Deno.test("a certificate is taken by what is pinned, and by the node's policy", () => {
  assert.equal(verdict("tofu", undefined), "pin");
  assert.equal(verdict("manual", undefined), "refused");
  assert.equal(verdict("ca", undefined), "refused");
  for (const policy of ["tofu", "manual", "ca"] as const) {
    assert.equal(verdict(policy, SEEN), "trusted", policy);
    assert.equal(verdict(policy, SEEN.toUpperCase().replace("SHA", "sha")), "trusted", policy);
    assert.equal(verdict(policy, OTHER), "refused", policy);
  }
  assert.equal(verdict("ca-only", SEEN), "refused");
});

Deno.test("authorities count where the policy asks them, and nowhere else", () => {
  assert.equal(verdict("ca", OTHER, true), "trusted");
  assert.equal(verdict("ca-only", undefined, true), "trusted");
  assert.equal(verdict("tofu", OTHER, true), "refused");
  assert.equal(verdict("manual", undefined, true), "refused");
  const asking = (["tofu", "manual", "ca", "ca-only"] as const)
    .filter((policy) => asksAuthorities({ policy, pinned: undefined }));
  assert.deepEqual(asking, ["ca", "ca-only"]);
});

Deno.test("a refusal names what was seen and what is pinned", () => {
  const changed = judgeCertificate({ fingerprint: SEEN, isVouchedFor: false }, {
    policy: "tofu",
    pinned: OTHER,
  });
  assert(
    changed.verdict === "refused" && changed.why.includes(SEEN) && changed.why.includes(OTHER),
  );
  const unknown = judgeCertificate({ fingerprint: SEEN, isVouchedFor: false }, {
    policy: "manual",
    pinned: undefined,
  });
  assert(unknown.verdict === "refused" && unknown.why.includes(SEEN));
});

Deno.test("without TLS nothing is taken where a certificate is asked for", () => {
  const plain = (policy: "tofu" | "manual" | "ca" | "ca-only", pinned?: string): string =>
    judgeWithoutTls({ policy, pinned }).verdict;
  assert.equal(plain("tofu"), "trusted");
  assert.equal(plain("tofu", SEEN), "refused");
  for (const policy of ["manual", "ca", "ca-only"] as const) {
    assert.equal(plain(policy), "refused", policy);
  }
});
