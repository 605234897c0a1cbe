import { deepEqual, equal } from "node:assert/strict";

import { LEASE_MARGIN_MS, LEASE_MS, PROMISE_ASK_MS } from "../../src/base/limits.ts";
import { Askings, RostersInForce } from "../../src/collective/losing.ts";
import { type Member, type MemberId, type RosterAt } from "../../src/model/member.ts";
import { SUPPORT } from "../../src/model/support.ts";

const WAIT_MS = LEASE_MS + LEASE_MARGIN_MS;
const [A, B, C, D, X] = "abcdf".split("").map((letter) => letter.repeat(16) as MemberId) as [
  MemberId,
  MemberId,
  MemberId,
  MemberId,
  MemberId,
];

function rosterOf(index: number, ...ids: readonly MemberId[]): RosterAt {
  const members = ids.map((id): Member => ({
    ...{ id, name: id, fingerprint: id.repeat(4), addresses: [], role: "voter" },
    support: SUPPORT,
  }));
  return { index, roster: { level: 1, members, removed: [] } };
}

Deno.test("a roster is in force for a while after its successor came", () => {
  const inForce = new RostersInForce(0);
  const first = rosterOf(1, A, B, X), second = rosterOf(7, A, B);
  inForce.see([first], 0);
  inForce.see([first], 500);
  inForce.see([first, second], 1_000);
  deepEqual(inForce.all(1_000), [first, second]);
  deepEqual(inForce.all(1_000 + WAIT_MS - 1), [first, second]);
  deepEqual(inForce.all(1_000 + WAIT_MS), [second]);
  equal(inForce.areAllSeen(WAIT_MS - 1), false);
  equal(inForce.areAllSeen(WAIT_MS), true);
});

Deno.test("rosters that came at once are all in force; of missed ones nothing is known", () => {
  const all = [rosterOf(1, A, X), rosterOf(7, A, B, X), rosterOf(8, A, B, C, X)];
  const inForce = new RostersInForce(0);
  inForce.see(all.slice(0, 1), 0);
  inForce.see(all, WAIT_MS);
  deepEqual(inForce.all(WAIT_MS), all);
  equal(inForce.areAllSeen(WAIT_MS), true);
  // The log begins after them now.
  inForce.see([rosterOf(20, A, B, C)], WAIT_MS + 1);
  equal(inForce.areAllSeen(WAIT_MS + 1), false);
  equal(inForce.areAllSeen(2 * WAIT_MS + 1), true);
});

Deno.test("a majority of every roster in force must have promised", () => {
  const askings = new Askings(3);
  const inForce = [rosterOf(1, A, B, C, D, X), rosterOf(7, A, B, X)];
  askings.begin(X, 50);
  const [promise] = askings.due(0);
  equal(promise?.since, 50);
  const promised = (by: MemberId): boolean => {
    askings.promised(by, promise!);
    return askings.isSilenced(X, inForce);
  };
  equal(promised(A), false);
  equal(promised(B), false);
  equal(promised(B), false);
  equal(promised(C), true);
});

Deno.test("a promise to an earlier asking, or another leader, counts for nothing", () => {
  const askings = new Askings(3);
  const inForce = [rosterOf(1, A, X)];
  askings.begin(X, 50);
  const [old] = askings.due(0);
  askings.withdraw(X);
  equal(askings.isWithdrawn(old!.ask), true);
  askings.begin(X, 60);
  const [anew] = askings.due(0);
  equal(askings.isWithdrawn(anew!.ask), false);
  for (const by of [A, B]) {
    askings.promised(by, old!);
    askings.promised(by, { ...anew!, term: 2 });
  }
  equal(askings.isSilenced(X, inForce), false);
  for (const by of [A, X]) askings.promised(by, anew!);
  equal(askings.isSilenced(X, inForce), true);
  askings.over(X);
  equal(askings.isAsking(X), false);
});

Deno.test("it is asked again and again", () => {
  const askings = new Askings(3);
  equal(askings.dueAtMs, Number.POSITIVE_INFINITY);
  askings.begin(X, 50);
  equal(askings.due(1_000).length, 1);
  equal(askings.due(1_000).length, 0);
  equal(askings.dueAtMs, 1_000 + PROMISE_ASK_MS);
  equal(askings.due(1_000 + PROMISE_ASK_MS).length, 1);
});
