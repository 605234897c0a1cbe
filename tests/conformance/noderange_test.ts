import { deepEqual, equal } from "node:assert/strict";

import { abbreviate } from "../../src/model/noderange/abbreviate.ts";
import { expandExisting } from "../../src/model/noderange/expand.ts";
import { groupsText } from "../../src/model/groups.ts";
import { groupRow, nodeRow, type Operation, ROW_MARK } from "../../src/model/operation.ts";
import { StandIn } from "../api/stand_in.ts";
import { recordedCases } from "./recorded.ts";
import { siteA, SiteBook } from "./site.ts";

interface Recorded {
  readonly noderange?: string;
  readonly nodes?: readonly string[];
  readonly error?: { readonly error: string };
  /** Which of several names the error tells is chance. */
  readonly error_name_varies?: boolean;
  readonly abbreviate?: string | readonly string[];
  readonly response?: readonly [{ readonly noderange: string }];
}

const CASES = recordedCases<Recorded>("noderange");
const BOOK = new SiteBook(siteA());

/** Where the original's answer is a fault of its own: nodes that it should have named, or the
 * beginning of an error that says what is wrong. */
const RIGHT: ReadonlyMap<string, readonly string[] | string> = new Map(Object.entries({
  // In a URL "/" is %2F; the original takes every "/" for the end of the range.
  "/n40$": Array.from({ length: 10 }, (_, i) => `r${i + 1}n40`),
  "net.ipv4_address=10.1.0.1/16": ["r1n01"],
  "net.ipv4_address=~^10.1.0.[12]/": ["r1n01", "r1n02"],
  "m1/": "m1/ not a recognized node, group, or alias",
  "*=M1": ["m1", "m2", "m3"],
  "*=~^M1$": ["m1", "m2", "m3"],
  "groups=rack1": [...BOOK.membersOf("rack1")],
  // The wording of its runtime.
  "r1n[]": 'Invalid syntax: read "]" at character 5',
  "-m1": "-m1 not valid",
  ":m3": ":m3 not valid",
  "m1-": "m1- not valid",
  "~*": '"*" is not a regular expression',
  "location.rack=~*": '"*" is not a regular expression',
  "r1n[01-40:0]": 'r1n01-40:0 not valid: "01-40:0" in "r1n[01-40:0]" at character 1: a step of 0',
  "r1n[01-40:x]": 'Invalid syntax: read "01-40:x" at character 5',
}));

Deno.test("noderanges name the nodes that were recorded", () => {
  for (const { noderange, nodes } of CASES) {
    if (noderange === undefined || nodes === undefined) continue;
    const outcome = expandExisting(noderange, BOOK);
    deepEqual(outcome.ok ? outcome.value : outcome.refusal.message, nodes, noderange);
  }
});

Deno.test("errors begin as the recorded ones, and say more where there is more to say", () => {
  for (const { noderange, error, error_name_varies: varies } of CASES) {
    if (noderange === undefined || error === undefined || RIGHT.has(noderange)) continue;
    const recorded = error.error.replace("Target not found - ", "");
    const wanted = varies ? recorded.replace(/ m02 /, " m01 ") : recorded;
    const outcome = expandExisting(noderange, BOOK);
    const told = outcome.ok ? outcome.value.join(" ") : outcome.refusal.message;
    equal(told.slice(0, wanted.length), wanted, noderange);
  }
});

Deno.test("where the original is wrong the answer is right", () => {
  for (const [noderange, right] of RIGHT) {
    equal(CASES.some((recorded) => recorded.noderange === noderange), true, noderange);
    const outcome = expandExisting(noderange, BOOK);
    if (typeof right !== "string") {
      deepEqual(outcome, { ok: true, value: BOOK.nodes().filter((name) => right.includes(name)) });
      continue;
    }
    const wanted = `Invalid Noderange: ${right}`;
    equal(outcome.ok ? "" : outcome.refusal.message.slice(0, wanted.length), wanted, noderange);
  }
});

Deno.test("nodes are abbreviated as recorded", () => {
  for (const { abbreviate: given, response } of CASES) {
    if (given === undefined || response === undefined) continue;
    const nodes = typeof given === "string" ? given.split(",") : given;
    equal(abbreviate(nodes, BOOK), response[0].noderange);
  }
});

Deno.test("the index of a service answers as the book that looks at every node", () => {
  const member = new StandIn();
  const { groups, nodes } = siteA();
  const made: Operation[] = [];
  for (const [name, { noderange, attributes }] of Object.entries(groups)) {
    const cells = Object.entries({ ...attributes, ...noderange && { noderange } });
    made.push({ kind: "set", rows: [groupRow(name)], cells: [[ROW_MARK, ""], ...cells] });
  }
  for (const [name, { groups: listed, attributes }] of Object.entries(nodes)) {
    const cells = Object.entries({ ...attributes, groups: groupsText(listed) });
    made.push({ kind: "set", rows: [nodeRow(name)], cells: [[ROW_MARK, ""], ...cells] });
  }
  member.apply(made);
  const ranges = CASES.flatMap(({ noderange }) => noderange ?? []);
  equal(ranges.length > 180, true);
  for (const range of [...ranges, "groups=~^rack[12]$", "groups!=rack1"]) {
    deepEqual(expandExisting(range, member.nodes), expandExisting(range, BOOK), range);
  }
});
