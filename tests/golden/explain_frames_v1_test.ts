/**
 * What members ask each other to explain a node, version 1, byte by byte. FROM RELEASE 0.1.0 ON
 * THESE FIXTURES ARE NEVER EDITED: whoever changes a frame gives it a new number or the protocol a
 * new version, and pins that one beside these.
 */
import { deepEqual, equal } from "node:assert/strict";

import { fromHex, toHex } from "../../src/base/bytes.ts";
import {
  decodeExplainFrame,
  encodeExplainFrame,
  type ExplainFrame,
} from "../../src/wire/explain_frame.ts";

const FRAMES: readonly (readonly [frame: ExplainFrame, hex: string])[] = [
  [{ type: "explainAsk", id: 300, node: "n1" }, "90ac02026e31"],
  [
    {
      type: "explained",
      id: 300,
      word: { leaseMs: undefined, move: undefined, refusal: undefined, operations: [] },
    },
    "91ac0200000000",
  ],
  [
    {
      type: "explained",
      id: 1,
      word: {
        leaseMs: 4_000,
        move: { to: "m3", because: "m2 stops" },
        refusal: "no",
        operations: [
          {
            command: { path: "power/state", set: "on" },
            by: "root",
            through: "m1",
            agoMs: 300,
            epoch: undefined,
            ended: undefined,
          },
          {
            command: { path: "identify" },
            by: "root",
            through: "m2",
            agoMs: 9_000,
            epoch: 7,
            ended: { tookMs: 20, result: { node: "n1", errorcode: 504, error: "timeout" } },
          },
        ],
      },
    },
    "910101a01f0101026d33086d322073746f707301026e6f020001026f6e04726f6f74026d31ac02000003" +
    "0004726f6f74026d32a8460107011401026e31f8030774696d656f7574",
  ],
  [
    {
      type: "explained",
      id: 1,
      word: {
        leaseMs: 0,
        move: { to: undefined, because: "it is gone" },
        refusal: undefined,
        operations: [],
      },
    },
    "9101010001000a697420697320676f6e650000",
  ],
];

Deno.test("questions about nodes and their answers are these bytes", () => {
  for (const [frame, hex] of FRAMES) {
    equal(toHex(encodeExplainFrame(frame)), hex);
    deepEqual(decodeExplainFrame(fromHex(hex)), frame);
  }
});
