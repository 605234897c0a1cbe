/** Who counts while the roster changes: the newest in the log is in force, committed or not. */
import { transcript } from "./transcript.ts";

Deno.test("a learner receives everything and does not count", () => {
  transcript(`
    cast m1 m2 m3, learners m4
    quietly m1 is elected by m2 m3
    quietly all settle
    m1 appends
      m1 log 1 1
      m1 > m2 append term 1 prev 1/1 [2/1] commit 1
      m1 > m3 append term 1 prev 1/1 [2/1] commit 1
      m1 > m4 append term 1 prev 1/1 [2/1] commit 1
    m4 hears m1
      m4 log 1 1
    m4 writes
      m4 disk: term 1 [2/1]
      m4 > m1 appendReply term 1 match 2
    m1 hears m4
    m1 writes
      m1 disk: term 1 vote m1 [2/1]
    m2 hears m1
      m2 log 1 1
    m2 writes
      m2 disk: term 1 vote m1 [2/1]
      m2 > m1 appendReply term 1 match 2
    m1 hears m2
      m1 commit 2
      m1 > m2 commit term 1 up to 2
      m1 > m3 commit term 1 up to 2
      m1 > m4 commit term 1 up to 2
  `);
});

Deno.test("of two voters both must have an entry", () => {
  transcript(`
    cast m1 m2
    m1 wakes
      m1 > m2 preVote term 1 last 0/0
    m1 writes
      nothing to do
    m2 hears m1
      m2 > m1 preVoteReply term 0 asked 1 granted
    m1 hears m2
      m1 term 1
    m1 writes
      m1 disk: term 1 vote m1
      m1 > m2 vote term 1 last 0/0
    m2 hears m1
      m2 term 1
    m2 writes
      m2 disk: term 1 vote m1
      m2 > m1 voteReply term 1 granted
    m1 hears m2
      m1 leads
      m1 log 1
      m1 > m2 append term 1 prev 0/0 [1/1] commit 0
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
  `);
});

Deno.test("of four voters two are no majority", () => {
  transcript(`
    cast m1 m2 m3 m4
    quietly m1 is elected by m2 m3
    m1 writes
      m1 disk: term 1 vote m1 [1/1]
    m2 hears m1
      m2 follows m1
      m2 log 1
    m2 writes
      m2 disk: term 1 vote m1 [1/1]
      m2 > m1 appendReply term 1 match 1
    m1 hears m2
    m3 hears m1
      m3 follows m1
      m3 log 1
    m3 writes
      m3 disk: term 1 vote m1 [1/1]
      m3 > m1 appendReply term 1 match 1
    m1 hears m3
      m1 commit 1
      m1 > m2 commit term 1 up to 1
      m1 > m3 commit term 1 up to 1
  `);
});

Deno.test("a roster is in force where it is appended, not where it is committed", () => {
  transcript(`
    cast m1, learners m2
    quietly m1 wakes
    quietly all settle
    # From here on m1 alone commits nothing, not even the entry that says so.
    m1 appends roster m1 m2
      m1 log 1 1
      m1 > m2 append term 1 prev 1/1 [2/1] commit 1
    m1 writes
      m1 disk: term 1 vote m1 [2/1]
    m2 hears m1
      m2 log 1 1
    m2 writes
      m2 disk: term 1 [2/1]
      m2 > m1 appendReply term 1 match 2
    m1 hears m2
      m1 commit 2
      m1 > m2 commit term 1 up to 2
  `);
});

Deno.test("who is added is sent the log, and counts from the entry that lists it", () => {
  transcript(`
    cast m1 m2
    quietly m1 is elected by m2
    quietly all settle
    stranger m3
    m3 wakes
      m3 waits for nothing
    m1 appends roster m1 m2 m3
      m1 log 1 1
      m1 > m2 append term 1 prev 1/1 [2/1] commit 1
      m1 > m3 append term 1 prev 2/1 commit 1
    m3 hears m1
      m3 term 1
      m3 follows m1
      m3 > m1 appendReply term 1 rejected, try 0
    m1 hears m3
      m1 > m3 append term 1 prev 0/0 [1/1 2/1] commit 1
    m3 hears m1
      m3 log 1 1
      m3 commit 1
    m3 writes
      m3 disk: term 1 [1/1 2/1]
      m3 > m1 appendReply term 1 match 2
    m1 hears m3
    m1 writes
      m1 disk: term 1 vote m1 [2/1]
      m1 commit 2
      m1 > m2 commit term 1 up to 2
      m1 > m3 commit term 1 up to 2
  `);
});

