import { deepEqual, equal, notDeepEqual, ok } from "node:assert/strict";
import fc from "fast-check";

import type { Mutant } from "../../src/base/mutant.ts";
import type { Operation } from "../../src/model/operation.ts";
import { DeltaCut, DeltaTarget } from "../../src/replica/delta.ts";
import { Replica } from "../../src/replica/replica.ts";
import type { Entry } from "../../src/wire/entry.ts";
import { by, clear, entryAt, roster, set, stateOf } from "./entries.ts";

const ROW = fc.constantFrom("node/n1", "node/n2", "node/n10", "user/u");
const ATTRIBUTE = fc.constantFrom("a", "b", "c", "d");
const CHANGE: fc.Arbitrary<Operation> = fc.oneof(
  { weight: 6, arbitrary: fc.tuple(ROW, ATTRIBUTE, fc.string({ maxLength: 30 })) },
  { weight: 2, arbitrary: fc.tuple(ROW, ATTRIBUTE) },
  { weight: 1, arbitrary: fc.tuple(ROW) },
).map(([row, attribute, value]): Operation => {
  const rows = [row];
  if (attribute === undefined) return { kind: "drop", rows };
  if (value === undefined) return { kind: "clear", rows, attributes: [attribute] };
  return { kind: "set", rows, cells: [[".", ""], [attribute, value]] };
});

/** A history, places in it, and how its senders cut their chunks. */
const COURSE = fc.record({
  changes: fc.array(CHANGE, { maxLength: 50, size: "max" }),
  places: fc.tuple(fc.nat(50), fc.nat(50), fc.nat(50)),
  chunkBytes: fc.constantFrom(1, 60, 200, 100_000),
  lost: fc.infiniteStream(fc.nat(3)),
}).map(({ changes, places, ...rest }) => {
  const entries = [
    entryAt(1, { operations: [roster(1)] }),
    ...changes.map((change, i) => entryAt(i + 2, { operations: [change], id: by(1, i + 1) })),
  ];
  const [from, first, second] = places.map((place) => 1 + Math.min(place, changes.length))
    .sort((a, b) => a - b) as [number, number, number];
  return { entries, from, first, second, ...rest };
});

function at(entries: readonly Entry[], index: number): Replica {
  const replica = new Replica();
  for (const one of entries.slice(0, index)) replica.apply(one);
  return replica;
}

/** Until all of it is there; false where a chunk of the sender is never taken. */
function pull(target: DeltaTarget, cut: DeltaCut, most = Number.POSITIVE_INFINITY): boolean {
  for (let chunks = 0; chunks < most; chunks++) {
    const step = target.take(cut.chunk(target.ask));
    if (step.result !== "joined" && step.result !== "whole") return false;
    if (step.result === "whole") {
      equal(step.cut, cut.index);
      target.replica.caughtUp(step.cut);
      return true;
    }
  }
  return false;
}

Deno.test("a delta brings a member to the sender's cut, in chunks of any size", () => {
  fc.assert(
    fc.property(COURSE, ({ entries, from, second, chunkBytes }) => {
      const sender = at(entries, second);
      const target = new DeltaTarget(at(entries, from), 0);
      ok(pull(target, new DeltaCut(sender, 1, chunkBytes)));
      equal(stateOf(target.replica), stateOf(sender));
      equal(target.replica.applied, second);
      deepEqual(target.replica.roster, sender.roster);
    }),
    { numRuns: 300 },
  );
});

Deno.test("an empty member gets all of it", () => {
  fc.assert(
    fc.property(COURSE, ({ entries, second, chunkBytes }) => {
      const sender = at(entries, second);
      const target = new DeltaTarget(new Replica(), 0);
      ok(pull(target, new DeltaCut(sender, 1, chunkBytes)));
      equal(stateOf(target.replica), stateOf(sender));
    }),
    { numRuns: 300 },
  );
});

