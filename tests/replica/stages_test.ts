import { deepEqual, equal, throws } from "node:assert/strict";
import fc from "fast-check";

import { MAX_STAGES } from "../../src/base/limits.ts";
import type { Operation, Verdict } from "../../src/model/operation.ts";
import { DeltaCut, DeltaTarget } from "../../src/replica/delta.ts";
import { Replica } from "../../src/replica/replica.ts";
import { isPartRow, Stages } from "../../src/replica/stages.ts";
import { encodeStagePart } from "../../src/wire/entry.ts";
import { by, clear, create, drop, entryAt, guard, roster, set, stateOf } from "./entries.ts";

const STAGE = "0a";

/** Applies requests one by one; every one its own. */
class Course {
  readonly replica = new Replica();
  #sequence = 0;

  constructor() {
    this.replica.apply(entryAt(1, { operations: [roster(1)] }));
  }

  apply(...operations: Operation[]): Verdict {
    const id = by(1, ++this.#sequence);
    return this.replica.apply(entryAt(this.replica.applied + 1, { operations, id })).verdict;
  }

  stage(part: number, operations: readonly Operation[], stage = STAGE): Verdict {
    return this.apply({ kind: "stage", stage, part, bytes: encodeStagePart(operations) });
  }

  enact(parts: number, stage = STAGE): Verdict {
    return this.apply({ kind: "applyStage", stage, parts });
  }
}

const APPLIED: Verdict = { result: "applied" };
const ROW = fc.constantFrom("node/n1", "node/n2", "node/n3");
const ATTRIBUTE = fc.constantFrom("a", "b");
const CHANGE: fc.Arbitrary<Operation> = fc.oneof(
  fc.tuple(ROW, ATTRIBUTE, fc.string({ maxLength: 3 })).map(([row, a, v]) => set(row, [a, v])),
  fc.tuple(ROW, ATTRIBUTE).map(([row, attribute]) => clear(row, attribute)),
  ROW.map((row) => drop(row)),
);

Deno.test("a change in parts comes to what it would be as one entry", () => {
  const parts = fc.array(fc.array(CHANGE, { minLength: 1, maxLength: 4 }), {
    minLength: 1,
    maxLength: 5,
  });
  fc.assert(
    fc.property(fc.array(CHANGE, { maxLength: 6 }), parts, (before, staged) => {
      const inParts = new Course(), atOnce = new Course();
      for (const course of [inParts, atOnce]) for (const change of before) course.apply(change);
      for (const [part, operations] of staged.entries()) {
        deepEqual(inParts.stage(part, operations), APPLIED);
        atOnce.apply(guard({ test: "exists", rows: [] }));
      }
      deepEqual(inParts.enact(staged.length), atOnce.apply(...staged.flat()));
      for (const row of ["node/n1", "node/n2", "node/n3"]) {
        deepEqual(inParts.replica.record(row), atOnce.replica.record(row));
      }
    }),
    { numRuns: 200 },
  );
});

Deno.test("until it is applied, and while it is, nothing of a stage is read", () => {
  const { replica } = new Course();
  const parts = [[set("node/n1", ["a", "1"])], [set("node/n2", ["a", "2"])]];
  for (const [part, operations] of parts.entries()) {
    const bytes = encodeStagePart(operations);
    const stage = { kind: "stage", stage: STAGE, part, bytes } as const;
    replica.apply(entryAt(part + 2, { operations: [stage], id: by(1, part + 1) }));
  }
  equal(replica.cells.value("node/n1", "a"), null);
  const enact = { kind: "applyStage", stage: STAGE, parts: 2 } as const;
  equal(replica.startApplying(entryAt(4, { operations: [enact], id: by(1, 3) })), undefined);
  equal(replica.cells.value("node/n2", "a"), null);
  equal(replica.applied, 3);
  equal(replica.proceed(), undefined);
  equal(replica.cells.value("node/n1", "a"), null);
  deepEqual(replica.proceed()?.verdict, APPLIED);
  equal(replica.cells.value("node/n1", "a"), "1");
  equal(replica.cells.value("node/n2", "a"), "2");
});

Deno.test("its guards are judged when it is applied, and the place is named", () => {
  const course = new Course();
  course.apply(create("node/n1"));
  const absent = guard({ test: "absent", rows: ["node/n1"] });
  course.stage(0, [guard({ test: "exists", rows: [] }), absent]);
  course.stage(1, [set("node/n2", ["a", "1"])]);
  deepEqual(course.enact(2), { result: "refused", operation: 1, row: "node/n1" });
  equal(course.replica.cells.value("node/n2", "a"), null);
  course.apply(drop("node/n1"));
  deepEqual(course.enact(2), APPLIED);
  equal(course.replica.cells.value("node/n2", "a"), "1");
});

Deno.test("a stage that lacks a part, or was applied already, is refused", () => {
  const course = new Course();
  const refused = { result: "refused", operation: 0, row: `stage/${STAGE}` } as const;
  deepEqual(course.enact(1), refused);
  course.stage(1, [set("node/n1", ["a", "1"])]);
  deepEqual(course.enact(1), refused);
  deepEqual(course.enact(2), refused);
  course.stage(0, [set("node/n1", ["b", "1"])]);
  deepEqual(course.enact(2), APPLIED);
  deepEqual(course.enact(2), refused);
});

Deno.test("there are MAX_STAGES at most, and only what changes cells waits in them", () => {
  const course = new Course();
  const change = [set("node/n1", ["a", "1"])];
  for (let i = 0; i < MAX_STAGES; i++) deepEqual(course.stage(0, change, `a${i}`), APPLIED);
  equal(course.stage(0, change, "b0").result, "refused");
  equal(course.stage(1, change, "a0").result, "applied");
  course.apply({ kind: "dropStage", stage: "a0" });
  equal(course.stage(0, [roster(1)], "b0").result, "refused");
  equal(course.stage(0, change, "b0").result, "applied");
});

Deno.test("parts go with their stage, here and where a delta brings the state", () => {
  const course = new Course();
  course.stage(0, [set("node/n1", ["a", "1"])]);
  const half = new Course();
  half.stage(0, [set("node/n1", ["a", "1"])]);
  course.stage(1, [set("node/n2", ["a", "2"])]);
  const open = new DeltaTarget(new Replica(), 0);
  open.take(new DeltaCut(course.replica, 1, 1e6).chunk(open.ask));
  open.replica.caughtUp(course.replica.applied);
  open.replica.pruneStages();
  equal(stateOf(open.replica), stateOf(course.replica));
  deepEqual(course.enact(2), APPLIED);
  deepEqual(course.replica.goneRows.sort(), ["stage/0a/0", "stage/0a/1"]);
  course.replica.forgetGone(["stage/0a/0"]);
  deepEqual(course.replica.goneRows, ["stage/0a/1"]);
  const target = new DeltaTarget(half.replica, 0);
  target.take(new DeltaCut(course.replica, 1, 1e6).chunk(target.ask));
  half.replica.caughtUp(course.replica.applied);
  half.replica.pruneStages();
  equal(stateOf(half.replica), stateOf(course.replica));
  deepEqual(half.replica.goneRows, ["stage/0a/0"]);
});

Deno.test("a part's row comes back as it was, and no other row is taken for one", () => {
  const stages = new Stages();
  const row = stages.put("0a", 3, Uint8Array.of(0, 255, 7), 9);
  equal(isPartRow(row), true);
  for (const other of ["stage/0a", "node/n1", "stage/x/1"]) equal(isPartRow(other), false);
  const record = stages.record(row);
  const copy = new Stages();
  if (record !== undefined) copy.join(record);
  deepEqual(copy.record(row), record);
  throws(() => copy.join({ row, floor: 0, newest: 1, cells: [] }), /no part of a stage/);
});
