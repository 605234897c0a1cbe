import { deepEqual, equal, ok } from "node:assert/strict";
import fc from "fast-check";

import {
  BUSY_LOOP_MS,
  ELECTION_MAX_MS,
  ELECTION_MIN_MS,
  HEARTBEAT_MS,
  LEADERLESS_MAX_MS,
  LEADERLESS_MIN_MS,
} from "../../src/base/limits.ts";
import { Prng } from "../../src/base/prng.ts";
import { Log } from "../../src/consensus/log.ts";
import { Raft } from "../../src/consensus/raft.ts";
import { idOf, rosterOf, Stage } from "./stage.ts";
import { transcript } from "./transcript.ts";

Deno.test("three members elect one, and it commits the first entry of its term", () => {
  transcript(`
    cast m1 m2 m3
    m1 wakes
      m1 > m2 preVote term 1 last 0/0
      m1 > m3 preVote term 1 last 0/0
    m2 hears m1
      m2 > m1 preVoteReply term 0 asked 1 granted
    m1 hears m2
      m1 term 1
    m1 writes
      m1 disk: term 1 vote m1
      m1 > m2 vote term 1 last 0/0
      m1 > m3 vote term 1 last 0/0
    m2 hears m1
      m2 term 1
    m2 writes
      m2 disk: term 1 vote m1
      m2 > m1 voteReply term 1 granted
    m1 hears m2
      m1 leads
      m1 log 1
      m1 > m2 append term 1 prev 0/0 [1/1] commit 0
      m1 > m3 append term 1 prev 0/0 [1/1] commit 0
    m1 writes
      m1 disk: term 1 vote m1 [1/1]
    m2 hears m1
      m2 follows m1
      m2 log 1
    m2 writes
      m2 disk: term 1 vote m1 [1/1]
      m2 > m1 appendReply term 1 match 1
    m1 hears m2
      m1 commit 1
      m1 > m2 commit term 1 up to 1
    all settle
      m2 commit 1
      m3 > m1 preVoteReply term 0 asked 1 granted
      m3 term 1
      m3 follows m1
      m3 log 1
      m3 disk: term 1 vote m1 [1/1]
      m3 > m1 voteReply term 1 granted
      m3 > m1 appendReply term 1 match 1
      m1 > m3 commit term 1 up to 1
      m3 commit 1
  `);
});

Deno.test("a member that comes back does not depose a leader that is heard", () => {
  transcript(`
    cast m1 m2 m3
    quietly m1 wakes
    quietly all settle
    # m3 is cut off for three heartbeats, and then calls an election twice in vain.
    quietly m1 wakes
    quietly m1 m2 settle
    quietly m1 wakes
    quietly m1 m2 settle
    quietly m1 wakes
    quietly m1 m2 settle
    quietly m3 misses m1
    m3 wakes
      m3 knows no leader
      m3 > m1 preVote term 2 last 1/1
      m3 > m2 preVote term 2 last 1/1
    quietly m1 misses m3
    quietly m2 misses m3
    m3 wakes
      m3 > m1 preVote term 2 last 1/1
      m3 > m2 preVote term 2 last 1/1
    # It comes back between two heartbeats.
    m1 wakes
      m1 > m2 append term 1 prev 1/1 commit 1
      m1 > m3 append term 1 prev 1/1 commit 1
    m2 hears m1
      m2 > m1 appendReply term 1 match 1
    m1 hears m3
      m1 > m3 preVoteReply term 1 asked 2 refused
    m2 hears m3
      m2 > m3 preVoteReply term 1 asked 2 refused
    m3 hears m2
    m3 hears m1
      m3 follows m1
      m3 > m1 appendReply term 1 match 1
    m3 hears m1
    m1 m2 m3 settle
  `);
});

Deno.test("a member that comes back with a later term costs one election", () => {
  transcript(`
    cast m1 m2 m3
    m3 has log nothing, term 5
    quietly m1 wakes
    quietly m1 m2 settle
    quietly m3 misses m1
    m1 wakes
      m1 > m2 append term 1 prev 1/1 commit 1
      m1 > m3 append term 1 prev 0/0 commit 1
    m3 hears m1
      m3 > m1 appendReply term 5 rejected, try 0
    m1 hears m3
      m1 leads no more
      m1 term 5
    m2 hears m1
      m2 > m1 appendReply term 1 match 1
    m1 misses m2
    m2 loses its link to m1
      m2 knows no leader
    m1 wakes
      m1 > m2 preVote term 6 last 1/1
      m1 > m3 preVote term 6 last 1/1
    m2 m1 settle
      m2 > m1 preVoteReply term 1 asked 6 granted
      m1 term 6
      m1 disk: term 6 vote m1
      m1 > m2 vote term 6 last 1/1
      m1 > m3 vote term 6 last 1/1
      m2 term 6
      m2 disk: term 6 vote m1
      m2 > m1 voteReply term 6 granted
      m1 leads
      m1 log 1 6
      m1 > m2 append term 6 prev 1/1 [2/6] commit 1
      m1 > m3 append term 6 prev 1/1 [2/6] commit 1
      m1 disk: term 6 vote m1 [2/6]
      m2 follows m1
      m2 log 1 6
      m2 disk: term 6 vote m1 [2/6]
      m2 > m1 appendReply term 6 match 2
      m1 commit 2
      m1 > m2 commit term 6 up to 2
      m2 commit 2
  `);
});

