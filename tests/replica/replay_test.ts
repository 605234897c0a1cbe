/**
 * Restarts and full copies, on generated logs: whatever was written when, and wherever the
 * process died, the state is that of a member which applied every entry once (I5).
 */
import { deepEqual, equal, ok } from "node:assert/strict";
import fc from "fast-check";

import type { Mutant } from "../../src/base/mutant.ts";
import { type Guard, type Operation, ROW_MARK, type Verdict } from "../../src/model/operation.ts";
import { Replica } from "../../src/replica/replica.ts";
import type { Entry } from "../../src/wire/entry.ts";
import { decodeRow, encodeRow } from "../../src/wire/record.ts";
import { by, drop, entryAt, guard, type Request, roster, stateOf } from "./entries.ts";

const MOST = 50;
const ROW = fc.constantFrom("node/n1", "node/n2", "node/n3");
const ROWS = fc.uniqueArray(ROW, { minLength: 1, maxLength: 2 });
const ATTRIBUTE = fc.constantFrom(ROW_MARK, "a", "b");
const VALUE = fc.constantFrom("x", "y", "z");

const GUARD: fc.Arbitrary<Guard> = fc.oneof(
  fc.record({ test: fc.constantFrom("exists", "absent"), rows: ROWS }),
  fc.record({
    test: fc.constant("equals"),
    row: ROW,
    attribute: ATTRIBUTE,
    value: fc.option(VALUE),
  }),
  fc.record({ test: fc.constant("unchanged"), rows: ROWS, since: fc.nat(MOST) }),
);

const OPERATION: fc.Arbitrary<Operation> = fc.oneof(
  fc.record({
    kind: fc.constant("set"),
    rows: ROWS,
    cells: fc.array(fc.tuple(ATTRIBUTE, VALUE), { minLength: 1, maxLength: 3 }),
  }),
  fc.record({ kind: fc.constant("clear"), rows: ROWS, attributes: fc.array(ATTRIBUTE) }),
  ROWS.map((rows) => drop(...rows)),
  GUARD.map(guard),
);

/** Few origins and sequences, so that requests often come twice; some of an earlier boot. */
const REQUEST: fc.Arbitrary<Request> = fc.record({
  operations: fc.array(OPERATION, { maxLength: 4 }),
  id: fc.option(
    fc.tuple(fc.integer({ min: 1, max: 4 }), fc.integer({ min: 1, max: 6 }), fc.nat(9))
      .map(([origin, sequence, old]) => by(origin, sequence, old === 0 ? 0 : 1)),
    { nil: undefined },
  ),
});

/** The request as after so many more restarts of its origin. */
function restarted({ operations, id }: Request, times: number): Request {
  return { operations, id: id && { ...id, boot: id.boot + times } };
}

/** Admits the next member, or removes the one at a place; ids are never used again. */
const ROSTER_CHANGE = fc.option(fc.nat(4));
const STEP = fc.oneof({ weight: 6, arbitrary: REQUEST }, { weight: 1, arbitrary: ROSTER_CHANGE });

const LOG: fc.Arbitrary<readonly Entry[]> = fc.array(STEP, { maxLength: MOST, size: "max" }).map(
  (steps) => {
    let members = [1, 2];
    let next = 3;
    const requests = steps.map((step, i): Request => {
      if (typeof step === "object" && step !== null) return restarted(step, Math.floor(i / 8));
      if (step === null) members = [...members, next++];
      else members = members.filter((_, i) => i !== step || members.length === 1);
      return { operations: [roster(...members)] };
    });
    return [{ operations: [roster(1, 2)] }, ...requests].map((it, i) => entryAt(i + 1, it));
  },
);

interface Course {
  readonly replica: Replica;
  readonly verdicts: readonly Verdict[];
}

/** Applies every entry once, one after the other. */
function straight(entries: readonly Entry[]): Course {
  const replica = new Replica();
  return { replica, verdicts: entries.map((entry) => replica.apply(entry).verdict) };
}

/** What a member's disk holds: rows written one by one, long after they changed, and verdicts. */
class LazyDisk {
  readonly #rows = new Map<string, Uint8Array>();
  #run: { left: number; readonly index: number } | undefined;
  /** Every effect up to here is in the rows. */
  #checkpoint = 0;
  verdicts: readonly Verdict[] = [];