Deno.test("a follower calls elections by the newest roster in its log, committed or not", () => {
  transcript(`
    cast m1 m2 m3
    quietly m1 is elected by m2 m3
    quietly all settle
    quietly m1 appends roster m2 m3
    m2 hears m1
      m2 log 1 1
    m2 writes
      m2 disk: term 1 vote m1 [2/1]
      m2 > m1 appendReply term 1 match 2
    m2 loses its link to m1
      m2 knows no leader
    m2 wakes
      m2 > m3 preVote term 2 last 2/1
    # m3 has not heard of the roster; as m2 sees it, the two of them decide.
    m3 loses its link to m1
      m3 knows no leader
    m3 hears m1
      m3 follows m1
      m3 log 1 1
    m3 loses its link to m1
      m3 knows no leader
    m3 hears m2
      m3 > m2 preVoteReply term 1 asked 2 granted
    m2 hears m3
      m2 term 2
  `);
});

Deno.test("a roster that was cut off with its entry is no longer in force", () => {
  transcript(`
    cast m1 m2 m3
    quietly m1 is elected by m2 m3
    quietly all settle
    quietly m1 appends roster m1 m2
    # m1 leads by a roster nobody else has; m2 leads by the one before.
    quietly m2 misses m1
    quietly m2 loses its link to m1
    quietly m3 loses its link to m1
    quietly m2 is elected by m3
    quietly m2 m3 settle
    m2 wakes
      m2 > m1 append term 2 prev 1/1 commit 2
      m2 > m3 append term 2 prev 2/2 commit 2
    m1 hears m2
      m1 leads no more
      m1 term 2
      m1 log 1 2
    m1 hears m2
      m1 commit 2
      m1 > m2 appendReply term 2 match 1
    m1 writes
      m1 disk: term 2 [2/2]
      m1 > m2 appendReply term 2 match 2
    # By the roster of before, m3 is asked again.
    m1 loses its link to m2
      m1 knows no leader
    m1 wakes
      m1 > m2 preVote term 3 last 2/2
      m1 > m3 preVote term 3 last 2/2
  `);
});

Deno.test("whoever alone holds the entry that removes it may still be elected", () => {
  transcript(`
    cast m1 m2
    quietly m1 is elected by m2
    quietly all settle
    quietly m1 appends roster m2
    m1 writes
      m1 disk: term 1 vote m1 [2/1]
    quietly m2 misses m1
    m1 restarts
      m1 leads no more
    # m2 needs m1's vote and has the shorter log: only m1 can be elected.
    2000 ms pass
    quietly m2 wakes
    m2 wakes
      m2 > m1 preVote term 2 last 1/1
    m1 hears m2
      m1 > m2 preVoteReply term 1 asked 2 refused
    m1 wakes
    m1 wakes
      m1 > m2 preVote term 2 last 2/1
    m1 m2 settle
      m1 > m2 preVoteReply term 1 asked 2 refused
      m2 > m1 preVoteReply term 1 asked 2 granted
      m1 term 2
      m1 disk: term 2 vote m1
      m1 > m2 vote term 2 last 2/1
      m2 term 2
      m2 disk: term 2 vote m1
      m2 > m1 voteReply term 2 granted
      m1 leads
      m1 log 1 1 2
      m1 > m2 append term 2 prev 2/1 [3/2] commit 1
      m1 disk: term 2 vote m1 [3/2]
      m2 follows m1
      m2 > m1 appendReply term 2 rejected, try 1
      m1 > m2 append term 2 prev 1/1 [2/1 3/2] commit 1
      m2 log 1 1 2
      m2 disk: term 2 vote m1 [2/1 3/2]
      m2 > m1 appendReply term 2 match 3
      m1 leads no more
      m1 commit 3
      m1 > m2 commit term 2 up to 3
      m2 commit 3
  `);
});

Deno.test("a leader that is removed steps down once its removal is committed", () => {
  transcript(`
    cast m1 m2 m3
    quietly m1 is elected by m2 m3
    quietly all settle
    m1 appends roster m2 m3
      m1 log 1 1
      m1 > m2 append term 1 prev 1/1 [2/1] commit 1
      m1 > m3 append term 1 prev 1/1 [2/1] commit 1
    # Its own disk does not count any more.
    m1 writes
      m1 disk: term 1 vote m1 [2/1]
    m2 hears m1
      m2 log 1 1
    m2 writes
      m2 disk: term 1 vote m1 [2/1]
      m2 > m1 appendReply term 1 match 2
    m1 hears m2
    m3 hears m1
      m3 log 1 1
    m3 writes
      m3 disk: term 1 vote m1 [2/1]
      m3 > m1 appendReply term 1 match 2
    m1 hears m3
      m1 leads no more
      m1 commit 2
      m1 > m2 commit term 1 up to 2
      m1 > m3 commit term 1 up to 2
    m1 wakes
      m1 waits for nothing
    # The two that are left commit it anew, by an entry of their own term.
    m2 loses its link to m1
      m2 knows no leader
    m3 loses its link to m1
      m3 knows no leader
    m2 wakes
      m2 > m3 preVote term 2 last 2/1
    m2 m3 settle
      m3 > m2 preVoteReply term 1 asked 2 granted
      m2 term 2
      m2 disk: term 2 vote m2
      m2 > m3 vote term 2 last 2/1
      m3 term 2
      m3 disk: term 2 vote m2
      m3 > m2 voteReply term 2 granted
      m2 leads
      m2 log 1 1 2
      m2 > m3 append term 2 prev 2/1 [3/2] commit 1
      m2 disk: term 2 vote m2 [3/2]
      m3 follows m2
      m3 log 1 1 2
      m3 disk: term 2 vote m2 [3/2]
      m3 > m2 appendReply term 2 match 3
      m2 commit 3
      m2 > m3 commit term 2 up to 3
      m3 commit 3
  `);
});

