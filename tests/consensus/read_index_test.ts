/** What only a leader that still is one may say: rounds of `src/consensus/leader.ts`. */
import { deepEqual } from "node:assert/strict";

import { perform, transcript } from "./transcript.ts";

Deno.test("a read needs an entry of the own term committed, and then a round", () => {
  transcript(`
    cast m1 m2 m3
    quietly m1 is elected by m2 m3
    m1 reads
      m1 read 1: no
    m1 writes
      m1 disk: term 1 vote m1 [1/1]
      m1 commit 1
      m1 > m3 commit term 1 up to 1
    m2 hears m1
      m2 follows m1
      m2 log 1
    m2 writes
      m2 disk: term 1 vote m1 [1/1]
      m2 > m1 appendReply term 1 match 1
    m1 reads
      m1 > m2 append term 1 prev 0/0 commit 1 round 1
      m1 > m3 append term 1 prev 1/1 commit 1 round 1
    m1 hears m2
    m1 reads
      m1 > m2 append term 1 prev 1/1 commit 1 round 2
      m1 > m3 append term 1 prev 1/1 commit 1 round 2
    m2 hears m1
      m2 commit 1
      m2 > m1 appendReply term 1 match 0 round 1
    m2 hears m1
      m2 > m1 appendReply term 1 match 1 round 2
    m1 hears m2
      m1 read 2: from 1 on
    m1 hears m2
      m1 read 3: from 1 on
  `);
});

Deno.test("an answer to an earlier round confirms nothing asked after it", () => {
  transcript(`
    cast m1 m2 m3
    quietly m1 is elected by m2 m3
    quietly all settle
    m1 reads
      m1 > m2 append term 1 prev 1/1 commit 1 round 1
      m1 > m3 append term 1 prev 1/1 commit 1 round 1
    m2 hears m1
      m2 > m1 appendReply term 1 match 1 round 1
    m1 appends
      m1 log 1 1
      m1 > m2 append term 1 prev 1/1 [2/1] commit 1 round 1
      m1 > m3 append term 1 prev 1/1 [2/1] commit 1 round 1
    m1 reads
      m1 > m2 append term 1 prev 2/1 commit 1 round 2
      m1 > m3 append term 1 prev 2/1 commit 1 round 2
    m1 hears m2
      m1 read 1: from 1 on
    m3 hears m1
      m3 > m1 appendReply term 1 match 1 round 1
    m3 hears m1
      m3 log 1 1
    m3 hears m1
      m3 > m1 appendReply term 1 match 1 round 2
    m1 hears m3
    m1 hears m3
      m1 read 2: from 1 on
  `);
});

Deno.test("a read stands on the commit index of when it was asked, and reads share a round", () => {
  transcript(`
    cast m1 m2 m3
    quietly m1 is elected by m2 m3
    quietly all settle
    m1 appends
      m1 log 1 1
      m1 > m2 append term 1 prev 1/1 [2/1] commit 1
      m1 > m3 append term 1 prev 1/1 [2/1] commit 1
    m1 reads
      m1 > m2 append term 1 prev 2/1 commit 1 round 1
      m1 > m3 append term 1 prev 2/1 commit 1 round 1
    m2 hears m1
      m2 log 1 1
    m2 hears m1
      m2 > m1 appendReply term 1 match 1 round 1
    m2 writes
      m2 disk: term 1 vote m1 [2/1]
      m2 > m1 appendReply term 1 match 2 round 1
    quietly m1 writes
    the last of m2 to m1 overtakes
    m1 hears m2
      m1 read 1: from 1 on
      m1 commit 2
      m1 > m2 commit term 1 up to 2
      m1 > m3 commit term 1 up to 2
    m1 reads
      m1 > m2 append term 1 prev 2/1 commit 2 round 2
      m1 > m3 append term 1 prev 2/1 commit 2 round 2
    m1 hears m2
    m3 hears m1
      m3 log 1 1
    m3 hears m1
      m3 > m1 appendReply term 1 match 1 round 1
    m3 hears m1
      m3 commit 2
    m3 hears m1
      m3 > m1 appendReply term 1 match 1 round 2
    m3 writes
      m3 disk: term 1 vote m1 [2/1]
      m3 > m1 appendReply term 1 match 2 round 2
    m1 hears m3
    m1 hears m3
      m1 read 2: from 2 on
  `);
});

Deno.test("a leader that was deposed without knowing answers no read", () => {
  transcript(`
    cast m1 m2 m3
    quietly m1 is elected by m2 m3
    quietly all settle
    quietly m2 loses its link to m1
    quietly m3 loses its link to m1
    quietly m2 is elected by m3
    quietly m2 m3 settle
    m1 reads
      m1 > m2 append term 1 prev 1/1 commit 1 round 1
      m1 > m3 append term 1 prev 1/1 commit 1 round 1
    m3 hears m1
      m3 > m1 appendReply term 2 rejected, try 2 round 1
    m1 hears m3
      m1 read 1: no
      m1 leads no more
      m1 term 2
  `);
});

