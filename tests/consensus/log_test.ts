import { deepEqual, equal, throws } from "node:assert/strict";
import fc from "fast-check";

import { Log } from "../../src/consensus/log.ts";
import { encodeBody, type Entry } from "../../src/wire/entry.ts";
import { emptyEntry, rosterOf } from "./stage.ts";

const BASE = { index: 0, roster: rosterOf("m1") };
const BROKEN = { name: "InvariantError" };

/** An entry whose body is of so many bytes: the log looks at none of them but the flags. */
function entryOf(index: number, term: number, bytes: number): Entry {
  return { index, term, hlc: 0, body: new Uint8Array(bytes) };
}

function rosterEntry(index: number, term: number, members: string): Entry {
  const operations = [{ kind: "roster" as const, roster: rosterOf(members) }];
  return { index, term, hlc: 0, body: encodeBody({ operations }) };
}

function logOf(...entries: readonly Entry[]): Log {
  const log = new Log(0, 0, BASE);
  for (const entry of entries) log.append(entry);
  return log;
}

function write(log: Log): void {
  log.writing(log.last);
  log.written();
}

/** `2: m1 m2`: since when which roster is in force. */
function inForce({ index, roster }: Log["roster"]): string {
  return `${index}: ${roster.members.map(({ name }) => name).join(" ")}`;
}

type Step =
  | { readonly does: "append"; readonly term: number; readonly bytes: number }
  | { readonly does: "truncate" | "forget" | "writing" | "written"; readonly at: number };

const STEPS: fc.Arbitrary<Step[]> = fc.array(
  fc.oneof(
    {
      weight: 4,
      arbitrary: fc.record({
        does: fc.constant("append" as const),
        term: fc.nat(2),
        bytes: fc.integer({ min: 2, max: 50 }),
      }),
    },
    {
      weight: 3,
      arbitrary: fc.record({
        does: fc.constantFrom("truncate", "forget", "writing", "written"),
        at: fc.nat(20),
      }),
    },
  ),
  { maxLength: 40, size: "max" },
);

/** The log as one list of everything it was ever given and not told to take back. */
class Model {
  entries: Entry[] = [];
  start = 0;
  /** How far each thing is on disk: the entries that are, while they are the log's. */
  onDisk: Entry[] = [];
  underWay: Entry[] = [];

  get stable(): number {
    let index = this.start;
    while (this.onDisk.includes(this.entries[index] as Entry)) index++;
    return index;
  }
}

function play(steps: readonly Step[]): { log: Log; model: Model } {
  const log = new Log(0, 0, BASE);
  const model = new Model();
  for (const step of steps) {
    const last = model.entries.length;
    if (step.does === "append") {
      const entry = entryOf(last + 1, log.lastTerm + step.term, step.bytes);
      log.append(entry);
      model.entries.push(entry);
    } else if (step.does === "truncate") {
      const from = model.start + 1 + step.at;
      if (from > last) continue;
      log.truncate(from);
      model.entries.length = from - 1;
    } else if (step.does === "forget") {
      const index = Math.min(step.at, model.stable);
      log.forget(index);
      model.start = Math.max(model.start, index);
    } else if (step.does === "writing") {
      log.writing(last);
      model.underWay = [...model.entries];
    } else {
      log.written();
      model.onDisk = [...model.onDisk, ...model.underWay];
    }
  }
  return { log, model };
}

Deno.test("a log is a list that is cut at its tail, forgotten at its head, and written", () => {
  fc.assert(
    fc.property(STEPS, (steps) => {
      const { log, model } = play(steps);
      const { start, entries } = model;
      equal(log.start, start);
      equal(log.last, entries.length);
      equal(log.startTerm, entries[start - 1]?.term ?? 0);
      equal(log.lastTerm, entries.at(-1)?.term ?? 0);
      equal(log.bytes, entries.slice(start).reduce((sum, { body }) => sum + body.length, 0));
      equal(log.stable, model.stable);
      for (let index = 0; index <= entries.length + 1; index++) {
        const kept = index > start ? entries[index - 1] : undefined;
        equal(log.at(index), kept);
        equal(log.termAt(index), index === start ? log.startTerm : kept?.term);
      }
    }),
    { numRuns: 500 },
  );
});

Deno.test("a slice holds as much as fits both bounds, and at least one entry", () => {
  const log = logOf(...[10, 20, 500, 10, 10].map((bytes, i) => entryOf(i + 1, 1, bytes)));
  const slice = (...bounds: [number, number, number]): number[] =>
    log.slice(...bounds).map(({ index }) => index);
  deepEqual(slice(1, 99, 9999), [1, 2, 3, 4, 5]);
  deepEqual(slice(1, 2, 9999), [1, 2]);
  deepEqual(slice(1, 99, 42 + 52), [1, 2]); // 32 bytes a head
  deepEqual(slice(1, 99, 42 + 51), [1]);
  deepEqual(slice(3, 99, 10), [3]);
  deepEqual(slice(2, 0, 0), [2]);
  deepEqual(slice(6, 99, 9999), []);
  log.writing(2);
  log.written();
  log.forget(2);
  deepEqual(slice(4, 1, 9999), [4]);
});

