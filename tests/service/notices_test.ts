import { deepEqual, equal, match } from "node:assert/strict";

import { MAX_CLOCK_LEAD_MS } from "../../src/base/limits.ts";
import type { MemberRole, Roster } from "../../src/model/member.ts";
import { SUPPORT } from "../../src/model/support.ts";
import { memberId } from "../../src/model/member.ts";
import { noticesOf, type Standing } from "../../src/service/notices.ts";

function rosterOf(...roles: readonly MemberRole[]): Roster {
  const members = roles.map((role, i) => ({
    id: memberId(String(i).padStart(16, "0")),
    name: `m${i + 1}`,
    fingerprint: String(i).padStart(64, "0"),
    addresses: [],
    role,
    support: SUPPORT,
  }));
  return { level: 1, members, removed: [] };
}

function notices(change: Partial<Standing>): string[] {
  return noticesOf({
    self: "m1",
    roster: rosterOf("voter", "voter", "voter"),
    verdict: { held: true, missing: [], freshAt: 0 },
    locked: undefined,
    cannotWrite: undefined,
    skews: [],
    audit: [],
    promotionWaits: [],
    troubles: [],
    drained: [],
    certificates: [],
    wallMs: Date.UTC(2030, 0, 1),
    ...change,
  });
}

Deno.test("where all is well there is nothing to say, of one, three or four", () => {
  deepEqual(notices({}), []);
  deepEqual(notices({ roster: rosterOf("voter") }), []);
  deepEqual(notices({ roster: rosterOf("voter", "nonvoting") }), []);
});

Deno.test("two voters are both needed, and what removes that is said", () => {
  const [said = "", ...more] = notices({ roster: rosterOf("voter", "voter", "nonvoting") });
  equal(
    said,
    "m1 and m2 are both needed: while one is down nothing can be changed; a third voting member " +
      "removes that",
  );
  deepEqual(more, []);
});

Deno.test("a lost majority names the silent and the one remedy, without oneself", () => {
  const verdict = { held: false, missing: ["m2", "m3"], freshAt: 0 };
  const [said = "", ...more] = notices({ verdict });
  match(
    said,
    /^no quorum: 1 of 3 voting members answer, 2 are needed; silent: m2, m3\. Start them/,
  );
  match(said, /switched off: stop the service here and run `.* force-quorum --lost m2,m3`$/);
  deepEqual(more, []);
  const both = notices({ verdict: { ...verdict, missing: ["m1", "m2"] } });
  match(both[0] ?? "", /silent: m1, m2\..*--lost m2`$/);
});

Deno.test("one that cannot write is told so, and not to force itself out", () => {
  const verdict = { held: false, missing: ["m1"], freshAt: 0 };
  const roster = rosterOf("voter", "voter");
  const [why, quorum = "", ...more] = notices({ roster, verdict, cannotWrite: "the disk is full" });
  equal(why, "m1 cannot write: the disk is full");
  match(quorum, /^no quorum: of 2 voting members m1 itself does not count/);
  deepEqual(more, []);
});

Deno.test("a locked member says that first, and nothing of a quorum", () => {
  const verdict = { held: false, missing: ["m1", "m2", "m3"], freshAt: 0 };
  deepEqual(notices({ verdict, locked: "removed at index 7" }), [
    "m1 is locked: removed at index 7",
  ]);
});

Deno.test("learners are named, and why they wait", () => {
  const roster = rosterOf("voter", "learner");
  deepEqual(notices({ roster, promotionWaits: ["m2 lags"] }), [
    "m2 does not vote yet: it is catching up",
    "m2 lags",
  ]);
});

Deno.test("of three clocks the wrong one is named, whoever looks", () => {
  const wrong = MAX_CLOCK_LEAD_MS + 2_000;
  const skews = [
    { name: "m1", aheadMs: 0 },
    { name: "m2", aheadMs: 40 },
    { name: "m3", aheadMs: -wrong },
  ];
  deepEqual(notices({ skews }), ["the clock of m3 is 12 s behind; set it right"]);
  // Seen by the wrong one.
  const seen = skews.map(({ name, aheadMs }) => ({ name, aheadMs: aheadMs + wrong }));
  deepEqual(notices({ self: "m3", skews: seen }), ["the clock of m3 is 12 s behind; set it right"]);
  deepEqual(notices({ skews: skews.slice(2) }), []);
});

Deno.test("a certificate is told of 90 days before it ends, and after that", () => {
  const wallMs = Date.UTC(2030, 0, 1), day = 86_400_000;
  const said = (days: number): string[] =>
    notices({ wallMs, certificates: [{ name: "m2", expiresAtMs: wallMs + days * day }] });
  deepEqual(said(90), []);
  equal(
    said(89)[0],
    "the certificate of m2 expires on 2030-03-31, which keeps nobody out; renew it there with " +
      "`confluent collective rotate`",
  );
  match(said(-1)[0] ?? "", /^the certificate of m2 expired on 2029-12-31, which keeps nobody out;/);
});

Deno.test("a rotation that is not over, and a peer that cannot be talked to, are told of", () => {
  const roster = rosterOf("voter", "voter", "voter");
  const former = { certificate: new Uint8Array(1), signature: new Uint8Array(1), isPinned: true };
  const members = roster.members.map((member) =>
    member.name === "m2" ? { ...member, former } : member
  );
  match(
    notices({ roster: { ...roster, members } })[0] ?? "",
    /^m2 rotates its certificate: the old/,
  );
  const over = members.map((member) => ({ ...member, former: { ...former, isPinned: false } }));
  deepEqual(notices({ roster: { ...roster, members: over } }), []);
  deepEqual(notices({ troubles: ["m3 speaks another protocol"] }), ["m3 speaks another protocol"]);
});

Deno.test("a member that is drained is told of, with what ends that", () => {
  const drained = [{ name: "m2", nodes: 0 }, { name: "m3", nodes: 7 }];
  deepEqual(notices({ drained }), [
    "m2 is drained: it is given no nodes; `confluent collective drain m2 --undo` ends that",
    "m3 is drained: it is given no nodes, and still holds 7; " +
    "`confluent collective drain m3 --undo` ends that",
  ]);
});
