import { deepEqual, equal } from "node:assert/strict";
import fc from "fast-check";

import { MAX_RECENT_OPERATIONS } from "../../src/base/limits.ts";
import { IDENTIFY_GOALS, type NodeCommand, POWER_GOALS } from "../../src/model/node_command.ts";
import {
  decodeExplainFrame,
  encodeExplainFrame,
  type ExplainFrame,
  type ManagerWord,
  type RecentOperation,
} from "../../src/wire/explain_frame.ts";
import type { PartResult } from "../../src/wire/node_command.ts";
import { SERVICE_NUMBERS } from "../../src/wire/service_frame.ts";
import { type Codec, codecLaws, malformed } from "./codec_laws.ts";
import { UINT } from "./generated.ts";

/** As the bytes begin with a number of its own, there is always a frame. */
const CODEC: Codec<ExplainFrame> = {
  encode: encodeExplainFrame,
  decode: (bytes) => decodeExplainFrame(bytes) ?? { type: "explainAsk", id: 0, node: "" },
};
const TEXT = fc.string({ unit: "binary", maxLength: 12 });
const OR_NOT = { nil: undefined };

const COMMAND: fc.Arbitrary<NodeCommand> = fc.constantFrom<NodeCommand>(
  ...POWER_GOALS.map((set) => ({ path: "power/state", set }) as const),
  ...IDENTIFY_GOALS.map((set) => ({ path: "identify", set }) as const),
  { path: "power/state" },
  { path: "boot/nextdevice", set: { nextdevice: "hd", bootmode: "uefi", persistent: false } },
  { path: "health/hardware" },
);

const RESULT: fc.Arbitrary<PartResult> = fc.oneof(
  fc.record({ node: TEXT, values: fc.constant({ state: { value: "on" } }) }),
  fc.record({ node: TEXT, errorcode: fc.integer({ min: 400, max: 599 }), error: TEXT }),
);

const OPERATION: fc.Arbitrary<RecentOperation> = fc.record({
  command: COMMAND,
  by: TEXT,
  through: TEXT,
  agoMs: UINT,
  epoch: fc.option(UINT, OR_NOT),
  ended: fc.option(fc.record({ tookMs: UINT, result: RESULT }), OR_NOT),
});

const WORD: fc.Arbitrary<ManagerWord> = fc.record({
  leaseMs: fc.option(UINT, OR_NOT),
  move: fc.option(fc.record({ to: fc.option(TEXT, OR_NOT), because: TEXT }), OR_NOT),
  refusal: fc.option(TEXT, OR_NOT),
  operations: fc.array(OPERATION, { maxLength: 3 }),
});

const FRAMES: { readonly [T in ExplainFrame["type"]]: fc.Arbitrary<ExplainFrame> } = {
  explainAsk: fc.record({ type: fc.constant("explainAsk" as const), id: UINT, node: TEXT }),
  explained: fc.record({ type: fc.constant("explained" as const), id: UINT, word: WORD }),
};

for (const [type, frames] of Object.entries(FRAMES)) {
  codecLaws(`a frame "${type}"`, frames, CODEC);
}

Deno.test("each begins with its number, and another service's frame is let pass", () => {
  for (const [type, frames] of Object.entries(FRAMES)) {
    const [frame] = fc.sample(frames, 1).map(encodeExplainFrame);
    equal(frame?.[0], SERVICE_NUMBERS[type as ExplainFrame["type"]]);
  }
  equal(decodeExplainFrame(Uint8Array.of(SERVICE_NUMBERS.command, 9, 9)), undefined);
});

Deno.test("operations are as many as a member remembers of a node, at most", () => {
  const operation: RecentOperation = {
    command: { path: "identify" },
    by: "root",
    through: "m1",
    agoMs: 1,
    epoch: 2,
    ended: undefined,
  };
  const of = (count: number): ExplainFrame => ({
    type: "explained",
    id: 1,
    word: {
      leaseMs: undefined,
      move: undefined,
      refusal: undefined,
      operations: Array.from({ length: count }, () => operation),
    },
  });
  const most = of(MAX_RECENT_OPERATIONS);
  deepEqual(CODEC.decode(CODEC.encode(most)), most);
  const many = CODEC.encode(of(MAX_RECENT_OPERATIONS + 1));
  const wanted = `${MAX_RECENT_OPERATIONS + 1} operations; wanted ${MAX_RECENT_OPERATIONS} at most`;
  equal(malformed(CODEC, many), wanted);
});