Deno.test("a closed link to the leader lets another be elected soon", () => {
  transcript(`
    cast m1 m2 m3
    quietly m1 wakes
    quietly all settle
    # Of another's link nothing follows; of the leader's, an election.
    m2 loses its link to m3
    m2 loses its link to m1
      m2 knows no leader
    m2 wakes
      m2 > m1 preVote term 2 last 1/1
      m2 > m3 preVote term 2 last 1/1
    m3 hears m2
      m3 > m2 preVoteReply term 1 asked 2 refused
    m3 loses its link to m1
      m3 knows no leader
    m2 wakes
      m2 > m1 preVote term 2 last 1/1
      m2 > m3 preVote term 2 last 1/1
    m3 hears m2
      m3 > m2 preVoteReply term 1 asked 2 granted
    quietly m1 misses m2
    m2 m3 settle
      m2 term 2
      m2 disk: term 2 vote m2
      m2 > m1 vote term 2 last 1/1
      m2 > m3 vote term 2 last 1/1
      m3 term 2
      m3 disk: term 2 vote m2
      m3 > m2 voteReply term 2 granted
      m2 leads
      m2 log 1 2
      m2 > m1 append term 2 prev 1/1 [2/2] commit 1
      m2 > m3 append term 2 prev 1/1 [2/2] commit 1
      m2 disk: term 2 vote m2 [2/2]
      m3 follows m2
      m3 log 1 2
      m3 disk: term 2 vote m2 [2/2]
      m3 > m2 appendReply term 2 match 2
      m2 commit 2
      m2 > m3 commit term 2 up to 2
      m3 commit 2
    # The old leader learns of it from the first that is heard of the new term.
    m1 wakes
      m1 > m2 append term 1 prev 1/1 commit 1
      m1 > m3 append term 1 prev 1/1 commit 1
    m2 hears m1
      m2 > m1 appendReply term 2 rejected, try 2
    m1 hears m2
      m1 leads no more
      m1 term 2
  `);
});

Deno.test("a timer that is late by more than a busy loop first hears what is queued", () => {
  equal(BUSY_LOOP_MS, 250);
  transcript(`
    cast m1 m2 m3
    quietly m1 wakes
    quietly all settle
    quietly m1 appends
    m2 wakes 251 ms late
    m2 hears m1
      m2 log 1 1
    m2 m1 settle
      m2 disk: term 1 vote m1 [2/1]
      m2 > m1 appendReply term 1 match 2
      m1 disk: term 1 vote m1 [2/1]
      m1 commit 2
      m1 > m2 commit term 1 up to 2
      m1 > m3 commit term 1 up to 2
      m2 commit 2
    m3 wakes 250 ms late
      m3 knows no leader
      m3 > m1 preVote term 2 last 1/1
      m3 > m2 preVote term 2 last 1/1
  `);
});

Deno.test("a learner calls no election, whatever it is told", () => {
  transcript(`
    cast m1 m2, learners m3
    m3 wakes
      m3 waits for nothing
    quietly m1 wakes
    quietly all settle
    m3 loses its link to m1
      m3 knows no leader
    m3 wakes
      m3 waits for nothing
  `);
});

Deno.test("a member alone elects itself, once its vote is on disk", () => {
  transcript(`
    cast m1, learners m2
    m1 wakes
      m1 term 1
    m1 writes
      m1 disk: term 1 vote m1
      m1 leads
      m1 log 1
      m1 > m2 append term 1 prev 0/0 [1/1] commit 0
    m1 writes
      m1 disk: term 1 vote m1 [1/1]
      m1 commit 1
  `);
});

