/** What a member makes of the records on its disk. */
import { strict as assert } from "node:assert";
import { memberId } from "../../../src/model/member.ts";
import { loadDisk } from "../../../src/service/machine/loading.ts";
import { encodeBody, type Entry } from "../../../src/wire/entry.ts";
import {
  encodeMeta,
  encodeSegment,
  type Meta,
  META_KEY,
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
    heard: [],
  };
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
