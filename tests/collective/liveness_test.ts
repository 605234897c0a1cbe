import { deepEqual, equal } from "node:assert/strict";
import fc from "fast-check";

import {
  HEARTBEAT_MS,
  HURRIED_HEARTBEAT_MS,
  HURRY_MS,
  LEASE_MS,
  QUORUM_HELD_MS,
  SUSPECT_AFTER_MS,
} from "../../src/base/limits.ts";
import { Heartbeats, type Pong } from "../../src/collective/liveness.ts";
import {
  type MemberId,
  memberId,
  type MemberRole,
  type Roster,
  type RosterAt,
  votersSum,
} from "../../src/model/member.ts";
import { SUPPORT } from "../../src/model/support.ts";

const ROSTER_INDEX = 7;

function id(number: number): MemberId {
  return memberId(String(number).padStart(16, "0"));
}

const SELF = id(1);

/** n1, n2, ... of these roles; n1 is this member. */
function rosterOf(...roles: readonly MemberRole[]): Roster {
  const members = roles.map((role, i) => ({
    id: id(i + 1),
    name: `n${i + 1}`,
    fingerprint: "",
    addresses: [],
    role,
    support: SUPPORT,
  }));
  return { level: 1, members, removed: [] };
}

function voters(count: number): Roster {
  return rosterOf(...Array.from({ length: count }, () => "voter" as const));
}

function at(roster: Roster): RosterAt {
  return { index: ROSTER_INDEX, roster };
}

function pong(round: number, more: Partial<Pong> = {}): Pong {
  return {
    type: "pong",
    round,
    rosterIndex: ROSTER_INDEX,
    votersSum: votersSum(voters(2)),
    commit: 0,
    applied: 0,
    durable: 0,
    mayVote: true,
    canWrite: true,
    stopping: false,
    wallMs: 0,
    leader: undefined,
    auditIndex: 0,
    auditRoot: 0,
    isOdd: false,
    isHeld: true,
    placement: 0,
    silentTo: [],
    ...more,
  };
}

/** n1's heartbeats, with one round sent for each of these times; the first round is 1. */
function sentAt(...times: readonly number[]): Heartbeats {
  const heartbeats = new Heartbeats(SELF, times[0] ?? 0);
  for (const [i, atMs] of times.entries()) equal(heartbeats.beat(atMs), i + 1);
  return heartbeats;
}

/** An answer to n1, which goes by n1 and n2 as voters, as does who answers. */
function answer(to: Heartbeats, from: number, sent: Pong, nowMs = 0): void {
  to.hear(id(from), sent, at(voters(2)), nowMs);
}

/** An answer where both go by that roster. */
function answerBy(roster: Roster, to: Heartbeats, from: number, sent: Pong): void {
  to.hear(id(from), { ...sent, votersSum: votersSum(roster) }, at(roster), 0);
}

Deno.test("a round is due at once, then every HEARTBEAT_MS, each with the next number", () => {
  const heartbeats = new Heartbeats(SELF, 100);
  deepEqual(heartbeats.deadline(), { atMs: 100, reason: "heartbeat" });
  equal(heartbeats.beat(99), undefined);
  equal(heartbeats.beat(100), 1);
  equal(heartbeats.beat(100), undefined);
  deepEqual(heartbeats.deadline().atMs, 100 + HEARTBEAT_MS);
  equal(heartbeats.beat(100 + HEARTBEAT_MS - 1), undefined);
  equal(heartbeats.beat(100 + HEARTBEAT_MS + 30), 2);
  // A late one moves those after it: rounds are never made up for.
  equal(heartbeats.deadline().atMs, 100 + 2 * HEARTBEAT_MS + 30);
});

Deno.test("in a hurry a round is due at once, then often, for HURRY_MS", () => {
  const heartbeats = sentAt(0);
  equal(heartbeats.isHurrying(0), false);
  heartbeats.hurry(100);
  equal(heartbeats.deadline().atMs, 100);
  const beats: number[] = [];
  for (let nowMs = 100; nowMs < 100 + HURRY_MS + 2 * HEARTBEAT_MS; nowMs++) {
    equal(heartbeats.isHurrying(nowMs), nowMs < 100 + HURRY_MS);
    if (heartbeats.beat(nowMs) !== undefined) beats.push(nowMs - 100);
  }
  // The first beat after the hurry is the last that was due soon; then they come as ever.
  const soon = Array.from(
    { length: HURRY_MS / HURRIED_HEARTBEAT_MS + 1 },
    (_, i) => i * HURRIED_HEARTBEAT_MS,
  );
  deepEqual(beats, [...soon, HURRY_MS + HEARTBEAT_MS]);
});