Deno.test("a member behind in terms asks again soon, and leads if it alone can", () => {
  transcript(`
    cast m1 m2 m3
    m1 has log 1 1, term 1
    m2 has log 1, term 4
    m3 has log 1, term 4
    m1 wakes
      m1 > m2 preVote term 2 last 2/1
      m1 > m3 preVote term 2 last 2/1
    m2 hears m1
      m2 > m1 preVoteReply term 4 asked 2 refused
    m1 hears m2
      m1 term 4
    quietly m3 misses m1
    m1 wakes
      m1 > m2 preVote term 5 last 2/1
      m1 > m3 preVote term 5 last 2/1
    m2 hears m1
      m2 > m1 preVoteReply term 4 asked 5 granted
    m1 hears m2
      m1 term 5
  `);
});

/** A voter of three on an empty disk. */
function voter(seed: number): Raft {
  const log = new Log(0, 0, { index: 0, roster: rosterOf("m1 m2 m3") });
  const prng = new Prng(seed);
  return new Raft({ self: idOf("m1"), term: 1, vote: undefined, log, commit: 0, prng, nowMs: 0 });
}

function leaderSays(raft: Raft, nowMs: number): void {
  const nothing = { prevIndex: 0, prevTerm: 0, commit: 0, round: 0, entries: [] };
  raft.step(idOf("m2"), { type: "append", term: 1, ...nothing }, nowMs);
}

Deno.test("silence is borne 1.5 to 2.5 s, a closed link 20 to 250 ms", () => {
  const waits = { silence: new Set<number>(), closed: new Set<number>() };
  fc.assert(
    fc.property(fc.nat(), fc.nat(9999), (seed, atMs) => {
      const raft = voter(seed);
      leaderSays(raft, atMs);
      waits.silence.add((raft.deadline()?.atMs ?? 0) - atMs);
      raft.linkDown(idOf("m3"), atMs);
      waits.silence.add((raft.deadline()?.atMs ?? 0) - atMs);
      raft.linkDown(idOf("m2"), atMs);
      waits.closed.add((raft.deadline()?.atMs ?? 0) - atMs);
    }),
    { numRuns: 500 },
  );
  for (const ms of waits.silence) ok(ms >= ELECTION_MIN_MS && ms <= ELECTION_MAX_MS, `${ms}`);
  for (const ms of waits.closed) ok(ms >= LEADERLESS_MIN_MS && ms <= LEADERLESS_MAX_MS, `${ms}`);
  // They are drawn, so that not all call an election at once.
  ok(waits.silence.size > 100 && waits.closed.size > 100);
});

Deno.test("who votes alone waits for nobody", () => {
  const waits = ["m1", "m1, learners m2", "m1 m2", "m2, learners m1"].map((roster) => {
    const stage = new Stage(rosterOf(roster), () => {});
    const atMs = stage.raft("m1").deadline()?.atMs;
    return atMs === undefined ? undefined : atMs > stage.nowMs;
  });
  deepEqual(waits, [false, false, true, undefined]);
});

Deno.test("a leadership that is over says so", () => {
  const stage = new Stage(rosterOf("m1"), () => {});
  stage.turn("m1", (raft) => raft.tick(stage.nowMs));
  stage.beginWrite("m1");
  stage.endWrite("m1");
  const { leading } = stage.raft("m1");
  equal(leading?.hasEnded, false);
  stage.turn("m1", (raft) => raft.stepDown(stage.nowMs));
  equal(leading?.hasEnded, true);
  equal(stage.raft("m1").leading, undefined);
});

Deno.test("whoever heard a leader within 1.5 s grants no PreVote, and afterwards does", () => {
  const granted = [ELECTION_MIN_MS - 1, ELECTION_MIN_MS].map((nowMs) => {
    const raft = voter(1);
    leaderSays(raft, 0);
    raft.outbox.length = 0;
    raft.step(idOf("m3"), { type: "preVote", term: 2, lastIndex: 0, lastTerm: 0 }, nowMs);
    const reply = raft.outbox[0]?.message;
    return reply?.type === "preVoteReply" && reply.granted;
  });
  deepEqual(granted, [false, true]);
});

Deno.test("whoever learns of a later term asks again within a heartbeat", () => {
  fc.assert(fc.property(fc.nat(), (seed) => {
    const raft = voter(seed);
    const atMs = raft.deadline()?.atMs ?? 0;
    raft.tick(atMs);
    const reply = { type: "preVoteReply", term: 7, asked: 2, granted: false } as const;
    raft.step(idOf("m2"), reply, atMs);
    equal(raft.term, 7);
    const waitMs = (raft.deadline()?.atMs ?? 0) - atMs;
    ok(waitMs >= HEARTBEAT_MS / 2 && waitMs <= HEARTBEAT_MS, `${waitMs}`);
  }));
});
