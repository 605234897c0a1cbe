/** What a member makes of the records on its disk. */
import { strict as assert } from "node:assert";
import { CHECKPOINT_ROWS, CHECKPOINT_ROWS_BESIDE } from "../../../src/base/limits.ts";
import { Prng } from "../../../src/base/prng.ts";
import type { Log } from "../../../src/consensus/log.ts";
import { Raft } from "../../../src/consensus/raft.ts";
import type { StoreRecord } from "../../../src/io/store.ts";
import { memberId } from "../../../src/model/member.ts";
import { loadDisk } from "../../../src/service/machine/loading.ts";
import { PACE } from "../../../src/service/machine/pace.ts";
import { encodeBody, type Entry } from "../../../src/wire/entry.ts";
import {
  encodeMeta,
  encodeSegment,
  type Meta,
  META_KEY,
  ROW_PREFIX,
  segmentKey,
} from "../../../src/wire/record.ts";

const BODY = encodeBody({ operations: [] });

function entries(term: number, from: number, to: number): Entry[] {
  return Array.from(
    { length: to - from + 1 },
    (_, i) => ({ index: from + i, term, hlc: 0, body: BODY }),
  );
}

function meta(logStart: number, logStartTerm: number): Meta {
  return {
    self: memberId("01".repeat(8)),
    chain: [{ epoch: 0, random: "0".repeat(32) }],
    boot: 1,
    term: 9,
    vote: undefined,
    logStart,
    logStartTerm,
    checkpoint: logStart,
    generation: 0,
    overlays: [],
    firstSegment: 0,
    copyFrom: [],
    heard: [],
    promises: [],
  };
}

function raftOf(log: Log): Raft {
  return new Raft({
    self: meta(0, 0).self,
    term: 9,
    vote: undefined,
    log,
    commit: 0,
    prng: new Prng("rows"),
    nowMs: 0,
    appendEntries: 8,
  });
}

/** The log of a disk with these segments, as index and term. */
function loaded(start: Meta, ...segments: Entry[][]): [number, number][] {
  const records = [
    { key: META_KEY, value: encodeMeta(start) },
    ...segments.map((entries, i) => ({
      key: segmentKey(i),
      value: encodeSegment({ entries, verdictsFrom: 1, verdicts: [] }),
    })),
  ];
  const { log } = loadDisk(records) ?? assert.fail("it is empty");
  const indexes = Array.from({ length: log.last - log.start }, (_, i) => log.start + 1 + i);
  assert.equal(log.stable, log.last);
  return indexes.map((index) => [index, log.termAt(index)!]);
}

Deno.test("an empty store is no member", () => {
  assert.equal(loadDisk([]), undefined);
});

Deno.test("segments are a journal: each takes back what it overwrites", () => {
  const log = loaded(meta(0, 0), entries(1, 1, 4), entries(2, 3, 3), entries(2, 4, 5));
  assert.deepEqual(log, [[1, 1], [2, 1], [3, 2], [4, 2], [5, 2]]);
});

Deno.test("a tail that was cut off stays off, though its segment is still there", () => {
  assert.deepEqual(loaded(meta(0, 0), entries(1, 1, 9), entries(2, 3, 3)), [[1, 1], [2, 1], [
    3,
    2,
  ]]);
});

Deno.test("a log that begins in the midst of a tail that was overwritten", () => {
  const log = loaded(meta(6, 2), entries(1, 1, 10), entries(2, 5, 6), entries(3, 7, 8));
  assert.deepEqual(log, [[7, 3], [8, 3]]);
  assert.deepEqual(loaded(meta(6, 2), entries(1, 1, 10), entries(2, 5, 6)), []);
});

Deno.test("which entries of the log were refused is known as long as they are", () => {
  const verdicts = [{ result: "applied" }, { result: "duplicate" }, {
    result: "refused",
    operation: 0,
    row: "node/n1",
  }] as const;
  const segment = { entries: entries(1, 1, 5), verdictsFrom: 1, verdicts };
  const { disk, replica } = loadDisk([
    { key: META_KEY, value: encodeMeta(meta(0, 0)) },
    { key: segmentKey(0), value: encodeSegment(segment) },
  ]) ?? assert.fail("it is empty");
  assert.equal(replica.applied, 3);
  disk.judged({ result: "applied" });
  disk.judged({ result: "outdated" });
  const effects = [1, 2, 3, 4, 5].map((index) => disk.effects.has(index));
  assert.deepEqual(effects, [true, false, false, true, false]);
  disk.effects.forget(3);
  assert.deepEqual([3, 5].map((index) => disk.effects.has(index)), [undefined, false]);
});

