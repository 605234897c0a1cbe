import { deepEqual, equal } from "node:assert/strict";
import fc from "fast-check";

import { MAX_NODERANGE_NODES } from "../../../src/base/limits.ts";
import { readBrackets } from "../../../src/model/noderange/brackets.ts";
import { fullRoom } from "../../../src/model/noderange/room.ts";
import { readSequence } from "../../../src/model/noderange/sequence.ts";
import { namesOf } from "../../../src/model/noderange/slots.ts";

function told(word: string): string {
  const slots = readBrackets(word, 1, fullRoom());
  return slots.ok ? namesOf(slots.value).join(" ") : slots.refusal.message;
}

Deno.test("brackets stand for each of their items", () => {
  const cases: [word: string, names: string][] = [
    ["n[1-3,7]", "n1 n2 n3 n7"],
    ["n[1:3]", "n1 n2 n3"],
    ["n[1..3]", "n1 n2 n3"],
    ["n[01-03]-x", "n01-x n02-x n03-x"],
    ["n[1-9:3]", "n1 n4 n7"],
    ["n[01..10..3]", "n01 n04 n07 n10"],
    ["n[1-3,-2]", "n1 n3"],
    ["n[1-9,-3-5,-8]", "n1 n2 n6 n7 n9"],
    ["n[1,-1]", ""],
    ["n[1-3,-2,2]", "n1 n3 n2"],
    ["n[ 1 , 3 ]", "n1 n3"],
    ["n[1,,2,]", "n1 n2"],
    ["mds-[a,b]", "mds-a mds-b"],
    ["[m]1", "m1"],
    ["[r1,r2]n01", "r1n01 r2n01"],
    ["r[1][0]n[4][0]", "r10n40"],
    ["r[1-2]u[1,2]", "r1u1 r1u2 r2u1 r2u2"],
    ["n[00000000000000000000001]", "n00000000000000000000001"],
  ];
  for (const [word, names] of cases) equal(told(word), names, word);
});

Deno.test("Slurm's and ClusterShell's spellings that do not clash are read", () => {
  equal(told("n[001-003,007]"), "n001 n002 n003 n007");
  equal(told("n[1-2]x[3-4]"), "n1x3 n1x4 n2x3 n2x4");
  equal(told("n[0-10/5]-ib"), "n0-ib n5-ib n10-ib");
});

Deno.test("what is wrong in brackets is told with its place", () => {
  const could = "where a number, a text, a range as 1-9 or 1-9:2, or -N behind another item " +
    "could stand";
  const cases: [word: string, message: string][] = [
    ["n[]", `Invalid syntax: read "]" at character 3 ${could}`],
    ["n[-1]", `Invalid syntax: read "-1" at character 3 ${could}`],
    ["n[1,2:x]", `Invalid syntax: read "2:x" at character 5 ${could}`],
    ["n[1[2]", `Invalid syntax: read "1[2" at character 3 ${could}`],
    ["n[1-3,-]", `Invalid syntax: read "-" at character 7 ${could}`],
    [
      "r[3-1]n0[1]",
      'r3-1n01 not valid: "3-1" in "r[3-1]n0[1]" at character 1: it counts down ' +
      "from 3 to 1",
    ],
    [
      "n[1-9:0]",
      'n1-9:0 not valid: "1-9:0" in "n[1-9:0]" at character 1: a step of 0 does ' +
      "not get on",
    ],
  ];
  for (const [word, message] of cases) equal(told(word), `Invalid Noderange: ${message}`, word);
});

Deno.test("brackets and the sequence of the same ends name the same nodes", () => {
  fc.assert(fc.property(fc.nat(9999), fc.nat(50), fc.nat(3), (first, more, zeros) => {
    const from = String(first).padStart(String(first).length + zeros, "0");
    const last = String(first + more + 1).padStart(from.length, "0");
    const sequence = readSequence(`n${from}-n${last}`, fullRoom());
    const names = sequence?.kind === "slots" ? namesOf(sequence.slots) : [];
    deepEqual(told(`n[${from}-${last}]`), names.join(" "));
  }));
});

Deno.test("what is too much is refused before it is counted out, however it is spelled", () => {
  const most = MAX_NODERANGE_NODES;
  for (
    const word of [
      `n${"[1-99999]".repeat(6_000)}`,
      `n[${Array.from({ length: 6_000 }, () => "1-99999").join(",")}]`,
      `n[${Array.from({ length: 3_000 }, () => "1-99999,-1-99999").join(",")}]`,
      `n[1-${most + 1}]`,
    ]
  ) {
    const slots = readBrackets(word, 1, fullRoom());
    equal(slots.ok, false);
    equal(slots.ok || /more than 200000 nodes/.test(slots.refusal.message), true);
  }
});
