/** What tells a disk that was put back in time from one that only started again. */
import { deepEqual, equal, match } from "node:assert/strict";

import { HEARD_KEPT_MS, MAX_LIVES_KEPT } from "../../../src/base/limits.ts";
import { memberId } from "../../../src/model/member.ts";
import { SUPPORT } from "../../../src/model/support.ts";
import { Lives } from "../../../src/service/machine/lives.ts";
import type { DiskMark } from "../../../src/wire/disk_mark.ts";
import type { LivesRecord } from "../../../src/wire/record.ts";

const PEER = memberId("01".repeat(8));
const NONE: LivesRecord = { lives: [], lostAt: undefined };

function mark(life: number, count: number): DiskMark {
  return { life, count };
}

/** The record of a disk that was opened as these marks say, one life after another. */
function lived(...marks: DiskMark[]): LivesRecord {
  return marks.reduce(
    (kept, current) => new Lives(kept, [], current).takeDirty() ?? kept,
    NONE,
  );
}

/** Whether a disk with such lives holds what a peer has heard of it. */
function holds(heard: DiskMark | undefined, ...marks: DiskMark[]): boolean {
  const now = marks.at(-1) as DiskMark;
  const lives = new Lives(lived(...marks.slice(0, -1)), [], now);
  lives.recalled(PEER, heard, now.count + 1_000);
  equal(lives.hasAgreed(PEER), lives.lock === undefined);
  return lives.hasAgreed(PEER);
}

Deno.test("a disk that started again holds all it held, however often", () => {
  equal(holds(undefined, mark(7, 0)), true);
  equal(holds(mark(7, 99), mark(7, 0), mark(8, 99)), true);
  equal(holds(mark(7, 99), mark(7, 0), mark(8, 120), mark(9, 121)), true);
  // A commit that no peer heard of.
  equal(holds(mark(7, 99), mark(7, 0), mark(8, 100)), true);
  // The life that goes on.
  equal(holds(mark(8, 400), mark(7, 0), mark(8, 100)), true);
});

Deno.test("one commit less is known, whatever was committed since", () => {
  equal(holds(mark(7, 99), mark(7, 0), mark(8, 98)), false);
  equal(holds(mark(7, 99), mark(7, 0), mark(8, 98), mark(9, 500)), false);
});

Deno.test("a life that the disk does not know of was lost with what it held", () => {
  equal(holds(mark(8, 20), mark(7, 0), mark(9, 500)), false);
});

Deno.test("a life older than all that are kept must have held less than the oldest of them", () => {
  const marks = Array.from({ length: MAX_LIVES_KEPT + 5 }, (_, i) => mark(i, 100 + i));
  equal(lived(...marks).lives.length, MAX_LIVES_KEPT);
  equal(holds(mark(3, 104), ...marks), true);
  equal(holds(mark(3, 106), ...marks), false);
});

Deno.test("what was lost is remembered, and that is written once", () => {
  const lives = new Lives(lived(mark(7, 0)), [], mark(8, 98));
  equal(lives.takeDirty()?.lostAt, undefined);
  equal(lives.isDirty, false);
  lives.recalled(PEER, mark(7, 99), 99);
  equal(lives.hasAgreed(PEER), false);
  const kept = lives.takeDirty();
  equal(kept?.lostAt, 99);
  equal(lives.isDirty, false);
  const next = new Lives(kept ?? NONE, [], mark(9, 99));
  match(next.lock?.reason ?? "", /of the 99 commits .* rejoin/);
});

Deno.test("of a peer's disk the most of its newest life is remembered, while listed", () => {
  const lives = new Lives(NONE, [[PEER, mark(1, 50)]], mark(7, 0));
  lives.hear(PEER, mark(1, 49), 0);
  deepEqual(lives.heard(PEER), mark(1, 50));
  lives.hear(PEER, mark(2, 50), 0);
  lives.hear(PEER, mark(2, 51), 0);
  deepEqual(lives.heard(PEER), mark(2, 51));
  const member = {
    id: PEER,
    name: "m2",
    fingerprint: "",
    addresses: [],
    role: "voter",
    support: SUPPORT,
  } as const;
  deepEqual(lives.takeHeard({ level: 1, members: [member], removed: [] }), [[PEER, mark(2, 51)]]);
  deepEqual(lives.takeHeard({ level: 1, members: [], removed: [] }), []);
});

Deno.test("what was heard is due to be kept a while after it was, and once", () => {
  const lives = new Lives(NONE, [[PEER, mark(1, 50)]], mark(7, 0));
  lives.hear(PEER, mark(1, 50), 100);
  equal(lives.keepAtMs, Number.POSITIVE_INFINITY);
  lives.hear(PEER, mark(1, 51), 200);
  lives.hear(PEER, mark(1, 52), 300);
  equal(lives.keepAtMs, 200 + HEARD_KEPT_MS);
  lives.takeHeard({ level: 1, members: [], removed: [] });
  equal(lives.keepAtMs, Number.POSITIVE_INFINITY);
});

Deno.test("what an earlier machine of the process knew to be lost is lost", () => {
  const lives = new Lives(NONE, [], mark(7, 0), undefined, 99);
  match(lives.lock?.reason ?? "", /99 commits/);
  equal(lives.takeDirty()?.lostAt, 99);
});

Deno.test("who parted must agree again", () => {
  const lives = new Lives(NONE, [], mark(7, 0));
  lives.recalled(PEER, undefined, 0);
  equal(lives.hasAgreed(PEER), true);
  lives.parted(PEER);
  equal(lives.hasAgreed(PEER), false);
});