Deno.test("of entries that a delta jumped over it is not known whether they were refused", () => {
  const applied = { result: "applied" } as const;
  const segment = { entries: entries(1, 1, 4), verdictsFrom: 3, verdicts: [applied, applied] };
  const { disk, replica } = loadDisk([
    { key: META_KEY, value: encodeMeta({ ...meta(0, 0), checkpoint: 2 }) },
    { key: segmentKey(0), value: encodeSegment(segment) },
  ]) ?? assert.fail("it is empty");
  assert.equal(replica.applied, 4);
  const effects = (): unknown[] => [2, 3, 4, 7].map((index) => disk.effects.has(index));
  assert.deepEqual(effects(), [undefined, true, true, true]);
  replica.caughtUp(6);
  disk.flipped(replica);
  assert.deepEqual(effects(), [undefined, undefined, undefined, true]);
});

Deno.test("few rows of a checkpoint go with what somebody waits for, and a hundred alone", () => {
  const pace = { ...PACE, checkpointAfterEntries: 0 };
  const found = loadDisk([{ key: META_KEY, value: encodeMeta(meta(0, 0)) }], { pace });
  const { disk, replica, log } = found ?? assert.fail("it is empty");
  const raft = raftOf(log);
  for (let i = 0; i < 1_000; i++) {
    replica.join({ row: `node/n${i}`, floor: 0, newest: 0, cells: [] });
    replica.markDirty(`node/n${i}`);
  }
  const rowsWith = (...bodies: Uint8Array[]): number => {
    for (const body of bodies) log.append({ index: log.last + 1, term: 9, hlc: 0, body });
    const batch = disk.next(raft, 0) ?? assert.fail("there is nothing to write");
    disk.done(raft, 0);
    return batch.puts.filter(({ key }) => key.startsWith(ROW_PREFIX)).length;
  };
  // The room of a segment is taken by one more row where there is none.
  assert.equal(rowsWith(), CHECKPOINT_ROWS + 1);
  assert.equal(rowsWith(BODY), CHECKPOINT_ROWS_BESIDE);
  assert.equal(rowsWith(new Uint8Array(40 * 1024)), CHECKPOINT_ROWS_BESIDE + 40);
  assert.equal(rowsWith(new Uint8Array(200 * 1024)), CHECKPOINT_ROWS_BESIDE + 200);
});

Deno.test("a delta never takes the generation of an overlay, though that has no rows", () => {
  const { disk } = loadDisk([
    { key: META_KEY, value: encodeMeta({ ...meta(7, 2), generation: 1, overlays: [5] }) },
  ]) ?? assert.fail("it is empty");
  assert.equal(disk.nextGeneration(), 6);
});

Deno.test("a log that is kept is on disk up to the cut before a delta counts", () => {
  const stored = new Map([
    [META_KEY, encodeMeta(meta(6, 2))],
    [segmentKey(0), encodeSegment({ entries: entries(2, 7, 9), verdictsFrom: 7, verdicts: [] })],
  ]);
  const records = (): StoreRecord[] => [...stored].map(([key, value]) => ({ key, value }));
  const { disk, log } = loadDisk(records()) ?? assert.fail("it is empty");
  const raft = raftOf(log);
  log.truncate(8);
  for (const entry of entries(3, 8, 10)) log.append(entry);
  const flipTo = { cut: 9, cutTerm: 3, keepsLog: true, isOverlay: true };
  let isDone = false;
  const done = (): void => void (isDone = true);
  disk.writeDelta({ generation: disk.nextGeneration(), records: [], flipTo, done });
  while (!isDone) {
    const batch = disk.next(raft, 0) ?? assert.fail("the delta waits");
    for (const { key, value } of batch.puts) stored.set(key, value);
    for (const key of batch.deletes) stored.delete(key);
    disk.done(raft, 0);
  }
  const again = loadDisk(records()) ?? assert.fail("it is empty");
  assert.deepEqual([again.replica.applied, again.log.termAt(9)], [9, 3]);
});
