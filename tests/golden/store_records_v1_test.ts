/**
 * What a member keeps on its disk, format 1, byte by byte. FROM RELEASE 0.1.0 ON THESE FIXTURES
 * ARE NEVER EDITED: a newer release must read the disk that an older one wrote. Whoever changes a
 * record gives the store a new format, and pins that one beside these.
 */
import { deepEqual, equal } from "node:assert/strict";

import { fromHex, toHex } from "../../src/base/bytes.ts";
import type { RowRecord } from "../../src/model/cell.ts";
import { memberId } from "../../src/model/member.ts";
import type { Verdict } from "../../src/model/operation.ts";
import {
  decodeLives,
  decodeMeta,
  decodeRow,
  decodeSegment,
  encodeLives,
  encodeMeta,
  encodeRow,
  encodeSegment,
  LIVES_KEY,
  type LivesRecord,
  type Meta,
  META_KEY,
  rowKey,
  type Segment,
  segmentKey,
} from "../../src/wire/record.ts";

const N1 = memberId("0123456789abcdef"), N2 = memberId("fedcba9876543210");

type Pinned<T> = readonly (readonly [value: T, hex: string])[];

const METAS: Pinned<Meta> = [
  [
    {
      self: N1,
      chain: [{ epoch: 0, random: "0".repeat(32) }, { epoch: 1, random: "a1".repeat(16) }],
      boot: 3,
      term: 300,
      vote: N2,
      logStart: 16_384,
      logStartTerm: 299,
      checkpoint: 20_000,
      generation: 2,
      overlays: [],
      firstSegment: 55,
      copyFrom: [],
      heard: [[N2, { life: 42, count: 70_000 }]],
      promises: [],
    },
    "01103031323334353637383961626364656602002030303030303030303030303030303030303030" +
    "30303030303030303030303030012061316131613161316131613161316131613161316131613161" +
    "3161316131613103ac02011066656463626139383736353433323130808001ab02a09c0102003701" +
    "10666564636261393837363534333231302af0a204",
  ],
  [
    {
      self: N1,
      chain: [],
      boot: 0,
      term: 0,
      vote: undefined,
      logStart: 1,
      logStartTerm: 2,
      checkpoint: 3,
      generation: 4,
      overlays: [5, 300],
      firstSegment: 5,
      copyFrom: [N2],
      heard: [],
      promises: [],
    },
    "02103031323334353637383961626364656600000000010203040205ac020500" +
    "011066656463626139383736353433323130",
  ],
  [
    {
      self: N1,
      chain: [],
      boot: 0,
      term: 300,
      vote: undefined,
      logStart: 1,
      logStartTerm: 2,
      checkpoint: 3,
      generation: 4,
      overlays: [],
      firstSegment: 5,
      copyFrom: [],
      heard: [],
      promises: [{ of: N2, term: 300, ask: 2, since: 70_000 }],
    },
    "0310303132333435363738396162636465660000ac02000102030400050000011066656463626139" +
    "383736353433323130ac0202f0a204",
  ],
];

const LIVES: Pinned<LivesRecord> = [
  [
    { lives: [{ life: 0xffff_ffff, count: 1 }, { life: 7, count: 70_000 }], lostAt: 300 },
    "02ffffffff0f0107f0a20401ac02",
  ],
  [{ lives: [], lostAt: undefined }, "0000"],
];

const VERDICTS: { readonly [R in Verdict["result"]]: Pinned<Verdict> } = {
  applied: [[{ result: "applied" }, "00090100"]],
  refused: [[{ result: "refused", operation: 2, row: "node/n1" }, "0009010102076e6f64652f6e31"]],
  duplicate: [[{ result: "duplicate" }, "00090102"]],
  repeated: [[{ result: "repeated", index: 300 }, "00090104ac02"]],
  outdated: [[{ result: "outdated" }, "00090103"]],
};

const SEGMENTS: Pinned<Segment> = [
  [{ entries: [], verdictsFrom: 1, verdicts: [] }, "000100"],
  [
    {
      entries: [
        { index: 1025, term: 4, hlc: 1_740_800_000_000_001, body: fromHex("010000") },
        { index: 1026, term: 5, hlc: 1_740_800_000_000_002, body: fromHex("010001030102") },
      ],
      verdictsFrom: 1020,
      verdicts: [
        { result: "applied" },
        { result: "refused", operation: 0, row: "node/é" },
        { result: "duplicate" },
        { result: "outdated" },
      ],
    },
    "02810804818080adf9e78b0303010000820805828080adf9e78b0306010001030102fc0704000100" +
    "076e6f64652fc3a90203",
  ],
];

const ROWS: Pinned<RowRecord> = [
  [
    {
      row: "node/n1",
      floor: 300,
      newest: 301,
      cells: [
        [".", { value: "", stamp: 301 }],
        ["info.note", { value: null, stamp: 302 }],
        ["location.rack", { value: "é7", stamp: 303 }],
      ],
    },
    "076e6f64652f6e31ac02ad0203012ead02010009696e666f2e6e6f7465ae02000d6c6f636174696f6e2e" +
    "7261636baf020103c3a937",
  ],
  [{ row: "node/n2", floor: 0, newest: 9, cells: [] }, "076e6f64652f6e32000900"],
];

interface Codec<T> {
  readonly encode: (value: T) => Uint8Array;
  readonly decode: (bytes: Uint8Array) => T;
}

function holdsTo<T>({ encode, decode }: Codec<T>, pinned: Pinned<T>): void {
  for (const [value, hex] of pinned) {
    equal(toHex(encode(value)), hex);
    deepEqual(decode(fromHex(hex)), value);
  }
}

Deno.test("format 1 of the store: the bytes of the meta record", () => {
  holdsTo({ encode: encodeMeta, decode: decodeMeta }, METAS);
});

Deno.test("format 1 of the store: the bytes of the lives of its disk", () => {
  equal(LIVES_KEY, "lives");
  holdsTo({ encode: encodeLives, decode: decodeLives }, LIVES);
});

const SEGMENT = { encode: encodeSegment, decode: decodeSegment };

for (const [result, pinned] of Object.entries(VERDICTS)) {
  Deno.test(`format 1 of the store: the bytes of the verdict "${result}"`, () => {
    const alone = (verdict: Verdict): Segment => ({
      entries: [],
      verdictsFrom: 9,
      verdicts: [verdict],
    });
    holdsTo(SEGMENT, pinned.map(([verdict, hex]) => [alone(verdict), hex]));
  });
}

Deno.test("format 1 of the store: the bytes of a segment", () => {
  holdsTo(SEGMENT, SEGMENTS);
});

Deno.test("format 1 of the store: the bytes of a row", () => {
  holdsTo({ encode: encodeRow, decode: decodeRow }, ROWS);
});

Deno.test("format 1 of the store: the names of its keys", () => {
  equal(META_KEY, "meta");
  equal(segmentKey(55), "log/00000000000055");
  equal(rowKey(2, "node/n1"), "row/2/node%2Fn1");
  equal(rowKey(0, "collective/roster"), "row/0/collective%2Froster");
});
