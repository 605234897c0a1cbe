import { equal } from "node:assert/strict";

import { fullRoom } from "../../../src/model/noderange/room.ts";
import { readSequence } from "../../../src/model/noderange/sequence.ts";
import { namesOf } from "../../../src/model/noderange/slots.ts";

function told(word: string): string {
  const sequence = readSequence(word, fullRoom());
  if (sequence === undefined) return "name";
  if (sequence.kind === "slots") return namesOf(sequence.slots).join(" ");
  return `${sequence.kind}: ${sequence.why}`;
}

Deno.test("sequences are names between two of the same shape", () => {
  const cases: [word: string, names: string][] = [
    ["n1", "name"],
    ["n8-n11", "n8 n9 n10 n11"],
    ["n08-n10", "n08 n09 n10"],
    ["n1..n3", "n1 n2 n3"],
    ["n1:n3", "n1 n2 n3"],
    ["n1-n1", "n1"],
    ["oss-1..oss-2", "oss-1 oss-2"],
    ["oss-1:oss-2", "oss-1 oss-2"],
    ["sw-r1-mgmt-sw-r2-mgmt", "sw-r1-mgmt sw-r2-mgmt"],
    ["r1u01-r2u02", "r1u01 r1u02 r2u01 r2u02"],
    ["node_1-node_2", "node_1 node_2"],
    ["n1.a.b-n2.a.b", "n1.a.b n2.a.b"],
    ["n1+2", "n1 n2 n3"],
    ["n09+1", "n09 n10"],
    ["oss-1+1", "oss-1 oss-2"],
    ["n1+0", "n1"],
    ["n1.site2.org+1", "n1.site2.org n2.site2.org"],
  ];
  for (const [word, names] of cases) equal(told(word), names, word);
});

Deno.test("what is no sequence may be a name, or is told to be wrong", () => {
  const unlike = "it is no node and no group, and the sides of a sequence differ in numbers only";
  const cases: [word: string, told: string][] = [
    ["a-b", `none: ${unlike}`],
    ["oss-1-4", `none: ${unlike}`],
    ["-n1", `none: ${unlike}`],
    ["n1-", `none: ${unlike}`],
    ["foo-foo", `none: ${unlike}`],
    ["row-a:row-b", `wrong: ${unlike}`],
    [":n3", 'wrong: wanted two names with one ":" between'],
    ["n1:n2:n3", 'wrong: wanted two names with one ":" between'],
    ["n1..n3..2", 'wrong: wanted two names with one ".." between'],
    ["n3-n1", "wrong: it counts down from 3 to 1"],
    ["r1n38-r2n02", "wrong: it counts down from 38 to 02"],
    ["n01-n1", "wrong: 01 and 1 are one number, written differently"],
    ["n+3", "wrong: wanted a name that ends in a number, + and a number, as n1+3"],
    ["n1+x", "wrong: wanted a name that ends in a number, + and a number, as n1+3"],
  ];
  for (const [word, expected] of cases) equal(told(word), expected, word);
  equal(readSequence(`a${"1-".repeat(30_000)}`, fullRoom())?.kind, "none");
});
