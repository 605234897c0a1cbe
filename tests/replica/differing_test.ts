import { deepEqual } from "node:assert/strict";

import { differing } from "../../src/replica/differing.ts";
import type { AuditCell, AuditCells } from "../../src/wire/audit.ts";

function row(name: string, newest: number): AuditCell {
  return { row: name, attribute: undefined, stamp: newest, hash: newest };
}

function cell(name: string, attribute: string, stamp: number, hash = 1): AuditCell {
  return { row: name, attribute, stamp, hash };
}

function told(applied: number, cells: AuditCell[], more: Partial<AuditCells> = {}): AuditCells {
  return { bucket: 1, applied, collected: 0, isWhole: true, cells, ...more };
}

const SAME = [row("a", 5), cell("a", "x", 4), cell("a", "y", 5)];

Deno.test("another value of one stamp, another stamp, one that is missing: all are named", () => {
  deepEqual(differing(told(9, SAME), told(9, SAME)), []);
  const [, x, y] = SAME as [AuditCell, AuditCell, AuditCell];
  deepEqual(differing(told(9, SAME), told(9, [SAME[0]!, { ...x, hash: 2 }, y])), [
    { row: "a", attribute: "x", mine: 4, theirs: 4 },
  ]);
  deepEqual(differing(told(9, SAME), told(9, [SAME[0]!, { ...x, stamp: 3 }, y])), [
    { row: "a", attribute: "x", mine: 4, theirs: 3 },
  ]);
  deepEqual(differing(told(9, [SAME[0]!, x]), told(9, SAME)), [
    { row: "a", attribute: "y", mine: undefined, theirs: 5 },
  ]);
  deepEqual(differing(told(9, SAME), told(9, [row("a", 6), x, y])), [
    { row: "a", attribute: undefined, mine: 5, theirs: 6 },
  ]);
});

Deno.test("what is newer than one of the states is no difference", () => {
  const later = [row("a", 8), cell("a", "x", 8, 2), cell("a", "y", 5), cell("a", "z", 7)];
  deepEqual(differing(told(5, SAME), told(9, later)), []);
  deepEqual(differing(told(9, later), told(5, SAME)), []);
  // Dropped since: what is gone with the row is none either.
  deepEqual(differing(told(5, SAME), told(9, [row("a", 9)])), []);
});

Deno.test("nor what one side may have collected, while they are not equally far in that", () => {
  const without = [SAME[0]!, cell("a", "x", 4)];
  deepEqual(differing(told(9, SAME), told(9, without, { collected: 6 })), []);
});

Deno.test("behind the end of what was told nothing is known", () => {
  const [head, x] = SAME as [AuditCell, AuditCell];
  deepEqual(differing(told(9, SAME), told(9, [head, x], { isWhole: false })), []);
  deepEqual(differing(told(9, [head, x], { isWhole: false }), told(9, SAME)), []);
});
