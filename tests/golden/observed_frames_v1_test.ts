/**
 * What members tell each other of what they saw of nodes, version 1 of the protocol, byte by byte.
 * FROM RELEASE 0.1.0 ON THESE FIXTURES ARE NEVER EDITED: members of one collective run different
 * releases side by side, and each must read what the other says. Whoever changes a frame gives it a
 * new number or the protocol a new version, and pins that one beside these.
 */
import { deepEqual, equal } from "node:assert/strict";

import { fromHex, toHex } from "../../src/base/bytes.ts";
import { memberId } from "../../src/model/member.ts";
import type { ObservedCell } from "../../src/model/observed.ts";
import { ObservedMap } from "../../src/replica/observed.ts";
import { decodeObserved, encodeObserved, type ObservedMessage } from "../../src/wire/observed.ts";

const N1 = memberId("0123456789abcdef"), N2 = memberId("fedcba9876543210");
const HLC = 1_740_800_000_000_001;

const CELLS: readonly ObservedCell[] = [
  { node: "n1", fact: "power", value: "on", stamp: { epoch: 300, hlc: HLC, by: N1 } },
  { node: "n1", fact: "seen", value: "", stamp: { epoch: 300, hlc: HLC + 1, by: N1 } },
  { node: "n2", fact: "health", value: "warning []", stamp: { epoch: 7, hlc: HLC, by: N2 } },
];

const SUMS = new Uint32Array(1024);
SUMS[0] = 0x0102_0304;
SUMS[1023] = 0xfffe_fdfc;

/** The cells above: the members, then n1 with two of them, then n2 with one. */
const TOLD = [
  "02",
  "1030313233343536373839616263646566",
  "1066656463626139383736353433323130",
  "02",
  "026e3102",
  "00ac02818080adf9e78b0300026f6e",
  "02ac02828080adf9e78b030000",
  "026e3201",
  "0107818080adf9e78b03010a7761726e696e67205b5d",
].join("");

const PINNED: readonly (readonly [value: ObservedMessage, hex: string])[] = [
  [{ type: "observed", upTo: 300, cells: CELLS }, `88ac02${TOLD}`],
  [{ type: "observedGot", upTo: 300 }, "89ac02"],
  [{ type: "observedAsk", from: 5, sums: SUMS }, `8a0501020304${"00".repeat(1022 * 4)}fffefdfc`],
  [{ type: "observedTold", from: 5, next: 128, cells: [] }, "8b050180010000"],
  [{ type: "observedTold", from: 0, next: undefined, cells: CELLS }, `8b0000${TOLD}`],
];

for (const [value, hex] of PINNED) {
  Deno.test(`a frame "${value.type}" of ${hex.length / 2} bytes is what it was`, () => {
    equal(toHex(encodeObserved(value)), hex);
    deepEqual(decodeObserved(fromHex(hex)), value);
  });
}

Deno.test("what is known comes to the sums it came to", () => {
  const map = new ObservedMap();
  map.join(CELLS, 1_700_000_000_000);
  const told = [...map.sums.entries()].filter(([, sum]) => sum !== 0);
  deepEqual(told, [[151, 106_609_700], [532, 1_849_768_535]]);
});
