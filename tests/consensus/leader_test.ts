import { deepEqual, equal } from "node:assert/strict";

import { MAX_APPEND_ENTRIES, MAX_APPENDS_IN_FLIGHT } from "../../src/base/limits.ts";
import { emptyEntry, idOf, lead, rosterOf, Stage } from "./stage.ts";
import { transcript } from "./transcript.ts";

Deno.test("an entry of an old term is not committed by counting (Raft, figure 8 c and d)", () => {
  transcript(`
    cast m1 m2 m3 m4 m5
    m1 has log 1 2, term 3, commit 1
    m2 has log 1 2, term 3, commit 1
    m3 has log 1 2, term 3, commit 1
    m4 has log 1, term 3, commit 1
    m5 has log 1 3, commit 1
    quietly m1 is elected by m2 m3
    # The entry of term 4 is lost on its way; the heartbeat after it is not.
    m2 misses m1
    m3 misses m1
    m1 wakes
      m1 > m2 append term 4 prev 2/2 commit 1
      m1 > m3 append term 4 prev 2/2 commit 1
      m1 > m4 append term 4 prev 2/2 commit 1
      m1 > m5 append term 4 prev 2/2 commit 1
    m2 hears m1
      m2 follows m1
      m2 > m1 appendReply term 4 match 2
    m3 hears m1
      m3 follows m1
      m3 > m1 appendReply term 4 match 2
    m1 hears m2
      m1 > m2 append term 4 prev 2/2 [3/4] commit 1
    m1 hears m3
      m1 > m3 append term 4 prev 2/2 [3/4] commit 1
    # m1, m2 and m3 hold 2/2, and still it is not committed: m5 may lead and overwrite it.
    quietly m3 misses m1
    2000 ms pass
    quietly m5 is elected by m3 m4
    m3 m5 settle
      m3 follows m5
      m3 > m5 appendReply term 5 rejected, try 1
      m5 > m3 append term 5 prev 1/1 [2/3 3/5] commit 1
      m5 disk: term 5 vote m5 [3/5]
      m3 log 1 3 5
      m3 disk: term 5 vote m5 [2/3 3/5]
      m3 > m5 appendReply term 5 match 3
    m4 m5 settle
      m4 follows m5
      m4 > m5 appendReply term 5 rejected, try 1
      m5 > m4 append term 5 prev 1/1 [2/3 3/5] commit 1
      m4 log 1 3 5
      m4 disk: term 5 vote m5 [2/3 3/5]
      m4 > m5 appendReply term 5 match 3
      m5 commit 3
      m5 > m3 commit term 5 up to 3
      m5 > m4 commit term 5 up to 3
      m4 commit 3
  `);
});

Deno.test("an entry of the own term commits the old ones before it (figure 8 e)", () => {
  transcript(`
    cast m1 m2 m3 m4 m5
    m1 has log 1 2, term 3, commit 1
    m2 has log 1 2, term 3, commit 1
    m3 has log 1 2, term 3, commit 1
    m4 has log 1, term 3, commit 1
    m5 has log 1 3, commit 1
    quietly m1 is elected by m2 m3
    m1 writes
      m1 disk: term 4 vote m1 [3/4]
    m2 hears m1
      m2 follows m1
      m2 log 1 2 4
    m2 writes
      m2 disk: term 4 vote m1 [3/4]
      m2 > m1 appendReply term 4 match 3
    m3 hears m1
      m3 follows m1
      m3 log 1 2 4
    m3 writes
      m3 disk: term 4 vote m1 [3/4]
      m3 > m1 appendReply term 4 match 3
    m1 hears m2
    m1 hears m3
      m1 commit 3
      m1 > m2 commit term 4 up to 3
      m1 > m3 commit term 4 up to 3
    2000 ms pass
    m5 wakes
    m5 wakes
      m5 > m1 preVote term 4 last 2/3
      m5 > m2 preVote term 4 last 2/3
      m5 > m3 preVote term 4 last 2/3
      m5 > m4 preVote term 4 last 2/3
    m2 hears m5
      m2 > m5 preVoteReply term 4 asked 4 refused
    m3 hears m5
      m3 > m5 preVoteReply term 4 asked 4 refused
    m4 hears m5
      m4 > m5 preVoteReply term 3 asked 4 granted
  `);
});

