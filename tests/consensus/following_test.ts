/** What a follower takes, refuses and acknowledges (`src/consensus/raft.ts`, "following"). */
import { deepEqual } from "node:assert/strict";

import { emptyEntry, idOf, rosterOf, Stage } from "./stage.ts";
import { transcript } from "./transcript.ts";

Deno.test("an acknowledgement names only what is on the follower's disk", () => {
  transcript(`
    cast m1 m2 m3
    quietly m1 wakes
    quietly all settle
    m1 appends 2
      m1 log 1 1 1
      m1 > m2 append term 1 prev 1/1 [2/1 3/1] commit 1
      m1 > m3 append term 1 prev 1/1 [2/1 3/1] commit 1
    m2 hears m1
      m2 log 1 1 1
    # A heartbeat is answered at once, but only for what is on disk.
    m1 wakes
      m1 > m2 append term 1 prev 3/1 commit 1
      m1 > m3 append term 1 prev 3/1 commit 1
    m2 hears m1
      m2 > m1 appendReply term 1 match 1
    m2 begins to write
    m1 appends
      m1 log 1 1 1 1
      m1 > m2 append term 1 prev 3/1 [4/1] commit 1
      m1 > m3 append term 1 prev 3/1 [4/1] commit 1
    m2 hears m1
      m2 log 1 1 1 1
    m2 has written
      m2 disk: term 1 vote m1 [2/1 3/1]
      m2 > m1 appendReply term 1 match 3
    m2 writes
      m2 disk: term 1 vote m1 [4/1]
      m2 > m1 appendReply term 1 match 4
  `);
});

Deno.test("the leader counts its own log only once it is on its disk", () => {
  transcript(`
    cast m1 m2
    quietly m1 wakes
    quietly all settle
    m1 appends
      m1 log 1 1
      m1 > m2 append term 1 prev 1/1 [2/1] commit 1
    m2 hears m1
      m2 log 1 1
    m2 writes
      m2 disk: term 1 vote m1 [2/1]
      m2 > m1 appendReply term 1 match 2
    m1 hears m2
    m1 writes
      m1 disk: term 1 vote m1 [2/1]
      m1 commit 2
      m1 > m2 commit term 1 up to 2
  `);
});

Deno.test("a log in conflict is overwritten, in one round trip for a whole term", () => {
  transcript(`
    cast m1 m2 m3
    m1 has log 1 1 3 3 3, commit 2
    m2 has log 1 1 3 3 3, commit 2
    m3 has log 1 1 2 2 2 2, commit 1
    quietly m1 wakes
    quietly m3 misses m1
    quietly m1 m2 settle
    # The vote that was asked of it, and then the first append.
    quietly m3 hears m1
    m3 hears m1
      m3 follows m1
      m3 > m1 appendReply term 4 rejected, try 2
    m1 hears m3
      m1 > m3 append term 4 prev 2/1 [3/3 4/3 5/3 6/4] commit 6
    m3 hears m1
      m3 log 1 1 3 3 3 4
      m3 commit 6
    m3 writes
      m3 disk: term 4 vote m1 [3/3 4/3 5/3 6/4]
      m3 > m1 voteReply term 4 granted
      m3 > m1 appendReply term 4 match 6
    m1 hears m3
    m3 hears m1
      nothing to do
  `);
});

Deno.test("what was cut off while it was being written is not acknowledged", () => {
  transcript(`
    cast m1 m2 m3
    quietly m3 wakes
    quietly m2 m3 settle
    quietly m3 appends 2
    m3 begins to write
    quietly m1 misses m3
    quietly m2 misses m3
    # m2 knows nothing of the two entries, and leads next.
    quietly m2 loses its link to m3
    quietly m1 loses its link to m3
    quietly m2 wakes
    quietly m3 misses m2
    quietly m1 m2 settle
    m3 hears m2
      m3 leads no more
      m3 term 2
    m3 hears m2
      m3 follows m2
      m3 log 1 2
    m3 has written
      m3 disk: term 1 vote m3 [2/1 3/1]
      m3 > m2 appendReply term 2 match 1
    m3 writes
      m3 disk: term 2 [2/2]
      m3 > m2 voteReply term 2 refused
      m3 > m2 appendReply term 2 match 2
    m3 restarts
      m3 knows no leader
  `);
});

