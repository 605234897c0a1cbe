import { deepEqual, equal } from "node:assert/strict";
import fc from "fast-check";

import { ByteWriter } from "../../src/base/bytes.ts";
import { COMMAND_PART_NODES, MAX_COMMAND_MS } from "../../src/base/limits.ts";
import {
  BOOT_DEVICES,
  BOOT_MODES,
  IDENTIFY_GOALS,
  type NodeCommand,
  type NodeValues,
  POWER_GOALS,
} from "../../src/model/node_command.ts";
import {
  type CommandFrame,
  decodeCommandFrame,
  encodeCommandFrame,
  type PartResult,
} from "../../src/wire/node_command.ts";
import { SERVICE_NUMBERS } from "../../src/wire/service_frame.ts";
import { type Codec, codecLaws, malformed } from "./codec_laws.ts";
import { UINT } from "./generated.ts";

/** As the bytes begin with a number of its own, there is always a frame. */
const CODEC: Codec<CommandFrame> = {
  encode: encodeCommandFrame,
  decode: (bytes) => decodeCommandFrame(bytes) ?? { type: "commandCancel", id: 0 },
};
const TEXT = fc.string({ unit: "binary", maxLength: 12 });
const STATUS = fc.integer({ min: 400, max: 599 });
/** JSON has no -0, and reads `__proto__` as any other name. */
const VALUES = fc.dictionary(fc.string(), fc.jsonValue()).map(
  (values) => JSON.parse(JSON.stringify(values)) as NodeValues,
);

function optional<T, Name extends string>(
  name: Name,
  values: fc.Arbitrary<T>,
): fc.Arbitrary<{ [N in Name]?: T }> {
  return fc.option(values).map((value) => (value === null ? {} : { [name]: value }) as never);
}

const GOAL = fc.tuple(
  fc.constantFrom(...BOOT_DEVICES).map((nextdevice) => ({ nextdevice })),
  optional("bootmode", fc.constantFrom(...BOOT_MODES)),
  optional("persistent", fc.boolean()),
).map(([device, mode, persistent]) => ({ ...device, ...mode, ...persistent }));

const COMMAND: fc.Arbitrary<NodeCommand> = fc.oneof(
  optional("set", fc.constantFrom(...POWER_GOALS))
    .map((set) => ({ path: "power/state", ...set }) as const),
  optional("set", GOAL).map((set) => ({ path: "boot/nextdevice", ...set }) as const),
  fc.constant({ path: "health/hardware" } as const),
  optional("set", fc.constantFrom(...IDENTIFY_GOALS))
    .map((set) => ({ path: "identify", ...set }) as const),
);

const RESULT: fc.Arbitrary<PartResult> = fc.oneof(
  fc.record({ node: TEXT, values: VALUES }),
  fc.record({ node: TEXT, errorcode: STATUS, error: TEXT }),
  fc.record({ node: TEXT, elsewhere: TEXT }),
);

const FRAMES: { readonly [T in CommandFrame["type"]]: fc.Arbitrary<CommandFrame> } = {
  command: fc.record({
    type: fc.constant("command" as const),
    id: UINT,
    index: UINT,
    leftMs: fc.nat(MAX_COMMAND_MS),
    by: TEXT,
    command: COMMAND,
    nodes: fc.array(TEXT, { minLength: 1, maxLength: 5 }),
  }),
  commandResults: fc.record({
    type: fc.constant("commandResults" as const),
    id: UINT,
    results: fc.array(RESULT, { maxLength: 4 }),
  }),
  commandEnd: fc.record({
    type: fc.constant("commandEnd" as const),
    id: UINT,
    failure: fc.option(fc.record({ errorcode: STATUS, error: TEXT }), { nil: undefined }),
  }),
  commandCancel: fc.record({ type: fc.constant("commandCancel" as const), id: UINT }),
};

for (const [type, frames] of Object.entries(FRAMES)) {
  codecLaws(`a frame "${type}"`, frames, CODEC);
}

Deno.test("each begins with its number, and another service's frame is let pass", () => {
  for (const [type, frames] of Object.entries(FRAMES)) {
    const [frame] = fc.sample(frames, 1).map(encodeCommandFrame);
    equal(frame?.[0], SERVICE_NUMBERS[type as CommandFrame["type"]]);
  }
  equal(decodeCommandFrame(Uint8Array.of(SERVICE_NUMBERS.observed, 9, 9)), undefined);
});

const COMMANDED = {
  type: "command",
  id: 1,
  index: 2,
  leftMs: 3,
  by: "me",
  command: { path: "health/hardware" },
  nodes: ["n1"],
} as const;

Deno.test("time and nodes are bounded, and no node is no command", () => {
  const most = { ...COMMANDED, leftMs: MAX_COMMAND_MS };
  deepEqual(CODEC.decode(CODEC.encode(most)), most);
  const late = CODEC.encode({ ...COMMANDED, leftMs: MAX_COMMAND_MS + 1 });
  equal(
    malformed(CODEC, late),
    `${MAX_COMMAND_MS + 1} milliseconds; wanted 0 to ${MAX_COMMAND_MS}`,
  );
  const many = Array.from({ length: COMMAND_PART_NODES + 1 }, (_, i) => `n${i}`);
  for (const [nodes, count] of [[many, many.length], [[], 0]] as const) {
    const wanted = `${count} nodes; wanted 1 to ${COMMAND_PART_NODES}`;
    equal(malformed(CODEC, CODEC.encode({ ...COMMANDED, nodes })), wanted);
  }
});

Deno.test("a word that is none, a path or a status that is none are malformed", () => {
  const frame = { ...COMMANDED, command: { path: "power/state", set: "on" } } as const;
  const other = CODEC.encode(frame).map((byte) => byte === "o".charCodeAt(0) ? 105 : byte);
  equal(malformed(CODEC, other), `"in" is none of ${POWER_GOALS.join(", ")}`);
  const path = CODEC.encode(COMMANDED);
  path[7] = 9;
  equal(malformed(CODEC, path), "path 9 is not known");
  const failure = { errorcode: 200, error: "" };
  const end = CODEC.encode({ type: "commandEnd", id: 1, failure });
  equal(malformed(CODEC, end), "200 as a status; wanted 400 to 599");
});

Deno.test("values are an object, as JSON that is written in one way", () => {
  const told = (json: string): Uint8Array => {
    const writer = new ByteWriter();
    writer.byte(SERVICE_NUMBERS.commandResults).uint(1).uint(1).byte(0).text("n1").text(json);
    return writer.finish();
  };
  deepEqual(CODEC.decode(told('{"a":1}')), {
    type: "commandResults",
    id: 1,
    results: [{ node: "n1", values: { a: 1 } }],
  });
  equal(malformed(CODEC, told("{a}")), "values that are not JSON");
  for (const json of ["[1]", "null", '"on"', '{"a": 1}', '{"a":1,"a":1}', '{"a":-0}']) {
    equal(malformed(CODEC, told(json)), "values that are no object as it is written here");
  }
});
