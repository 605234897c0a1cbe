import { deepEqual, equal } from "node:assert/strict";
import fc from "fast-check";

import { ByteReader, ByteWriter } from "../../src/base/bytes.ts";
import { memberId } from "../../src/model/member.ts";
import type { Verdict } from "../../src/model/operation.ts";
import {
  decodeLives,
  decodeMeta,
  decodeRow,
  decodeSegment,
  DISK_FORMAT,
  encodeLives,
  encodeMeta,
  encodeRow,
  encodeSegment,
  LOG_PREFIX,
  type Meta,
  META_KEY,
  readRow,
  ROW_PREFIX,
  rowGeneration,
  rowKey,
  segmentKey,
  segmentSequence,
  writeRow,
} from "../../src/wire/record.ts";
import { codecLaws, malformed } from "./codec_laws.ts";
import { LIVES, META, ROW, SEGMENT, TEXT, VERDICTS } from "./generated.ts";

const METAS = { encode: encodeMeta, decode: decodeMeta };
const SEGMENTS = { encode: encodeSegment, decode: decodeSegment };
const ROWS = { encode: encodeRow, decode: decodeRow };

codecLaws("a meta record", META, METAS);
codecLaws("the lives of a disk", LIVES, { encode: encodeLives, decode: decodeLives });
codecLaws("a segment", SEGMENT, SEGMENTS);
codecLaws("a row", ROW, ROWS);

const NEW: Meta = {
  self: memberId("0123456789abcdef"),
  chain: [],
  boot: 0,
  term: 0,
  vote: undefined,
  logStart: 0,
  logStartTerm: 0,
  checkpoint: 0,
  generation: 0,
  overlays: [],
  firstSegment: 0,
  copyFrom: [],
  heard: [],
  promises: [],
};

Deno.test("a store of another format is refused, never guessed at", () => {
  const bytes = encodeMeta(NEW);
  equal(bytes[0], DISK_FORMAT);
  for (const format of [0, 4, 255]) {
    bytes[0] = format;
    equal(malformed(METAS, bytes), `the store has format ${format}, this program knows 3`);
  }
});

for (const [result, verdicts] of Object.entries(VERDICTS)) {
  Deno.test(`a segment: every verdict "${result}" comes back, in its place`, () => {
    const drawn: fc.Arbitrary<Verdict> = verdicts;
    fc.assert(fc.property(drawn, (verdict) => {
      const other: Verdict = { result: "refused", operation: 1, row: "node/n1" };
      const segment = { entries: [], verdictsFrom: 7, verdicts: [other, verdict, other] };
      deepEqual(decodeSegment(encodeSegment(segment)), segment);
    }));
  });
}

Deno.test("a verdict that is not known is malformed", () => {
  for (const number of [5, 6, 255]) {
    equal(malformed(SEGMENTS, Uint8Array.of(0, 0, 1, number)), `verdict ${number} is not known`);
  }
});

Deno.test("a tombstone, an empty value and a mark are three things", () => {
  const record = {
    row: "node/n1",
    floor: 4,
    newest: 9,
    cells: [
      [".", { value: "", stamp: 5 }],
      ["info.note", { value: null, stamp: 6 }],
      ["location.rack", { value: "7", stamp: 7 }],
    ] as const,
  };
  deepEqual(decodeRow(encodeRow(record)), record);
});

Deno.test("rows one behind another are read one by one, as a copy holds them", () => {
  fc.assert(fc.property(fc.array(ROW, { maxLength: 5 }), (rows) => {
    const writer = new ByteWriter();
    for (const row of rows) writeRow(writer, row);
    const reader = new ByteReader(writer.finish());
    const back = [];
    while (reader.left > 0) back.push(readRow(reader));
    deepEqual(back, rows);
  }));
});

const SEQUENCE = fc.nat(99_999_999_999_999 - 1);

Deno.test("segments are keyed so that their keys sort as their sequences do", () => {
  equal(segmentKey(12), "log/00000000000012");
  fc.assert(fc.property(SEQUENCE, SEQUENCE, (a, b) => {
    equal(segmentSequence(segmentKey(a)), a);
    equal(segmentKey(a) < segmentKey(b), a < b);
  }));
});

Deno.test("a row's key names its generation, and two rows never share one", () => {
  equal(rowKey(3, "node/n1"), "row/3/node%2Fn1");
  equal(rowKey(0, "é"), "row/0/%C3%A9");
  fc.assert(fc.property(fc.nat(), TEXT, TEXT, (generation, row, other) => {
    equal(rowGeneration(rowKey(generation, row)), generation);
    equal(rowKey(generation, row) === rowKey(generation, other), row === other);
    equal(rowKey(generation, row).split("/").length, 3);
  }));
});

Deno.test("the three kinds of keys are told apart by their beginnings", () => {
  const keys = [META_KEY, segmentKey(1), rowKey(1, "log/1")];
  deepEqual(keys.map((key) => key.startsWith(LOG_PREFIX)), [false, true, false]);
  deepEqual(keys.map((key) => key.startsWith(ROW_PREFIX)), [false, false, true]);
});
