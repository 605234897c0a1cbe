/** More is committed: the message that nobody answers (`src/consensus/raft.ts`, `#onCommit`). */
import { deepEqual, equal, ok } from "node:assert/strict";

import { ELECTION_MIN_MS } from "../../src/base/limits.ts";
import { idOf, lead, rosterOf, Stage } from "./stage.ts";
import { transcript } from "./transcript.ts";

Deno.test("a commit is told at once, once, to those that follow, and nobody answers", () => {
  transcript(`
    cast m1 m2 m3, learners m4
    quietly m1 is elected by m2
    quietly m1 m2 m4 settle
    m1 appends
      m1 log 1 1
      m1 > m2 append term 1 prev 1/1 [2/1] commit 1
      m1 > m4 append term 1 prev 1/1 [2/1] commit 1
    m1 writes
      m1 disk: term 1 vote m1 [2/1]
    m2 hears m1
      m2 log 1 1
    m2 writes
      m2 disk: term 1 vote m1 [2/1]
      m2 > m1 appendReply term 1 match 2
    # Not to m3, of whose log m1 knows nothing.
    m1 hears m2
      m1 commit 2
      m1 > m2 commit term 1 up to 2
      m1 > m4 commit term 1 up to 2
    m2 hears m1
      m2 commit 2
    m1 hears m2
      nothing to do
    m1 hears m2 again
    # m4 has heard the entry, but not yet written it.
    m4 hears m1
      m4 log 1 1
    m4 hears m1
      m4 commit 2
    m1 hears m4
      nothing to do
    m4 writes
      m4 disk: term 1 [2/1]
      m4 > m1 appendReply term 1 match 2
    m1 hears m4
  `);
});

Deno.test("a commit counts as hearing the leader, as an append does", () => {
  transcript(`
    cast m1 m2 m3
    quietly m1 is elected by m2 m3
    quietly all settle
    quietly m1 appends
    quietly m1 m2 settle
    m3 loses its link to m1
      m3 knows no leader
    m3 hears m1
      m3 follows m1
      m3 log 1 1
    m3 loses its link to m1
      m3 knows no leader
    m3 wakes
      m3 > m1 preVote term 2 last 2/1
      m3 > m2 preVote term 2 last 2/1
    m2 loses its link to m1
      m2 knows no leader
    m2 hears m3
      m2 > m3 preVoteReply term 1 asked 2 granted
    # It would have led, and gives up.
    m3 hears m1
      m3 follows m1
      m3 commit 2
    m3 hears m2
  `);
});

Deno.test("from a commit on, silence is borne anew, and nobody else is let lead", () => {
  const stage = new Stage(rosterOf("m1 m2 m3"), () => {});
  stage.enter("m2", { term: 1 });
  const raft = stage.raft("m2");
  const atMs = raft.deadline()?.atMs ?? 0;
  raft.step(idOf("m1"), { type: "commit", term: 1, commit: 0 }, atMs);
  ok((raft.deadline()?.atMs ?? 0) >= atMs + ELECTION_MIN_MS);
  const ask = { type: "preVote", term: 2, lastIndex: 0, lastTerm: 0 } as const;
  const granted = [ELECTION_MIN_MS - 1, ELECTION_MIN_MS].map((ms) => {
    raft.step(idOf("m3"), ask, atMs + ms);
    const reply = raft.outbox.pop()?.message;
    return reply?.type === "preVoteReply" && reply.granted;
  });
  deepEqual(granted, [false, true]);
});

Deno.test("a commit of an earlier term is ignored", () => {
  transcript(`
    cast m1 m2 m3
    quietly m1 is elected by m2 m3
    quietly all settle
    m1 appends
      m1 log 1 1
      m1 > m2 append term 1 prev 1/1 [2/1] commit 1
      m1 > m3 append term 1 prev 1/1 [2/1] commit 1
    m3 hears m1
      m3 log 1 1
    m3 writes
      m3 disk: term 1 vote m1 [2/1]
      m3 > m1 appendReply term 1 match 2
    m2 hears m1
      m2 log 1 1
    m2 writes
      m2 disk: term 1 vote m1 [2/1]
      m2 > m1 appendReply term 1 match 2
    m1 writes
      m1 disk: term 1 vote m1 [2/1]
    m1 hears m2
      m1 commit 2
      m1 > m2 commit term 1 up to 2
      m1 > m3 commit term 1 up to 2
    # m2 and m3 go on to term 2 before they hear it.
    m2 loses its link to m1
      m2 knows no leader
    m3 loses its link to m1
      m3 knows no leader
    quietly m3 is elected by m2
    m2 hears m1
    m3 hears m1
    m2 hears m3
      m2 follows m3
      m2 log 1 1 2
  `);
});

