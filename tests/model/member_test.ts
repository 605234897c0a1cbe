import { deepEqual, equal, throws } from "node:assert/strict";

import { utf8 } from "../../src/base/bytes.ts";
import { fingerprintOf } from "../../src/base/crypto.ts";
import {
  EMPTY_ROSTER,
  findMember,
  majorityOf,
  type Member,
  memberId,
  type MemberRole,
  nameOf,
  pinsOf,
  type Roster,
  votersOf,
} from "../../src/model/member.ts";
import { SUPPORT } from "../../src/model/support.ts";

function id(digit: number): Member["id"] {
  return memberId(String(digit).repeat(16));
}

function member(digit: number, role: MemberRole): Member {
  return {
    id: id(digit),
    name: `n${digit}`,
    fingerprint: "f".repeat(64),
    addresses: [],
    role,
    support: SUPPORT,
  };
}

const ROSTER: Roster = {
  level: 1,
  members: [member(1, "voter"), member(2, "learner"), member(3, "nonvoting"), member(4, "voter")],
  removed: [
    { id: id(7), name: "old", fingerprints: ["a".repeat(64)], addresses: [], index: 3 },
    { id: id(7), name: "newer", fingerprints: ["b".repeat(64)], addresses: [], index: 9 },
    { id: id(1), name: "n1-before", fingerprints: ["c".repeat(64)], addresses: [], index: 10 },
  ],
};

Deno.test("a member id is 16 lower-case hexadecimal digits and nothing else", () => {
  equal(memberId("0123456789abcdef"), "0123456789abcdef");
  for (
    const text of [
      "",
      "0123456789abcde",
      "0123456789abcdef0",
      "0123456789ABCDEF",
      "0123456789abcdeg",
      "0123456789abcdef\n",
      " 123456789abcdef",
    ]
  ) {
    throws(() => memberId(text), TypeError, JSON.stringify(text));
  }
});

Deno.test("only voters vote: no learner, nobody who was invited as non-voting", () => {
  deepEqual(votersOf(ROSTER).map(({ name }) => name), ["n1", "n4"]);
  deepEqual(votersOf(EMPTY_ROSTER), []);
});

Deno.test("a member is found by its id alone, and one let go is not", () => {
  equal(findMember(ROSTER, id(3)), ROSTER.members[2]);
  equal(findMember(ROSTER, id(7)), undefined);
  equal(findMember(EMPTY_ROSTER, id(1)), undefined);
});

Deno.test("a name is the listed member's, else the last one it had, else the id", () => {
  equal(nameOf(ROSTER, id(1)), "n1");
  equal(nameOf(ROSTER, id(7)), "newer");
  equal(nameOf(ROSTER, id(9)), id(9));
});

Deno.test("a majority is strictly more than half, so that any two of them meet", () => {
  deepEqual([1, 2, 3, 4, 5, 6, 7].map(majorityOf), [1, 2, 2, 3, 3, 4, 4]);
  for (let voters = 0; voters <= 64; voters++) {
    const majority = majorityOf(voters);
    equal(majority * 2 > voters, true, `${voters}`);
    equal((majority - 1) * 2 > voters, false, `${voters}`);
  }
});

Deno.test("the empty roster lists nobody and remembers nobody", () => {
  deepEqual(EMPTY_ROSTER, { level: 0, members: [], removed: [] });
});

Deno.test("a member comes by its certificate, and by the one before while that is pinned", () => {
  const plain = member(1, "voter");
  const former = { certificate: utf8("old"), signature: utf8("word"), isPinned: true };
  deepEqual(pinsOf(plain), [plain.fingerprint]);
  deepEqual(pinsOf({ ...plain, former }), [plain.fingerprint, fingerprintOf(utf8("old"))]);
  deepEqual(pinsOf({ ...plain, former: { ...former, isPinned: false } }), [plain.fingerprint]);
});