Deno.test("a leader that a majority does not answer for 2 s steps down", () => {
  transcript(`
    cast m1 m2 m3
    quietly m1 is elected by m2 m3
    quietly all settle
    m1 wakes
      m1 > m2 append term 1 prev 1/1 commit 1
      m1 > m3 append term 1 prev 1/1 commit 1
    quietly m2 hears m1
    m1 hears m2
    m1 wakes
      m1 > m2 append term 1 prev 1/1 commit 1
      m1 > m3 append term 1 prev 1/1 commit 1
    m1 wakes
      m1 > m2 append term 1 prev 1/1 commit 1
      m1 > m3 append term 1 prev 1/1 commit 1
    m1 wakes
      m1 > m2 append term 1 prev 1/1 commit 1
      m1 > m3 append term 1 prev 1/1 commit 1
    # m2 was last heard 2 s ago: no longer, and so it still counts.
    m1 wakes
      m1 > m2 append term 1 prev 1/1 commit 1
      m1 > m3 append term 1 prev 1/1 commit 1
    m1 wakes
      m1 leads no more
  `);
});

Deno.test("the answer of a learner keeps nobody leading", () => {
  transcript(`
    cast m1 m2, learners m3
    quietly m1 is elected by m2
    quietly all settle
    quietly m1 wakes
    quietly m1 m3 settle
    quietly m1 wakes
    quietly m1 m3 settle
    quietly m1 wakes
    quietly m1 m3 settle
    quietly m1 wakes
    quietly m1 m3 settle
    quietly m1 wakes
    quietly m1 m3 settle
    m1 wakes
      m1 leads no more
  `);
});

Deno.test("what was lost on its way is sent again once the follower shows it lacks it", () => {
  transcript(`
    cast m1 m2 m3
    quietly m1 is elected by m2 m3
    quietly all settle
    m1 appends
      m1 log 1 1
      m1 > m2 append term 1 prev 1/1 [2/1] commit 1
      m1 > m3 append term 1 prev 1/1 [2/1] commit 1
    m2 misses m1
    m1 wakes
      m1 > m2 append term 1 prev 2/1 commit 1
      m1 > m3 append term 1 prev 2/1 commit 1
    m2 hears m1
      m2 > m1 appendReply term 1 rejected, try 1
    m1 hears m2
      m1 > m2 append term 1 prev 1/1 [2/1] commit 1
    m2 hears m1
      m2 log 1 1
    m2 writes
      m2 disk: term 1 vote m1 [2/1]
      m2 > m1 appendReply term 1 match 2
    m1 hears m2
  `);
});

Deno.test("to a follower that never answered, the first append is sent again after 1 s", () => {
  transcript(`
    cast m1 m2 m3
    quietly m1 is elected by m2
    quietly m1 m2 settle
    quietly m3 misses m1
    m1 wakes
      m1 > m2 append term 1 prev 1/1 commit 1
      m1 > m3 append term 1 prev 0/0 commit 1
    quietly m1 m2 settle
    m1 wakes
      m1 > m2 append term 1 prev 1/1 commit 1
      m1 > m3 append term 1 prev 0/0 commit 1
    quietly m1 m2 settle
    m1 wakes
      m1 > m2 append term 1 prev 1/1 commit 1
      m1 > m3 append term 1 prev 0/0 commit 1
    quietly m1 m2 settle
    m3 misses m1
    m1 wakes
      m1 > m2 append term 1 prev 1/1 commit 1
      m1 > m3 append term 1 prev 0/0 [1/1] commit 1
    m3 hears m1
      m3 term 1
      m3 follows m1
      m3 log 1
      m3 commit 1
  `);
});

Deno.test("a follower behind the beginning of the log is offered a copy, and then goes on", () => {
  transcript(`
    cast m1 m2 m3
    quietly m1 is elected by m2
    quietly m1 appends 2
    quietly m1 m2 settle
    m1 forgets up to 2
      m1 log ..2 1
    # m1 does not know yet what m3 has; the first append was made before it forgot.
    m3 hears m1
      m3 term 1
      m3 follows m1
      m3 log 1
    m1 wakes
      m1 > m2 append term 1 prev 3/1 commit 3
      m1 > m3 append term 1 prev 2/1 commit 3
    m3 hears m1
      m3 > m1 appendReply term 1 rejected, try 1
    m1 hears m3
      m1 offers a copy to m3
    # Meanwhile it gets nothing but heartbeats, whose answers keep m1 leading.
    m1 appends
      m1 log ..2 1 1
      m1 > m2 append term 1 prev 3/1 [4/1] commit 3
    m1 wakes
      m1 > m2 append term 1 prev 4/1 commit 3
      m1 > m3 append term 1 prev 2/1 commit 3
    m3 hears m1
      m3 > m1 appendReply term 1 rejected, try 1
    m1 hears m3
    m3 takes a copy of m1
      m3 log ..2
      m3 commit 2
    m1 wakes
      m1 > m2 append term 1 prev 4/1 commit 3
      m1 > m3 append term 1 prev 2/1 commit 3
    m3 hears m1
      m3 > m1 appendReply term 1 match 2
    m1 hears m3
      m1 offers a copy to none
      m1 > m3 append term 1 prev 2/1 [3/1 4/1] commit 3
    m3 hears m1
      m3 log ..2 1 1
      m3 commit 3
    m3 writes
      m3 disk: term 1 [3/1 4/1]
      m3 > m1 appendReply term 1 match 4
    m1 hears m3
  `);
});