Deno.test("a hurry forgets nothing: what was answered still counts", () => {
  const heartbeats = sentAt(0);
  answer(heartbeats, 2, pong(1));
  heartbeats.hurry(10);
  equal(heartbeats.verdict(at(voters(2)), true, 10).held, true);
  equal(heartbeats.beat(10), 2);
});

Deno.test("many links at once cost no more rounds than one", () => {
  const heartbeats = new Heartbeats(SELF, 0);
  let rounds = 0;
  for (let nowMs = 0; nowMs < HURRIED_HEARTBEAT_MS; nowMs++) {
    heartbeats.hurrySoon(nowMs);
    if (heartbeats.beat(nowMs) !== undefined) rounds++;
  }
  equal(rounds, 1);
  equal(heartbeats.deadline().atMs, HURRIED_HEARTBEAT_MS);
});

Deno.test("a link asks soon, and puts off no round that is due", () => {
  const heartbeats = sentAt(0);
  heartbeats.hurrySoon(10);
  equal(heartbeats.isHurrying(10), true);
  equal(heartbeats.deadline().atMs, HURRIED_HEARTBEAT_MS);
  equal(heartbeats.beat(HURRIED_HEARTBEAT_MS), 2);
  heartbeats.hurrySoon(10 * HEARTBEAT_MS);
  equal(heartbeats.deadline().atMs, 2 * HURRIED_HEARTBEAT_MS);
});

Deno.test("an answer to the newest round, asked late, counts from when it was sent", () => {
  const heartbeats = sentAt(0);
  equal(heartbeats.round, 1);
  answer(heartbeats, 2, pong(heartbeats.round), QUORUM_HELD_MS);
  equal(heartbeats.verdict(at(voters(2)), true, QUORUM_HELD_MS).held, true);
  equal(heartbeats.verdict(at(voters(2)), true, QUORUM_HELD_MS + 1).held, false);
});

Deno.test("of 1 to 7 voters strictly more than half must answer, this one among them", () => {
  for (let count = 1; count <= 7; count++) {
    for (let answers = 0; answers < count; answers++) {
      const heartbeats = sentAt(0);
      const roster = voters(count);
      for (let from = 2; from < 2 + answers; from++) answerBy(roster, heartbeats, from, pong(1));
      for (const selfCounts of [true, false]) {
        const { held, missing } = heartbeats.verdict(at(roster), selfCounts, 0);
        const answering = answers + (selfCounts ? 1 : 0);
        equal(held, answering > count / 2, `${answering} of ${count}`);
        equal(missing.length, count - answering);
      }
    }
  }
});

Deno.test("a member that has no vote of its own needs a majority of those that have", () => {
  for (const role of ["learner", "nonvoting"] as const) {
    for (let count = 1; count <= 7; count++) {
      const roster = rosterOf(role, ...voters(count).members.map(() => "voter" as const));
      for (let answers = 0; answers <= count; answers++) {
        const heartbeats = sentAt(0);
        for (let from = 2; from < 2 + answers; from++) answerBy(roster, heartbeats, from, pong(1));
        equal(heartbeats.verdict(at(roster), true, 0).held, answers > count / 2);
      }
    }
  }
});

Deno.test("where nobody votes nothing is held", () => {
  const heartbeats = sentAt(0), roster = rosterOf("learner", "nonvoting");
  answerBy(roster, heartbeats, 2, pong(1));
  const nobody = { held: false, missing: [], freshAt: 0 };
  deepEqual(heartbeats.verdict(at(roster), true, 0), nobody);
  equal(heartbeats.leaseUntilMs(at(roster), true), undefined);
});

Deno.test("the voters that do not answer are named, this one too where it may not act", () => {
  const heartbeats = sentAt(0);
  const roster = rosterOf("voter", "voter", "voter", "learner", "voter");
  answerBy(roster, heartbeats, 3, pong(1));
  deepEqual(heartbeats.verdict(at(roster), true, 0).missing, ["n2", "n5"]);
  deepEqual(heartbeats.verdict(at(roster), false, 0).missing, ["n1", "n2", "n5"]);
});

Deno.test("answers of members without a vote, and of strangers, hold nothing", () => {
  const heartbeats = sentAt(0);
  const roster = rosterOf("voter", "voter", "learner", "nonvoting");
  for (const from of [3, 4, 9]) answerBy(roster, heartbeats, from, pong(1, { commit: 50 }));
  deepEqual(heartbeats.verdict(at(roster), true, 0), { held: false, missing: ["n2"], freshAt: 0 });
  equal(heartbeats.leaseUntilMs(at(roster), true), undefined);
});

Deno.test("an answer counts from when its round was sent, however late it came", () => {
  const heartbeats = sentAt(1_000);
  answer(heartbeats, 2, pong(1), 4_900);
  deepEqual(heartbeats.heard(id(2)), { pong: pong(1), sentAtMs: 1_000, heardAtMs: 4_900 });
  const held = (nowMs: number): boolean => heartbeats.verdict(at(voters(2)), true, nowMs).held;
  equal(held(4_900), true);
  equal(held(1_000 + QUORUM_HELD_MS), true);
  equal(held(1_000 + QUORUM_HELD_MS + 1), false);
});