  /** One batch: the verdicts so far, and some of the rows that changed. */
  write({ replica, verdicts }: Course, rows: number): void {
    this.verdicts = [...verdicts];
    this.#run ??= { left: replica.dirtyRows, index: replica.applied };
    for (const { row, record } of replica.takeDirty(Math.min(rows, this.#run.left))) {
      if (record === undefined) this.#rows.delete(row);
      else this.#rows.set(row, encodeRow(record));
      this.#run.left--;
    }
    if (this.#run.left > 0) return;
    this.#checkpoint = this.#run.index;
    this.#run = undefined;
  }

  /** A process starts on this disk. */
  load(entries: readonly Entry[], mutant?: Mutant): Replica {
    this.#run = undefined;
    const replica = new Replica(mutant);
    for (const bytes of this.#rows.values()) replica.join(decodeRow(bytes));
    replica.caughtUp(this.#checkpoint);
    for (const [i, verdict] of this.verdicts.entries()) {
      if (i >= this.#checkpoint) replica.replay(entries[i] as Entry, verdict);
    }
    return replica;
  }
}

/** How many rows are written after each entry; none: no batch at all. The last is the crash. */
type Batches = readonly (number | null)[];
const BATCHES: fc.Arbitrary<Batches> = fc.array(fc.option(fc.nat(3)), {
  maxLength: MOST,
  size: "max",
});

/** Goes on from what was loaded, and writes after entries as `batches` says. */
function goOn(disk: LazyDisk, replica: Replica, entries: readonly Entry[], batches: Batches): void {
  const verdicts = [...disk.verdicts];
  for (const rows of batches) {
    const entry = entries[replica.applied];
    if (entry === undefined) return;
    verdicts.push(replica.apply(entry).verdict);
    if (rows !== null) disk.write({ replica, verdicts }, rows);
  }
}

function diskAfter(entries: readonly Entry[], batches: Batches): LazyDisk {
  const disk = new LazyDisk();
  goOn(disk, new Replica(), entries, batches);
  return disk;
}

function restarts(mutant?: Mutant): fc.IPropertyWithHooks<[readonly Entry[], Batches]> {
  return fc.property(LOG, BATCHES, (entries, batches) => {
    const disk = diskAfter(entries, batches);
    const replica = disk.load(entries, mutant);
    const there = disk.verdicts.length;
    equal(replica.applied, there);
    const before = straight(entries.slice(0, there)).replica;
    equal(stateOf(replica), stateOf(before));
    deepEqual(replica.roster, before.roster);
    const whole = straight(entries);
    const rest = entries.slice(there).map((entry) => replica.apply(entry).verdict);
    deepEqual(rest, whole.verdicts.slice(there));
    equal(stateOf(replica), stateOf(whole.replica));
  });
}

Deno.test("rows written lazily and replayed give the state of straight applying", () => {
  fc.assert(restarts(), { numRuns: 400 });
});

Deno.test("a second restart, soon after the first, gives the same state", () => {
  fc.assert(
    fc.property(LOG, BATCHES, BATCHES, (entries, batches, later) => {
      const disk = diskAfter(entries, batches.slice(0, MOST / 2));
      goOn(disk, disk.load(entries), entries, later);
      const replica = disk.load(entries);
      equal(stateOf(replica), stateOf(straight(entries.slice(0, replica.applied)).replica));
    }),
    { numRuns: 400 },
  );
});

Deno.test("judging again at replay is caught by the law above", () => {
  ok(fc.check(restarts("replay-judges-again"), { numRuns: 400 }).failed);
});

Deno.test("a full copy at an index, then entries, gives the state of straight applying", () => {
  fc.assert(
    fc.property(LOG, fc.nat(MOST), (entries, at) => {
      const cut = Math.min(at, entries.length);
      const sender = straight(entries.slice(0, cut)).replica;
      const receiver = new Replica();
      for (const record of sender.records()) receiver.join(decodeRow(encodeRow(record)));
      receiver.caughtUp(cut);
      equal(stateOf(receiver), stateOf(sender));
      deepEqual(receiver.roster, sender.roster);
      const whole = straight(entries);
      const rest = entries.slice(cut).map((entry) => receiver.apply(entry).verdict);
      deepEqual(rest, whole.verdicts.slice(cut));
      equal(stateOf(receiver), stateOf(whole.replica));
    }),
    { numRuns: 400 },
  );
});

Deno.test("the generated logs hold every kind of verdict, and windows that were taken away", () => {
  const seen = new Set<string>();
  fc.assert(
    fc.property(LOG, (entries) => {
      const { replica, verdicts } = straight(entries);
      for (const { result } of verdicts) seen.add(result);
      for (const { row, floor } of replica.records()) {
        if (row.startsWith("window/") && floor > 0) seen.add("window gone");
      }
    }),
    { numRuns: 200 },
  );
  deepEqual([...seen].sort(), ["applied", "duplicate", "outdated", "refused", "window gone"]);
});
