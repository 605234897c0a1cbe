/** What is committed may come from any peer; and of what it tells, an earlier leader is over. */
import { deepEqual, equal } from "node:assert/strict";

import { Prng } from "../../src/base/prng.ts";
import { Log } from "../../src/consensus/log.ts";
import { Raft } from "../../src/consensus/raft.ts";
import { encodeBody, type Entry } from "../../src/wire/entry.ts";
import { idOf, rosterOf } from "./stage.ts";

const [M1, M2] = [idOf("m1"), idOf("m2")];

function entry(index: number, term: number): Entry {
  return { index, term, hlc: index, body: encodeBody({ operations: [] }) };
}

/** m2 in term 3, with an entry of its leader m1 that is not committed. */
function cutOff(): Raft {
  const log = new Log(0, 0, { index: 0, roster: rosterOf("m1 m2 m3") });
  const options = { self: M2, term: 3, vote: M1, log, commit: 0, prng: new Prng(1), nowMs: 0 };
  const raft = new Raft(options);
  const [prevIndex, prevTerm, commit, round] = [0, 0, 1, 1];
  const entries = [entry(1, 3), entry(2, 3)];
  raft.step(M1, { type: "append", term: 3, prevIndex, prevTerm, commit, round, entries }, 0);
  return raft;
}

Deno.test("pulled entries take the place of what was not committed, and are committed", () => {
  const raft = cutOff();
  raft.takeCommitted({ type: "pulled", index: 1, term: 3, entries: [entry(2, 4), entry(3, 4)] }, 1);
  deepEqual([raft.log.last, raft.log.lastTerm, raft.commit], [3, 4, 3]);
});

Deno.test("the leader of an earlier term is not followed after that", () => {
  const raft = cutOff();
  raft.takeCommitted({ type: "pulled", index: 1, term: 3, entries: [entry(2, 4)] }, 1);
  equal(raft.term, 4);
  const entries = [entry(2, 3)];
  const late = { type: "append", term: 3, prevIndex: 1, prevTerm: 3, commit: 1, round: 2 } as const;
  raft.step(M1, { ...late, entries }, 2);
  equal(raft.log.termAt(2), 4);
});

Deno.test("what stands behind another entry, or comes to one that is barred, is left", () => {
  const raft = cutOff();
  raft.takeCommitted({ type: "pulled", index: 1, term: 2, entries: [entry(2, 4)] }, 1);
  raft.bar(true, 1);
  raft.takeCommitted({ type: "pulled", index: 1, term: 3, entries: [entry(2, 4)] }, 1);
  deepEqual([raft.log.last, raft.log.lastTerm, raft.commit], [2, 3, 1]);
});