Deno.test("a late answer of a follower that takes a copy does not end the copy", () => {
  transcript(`
    cast m1 m2 m3
    m1 has log 1 1 1, commit 3
    m2 has log 1 1 1, commit 3
    m1 forgets up to 2
      m1 log ..2 1
    m3 has log 1
    quietly m1 is elected by m2
    quietly m1 m2 settle
    m3 hears m1
      m3 term 2
      m3 follows m1
      m3 > m1 appendReply term 2 rejected, try 1
    m1 hears m3
      m1 offers a copy to m3
    m1 hears m3 again
    m1 wakes
      m1 > m2 append term 2 prev 4/2 commit 4
      m1 > m3 append term 2 prev 2/1 commit 4
    m3 hears m1
      m3 > m1 appendReply term 2 rejected, try 1
    m1 hears m3
  `);
});

Deno.test("what was on its way when a link broke is sent again as soon as there is another", () => {
  const { stage, said } = stageOf("m1 m2");
  lead(stage);
  stage.turn("m1", ({ leading }) => void leading?.append([emptyEntry(0, 0)]));
  stage.miss("m2", "m1");
  said.length = 0;
  stage.turn("m1", ({ leading }) => void leading?.linkUp(idOf("m2"), stage.nowMs));
  // An append without entries asks where its log ends; then it gets what it lacks.
  stage.hear("m2", "m1");
  stage.hear("m1", "m2");
  deepEqual(said, ["undefined-undefined", "2-2"]);
});

Deno.test("whoever is to take a copy is asked as soon as it is linked how far it is", () => {
  transcript(`
    cast m1 m2 m3
    m1 has log 1 1 1, commit 3
    m2 has log 1 1 1, commit 3
    m1 forgets up to 2
      m1 log ..2 1
    m3 has log 1
    quietly m1 is elected by m2
    quietly m1 m2 settle
    m3 hears m1
      m3 term 2
      m3 follows m1
      m3 > m1 appendReply term 2 rejected, try 1
    m1 hears m3
      m1 offers a copy to m3
    m1 is linked with m3
      m1 > m3 append term 2 prev 2/1 commit 4
  `);
});

function stageOf(roster: string): { stage: Stage; said: string[] } {
  const said: string[] = [];
  const stage = new Stage(rosterOf(roster), (_from, _to, message) => {
    if (message.type !== "append") return;
    const indexes = message.entries.map(({ index }) => index);
    said.push(`${indexes.at(0)}-${indexes.at(-1)}`);
  });
  return { stage, said };
}

Deno.test("entries beyond what one append may hold go with the next, without waiting", () => {
  const { stage, said } = stageOf("m1 m2");
  lead(stage);
  said.length = 0;
  stage.turn("m1", ({ leading }) => {
    leading?.append(Array.from({ length: MAX_APPEND_ENTRIES + 6 }, () => emptyEntry(0, 0)));
  });
  deepEqual(said, [`2-${MAX_APPEND_ENTRIES + 1}`, `${MAX_APPEND_ENTRIES + 2}-1031`]);
});

Deno.test("at most two appends are on their way to one follower; the next takes the rest", () => {
  equal(MAX_APPENDS_IN_FLIGHT, 2);
  const { stage, said } = stageOf("m1 m2");
  lead(stage);
  said.length = 0;
  for (let i = 0; i < 100; i++) {
    stage.turn("m1", ({ leading }) => void leading?.append([emptyEntry(0, 0)]));
  }
  deepEqual(said, ["2-2", "3-3"]);
  // One of the two is answered, and another one may go.
  stage.hear("m2", "m1");
  stage.beginWrite("m2");
  stage.endWrite("m2");
  stage.hear("m1", "m2");
  deepEqual(said, ["2-2", "3-3", "4-101"]);
  stage.turn("m1", ({ leading }) => void leading?.append([emptyEntry(0, 0)]));
  deepEqual(said.length, 3);
});