Deno.test("what the sender does after its cut is not in the delta", () => {
  fc.assert(
    fc.property(COURSE, ({ entries, from, first, second, chunkBytes }) => {
      const sender = at(entries, first);
      const cut = new DeltaCut(sender, 1, chunkBytes);
      for (const one of entries.slice(first, second)) sender.apply(one);
      const target = new DeltaTarget(at(entries, from), 0);
      ok(pull(target, cut));
      equal(stateOf(target.replica), stateOf(at(entries, first)));
    }),
    { numRuns: 300 },
  );
});

Deno.test("cut off anywhere, a sender that is further goes on, and the end is exact", () => {
  fc.assert(
    fc.property(COURSE, ({ entries, from, first, second, chunkBytes, lost }) => {
      const senders = [first, second].map((index) =>
        new DeltaCut(at(entries, index), 1, chunkBytes)
      ) as [DeltaCut, DeltaCut];
      const target = new DeltaTarget(at(entries, from), 0);
      const isWhole = pull(target, senders[0], lost.next().value);
      equal(isWhole || pull(target, senders[1]), true);
      const end = isWhole ? first : second;
      equal(stateOf(target.replica), stateOf(at(entries, end)));
    }),
    { numRuns: 500 },
  );
});

Deno.test("until it is whole nothing of it is read", () => {
  const entries = [
    entryAt(1, { operations: [set("node/n1", ["a", "old"])] }),
    entryAt(2, { operations: [set("node/n1", ["a", "new"])] }),
    entryAt(3, { operations: [set("node/n2", ["a", "new"])] }),
  ];
  const replica = at(entries, 1);
  const target = new DeltaTarget(replica, 0);
  const cut = new DeltaCut(at(entries, 3), 1, 1);
  equal(target.take(cut.chunk(target.ask)).result, "joined");
  equal(replica.cells.value("node/n1", "a"), "old");
  equal(replica.isBetween, true);
  ok(pull(target, cut));
  equal(replica.cells.value("node/n1", "a"), "new");
  equal(replica.isBetween, false);
});

Deno.test("a sender that is behind what was seen, or was not asked, is not listened to", () => {
  const entries = [1, 2, 3].map((index) =>
    entryAt(index, { operations: [set(`node/n${index}`, ["a", "x"])] })
  );
  const target = new DeltaTarget(at(entries, 1), 0);
  const late = new DeltaCut(at(entries, 3), 1, 1), early = new DeltaCut(at(entries, 2), 1, 1);
  const first = late.chunk(target.ask);
  equal(target.take(first).result, "joined");
  equal(target.take(first).result, "unasked");
  equal(target.take(early.chunk(target.ask)).result, "unasked");
  deepEqual(target.progress, { done: 1, of: 2 });
  equal(target.take(late.chunk(target.ask)).result, "whole");
});

Deno.test("who lacks what the sender has forgotten must ask for all", () => {
  const entries = [
    entryAt(1, { operations: [set("node/n1", ["a", "x"])] }),
    entryAt(2, { operations: [clear("node/n1", "a")] }),
    entryAt(3, { operations: [{ kind: "collect", floor: 2 }] }),
  ];
  const cut = new DeltaCut(at(entries, 3), 1, 100);
  const late = new DeltaTarget(at(entries, 1), 0);
  equal(late.take(cut.chunk(late.ask)).result, "too-old");
  const intime = new DeltaTarget(at(entries, 2), 0);
  ok(pull(intime, cut));
  equal(stateOf(intime.replica), stateOf(at(entries, 3)));
});

for (const mutant of ["lazy-delta-values", "delta-without-windows"] satisfies Mutant[]) {
  Deno.test(`${mutant} is caught by the laws above`, () => {
    const entries = [
      entryAt(1, { operations: [roster(1)] }),
      entryAt(2, { operations: [set("node/n1", ["a", "x"])], id: by(1, 1) }),
      entryAt(3, { operations: [set("node/n1", ["a", "y"])] }),
    ];
    const sender = at(entries, 2);
    const cut = new DeltaCut(sender, 1, 100, mutant);
    sender.apply(entries[2] as Entry);
    const target = new DeltaTarget(at(entries, 1), 0);
    ok(pull(target, cut));
    notDeepEqual(stateOf(target.replica), stateOf(at(entries, 2)));
  });
}
