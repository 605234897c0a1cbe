/** Who is voted for, once a term and not before the disk has it (`src/consensus/raft.ts`). */
import { transcript } from "./transcript.ts";

Deno.test("a vote, asked for or given, waits for the disk", () => {
  transcript(`
    cast m1 m2 m3
    quietly m1 wakes
    quietly m2 hears m1
    m1 hears m2
      m1 term 1
    m1 begins to write
    m1 has written
      m1 disk: term 1 vote m1
      m1 > m2 vote term 1 last 0/0
      m1 > m3 vote term 1 last 0/0
    m2 hears m1
      m2 term 1
    m2 begins to write
    # It dies before the vote is on disk, so the vote was never given.
    m2 restarts
      m2 term 0
    m1 hears m2
      nothing to do
    m3 misses m1
    m3 wakes
      m3 > m1 preVote term 1 last 0/0
      m3 > m2 preVote term 1 last 0/0
    m2 hears m3
      m2 > m3 preVoteReply term 0 asked 1 granted
    m3 hears m2
      m3 term 1
    m3 writes
      m3 disk: term 1 vote m3
      m3 > m1 vote term 1 last 0/0
      m3 > m2 vote term 1 last 0/0
    m2 hears m3
      m2 term 1
    m2 writes
      m2 disk: term 1 vote m3
      m2 > m3 voteReply term 1 granted
  `);
});

Deno.test("what was written for an earlier term releases nothing of a later one", () => {
  transcript(`
    cast m1 m2 m3
    quietly m1 wakes
    quietly m2 hears m1
    quietly m1 hears m2
    quietly m1 writes
    quietly m3 misses m1
    quietly m2 hears m1
    m2 begins to write
    # m3 has been told of term 1 by m1, and asks for term 2.
    m3 has log nothing, term 1
    m3 wakes
      m3 > m1 preVote term 2 last 0/0
      m3 > m2 preVote term 2 last 0/0
    m2 hears m3
      m2 > m3 preVoteReply term 1 asked 2 granted
    m3 hears m2
      m3 term 2
    m3 writes
      m3 disk: term 2 vote m3
      m3 > m1 vote term 2 last 0/0
      m3 > m2 vote term 2 last 0/0
    m2 hears m3
      m2 term 2
    m2 has written
      m2 disk: term 1 vote m1
    m2 writes
      m2 disk: term 2 vote m3
      m2 > m3 voteReply term 2 granted
    m1 hears m2
      nothing to do
  `);
});

Deno.test("a vote is given once a term, also over a restart", () => {
  transcript(`
    cast m1 m2 m3
    quietly m1 wakes
    quietly m3 wakes
    quietly m2 hears m1
    quietly m2 hears m3
    m1 hears m2
      m1 term 1
    m3 hears m2
      m3 term 1
    m1 writes
      m1 disk: term 1 vote m1
      m1 > m2 vote term 1 last 0/0
      m1 > m3 vote term 1 last 0/0
    m3 writes
      m3 disk: term 1 vote m3
      m3 > m1 vote term 1 last 0/0
      m3 > m2 vote term 1 last 0/0
    m2 hears m1
      m2 term 1
    m2 writes
      m2 disk: term 1 vote m1
      m2 > m1 voteReply term 1 granted
    m2 hears m3
      m2 > m3 voteReply term 1 refused
    m3 hears m2
    m2 restarts
    m2 hears m3 again
      m2 > m3 voteReply term 1 refused
    # The one it voted for may ask again: its answer may have been lost.
    m2 hears m1 again
      m2 > m1 voteReply term 1 granted
    m3 hears m1
      m3 > m1 preVoteReply term 1 asked 1 refused
    m3 hears m1
      m3 > m1 voteReply term 1 refused
  `);
});

Deno.test("a vote is refused to a shorter log and to one that ends in an older term", () => {
  transcript(
    `
    cast m1 m2 m3
    m1 has log 1 1, term 2
    m2 has log 1 1 1, term 2
    m3 has log 1 2
    m1 wakes
      m1 term 3
    m1 writes
      m1 disk: term 3 vote m1
      m1 > m2 vote term 3 last 2/1
      m1 > m3 vote term 3 last 2/1
    m2 hears m1
      m2 term 3
    m3 hears m1
      m3 term 3
    m2 writes
      m2 disk: term 3
      m2 > m1 voteReply term 3 refused
    m3 writes
      m3 disk: term 3
      m3 > m1 voteReply term 3 refused
    # m3's log is shorter than m2's, but ends in a later term.
    m3 wakes
      m3 term 4
    m3 writes
      m3 disk: term 4 vote m3
      m3 > m1 vote term 4 last 2/2
      m3 > m2 vote term 4 last 2/2
    m2 hears m3
      m2 term 4
    m2 writes
      m2 disk: term 4 vote m3
      m2 > m3 voteReply term 4 granted
    m3 hears m2
      m3 leads
      m3 log 1 2 4
      m3 > m1 append term 4 prev 2/2 [3/4] commit 0
      m3 > m2 append term 4 prev 2/2 [3/4] commit 0
  `,
    "no-pre-vote",
  );
});