Deno.test("appends heard twice, or late, change nothing", () => {
  transcript(`
    cast m1 m2 m3
    quietly m1 wakes
    quietly all settle
    m1 appends
      m1 log 1 1
      m1 > m2 append term 1 prev 1/1 [2/1] commit 1
      m1 > m3 append term 1 prev 1/1 [2/1] commit 1
    m1 appends
      m1 log 1 1 1
      m1 > m2 append term 1 prev 2/1 [3/1] commit 1
      m1 > m3 append term 1 prev 2/1 [3/1] commit 1
    the last of m1 to m2 overtakes
    m2 hears m1
      m2 > m1 appendReply term 1 rejected, try 1
    m2 hears m1
      m2 log 1 1
    m2 writes
      m2 disk: term 1 vote m1 [2/1]
      m2 > m1 appendReply term 1 match 2
    m2 hears m1 again
      m2 > m1 appendReply term 1 match 2
    m1 hears m2
      m1 > m2 append term 1 prev 1/1 [2/1 3/1] commit 1
    m1 writes
      m1 disk: term 1 vote m1 [2/1 3/1]
    m1 hears m2
      m1 commit 2
      m1 > m2 append term 1 prev 2/1 [3/1] commit 2
      m1 > m3 commit term 1 up to 2
    m2 hears m1
      m2 log 1 1 1
    m2 writes
      m2 disk: term 1 vote m1 [3/1]
      m2 > m1 appendReply term 1 match 3
    m1 hears m2
    # That append comes once more.
    m2 hears m1 again
      m2 > m1 appendReply term 1 match 3
    m1 hears m2
      m1 commit 3
      m1 > m2 commit term 1 up to 3
      m1 > m3 commit term 1 up to 3
    m1 hears m2 again
  `);
});

Deno.test("a leader of an earlier term is answered with the later one", () => {
  transcript(`
    cast m1 m2 m3
    quietly m1 wakes
    quietly all settle
    quietly m2 loses its link to m1
    quietly m3 loses its link to m1
    quietly m2 wakes
    quietly m1 misses m2
    quietly m2 m3 settle
    quietly m1 misses m2
    m1 appends
      m1 log 1 1
      m1 > m2 append term 1 prev 1/1 [2/1] commit 1
      m1 > m3 append term 1 prev 1/1 [2/1] commit 1
    m2 hears m1
      m2 > m1 appendReply term 2 rejected, try 2
    m3 hears m1
      m3 > m1 appendReply term 2 rejected, try 2
    m1 hears m2
      m1 leads no more
      m1 term 2
    m1 hears m3
    # What it appended is overwritten, and was never committed.
    m2 wakes
      m2 > m1 append term 2 prev 1/1 commit 2
      m2 > m3 append term 2 prev 2/2 commit 2
    m1 hears m2
      m1 follows m2
      m1 > m2 appendReply term 2 match 1
    m2 hears m1
      m2 > m1 append term 2 prev 1/1 [2/2] commit 2
    m1 hears m2
      m1 log 1 2
      m1 commit 2
    m1 writes
      m1 disk: term 2 [2/2]
      m1 > m2 appendReply term 2 match 2
    m2 hears m1
  `);
});

Deno.test("a follower that restarts has its log, and learns the commit index anew", () => {
  transcript(`
    cast m1 m2 m3
    quietly m1 wakes
    quietly all settle
    quietly m1 appends 2
    quietly all settle
    m2 restarts
      m2 knows no leader
      m2 commit 1
    m1 wakes
      m1 > m2 append term 1 prev 3/1 commit 3
      m1 > m3 append term 1 prev 3/1 commit 3
    m2 hears m1
      m2 follows m1
      m2 commit 3
      m2 > m1 appendReply term 1 match 3
  `);
});