Deno.test("a commit reaches no entry that is not known to be the leader's", () => {
  transcript(`
    cast m1 m2 m3
    m1 has log 1 1, term 3
    m2 has log 1 1, term 3
    m3 has log 1 1 3 3
    quietly m1 is elected by m2
    quietly m3 misses m1
    m1 wakes
      m1 > m2 append term 4 prev 2/1 commit 0
      m1 > m3 append term 4 prev 2/1 commit 0
    m3 hears m1
      m3 term 4
      m3 follows m1
      m3 > m1 appendReply term 4 match 2
    m1 hears m3
      m1 > m3 append term 4 prev 2/1 [3/4] commit 0
    # The append that would overwrite the two entries of term 3 is lost.
    m3 misses m1
    quietly m2 hears m1
    m2 writes
      m2 disk: term 4 vote m1 [3/4]
      m2 > m1 appendReply term 4 match 3
    m1 writes
      m1 disk: term 4 vote m1 [3/4]
    m1 hears m2
      m1 commit 3
      m1 > m2 commit term 4 up to 3
      m1 > m3 commit term 4 up to 3
    m3 hears m1
      m3 commit 2
    m1 wakes
      m1 > m2 append term 4 prev 3/4 commit 3
      m1 > m3 append term 4 prev 3/4 commit 3
    m3 hears m1
      m3 > m1 appendReply term 4 rejected, try 2
    m1 hears m3
      m1 > m3 append term 4 prev 2/1 [3/4] commit 3
    m3 hears m1
      m3 log 1 1 4
      m3 commit 3
  `);
});

Deno.test("what was known to be like an earlier leader's log counts no more", () => {
  transcript(`
    cast m1 m2 m3 m4 m5
    quietly m1 is elected by m2 m3 m4 m5
    quietly all settle
    # Only m3 hears of the last two entries of term 1.
    quietly m1 appends 2
    m3 hears m1
      m3 log 1 1 1
    m3 writes
      m3 disk: term 1 vote m1 [2/1 3/1]
      m3 > m1 appendReply term 1 match 3
    quietly m4 loses its link to m1
    quietly m5 loses its link to m1
    quietly m2 loses its link to m1
    quietly m2 is elected by m4 m5
    quietly m3 misses m2
    m2 wakes
      m2 > m1 append term 2 prev 1/1 commit 1
      m2 > m3 append term 2 prev 1/1 commit 1
      m2 > m4 append term 2 prev 1/1 commit 1
      m2 > m5 append term 2 prev 1/1 commit 1
    m3 hears m2
      m3 term 2
      m3 follows m2
      m3 > m2 appendReply term 2 match 1
    m2 hears m3
      m2 > m3 append term 2 prev 1/1 [2/2] commit 1
    m3 misses m2
    quietly m2 m4 m5 settle
    m3 hears m2
    m2 wakes
      m2 > m1 append term 2 prev 1/1 commit 2
      m2 > m3 append term 2 prev 2/2 commit 2
      m2 > m4 append term 2 prev 2/2 commit 2
      m2 > m5 append term 2 prev 2/2 commit 2
    m3 hears m2
      m3 > m2 appendReply term 2 rejected, try 1
    m2 hears m3
      m2 > m3 append term 2 prev 1/1 [2/2] commit 2
    m3 hears m2
      m3 log 1 2
      m3 commit 2
  `);
});

Deno.test("a commit of a term of which no append was heard commits nothing", () => {
  transcript(`
    cast m1 m2 m3
    m1 has log 1 1, term 3
    m2 has log 1 1, term 3
    m3 has log 1 1 3 3
    quietly m1 is elected by m2
    quietly m3 misses m1
    m1 wakes
      m1 > m2 append term 4 prev 2/1 commit 0
      m1 > m3 append term 4 prev 2/1 commit 0
    m3 hears m1
      m3 term 4
      m3 follows m1
      m3 > m1 appendReply term 4 match 2
    m1 hears m3
      m1 > m3 append term 4 prev 2/1 [3/4] commit 0
    # It answered before anything of term 4 was on its disk.
    m3 restarts
      m3 term 3
      m3 knows no leader
    quietly m2 hears m1
    quietly m2 writes
    m1 writes
      m1 disk: term 4 vote m1 [3/4]
    m1 hears m2
      m1 commit 3
      m1 > m2 commit term 4 up to 3
      m1 > m3 commit term 4 up to 3
    m3 hears m1
      m3 term 4
      m3 follows m1
  `);
});

