/**
 * What an entry of the log says, version 1, byte by byte. FROM RELEASE 0.1.0 ON THESE FIXTURES
 * ARE NEVER EDITED: an entry is read by members of other releases and out of logs that were
 * written years before. Whoever changes what an entry says gives it a new version, and pins that
 * one beside these.
 */
import { deepEqual, equal } from "node:assert/strict";

import { fromHex, toHex } from "../../src/base/bytes.ts";
import { memberId, type Roster } from "../../src/model/member.ts";
import type { Guard, Operation } from "../../src/model/operation.ts";
import { decodeBody, encodeBody, type EntryBody } from "../../src/wire/entry.ts";
import { rosterFromText, rosterText } from "../../src/wire/roster.ts";

const N1 = memberId("0123456789abcdef"), N2 = memberId("fedcba9876543210");
const ID = { origin: N1, boot: 3, sequence: 70_000 };

const ROSTER: Roster = {
  level: 1,
  members: [
    {
      id: N1,
      name: "n1",
      fingerprint: "1".repeat(64),
      addresses: ["n1:13001"],
      role: "voter",
      support: { fewest: 1, most: 2, level: 1 },
      former: { certificate: fromHex("3003010203"), signature: fromHex("ffee"), isPinned: true },
    },
  ],
  removed: [{
    id: N2,
    name: "n2",
    fingerprints: ["2".repeat(64), "3".repeat(64)],
    addresses: ["n2:13001"],
    index: 300,
  }],
};

type Pinned<T> = readonly (readonly [value: T, hex: string])[];

const OPERATIONS: { readonly [K in Exclude<Operation["kind"], "guard">]: Pinned<Operation> } = {
  set: [[
    {
      kind: "set",
      rows: ["node/n1", "node/n2"],
      cells: [[".", ""], ["location.rack", "7"], ["info.note", "é"]],
    },
    "0100010102076e6f64652f6e31076e6f64652f6e3203012e000d6c6f636174696f6e2e7261636b01" +
    "3709696e666f2e6e6f746502c3a9",
  ], [{ kind: "set", rows: [], cells: [] }, "010001010000"]],
  clear: [[
    { kind: "clear", rows: ["node/n1"], attributes: ["info.note", "type"] },
    "0100010201076e6f64652f6e310209696e666f2e6e6f74650474797065",
  ]],
  drop: [[
    { kind: "drop", rows: ["node/n1", "node/n2"] },
    "0100010302076e6f64652f6e31076e6f64652f6e32",
  ]],
  stage: [[
    { kind: "stage", stage: "0a1b", part: 300, bytes: fromHex("00ff") },
    "010001070430613162ac020200ff",
  ]],
  once: [[{ kind: "once", key: "0a1b", request: "2c" }, "0100010a0430613162023263"]],
  applyStage: [[{ kind: "applyStage", stage: "0a1b", parts: 300 }, "010001080430613162ac02"]],
  dropStage: [[{ kind: "dropStage", stage: "0a1b" }, "010001090430613162"]],
  collect: [[{ kind: "collect", floor: 300 }, "01000106ac02"]],
  audit: [[{ kind: "audit" }, "0100010b"]],
  repair: [[
    { kind: "repair", from: memberId("0123456789abcdef"), index: 1024, root: 0xfedc_ba98 },
    "0100010c10303132333435363738396162636465668008fedcba98",
  ]],
  roster: [[
    { kind: "roster", roster: ROSTER },
    "0102010501011030313233343536373839616263646566026e314031313131313131313131313131" +
    "31313131313131313131313131313131313131313131313131313131313131313131313131313131" +
    "313131313131313131313101086e313a3133303031000102010105300301020302ffee0100011066" +
    "656463626139383736353433323130026e3202403232323232323232323232323232323232323232" +
    "32323232323232323232323232323232323232323232323232323232323232323232323232323232" +
    "32323232403333333333333333333333333333333333333333333333333333333333333333333333" +
    "333333333333333333333333333333333333333333333333333333333301086e323a3133303031ac" +
    "02",
  ]],
};

const CELL = { row: "node/n1", attribute: "type" } as const;

const GUARDS: { readonly [T in Guard["test"]]: Pinned<Guard> } = {
  exists: [[
    { test: "exists", rows: ["node/n1", "node/n2"] },
    "010001040102076e6f64652f6e31076e6f64652f6e32",
  ]],
  absent: [[{ test: "absent", rows: ["node/n1"] }, "010001040201076e6f64652f6e31"]],
  equals: [
    [
      { test: "equals", ...CELL, value: "server" },
      "0100010403076e6f64652f6e3104747970650106736572766572",
    ],
    [{ test: "equals", ...CELL, value: "" }, "0100010403076e6f64652f6e3104747970650100"],
    [{ test: "equals", ...CELL, value: null }, "0100010403076e6f64652f6e31047479706500"],
  ],
  unchanged: [[
    { test: "unchanged", rows: ["node/n1"], since: 1024 },
    "010001040401076e6f64652f6e318008",
  ]],
  before: [[
    { test: "before", row: "invitation/1", attribute: "expires" },
    "01000104050c696e7669746174696f6e2f310765787069726573",
  ]],
};

const WHOLE: Pinned<EntryBody> = [
  [{ operations: [] }, "010000"],
  [{ id: ID, operations: [] }, "0101103031323334353637383961626364656603f0a20400"],
  [
    { id: ID, operations: [{ kind: "drop", rows: ["a"] }, { kind: "drop", rows: ["b"] }] },
    "0101103031323334353637383961626364656603f0a204020301016103010162",
  ],
  [
    { id: ID, operations: [{ kind: "roster", roster: { level: 1, members: [], removed: [] } }] },
    "0103103031323334353637383961626364656603f0a2040105010000",
  ],
];

function holdsTo(value: EntryBody, hex: string): void {
  equal(toHex(encodeBody(value)), hex);
  deepEqual(decodeBody(fromHex(hex)), value);
}

for (const [kind, pinned] of Object.entries(OPERATIONS)) {
  Deno.test(`version 1 of an entry: the bytes of the operation "${kind}"`, () => {
    for (const [operation, hex] of pinned) holdsTo({ operations: [operation] }, hex);
  });
}

for (const [test, pinned] of Object.entries(GUARDS)) {
  Deno.test(`version 1 of an entry: the bytes of the guard "${test}"`, () => {
    for (const [guard, hex] of pinned) holdsTo({ operations: [{ kind: "guard", guard }] }, hex);
  });
}

Deno.test("version 1 of an entry: the bytes around the operations", () => {
  for (const [body, hex] of WHOLE) holdsTo(body, hex);
});

Deno.test("version 1 of an entry: the roster in its cell is its bytes in hexadecimal", () => {
  const [pinned] = OPERATIONS.roster;
  // Behind version, flags, the count of operations and the operation's own number.
  const text = pinned?.[1].slice(8) ?? "";
  equal(rosterText(ROSTER), text);
  deepEqual(rosterFromText(text), ROSTER);
});