Deno.test("an answer to an older round does not take the place of a newer one", () => {
  const heartbeats = sentAt(0, 1_000);
  answer(heartbeats, 2, pong(2, { commit: 20 }), 1_100);
  answer(heartbeats, 2, pong(1, { commit: 10 }), 1_200);
  equal(heartbeats.heard(id(2))?.sentAtMs, 1_000);
  equal(heartbeats.heard(id(2))?.pong.commit, 20);
  // Another answer to the same round does: it is newer news.
  answer(heartbeats, 2, pong(2, { commit: 21 }), 1_300);
  equal(heartbeats.heard(id(2))?.pong.commit, 21);
});

Deno.test("an answer to a round that was never sent, or long ago, is not heard", () => {
  const heartbeats = sentAt(0, QUORUM_HELD_MS, QUORUM_HELD_MS + HEARTBEAT_MS);
  for (const round of [0, 1, 4]) {
    answer(heartbeats, 2, pong(round), 4_500);
    equal(heartbeats.heard(id(2)), undefined, `round ${round}`);
  }
  answer(heartbeats, 2, pong(2), 4_500);
  equal(heartbeats.heard(id(2))?.sentAtMs, QUORUM_HELD_MS);
  // Sent exactly as long ago as may be, it still is.
  const last = sentAt(0, QUORUM_HELD_MS);
  answer(last, 2, pong(1), QUORUM_HELD_MS);
  equal(last.verdict(at(voters(2)), true, QUORUM_HELD_MS).held, true);
});

Deno.test("an answer that names another roster, older or newer, counts for nothing", () => {
  const heartbeats = sentAt(0, 1_000);
  for (const rosterIndex of [ROSTER_INDEX - 1, ROSTER_INDEX + 1, 0]) {
    answer(heartbeats, 2, pong(1, { rosterIndex }));
  }
  equal(heartbeats.heard(id(2)), undefined);
  equal(heartbeats.verdict(at(voters(2)), true, 0).held, false);
  answer(heartbeats, 2, pong(1));
  answer(heartbeats, 2, pong(2, { rosterIndex: ROSTER_INDEX + 1 }), 1_000);
  equal(heartbeats.heard(id(2))?.sentAtMs, 0);
});

Deno.test("one that may not vote or cannot write is alive, but counts for nobody", () => {
  for (const unable of [{ mayVote: false }, { canWrite: false }]) {
    const heartbeats = sentAt(0);
    answer(heartbeats, 2, pong(1, { ...unable, commit: 9 }));
    const verdict = { held: false, missing: ["n2"], freshAt: 0 };
    deepEqual(heartbeats.verdict(at(voters(2)), true, 0), verdict);
    equal(heartbeats.leaseUntilMs(at(voters(2)), true), undefined);
    equal(heartbeats.liveness(id(2), 0), "alive");
  }
  const heartbeats = sentAt(0);
  answer(heartbeats, 2, pong(1, { stopping: true }));
  equal(heartbeats.verdict(at(voters(2)), true, 0).held, true);
});

Deno.test("alive, suspect and down follow from when the answered round was sent", () => {
  const heartbeats = sentAt(100);
  equal(heartbeats.liveness(id(2), 100), "down");
  answer(heartbeats, 2, pong(1), 1_900);
  const at = (afterMs: number): string => heartbeats.liveness(id(2), 100 + afterMs);
  equal(at(0), "alive");
  equal(at(SUSPECT_AFTER_MS), "alive");
  equal(at(SUSPECT_AFTER_MS + 1), "suspect");
  equal(at(QUORUM_HELD_MS), "suspect");
  equal(at(QUORUM_HELD_MS + 1), "down");
});

Deno.test("fresh is the highest commit of the answers that count, and of no others", () => {
  const heartbeats = sentAt(0, 1_000);
  const roster = rosterOf("voter", "voter", "voter", "voter", "learner");
  answerBy(roster, heartbeats, 2, pong(1, { commit: 90 }));
  answerBy(roster, heartbeats, 3, pong(2, { commit: 30 }));
  answerBy(roster, heartbeats, 4, pong(2, { commit: 80, canWrite: false }));
  answerBy(roster, heartbeats, 5, pong(2, { commit: 99 }));
  equal(heartbeats.verdict(at(roster), true, QUORUM_HELD_MS).freshAt, 90);
  equal(heartbeats.verdict(at(roster), true, QUORUM_HELD_MS + 1).freshAt, 30);
  equal(heartbeats.verdict(at(roster), true, QUORUM_HELD_MS + 1_001).freshAt, 0);
});