Deno.test("what is owed to a leader is not said to it once there is a later term", () => {
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
    m2 begins to write
    m2 loses its link to m1
      m2 knows no leader
    m3 loses its link to m1
      m3 knows no leader
    m3 wakes
      m3 > m1 preVote term 2 last 2/1
      m3 > m2 preVote term 2 last 2/1
    m2 hears m3
      m2 > m3 preVoteReply term 1 asked 2 granted
    m3 hears m2
      m3 term 2
    m3 writes
      m3 disk: term 2 vote m3
      m3 > m1 vote term 2 last 2/1
      m3 > m2 vote term 2 last 2/1
    m2 hears m3
      m2 term 2
    m2 has written
      m2 disk: term 1 vote m1 [2/1]
    m2 writes
      m2 disk: term 2 vote m3
      m2 > m3 voteReply term 2 granted
  `);
});

Deno.test("an answer to an earlier term of the same leader does not count", () => {
  transcript(`
    cast m1 m2 m3
    quietly m1 is elected by m2 m3
    quietly m2 hears m1
    m2 writes
      m2 disk: term 1 vote m1 [1/1]
      m2 > m1 appendReply term 1 match 1
    # m1 loses the leadership and gets it back before it hears the answer.
    m1 is barred
      m1 leads no more
    m1 is free again
    m3 loses its link to m1
      m3 knows no leader
    m1 is elected by m3
      m1 > m2 preVote term 2 last 1/1
      m1 > m3 preVote term 2 last 1/1
      m3 > m1 preVoteReply term 1 asked 2 granted
      m1 term 2
      m1 disk: term 2 vote m1 [1/1]
      m1 > m2 vote term 2 last 1/1
      m1 > m3 vote term 2 last 1/1
      m3 term 2
      m3 disk: term 2 vote m1
      m3 > m1 voteReply term 2 granted
      m1 leads
      m1 log 1 2
      m1 > m2 append term 2 prev 1/1 [2/2] commit 0
      m1 > m3 append term 2 prev 1/1 [2/2] commit 0
    m1 hears m2
  `);
});

Deno.test("a late append that reaches back before the log begins is taken from there on", () => {
  transcript(`
    cast m1 m2 m3
    quietly m1 is elected by m2 m3
    quietly all settle
    m1 appends 3
      m1 log 1 1 1 1
      m1 > m2 append term 1 prev 1/1 [2/1 3/1 4/1] commit 1
      m1 > m3 append term 1 prev 1/1 [2/1 3/1 4/1] commit 1
    m2 hears m1
      m2 log 1 1 1 1
    m2 writes
      m2 disk: term 1 vote m1 [2/1 3/1 4/1]
      m2 > m1 appendReply term 1 match 4
    m1 hears m2
    quietly m1 writes
    m1 wakes
      m1 > m2 append term 1 prev 4/1 commit 4
      m1 > m3 append term 1 prev 4/1 commit 4
    # It comes once more after m2 forgot all but the last of its entries, and then all.
    m2 forgets up to 3
      m2 log ..3 1
    m2 hears m1 again
      m2 > m1 appendReply term 1 match 4
    m2 forgets up to 4
      m2 log ..4
    m2 hears m1 again
      m2 > m1 appendReply term 1 match 4
    m2 hears m1
      m2 commit 4
    m2 hears m1
      m2 > m1 appendReply term 1 match 4
  `);
});

Deno.test("a late append that is shorter takes nothing back of what is owed, or known", () => {
  transcript(`
    cast m1 m2 m3
    quietly m1 is elected by m2 m3
    quietly all settle
    quietly m1 appends
    quietly m1 appends
    the last of m1 to m2 overtakes
    m2 hears m1
      m2 > m1 appendReply term 1 rejected, try 1
    m1 hears m2
      m1 > m2 append term 1 prev 1/1 [2/1 3/1] commit 1
    the last of m1 to m2 overtakes
    m2 hears m1
      m2 log 1 1 1
    # The very first comes last.
    m2 hears m1
    m2 writes
      m2 disk: term 1 vote m1 [2/1 3/1]
      m2 > m1 appendReply term 1 match 3
    m2 hears m1 again
      m2 > m1 appendReply term 1 match 2
    m1 hears m2
    m1 writes
      m1 disk: term 1 vote m1 [2/1 3/1]
      m1 commit 3
      m1 > m2 commit term 1 up to 3
      m1 > m3 commit term 1 up to 3
    the last of m1 to m2 overtakes
    m2 hears m1
      m2 commit 3
  `);
});

Deno.test("what was acknowledged is not acknowledged again with every write", () => {
  const said: string[] = [];
  const stage = new Stage(rosterOf("m1 m2"), (_from, _to, { type }) => said.push(type));
  const nothing = { term: 1, prevIndex: 0, prevTerm: 0, commit: 0, round: 0 };
  const entries = [emptyEntry(1, 1)];
  stage.turn("m2", (raft) => raft.step(idOf("m1"), { type: "append", ...nothing, entries }, 0));
  stage.beginWrite("m2");
  stage.endWrite("m2");
  deepEqual(said, ["appendReply"]);
  const { term, vote } = stage.raft("m2");
  stage.turn("m2", (raft) => raft.persisted({ term, vote }, 0));
  deepEqual(said, ["appendReply"]);
});