Deno.test("a read that nobody confirms ends with the leadership", () => {
  transcript(`
    cast m1 m2 m3
    quietly m1 is elected by m2 m3
    quietly all settle
    m1 reads
      m1 > m2 append term 1 prev 1/1 commit 1 round 1
      m1 > m3 append term 1 prev 1/1 commit 1 round 1
    quietly m1 wakes
    quietly m1 wakes
    quietly m1 wakes
    quietly m1 wakes
    quietly m1 wakes
    m1 wakes
      m1 read 1: no
      m1 leads no more
  `);
});

Deno.test("a learner confirms no read, and of two voters both are needed", () => {
  transcript(`
    cast m1 m2, learners m3
    quietly m1 is elected by m2
    quietly all settle
    m1 reads
      m1 > m2 append term 1 prev 1/1 commit 1 round 1
      m1 > m3 append term 1 prev 1/1 commit 1 round 1
    m3 hears m1
      m3 > m1 appendReply term 1 match 1 round 1
    m1 hears m3
    m2 hears m1
      m2 > m1 appendReply term 1 match 1 round 1
    m1 hears m2
      m1 read 1: from 1 on
  `);
});

Deno.test("a voter alone confirms itself, whether its learners answer or not", () => {
  for (const cast of ["m1", "m1, learners m2 m3"]) {
    deepEqual(
      perform(`cast ${cast}\nquietly m1 wakes\nquietly all settle\nm1 reads`)
        .split("\n").filter((line) => !line.includes(" append ")).slice(-2),
      ["m1 reads", "  m1 read 1: from 1 on"],
    );
  }
});

Deno.test("no read is answered before the first entry of the term is on the disk", () => {
  transcript(`
    cast m1
    m1 wakes
      m1 term 1
    m1 writes
      m1 disk: term 1 vote m1
      m1 leads
      m1 log 1
    m1 reads
      m1 read 1: no
    m1 writes
      m1 disk: term 1 vote m1 [1/1]
      m1 commit 1
    m1 reads
      m1 read 2: from 1 on
  `);
});

Deno.test("a follower behind the log confirms that it still follows", () => {
  transcript(`
    cast m1 m2 m3
    quietly m1 is elected by m2
    quietly m1 m2 settle
    quietly m1 forgets up to 1
    quietly m3 hears m1
    m3 restarts
      m3 term 0
      m3 knows no leader
      m3 log empty
    quietly m1 wakes
    quietly m3 hears m1
    m1 hears m3
      m1 offers a copy to m3
    m1 reads
      m1 > m2 append term 1 prev 1/1 commit 1 round 1
      m1 > m3 append term 1 prev 1/1 commit 1 round 1
    m3 hears m1
      m3 > m1 appendReply term 1 rejected, try 0 round 1
    m1 hears m3
      m1 read 1: from 1 on
  `);
});

Deno.test("a roster may be set only where a majority of the new voters answers in 0.5 s", () => {
  transcript(`
    cast m1 m2 m3, learners m4
    quietly m1 is elected by m2 m3
    quietly all settle
    m1 asks whether it may set roster m1 m2 m3 m4
      m1 > m2 append term 1 prev 1/1 commit 1 round 1
      m1 > m3 append term 1 prev 1/1 commit 1 round 1
      m1 > m4 append term 1 prev 1/1 commit 1 round 1
    m2 hears m1
      m2 > m1 appendReply term 1 match 1 round 1
    m1 hears m2
    m4 hears m1
      m4 > m1 appendReply term 1 match 1 round 1
    m1 hears m4
      m1 may change the roster, silent: m3
    # Two of the four would not be enough.
    m1 asks whether it may set roster m1 m2 m3 m4
      m1 > m2 append term 1 prev 1/1 commit 1 round 2
      m1 > m3 append term 1 prev 1/1 commit 1 round 2
      m1 > m4 append term 1 prev 1/1 commit 1 round 2
    m2 hears m1
      m2 > m1 appendReply term 1 match 1 round 2
    m1 hears m2
    m1 wakes
      m1 > m2 append term 1 prev 1/1 commit 1 round 2
      m1 > m3 append term 1 prev 1/1 commit 1 round 2
      m1 > m4 append term 1 prev 1/1 commit 1 round 2
    m1 wakes
      m1 may not change the roster, silent: m3 m4
      m1 > m2 append term 1 prev 1/1 commit 1 round 2
      m1 > m3 append term 1 prev 1/1 commit 1 round 2
      m1 > m4 append term 1 prev 1/1 commit 1 round 2
  `);
});

Deno.test("a question that came too late for a round is put in the next", () => {
  transcript(`
    cast m1 m2
    quietly m1 is elected by m2
    quietly all settle
    m1 asks whether it may set roster m1 m2
      m1 > m2 append term 1 prev 1/1 commit 1 round 1
    m1 asks whether it may set roster m1 m2
      m1 > m2 append term 1 prev 1/1 commit 1 round 2
    m2 hears m1
      m2 > m1 appendReply term 1 match 1 round 1
    m1 hears m2
      m1 may change the roster, silent: nobody
    m2 hears m1
      m2 > m1 appendReply term 1 match 1 round 2
    m1 hears m2
      m1 may change the roster, silent: nobody
  `);
});