Deno.test("after a restart in the same term an append must be heard before a commit counts", () => {
  transcript(`
    cast m1 m2 m3
    quietly m1 is elected by m2 m3
    quietly all settle
    quietly m1 appends
    quietly m3 hears m1
    m3 writes
      m3 disk: term 1 vote m1 [2/1]
      m3 > m1 appendReply term 1 match 2
    m3 restarts
      m3 knows no leader
    quietly m1 m2 settle
    m3 hears m1
      m3 follows m1
    m1 appends
      m1 log 1 1 1
      m1 > m2 append term 1 prev 2/1 [3/1] commit 2
      m1 > m3 append term 1 prev 2/1 [3/1] commit 2
    m3 hears m1
      m3 log 1 1 1
      m3 commit 2
  `);
});

Deno.test("what a copy took the place of is not known any more", () => {
  transcript(`
    cast m1 m2 m3
    quietly m1 is elected by m2 m3
    quietly all settle
    quietly m1 appends 3
    m3 hears m1
      m3 log 1 1 1 1
    m1 forgets up to 1
      m1 log ..1 1 1 1
    m3 takes a copy of m1
      m3 log ..1
    quietly m1 m2 settle
    m3 hears m1
    m1 wakes
      m1 > m2 append term 1 prev 4/1 commit 4
      m1 > m3 append term 1 prev 4/1 commit 4
    m3 hears m1
      m3 > m1 appendReply term 1 rejected, try 1
  `);
});

Deno.test("a commit that was lost is made good by the next append, or the next heartbeat", () => {
  transcript(`
    cast m1 m2 m3
    quietly m1 is elected by m2 m3
    quietly all settle
    quietly m1 appends
    quietly m3 hears m1
    quietly m1 m2 settle
    # To m3 it is lost, and the entry after it says it too.
    m3 misses m1
    m1 appends
      m1 log 1 1 1
      m1 > m2 append term 1 prev 2/1 [3/1] commit 2
      m1 > m3 append term 1 prev 2/1 [3/1] commit 2
    m3 hears m1
      m3 log 1 1 1
      m3 commit 2
    m2 hears m1
      m2 log 1 1 1
    m3 writes
      m3 disk: term 1 vote m1 [2/1 3/1]
      m3 > m1 appendReply term 1 match 3
    quietly m1 m3 settle
    # And once more, without an entry after it: to m2 it is lost.
    m2 misses m1
    m1 wakes
      m1 > m2 append term 1 prev 3/1 commit 3
      m1 > m3 append term 1 prev 3/1 commit 3
    m2 hears m1
      m2 commit 3
      m2 > m1 appendReply term 1 match 2
  `);
});

Deno.test("a commit beyond the end of the log waits for the entries", () => {
  transcript(`
    cast m1 m2 m3
    quietly m1 is elected by m2 m3
    quietly all settle
    m1 appends
      m1 log 1 1
      m1 > m2 append term 1 prev 1/1 [2/1] commit 1
      m1 > m3 append term 1 prev 1/1 [2/1] commit 1
    m3 misses m1
    quietly m1 m2 settle
    m3 hears m1
    m1 wakes
      m1 > m2 append term 1 prev 2/1 commit 2
      m1 > m3 append term 1 prev 2/1 commit 2
    m3 hears m1
      m3 > m1 appendReply term 1 rejected, try 1
    m1 hears m3
      m1 > m3 append term 1 prev 1/1 [2/1] commit 2
    m3 hears m1
      m3 log 1 1
      m3 commit 2
  `);
});

Deno.test("a member that is barred takes no commit", () => {
  transcript(`
    cast m1 m2 m3
    quietly m1 is elected by m2 m3
    quietly all settle
    quietly m1 appends
    quietly m3 hears m1
    quietly m1 m2 settle
    m3 is barred
    m3 hears m1
    m3 is free again
    m1 wakes
      m1 > m2 append term 1 prev 2/1 commit 2
      m1 > m3 append term 1 prev 2/1 commit 2
    m3 hears m1
      m3 commit 2
      m3 > m1 appendReply term 1 match 1
  `);
});

Deno.test("a commit of a later term makes an old leader step down", () => {
  const said: string[] = [];
  const stage = new Stage(rosterOf("m1 m2"), (_from, _to, { type }) => void said.push(type));
  lead(stage);
  const raft = stage.raft("m1");
  const { leading, commit } = raft;
  const reads: unknown[] = [];
  stage.turn("m1", () => leading?.readIndex(stage.nowMs, (index) => reads.push(index)));
  said.length = 0;
  deepEqual([raft.term, commit, raft.log.last, reads], [1, 1, 1, []]);
  const later = { type: "commit", term: 7, commit: 9 } as const;
  stage.turn("m1", () => raft.step(idOf("m2"), later, stage.nowMs));
  deepEqual([raft.term, raft.leader, raft.commit], [7, idOf("m2"), 1]);
  equal(raft.leading, undefined);
  equal(leading?.hasEnded, true);
  deepEqual(reads, [undefined]);
  deepEqual(said, []);
});