Deno.test("the same logs are refused before a term is spent on them", () => {
  transcript(`
    cast m1 m2 m3
    m1 has log 1 1, term 2
    m2 has log 1 1 1, term 2
    m3 has log 1 2
    m1 wakes
      m1 > m2 preVote term 3 last 2/1
      m1 > m3 preVote term 3 last 2/1
    m2 hears m1
      m2 > m1 preVoteReply term 2 asked 3 refused
    m3 hears m1
      m3 > m1 preVoteReply term 2 asked 3 refused
    m1 hears m2
    m1 hears m3
    m3 wakes
      m3 > m1 preVote term 3 last 2/2
      m3 > m2 preVote term 3 last 2/2
    m2 hears m3
      m2 > m3 preVoteReply term 2 asked 3 granted
    m1 hears m3
      m1 > m3 preVoteReply term 2 asked 3 granted
  `);
});

Deno.test("a member that is barred neither votes nor acknowledges", () => {
  transcript(`
    cast m1 m2 m3
    quietly m1 wakes
    quietly all settle
    m2 is barred
    m1 appends
      m1 log 1 1
      m1 > m2 append term 1 prev 1/1 [2/1] commit 1
      m1 > m3 append term 1 prev 1/1 [2/1] commit 1
    m2 hears m1
    m3 loses its link to m1
      m3 knows no leader
    m3 wakes
      m3 > m1 preVote term 2 last 1/1
      m3 > m2 preVote term 2 last 1/1
    m2 hears m3
      m2 > m3 preVoteReply term 1 asked 2 refused
    m2 wakes
      m2 waits for nothing
    m2 is free again
    m1 wakes
      m1 > m2 append term 1 prev 2/1 commit 1
      m1 > m3 append term 1 prev 2/1 commit 1
    m2 hears m1
      m2 > m1 appendReply term 1 rejected, try 1
    m2 hears m1 again
      m2 > m1 appendReply term 1 rejected, try 1
    m2 writes
      nothing to do
  `);
});

Deno.test("a member that is barred refuses its vote, whoever asks", () => {
  transcript(
    `
    cast m1 m2 m3
    m2 is barred
    m1 wakes
      m1 term 1
    m1 writes
      m1 disk: term 1 vote m1
      m1 > m2 vote term 1 last 0/0
      m1 > m3 vote term 1 last 0/0
    m2 hears m1
      m2 term 1
    m2 writes
      m2 disk: term 1
      m2 > m1 voteReply term 1 refused
  `,
    "no-pre-vote",
  );
});

Deno.test("a member that is barred grants no PreVote either", () => {
  transcript(`
    cast m1 m2 m3
    m2 is barred
    m1 wakes
      m1 > m2 preVote term 1 last 0/0
      m1 > m3 preVote term 1 last 0/0
    m2 hears m1
      m2 > m1 preVoteReply term 0 asked 1 refused
    m1 hears m2
  `);
});

Deno.test("a leader that is barred steps down", () => {
  transcript(`
    cast m1 m2 m3
    quietly m1 wakes
    quietly all settle
    m1 is barred
      m1 leads no more
    m1 wakes
      m1 waits for nothing
  `);
});

Deno.test("a member that is barred after it asked for votes does not become leader", () => {
  transcript(`
    cast m1 m2 m3
    m1 wakes
      m1 > m2 preVote term 1 last 0/0
      m1 > m3 preVote term 1 last 0/0
    m2 hears m1
      m2 > m1 preVoteReply term 0 asked 1 granted
    # It has asked who would vote for it; then its disk takes nothing any more.
    m1 is barred
    m1 hears m2
    m1 wakes
      m1 waits for nothing
    m1 is free again
    # Now as a candidate, whose vote m2 gives it.
    quietly m3 misses m1
    m1 wakes
      m1 > m2 preVote term 1 last 0/0
      m1 > m3 preVote term 1 last 0/0
    quietly m2 hears m1
    m1 hears m2
      m1 term 1
    m1 writes
      m1 disk: term 1 vote m1
      m1 > m2 vote term 1 last 0/0
      m1 > m3 vote term 1 last 0/0
    quietly m2 hears m1
    m2 writes
      m2 disk: term 1 vote m1
      m2 > m1 voteReply term 1 granted
    m1 is barred
    m1 hears m2
    m1 wakes
      m1 waits for nothing
    # Free again it must ask anew.
    m1 is free again
    m1 wakes
      m1 > m2 preVote term 2 last 0/0
      m1 > m3 preVote term 2 last 0/0
    m2 hears m1
      m2 > m1 preVoteReply term 1 asked 2 granted
  `);
});

