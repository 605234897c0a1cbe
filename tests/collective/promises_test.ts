import { deepEqual, equal } from "node:assert/strict";

import { LEASE_MARGIN_MS, LEASE_MS } from "../../src/base/limits.ts";
import { Promises } from "../../src/collective/promises.ts";
import { type MemberId } from "../../src/model/member.ts";

const X = "f".repeat(16) as MemberId, Y = "e".repeat(16) as MemberId;
const WAIT_MS = LEASE_MS + LEASE_MARGIN_MS;
const ASKED = { of: X, term: 3, ask: 1, since: 100 };
const NEVER = (): number => 0;

/** Was started long ago. */
function longRunning(): Promises {
  return new Promises([], -100_000);
}

/** All that should be on disk is. */
function keep(promises: Promises): void {
  promises.persisted(promises.record(0).version);
}

Deno.test("who is asked answers no more at once, and promises when every lease is over", () => {
  const promises = longRunning();
  promises.answered(X, 1_000);
  promises.take(ASKED, 1_200);
  equal(promises.isSilentTo(X), true);
  equal(promises.isSilentTo(Y), false);
  equal(promises.isDirty, false);
  equal(promises.deadline()?.atMs, 1_000 + WAIT_MS);
  promises.tick(1_000 + WAIT_MS - 1);
  equal(promises.isDirty, false);
  promises.tick(1_000 + WAIT_MS);
  equal(promises.isDirty, true);
  equal(promises.madeTo(X, 3), undefined);
  deepEqual(promises.record(0).promises, [ASKED]);
  keep(promises);
  deepEqual(promises.madeTo(X, 3), ASKED);
  equal(promises.madeTo(X, 4), undefined);
});

Deno.test("who was just started waits as if it had answered right before", () => {
  const promises = new Promises([], 5_000);
  promises.take(ASKED, 5_100);
  equal(promises.deadline()?.atMs, 5_000 + WAIT_MS);
});

Deno.test("a promise that was on disk holds after a restart", () => {
  const promises = new Promises([ASKED], 5_000);
  equal(promises.isSilentTo(X), true);
  deepEqual(promises.madeTo(X, 3), ASKED);
});

Deno.test("it ends with the entry that took the nodes, or any of a later term", () => {
  const ends = (term: number, lostAt: number): boolean => {
    const promises = new Promises([ASKED], 0);
    promises.applied(term, 200, () => lostAt);
    return !promises.isSilentTo(X);
  };
  equal(ends(3, 0), false);
  // What was taken before it was asked for was taken another time.
  equal(ends(3, 100), false);
  equal(ends(3, 101), true);
  equal(ends(4, 0), true);
});

Deno.test("the leader that asked may take it back, and only that asking", () => {
  const promises = new Promises([ASKED], 0);
  promises.withdrawn(X, 2, 1);
  promises.withdrawn(X, 3, 2);
  promises.withdrawn(Y, 3, 1);
  equal(promises.isSilentTo(X), true);
  promises.withdrawn(X, 3, 1);
  equal(promises.isSilentTo(X), false);
  equal(promises.isDirty, true);
  deepEqual(promises.record(0).promises, []);
});

Deno.test("what is asked anew is promised anew, without another wait", () => {
  const promises = new Promises([ASKED], 0);
  promises.take({ ...ASKED, ask: 2 }, 10);
  equal(promises.madeTo(X, 3), undefined);
  keep(promises);
  equal(promises.madeTo(X, 3)?.ask, 2);
  // An older asking that comes late changes nothing.
  promises.take(ASKED, 20);
  equal(promises.madeTo(X, 3)?.ask, 2);
  promises.applied(3, 200, NEVER);
  equal(promises.isSilentTo(X), true);
});

Deno.test("one that is over is on disk until what ended it is", () => {
  const promises = new Promises([ASKED], 0);
  promises.applied(4, 200, NEVER);
  equal(promises.isSilentTo(X), false);
  equal(promises.isDirty, true);
  deepEqual(promises.record(199).promises, [ASKED]);
  deepEqual(promises.record(200).promises, []);
});