Deno.test("a leader that is removed goes on until that entry is committed, not one before", () => {
  transcript(`
    cast m1 m2 m3
    quietly m1 is elected by m2 m3
    quietly all settle
    m1 appends
      m1 log 1 1
      m1 > m2 append term 1 prev 1/1 [2/1] commit 1
      m1 > m3 append term 1 prev 1/1 [2/1] commit 1
    m1 appends roster m2 m3
      m1 log 1 1 1
      m1 > m2 append term 1 prev 2/1 [3/1] commit 1
      m1 > m3 append term 1 prev 2/1 [3/1] commit 1
    m2 hears m1
      m2 log 1 1
    m2 writes
      m2 disk: term 1 vote m1 [2/1]
      m2 > m1 appendReply term 1 match 2
    m3 hears m1
      m3 log 1 1
    m3 writes
      m3 disk: term 1 vote m1 [2/1]
      m3 > m1 appendReply term 1 match 2
    m1 hears m2
    m1 hears m3
      m1 commit 2
      m1 > m2 commit term 1 up to 2
      m1 > m3 commit term 1 up to 2
    m2 hears m1
      m2 log 1 1 1
    m2 writes
      m2 disk: term 1 vote m1 [3/1]
      m2 > m1 appendReply term 1 match 3
    m3 hears m1
      m3 log 1 1 1
    m3 writes
      m3 disk: term 1 vote m1 [3/1]
      m3 > m1 appendReply term 1 match 3
    m1 hears m2
    m1 hears m3
      m1 leads no more
      m1 commit 3
      m1 > m2 commit term 1 up to 3
      m1 > m3 commit term 1 up to 3
  `);
});

Deno.test("a member that is removed is sent nothing more, and its late word does not count", () => {
  transcript(`
    cast m1 m2 m3
    quietly m1 is elected by m2 m3
    quietly all settle
    m1 appends
      m1 log 1 1
      m1 > m2 append term 1 prev 1/1 [2/1] commit 1
      m1 > m3 append term 1 prev 1/1 [2/1] commit 1
    m1 writes
      m1 disk: term 1 vote m1 [2/1]
    m3 hears m1
      m3 log 1 1
    m3 writes
      m3 disk: term 1 vote m1 [2/1]
      m3 > m1 appendReply term 1 match 2
    m1 appends roster m1 m2
      m1 log 1 1 1
      m1 > m2 append term 1 prev 2/1 [3/1] commit 1
    m1 hears m3
    m2 hears m1
      m2 log 1 1
    m2 writes
      m2 disk: term 1 vote m1 [2/1]
      m2 > m1 appendReply term 1 match 2
    m1 hears m2
      m1 commit 2
      m1 > m2 commit term 1 up to 2
  `);
});

Deno.test("a learner is promoted once it holds the head as fast as the voters do", () => {
  transcript(`
    cast m1 m2, learners m3
    quietly m1 is elected by m2
    quietly m1 m2 settle
    m1 looks whom to promote
      m1 would promote nobody
    quietly all settle
    m1 looks whom to promote
      m1 would promote m3
    # What it showed is forgotten after 2 s.
    2000 ms pass
    m1 looks whom to promote
      m1 would promote nobody
  `);
});

Deno.test("a learner that takes over 0.2 s to hold a new entry waits", () => {
  transcript(`
    cast m1 m2, learners m3
    quietly m1 is elected by m2
    quietly all settle
    m1 looks whom to promote
      m1 would promote m3
    # m2 holds it within 0.1 s, m3 in 0.201 s.
    quietly m1 appends
    100 ms pass
    quietly m1 m2 settle
    101 ms pass
    quietly all settle
    m1 looks whom to promote
      m1 would promote nobody
  `);
});

Deno.test("where the voters are slower, a learner may take twice as long as the slowest", () => {
  transcript(`
    cast m1 m2 m4, learners m3
    quietly m1 is elected by m2 m4
    quietly all settle
    quietly m1 appends
    quietly m1 m4 settle
    150 ms pass
    quietly m1 m2 settle
    150 ms pass
    quietly m1 m3 settle
    m1 looks whom to promote
      m1 would promote m3
    quietly m1 appends
    quietly m1 m4 settle
    150 ms pass
    quietly m1 m2 settle
    151 ms pass
    quietly m1 m3 settle
    m1 looks whom to promote
      m1 would promote nobody
  `);
});