Deno.test("a candidate that is barred while it writes its own vote does not become leader", () => {
  transcript(`
    cast m1
    m1 wakes
      m1 term 1
    m1 begins to write
    m1 is barred
    m1 has written
      m1 disk: term 1 vote m1
    m1 wakes
      m1 waits for nothing
    m1 is free again
    m1 wakes
      m1 term 2
    m1 writes
      m1 disk: term 2 vote m1
      m1 leads
      m1 log 2
  `);
});

Deno.test("a candidate that hears of a leader of its term follows it", () => {
  transcript(`
    cast m1 m2 m3
    quietly m1 wakes
    quietly m3 wakes
    quietly m2 hears m1
    quietly m2 hears m3
    quietly m1 hears m2
    quietly m3 hears m2
    quietly m3 writes
    quietly m1 m2 settle
    m3 hears m1
      m3 > m1 preVoteReply term 1 asked 1 refused
    m3 hears m1
      m3 > m1 voteReply term 1 refused
    m3 hears m1
      m3 follows m1
      m3 log 1
    m3 writes
      m3 disk: term 1 vote m3 [1/1]
      m3 > m1 appendReply term 1 match 1
  `);
});

Deno.test("a member that asked before it votes gives up where it hears the leader again", () => {
  transcript(`
    cast m1 m2 m3
    quietly m1 is elected by m2 m3
    quietly all settle
    quietly m3 loses its link to m1
    quietly m2 loses its link to m1
    m2 wakes
      m2 > m1 preVote term 2 last 1/1
      m2 > m3 preVote term 2 last 1/1
    m3 hears m2
      m3 > m2 preVoteReply term 1 asked 2 granted
    m1 wakes
      m1 > m2 append term 1 prev 1/1 commit 1
      m1 > m3 append term 1 prev 1/1 commit 1
    m2 hears m1
      m2 follows m1
      m2 > m1 appendReply term 1 match 1
    # m3 would have voted for it.
    m2 hears m3
  `);
});

Deno.test("an answer to an earlier PreVote does not count for a later one", () => {
  transcript(`
    cast m1 m2 m3
    m1 wakes
      m1 > m2 preVote term 1 last 0/0
      m1 > m3 preVote term 1 last 0/0
    m2 hears m1
      m2 > m1 preVoteReply term 0 asked 1 granted
    # m1 is told of term 1 before it hears the answer, and asks for term 2.
    quietly m3 is elected by m2
    quietly m1 misses m3
    m3 wakes
      m3 > m1 append term 1 prev 0/0 commit 0
      m3 > m2 append term 1 prev 0/0 commit 0
    m1 hears m3
      m1 term 1
      m1 follows m3
      m1 > m3 appendReply term 1 match 0
    m1 loses its link to m3
      m1 knows no leader
    m1 wakes
      m1 > m2 preVote term 2 last 0/0
      m1 > m3 preVote term 2 last 0/0
    m1 hears m2
  `);
});

Deno.test("a vote of an earlier term does not count for a later one", () => {
  transcript(`
    cast m1 m2 m3
    quietly m1 wakes
    quietly m2 hears m1
    quietly m1 hears m2
    m1 writes
      m1 disk: term 1 vote m1
      m1 > m2 vote term 1 last 0/0
      m1 > m3 vote term 1 last 0/0
    m2 hears m1
      m2 term 1
    m2 writes
      m2 disk: term 1 vote m1
      m2 > m1 voteReply term 1 granted
    quietly m3 misses m1
    # Its vote is late: m1 asks for term 2, and m3 lets it.
    quietly m1 wakes
    quietly m3 hears m1
    m1 hears m3
      m1 term 2
    m1 writes
      m1 disk: term 2 vote m1
      m1 > m2 vote term 2 last 0/0
      m1 > m3 vote term 2 last 0/0
    m1 hears m2
    m3 hears m1
      m3 term 2
    m3 writes
      m3 disk: term 2 vote m1
      m3 > m1 voteReply term 2 granted
    m1 hears m3
      m1 leads
      m1 log 2
      m1 > m2 append term 2 prev 0/0 [1/2] commit 0
      m1 > m3 append term 2 prev 0/0 [1/2] commit 0
  `);
});
