import { deepEqual, equal } from "node:assert/strict";

import { AUDIT_ROOTS_KEPT } from "../../src/base/limits.ts";
import { Roots } from "../../src/collective/roots.ts";
import { SUPPORT } from "../../src/model/support.ts";
import { type Member, memberId, type Roster } from "../../src/model/member.ts";

const [A, B, C, D] = [1, 2, 3, 4].map((n) => memberId(String(n).repeat(16))) as [
  Member["id"],
  Member["id"],
  Member["id"],
  Member["id"],
];

function roster(voters: readonly Member["id"][], others: readonly Member["id"][] = []): Roster {
  const member = (id: Member["id"], role: Member["role"]): Member => {
    return { id, name: id, fingerprint: "", addresses: [], role, support: SUPPORT };
  };
  const members = [
    ...voters.map((id) => member(id, "voter")),
    ...others.map((id) => member(id, "nonvoting")),
  ];
  return { members, removed: [], level: 1 };
}

/** What each told, in order: member, index, root. */
function told(...facts: readonly (readonly [Member["id"], number, number])[]): Roots {
  const roots = new Roots();
  for (const [member, index, root] of facts) roots.tell(member, index, root);
  return roots;
}

const NONE = { odd: new Map(), split: undefined };

Deno.test("the odd one is who differs from a majority of all voters", () => {
  const three = roster([A, B, C]);
  deepEqual(told([A, 1024, 7], [B, 1024, 7], [C, 1024, 7]).judge(three), NONE);
  const roots = told([A, 1024, 7], [B, 1024, 7], [C, 1024, 8]);
  deepEqual(roots.judge(three), {
    odd: new Map([[C, { index: 1024, sound: [A, B] }]]),
    split: undefined,
  });
  // Of five, two are no majority, though nobody else was heard.
  const five = roster([A, B, C, D, memberId("5".repeat(16))]);
  deepEqual(roots.judge(five), { odd: new Map(), split: { index: 1024, sides: [[A, B], [C]] } });
});

Deno.test("who does not vote is judged, and tells nobody what is right", () => {
  const roots = told([A, 1024, 7], [B, 1024, 8], [C, 1024, 8]);
  deepEqual([...roots.judge(roster([A], [B, C])).odd.keys()], [B, C]);
  equal(roots.judge(roster([A, B], [C])).split?.index, 1024);
  deepEqual(told([A, 1024, 7], [D, 1024, 8]).judge(roster([A, B, C])).odd.size, 0);
});

Deno.test("only equal indexes are compared, and who has no root is skipped", () => {
  deepEqual(told([A, 1024, 7], [B, 2048, 8], [C, 3072, 9]).judge(roster([A, B, C])), NONE);
  deepEqual(told([A, 1024, 7], [B, 1024, 7]).judge(roster([A, B, C])), NONE);
});

Deno.test("the newest index that says something counts: whoever was healed is not odd", () => {
  const roots = told([A, 1024, 7], [B, 1024, 7], [C, 1024, 8]);
  for (const id of [A, B, C]) roots.tell(id, 2048, 9);
  deepEqual(roots.judge(roster([A, B, C])), NONE);
});

Deno.test("a member that knows no root any more is forgotten", () => {
  const roots = told([A, 1024, 7], [B, 1024, 7], [C, 1024, 8]);
  equal(roots.tell(C, 0, 0), true);
  equal(roots.tell(C, 0, 0), false);
  deepEqual(roots.judge(roster([A, B, C])), NONE);
});

Deno.test("two that differ are split, and each can be named as the right one", () => {
  const two = roster([A, B]);
  const roots = told([A, 1024, 7], [B, 1024, 8]);
  deepEqual(roots.judge(two).split, { index: 1024, sides: [[A], [B]] });
  deepEqual(roots.apart(A, two), { index: 1024, root: 7, others: [B] });
  deepEqual(roots.apart(B, two), { index: 1024, root: 8, others: [A] });
  equal(roots.apart(C, two), undefined);
  for (const id of [A, B]) roots.tell(id, 2048, 9);
  equal(roots.apart(A, two), undefined);
});

Deno.test("no more than the newest roots of a member are kept", () => {
  const roots = new Roots();
  for (let i = 1; i <= AUDIT_ROOTS_KEPT + 1; i++) equal(roots.tell(A, i * 1024, i), true);
  equal(roots.at(A, 1024), undefined);
  equal(roots.at(A, 2048), 2);
  equal(roots.tell(A, 2048, 2), false);
});
