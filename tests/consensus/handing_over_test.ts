/** A leader that stops asks another to lead (Raft dissertation 3.10). */
import { deepEqual, equal } from "node:assert/strict";

import { Prng } from "../../src/base/prng.ts";
import { Log } from "../../src/consensus/log.ts";
import { Raft, type RaftMessage } from "../../src/consensus/raft.ts";
import type { MemberId } from "../../src/model/member.ts";
import { idOf, nameOf, rosterOf } from "./stage.ts";

const [M1, M2, M3] = [idOf("m1"), idOf("m2"), idOf("m3")];
const HEARTBEAT: RaftMessage = {
  type: "append",
  term: 4,
  prevIndex: 0,
  prevTerm: 0,
  commit: 0,
  round: 1,
  entries: [],
};

/** m2, which follows m1 in term 4. */
function follower(self: MemberId = M2, roster = "m1 m2 m3"): Raft {
  const log = new Log(0, 0, { index: 0, roster: rosterOf(roster) });
  const options = { self, term: 4, vote: M1, log, commit: 0, prng: new Prng(1), nowMs: 0 };
  const raft = new Raft(options);
  raft.step(M1, HEARTBEAT, 0);
  raft.outbox.length = 0;
  return raft;
}

/** Whom it asks for a vote once its own is on disk. */
function asked(raft: Raft): string[] {
  raft.persisted({ term: raft.term, vote: raft.vote }, 1);
  return raft.outbox.map(({ to, message }) => `${message.type} ${nameOf(to)}`);
}

Deno.test("who is asked to lead by its leader calls an election at once", () => {
  const raft = follower();
  raft.step(M1, { type: "lead", term: 4 }, 1);
  deepEqual([raft.term, raft.vote], [5, M2]);
  deepEqual(asked(raft), ["vote m1", "vote m3"]);
});

Deno.test("nobody else may ask that, nor the leader of an earlier term", () => {
  for (const [from, term] of [[M3, 4], [M1, 3]] as const) {
    const raft = follower();
    raft.step(from, { type: "lead", term }, 1);
    deepEqual([raft.term, asked(raft)], [4, []]);
  }
});

Deno.test("who may not vote or whose disk takes nothing does not take over", () => {
  const learner = follower(M2, "m1 m3, learners m2");
  learner.step(M1, { type: "lead", term: 4 }, 1);
  equal(learner.term, 4);
  const barred = follower();
  barred.bar(true, 1);
  barred.step(M1, { type: "lead", term: 4 }, 1);
  equal(barred.term, 4);
});