Deno.test("the lease runs from the newest round that a majority answered", () => {
  const heartbeats = sentAt(0, 500, 1_000);
  const roster = voters(5);
  equal(heartbeats.leaseUntilMs(at(roster), true), undefined);
  answerBy(roster, heartbeats, 2, pong(1));
  equal(heartbeats.leaseUntilMs(at(roster), true), undefined);
  answerBy(roster, heartbeats, 3, pong(2));
  equal(heartbeats.leaseUntilMs(at(roster), true), LEASE_MS);
  answerBy(roster, heartbeats, 4, pong(3));
  equal(heartbeats.leaseUntilMs(at(roster), true), 500 + LEASE_MS);
  equal(heartbeats.leaseUntilMs(at(roster), false), LEASE_MS);
  answerBy(roster, heartbeats, 2, pong(3));
  equal(heartbeats.leaseUntilMs(at(roster), true), 1_000 + LEASE_MS);
});

Deno.test("the lease of an only voter never ends; where it cannot act it never was", () => {
  equal(sentAt(0).leaseUntilMs(at(voters(1)), true), Number.POSITIVE_INFINITY);
  equal(sentAt(0).leaseUntilMs(at(voters(1)), false), undefined);
});

Deno.test("more may be asked of an answer before a lease hangs on it", () => {
  const heartbeats = sentAt(0, 500);
  const roster = voters(3);
  answerBy(roster, heartbeats, 2, pong(1, { applied: 40 }));
  answerBy(roster, heartbeats, 3, pong(2, { applied: 39 }));
  const applied = (least: number) => (of: Pong): boolean => of.applied >= least;
  equal(heartbeats.leaseUntilMs(at(roster), true, applied(39)), 500 + LEASE_MS);
  equal(heartbeats.leaseUntilMs(at(roster), true, applied(40)), LEASE_MS);
  equal(heartbeats.leaseUntilMs(at(roster), true, applied(41)), undefined);
});

Deno.test("lease and verdict agree: held exactly until the lease of the newest round ends", () => {
  // For each other voter the round it answered last, 0 for none. Both bounds are 4 s here.
  equal(LEASE_MS, QUORUM_HELD_MS);
  const answered = fc.array(fc.nat(6), { maxLength: 6 });
  fc.assert(fc.property(answered, fc.boolean(), (rounds, selfCounts) => {
    const heartbeats = sentAt(0, 500, 1_000, 1_500, 2_000, 2_500);
    const roster = voters(rounds.length + 1);
    for (const [i, round] of rounds.entries()) {
      if (round > 0) answerBy(roster, heartbeats, i + 2, pong(round));
    }
    const untilMs = heartbeats.leaseUntilMs(at(roster), selfCounts) ?? -1;
    for (let nowMs = 2_500; nowMs <= 7_500; nowMs += 250) {
      equal(
        heartbeats.verdict(at(roster), selfCounts, nowMs).held,
        nowMs <= untilMs,
        `at ${nowMs}`,
      );
    }
  }));
});

Deno.test("of two sides that hear only themselves at most one holds", () => {
  for (let count = 1; count <= 7; count++) {
    for (let mine = 1; mine < count; mine++) {
      const sides = [mine, count - mine].map((size) => {
        const heartbeats = sentAt(0), roster = voters(count);
        for (let from = 2; from <= size; from++) answerBy(roster, heartbeats, from, pong(1));
        return heartbeats.verdict(at(roster), true, 0).held;
      });
      equal(sides.filter(Boolean).length, mine * 2 === count ? 0 : 1, `${mine} of ${count}`);
    }
  }
});

Deno.test("answers from the time of the roster before count no more", () => {
  const heartbeats = sentAt(0);
  answer(heartbeats, 2, pong(1));
  const next = { index: ROSTER_INDEX + 1, roster: voters(2) };
  equal(heartbeats.verdict(at(voters(2)), true, 0).held, true);
  equal(heartbeats.verdict(next, true, 0).held, false);
  equal(heartbeats.leaseUntilMs(next, true), undefined);
});

Deno.test("two rosters at one index, of two leaders, are two: their answers do not mix", () => {
  const mine = voters(5), theirs = voters(3);
  const heartbeats = sentAt(0);
  const hear = (from: number, by: Roster): void =>
    heartbeats.hear(id(from), pong(1, { votersSum: votersSum(by) }), at(mine), 0);
  for (const from of [2, 3]) hear(from, theirs);
  equal(heartbeats.verdict(at(mine), true, 0).held, false);
  for (const from of [2, 3]) hear(from, mine);
  equal(heartbeats.verdict(at(mine), true, 0).held, true);
  // What it took for the newest was cut off, and another stands in its place.
  equal(heartbeats.verdict(at(theirs), true, 0).held, false);
  equal(heartbeats.leaseUntilMs(at(theirs), true), undefined);
});
