/**
 * Commands on nodes between members, version 1, byte by byte. FROM RELEASE 0.1.0 ON THESE FIXTURES
 * ARE NEVER EDITED: whoever changes a frame gives it a new number or the protocol a new version,
 * and pins that one beside these.
 */
import { deepEqual, equal } from "node:assert/strict";

import { fromHex, toHex } from "../../src/base/bytes.ts";
import {
  type CommandFrame,
  decodeCommandFrame,
  encodeCommandFrame,
} from "../../src/wire/node_command.ts";

const BASE = { type: "command", id: 300, index: 7, leftMs: 30_000, by: "root" } as const;

const FRAMES: readonly (readonly [frame: CommandFrame, hex: string])[] = [
  [
    { ...BASE, command: { path: "power/state" }, nodes: ["n1", "n2"] },
    "80ac0207b0ea0104726f6f74000002026e31026e32",
  ],
  [
    { ...BASE, command: { path: "power/state", set: "boot" }, nodes: ["n1"] },
    "80ac0207b0ea0104726f6f74000104626f6f7401026e31",
  ],
  [
    { ...BASE, command: { path: "boot/nextdevice" }, nodes: ["n1"] },
    "80ac0207b0ea0104726f6f74010001026e31",
  ],
  [
    {
      ...BASE,
      command: {
        path: "boot/nextdevice",
        set: { nextdevice: "network", bootmode: "uefi", persistent: true },
      },
      nodes: ["n1"],
    },
    "80ac0207b0ea0104726f6f740101076e6574776f726b010475656669010101026e31",
  ],
  [
    { ...BASE, command: { path: "health/hardware" }, nodes: ["n1"] },
    "80ac0207b0ea0104726f6f740201026e31",
  ],
  [
    { ...BASE, command: { path: "identify", set: "blink" }, nodes: ["n1"] },
    "80ac0207b0ea0104726f6f74030105626c696e6b01026e31",
  ],
  [
    {
      type: "commandResults",
      id: 300,
      results: [
        { node: "n1", values: { state: { value: "on" } } },
        { node: "n2", errorcode: 504, error: "timeout" },
        { node: "n3", elsewhere: "m1 does" },
      ],
    },
    "81ac020300026e31187b227374617465223a7b2276616c7565223a226f6e227d7d01026e32f80307" +
    "74696d656f757402026e33076d3120646f6573",
  ],
  [{ type: "commandEnd", id: 300, failure: undefined }, "82ac0200"],
  [
    { type: "commandEnd", id: 300, failure: { errorcode: 429, error: "busy" } },
    "82ac0201ad030462757379",
  ],
  [{ type: "commandCancel", id: 300 }, "83ac02"],
];

Deno.test("commands on nodes are these bytes", () => {
  for (const [frame, hex] of FRAMES) {
    equal(toHex(encodeCommandFrame(frame)), hex);
    deepEqual(decodeCommandFrame(fromHex(hex)), frame);
  }
});