Deno.test("what is kept of a log is bounded by entries and by bytes", () => {
  const log = logOf(...[10, 20, 30, 40, 50].map((bytes, i) => entryOf(i + 1, 1, bytes)));
  equal(log.indexKeeping(99, 9999), 0);
  equal(log.indexKeeping(2, 9999), 3);
  equal(log.indexKeeping(0, 9999), 5);
  equal(log.indexKeeping(99, 90), 3);
  equal(log.indexKeeping(99, 89), 4);
  equal(log.indexKeeping(99, 49), 5);
  write(log);
  log.forget(3);
  equal(log.indexKeeping(99, 9999), 3);
  equal(log.indexKeeping(1, 9999), 4);
});

Deno.test("what was cut off while it was written is not on disk, though the write ends", () => {
  const log = logOf(emptyEntry(1, 1), emptyEntry(2, 1), emptyEntry(3, 1));
  log.writing(3);
  log.truncate(2);
  log.append(emptyEntry(2, 2));
  log.append(emptyEntry(3, 2));
  log.written();
  equal(log.stable, 1);
  write(log);
  equal(log.stable, 3);
});

Deno.test("a write that ends late takes nothing back", () => {
  const log = logOf(emptyEntry(1, 1), emptyEntry(2, 1));
  write(log);
  log.append(emptyEntry(3, 1));
  log.writing(1);
  log.written();
  equal(log.stable, 2);
});

Deno.test("entries come in order, and their terms never fall", () => {
  const log = logOf(emptyEntry(1, 2));
  throws(() => log.append(emptyEntry(3, 2)), BROKEN);
  throws(() => log.append(emptyEntry(1, 2)), BROKEN);
  throws(() => log.append(emptyEntry(2, 1)), BROKEN);
  log.append(emptyEntry(2, 3));
  equal(log.lastTerm, 3);
});

Deno.test("only what is on disk is forgotten, and once", () => {
  const log = logOf(emptyEntry(1, 1), emptyEntry(2, 1), emptyEntry(3, 2));
  log.writing(2);
  log.written();
  throws(() => log.forget(3), BROKEN);
  log.forget(2);
  log.forget(1);
  equal(log.start, 2);
  equal(log.startTerm, 1);
  equal(log.termAt(1), undefined);
  equal(log.termAt(2), 1);
});

Deno.test("the newest roster in the log is in force, until its entry is cut off", () => {
  const log = logOf(
    emptyEntry(1, 1),
    rosterEntry(2, 1, "m1 m2"),
    emptyEntry(3, 1),
    rosterEntry(4, 1, "m1 m2 m3"),
  );
  equal(inForce(log.roster), "4: m1 m2 m3");
  log.truncate(4);
  equal(inForce(log.roster), "2: m1 m2");
  log.truncate(3);
  equal(inForce(log.roster), "2: m1 m2");
  log.truncate(2);
  equal(inForce(log.roster), "0: m1");
});

Deno.test("at each index that roster was in force which came last before it", () => {
  const log = logOf(
    emptyEntry(1, 1),
    rosterEntry(2, 1, "m1 m2"),
    emptyEntry(3, 1),
    rosterEntry(4, 1, "m1 m2 m3"),
  );
  const at = (): string[] => [0, 1, 2, 3, 4, 9].map((index) => inForce(log.rosterAt(index)));
  const [one, two, three] = ["0: m1", "2: m1 m2", "4: m1 m2 m3"];
  deepEqual(at(), [one, one, two, two, three, three]);
  write(log);
  log.forget(3);
  // What was in force before the log begins is not known any more.
  deepEqual(at(), [two, two, two, two, three, three]);
  log.forget(4);
  deepEqual(at(), Array(6).fill(three));
});

Deno.test("a log that begins with a roster of a later entry keeps it", () => {
  // A checkpoint may hold a roster that is newer than where the log begins.
  const log = new Log(0, 0, { index: 4, roster: rosterOf("m1 m2 m3") });
  log.append(rosterEntry(1, 1, "m1"));
  equal(inForce(log.roster), "4: m1 m2 m3");
  log.append(emptyEntry(2, 1));
  log.append(emptyEntry(3, 1));
  log.append(rosterEntry(4, 1, "m1 m2 m3"));
  equal(inForce(log.roster), "4: m1 m2 m3");
  log.append(rosterEntry(5, 1, "m2"));
  equal(inForce(log.roster), "5: m2");
  log.truncate(5);
  equal(inForce(log.roster), "4: m1 m2 m3");
});

Deno.test("after a full copy the log begins anew, empty and on disk", () => {
  // Its own tail, which was never committed, was longer than the copy, and being written.
  const log = logOf(...Array.from({ length: 50 }, (_, i) => emptyEntry(i + 1, 1)));
  log.append(rosterEntry(51, 1, "m1 m2"));
  log.writing(51);
  log.restart(40, 7, { index: 30, roster: rosterOf("m2") });
  log.written();
  equal(`${log.start}/${log.startTerm} ${log.last}/${log.lastTerm}`, "40/7 40/7");
  equal(log.stable, 40);
  equal(log.bytes, 0);
  equal(log.at(3), undefined);
  equal(inForce(log.roster), "30: m2");
  log.append(emptyEntry(41, 7));
  equal(log.last, 41);
  equal(log.stable, 40);
});
