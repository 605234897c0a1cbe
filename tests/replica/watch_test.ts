/**
 * Watchers, told by hand and on generated logs: whatever they were told, in whatever way, makes
 * their copy what the state is, and no cell ever went back.
 */
import { deepEqual, equal, ok as holds } from "node:assert/strict";
import fc from "fast-check";

import { EVERYTHING } from "../../src/model/catalogue/membership.ts";
import { REMOVED } from "../../src/model/groups.ts";
import { groupRow, nodeRow, ROW_MARK } from "../../src/model/operation.ts";
import {
  type PublicRow,
  publicRow,
  type PublicValue,
  publicValue,
} from "../../src/model/public_row.ts";
import { toCell } from "../../src/model/stored_value.ts";
import { Replica } from "../../src/replica/replica.ts";
import {
  Watcher,
  type WatcherEvent,
  type WatcherOptions,
  type WatchSource,
} from "../../src/replica/watch.ts";
import { changeOf, type EntryChange } from "../../src/replica/watch_change.ts";
import { encodeStagePart, type Entry } from "../../src/wire/entry.ts";
import { namesOf, resumeIndex } from "../../src/wire/watch.ts";
import { by, clear, create, drop, entryAt, guard, type Request, roster, set } from "./entries.ts";

/** A member of one process whose log can be forgotten and whose state can be put in its place. */
class Member implements WatchSource {
  replica = new Replica();
  /** The log ends behind it. */
  start = 0;
  readonly refused = new Set<number>();
  readonly entries: Entry[] = [];

  get applied(): number {
    return this.replica.applied;
  }

  get collectionFloor(): number {
    return this.replica.collected;
  }

  get cells(): Replica["cells"] {
    return this.replica.cells;
  }

  change(index: number): EntryChange | null | undefined {
    const entry = this.entries[index - 1];
    if (index <= this.start || entry === undefined) return undefined;
    return this.refused.has(index) ? null : changeOf(entry);
  }

  do(...operations: Request["operations"]): number {
    return this.take({ operations });
  }

  take(request: Request): number {
    const entry = entryAt(this.applied + 1, request);
    this.entries.push(entry);
    if (this.replica.apply(entry).verdict.result !== "applied") this.refused.add(entry.index);
    return entry.index;
  }

  /** A full copy, or a delta, takes the place of the state and of the log. */
  copied(): void {
    const copy = new Replica();
    for (const record of this.replica.records()) copy.join(record);
    copy.caughtUp(this.applied);
    this.replica = copy;
    this.start = this.applied;
  }
}

const LARGE = { behind: 1_000, gapRows: 1_000, partBytes: 1_000_000 };

function watch(member: Member, options: WatcherOptions = {}): Watcher {
  return new Watcher(member, { pace: LARGE, ...options });
}

/** All that there is to tell. */
function told(watcher: Watcher, most = Infinity): WatcherEvent[] {
  const events: WatcherEvent[] = [];
  while (events.length < most) {
    const step = watcher.next();
    if (step === "told" || step === "over") break;
    if (step !== "later") events.push(step);
  }
  return events;
}

const note = (node: string, text: string): ReturnType<typeof set> =>
  set(`node/${node}`, ["info.note", text]);

Deno.test("whoever was told more than is there now has to come again", () => {
  const member = new Member();
  member.do(create("node/n1"));
  const behind = member.replica;
  member.copied();
  member.do(note("n1", "a"));
  const watcher = watch(member, { isAnew: true });
  deepEqual(watcher.next(), { event: "reset", index: 2 });
  member.replica = behind;
  equal(watcher.next(), "over");
  member.do(note("n1", "a"));
  equal(watcher.next(), "over");
});

Deno.test("a new watcher is told the state, sync, then each entry", () => {
  const member = new Member();
  member.do(create("node/n10"), note("n10", "a"));
  member.do(create("node/n2"), set("invitation/i", ["key", "K"]));
  const watcher = watch(member);
  deepEqual(told(watcher), [
    {
      event: "state",
      index: 2,
      changes: [
        { nodes: ["n10"], created: true, attributes: { "info.note": "a" } },
        { nodes: ["n2"], created: true, attributes: {} },
      ],
    },
    { event: "sync", index: 2 },
  ]);
  member.do(note("n2", "b"));
  member.do(set("invitation/j", ["key", "K"]));
  member.do(guard({ test: "exists", rows: ["node/n9"] }), note("n2", "refused"));
  member.do(drop("node/n10"));
  deepEqual(told(watcher), [
    {
      event: "change",
      index: 3,
      timeMs: 30,
      changes: [{ nodes: ["n2"], attributes: { "info.note": "b" } }],
    },
    {
      event: "change",
      index: 6,
      timeMs: 60,
      changes: [{ nodes: ["n10"], dropped: true, attributes: {} }],
    },
  ]);
  equal(watcher.at, 6);
});

Deno.test("an index goes on after it, within the nodes that were asked for", () => {
  const member = new Member();
  for (const node of ["n1", "n2"]) member.do(create(`node/${node}`));
  member.do(note("n1", "a"));
  member.do(note("n2", "b"));
  const watcher = watch(member, { from: 2, nodes: new Set(["n2", "n9"]) });
  const seen = told(watcher).map((event) => [event.event, event.index]);
  deepEqual([seen, watcher.at], [[["change", 4]], 4]);
  member.do(create("node/n9"));
  deepEqual(told(watcher).map(({ index }) => index), [5]);
  deepEqual(told(watch(member, { nodes: new Set(["n9", "n2"]) }))[0], {
    event: "state",
    index: 5,
    changes: [
      { nodes: ["n9"], created: true, attributes: {} },
      { nodes: ["n2"], created: true, attributes: { "info.note": "b" } },
    ],
  });
});

Deno.test("groups are told before nodes, whichever nodes were asked for, and through gaps", () => {
  const member = new Member();
  member.do(create("node/n1"), create("node/n2"), create("group/g"), set("group/g", ["a", "1"]));
  const nodes = new Set(["n2"]);
  deepEqual(told(watch(member, { nodes })), [
    {
      event: "state",
      index: 1,
      changes: [
        { groups: ["g"], created: true, attributes: { a: "1" } },
        { nodes: ["n2"], created: true, attributes: {} },
      ],
    },
    { event: "sync", index: 1 },
  ]);
  const late = watch(member, { from: 1, nodes });
  const gone = watch(member, { from: 1, nodes });
  member.do(set("group/g", ["a", "2"]), set("node/n1", ["a", "2"]));
  member.do(drop("group/g"));
  const second = { groups: ["g"], attributes: { a: "2" } };
  const third = { groups: ["g"], dropped: true, attributes: {} };
  deepEqual(told(late), [
    { event: "change", index: 2, timeMs: 20, changes: [second] },
    { event: "change", index: 3, timeMs: 30, changes: [third] },
  ]);
  member.copied();
  deepEqual(told(gone), [
    { event: "gap", index: 1, to: 3 },
    { event: "change", index: 3, changes: [third] },
    { event: "sync", index: 3 },
  ]);
});

Deno.test("groups count among the rows of a gap, and come in parts", () => {
  const member = new Member();
  member.do(...["a", "b", "c"].map((name) => create(`group/${name}`)));
  member.copied();
  const nodes = new Set<string>();
  const kinds = (of: Partial<typeof LARGE>, from?: number): string[] =>
    told(watch(member, { from, nodes, pace: { ...LARGE, ...of } })).map(({ event }) => event);
  deepEqual(kinds({ gapRows: 2 }, 0), ["reset", "state", "sync"]);
  deepEqual(kinds({ partBytes: 30 }, 0), ["gap", "change", "change", "change", "sync"]);
  deepEqual(kinds({ partBytes: 30 }), ["state", "state", "state", "sync"]);
});

Deno.test("an index that is not reached yet waits for it", () => {
  const member = new Member();
  member.do(create("node/n1"));
  const watcher = watch(member, { from: 2 });
  deepEqual([told(watcher), watcher.at], [[], 2]);
  member.do(note("n1", "a"));
  deepEqual(told(watcher), []);
  member.do(note("n1", "b"));
  deepEqual(told(watcher).map(({ index }) => index), [3]);
});

Deno.test("where entries are missing each changed cell is told once, by its stamp", () => {
  const member = new Member();
  member.do(create("node/n1"), create("node/n2"), create("node/n3"));
  member.do(note("n1", "a"));
  member.do(note("n2", "b"));
  member.do(note("n1", "c"), set("node/n1", ["x", "1"]));
  member.do(clear("node/n1", "x"));
  member.do(drop("node/n3"));
  member.copied();
  const watcher = watch(member, { from: 1 });
  const change = (index: number, of: object): object => ({
    event: "change",
    index,
    changes: [{ attributes: {}, ...of }],
  });
  deepEqual(told(watcher), [
    { event: "gap", index: 1, to: 6 },
    change(3, { nodes: ["n2"], attributes: { "info.note": "b" } }),
    change(4, { nodes: ["n1"], attributes: { "info.note": "c" } }),
    change(5, { nodes: ["n1"], attributes: { x: null } }),
    change(6, { nodes: ["n3"], dropped: true }),
    { event: "sync", index: 6 },
  ]);
  member.do(note("n1", "d"));
  deepEqual(told(watcher).map(({ event, index }) => [event, index]), [["change", 7]]);
});

Deno.test("what waited in a stage is told when it is applied, out of the state", () => {
  const member = new Member();
  member.do(roster(1), create("node/n1"), create("node/n2"));
  const watcher = watch(member, { from: 1 });
  const bytes = encodeStagePart([note("n1", "staged"), note("n2", "staged")]);
  const part = [{ kind: "stage", stage: "a0", part: 0, bytes }] as const;
  member.take({ operations: part, id: by(1, 1) });
  deepEqual(told(watcher), []);
  const all = [{ kind: "applyStage", stage: "a0", parts: 1 }] as const;
  member.take({ operations: all, id: by(1, 2) });
  const change = (node: string): object => ({
    nodes: [node],
    attributes: { "info.note": "staged" },
  });
  deepEqual(told(watcher), [
    { event: "gap", index: 2, to: 3 },
    { event: "change", index: 3, changes: [change("n1"), change("n2")] },
    { event: "sync", index: 3 },
  ]);
});

Deno.test("below the collection floor, and for too many rows, all is told anew", () => {
  const member = new Member();
  for (let i = 1; i <= 4; i++) member.do(create(`node/n${i}`));
  member.do(drop("node/n1"));
  member.start = member.applied;
  const kinds = (watcher: Watcher): string[] => told(watcher).map(({ event }) => event);
  const anew = ["reset", "state", "sync"];
  deepEqual(kinds(watch(member, { from: 1, pace: { ...LARGE, gapRows: 3 } })), anew);
  deepEqual(kinds(watch(member, { from: 4 })), ["gap", "change", "sync"]);
  member.do({ kind: "collect", floor: 4 });
  deepEqual(kinds(watch(member, { from: 4 })), ["gap", "change", "sync"]);
  deepEqual(kinds(watch(member, { from: 3 })), anew);
  member.start = 3;
  deepEqual(kinds(watch(member, { from: 3 })), ["change", "change"]);
});

Deno.test("a reader overtaken by the collection of tombstones is told all anew", () => {
  const member = new Member();
  member.do(create("node/n1"), create("node/n2"), note("n1", "a"), note("n2", "b"));
  member.do(note("n1", "c"));
  member.do(clear("node/n1", "info.note"), clear("node/n2", "info.note"));
  member.copied();
  const watcher = watch(member, { from: 1, pace: { ...LARGE, partBytes: 1 } });
  const [gap, first] = told(watcher, 2);
  deepEqual([gap?.event, first], ["gap", {
    event: "change",
    index: 3,
    more: true,
    changes: [{ nodes: ["n1"], attributes: { "info.note": null } }],
  }]);
  member.do({ kind: "collect", floor: 3 });
  const rest = told(watcher);
  equal(rest[0] && resumeIndex(rest[0]), undefined);
  deepEqual(rest.map(({ event }) => event), ["change", "reset", "state", "state", "sync"]);
});

Deno.test("who falls behind gets last values, who came late gets every entry", () => {
  const member = new Member();
  member.do(create("node/n1"));
  const pace = { ...LARGE, behind: 3 };
  const slow = watch(member, { from: 1, pace });
  for (let i = 2; i <= 6; i++) member.do(note("n1", `${i}`));
  deepEqual(told(slow).map(({ event, index }) => [event, index]), [
    ["gap", 1],
    ["change", 6],
    ["sync", 6],
  ]);
  deepEqual(told(watch(member, { from: 1, pace })).map(({ index }) => index), [2, 3, 4, 5, 6]);
});

Deno.test("a large entry comes in parts, of which the last has the id", () => {
  const member = new Member();
  const rows = Array.from({ length: 6 }, (_, i) => create(`node/n${i}`));
  member.do(...rows);
  const pace = { ...LARGE, partBytes: 60 };
  const events = told(watch(member, { from: 0, pace }));
  deepEqual(events.map((event) => [resumeIndex(event), "more" in event]), [
    [undefined, true],
    [undefined, true],
    [1, false],
  ]);
  const parts = told(watch(member, { pace }));
  deepEqual(parts.map(({ event }) => event), ["state", "state", "state", "sync"]);
});

Deno.test("a watcher that finds nothing lets others have their turn", () => {
  const member = new Member();
  for (let i = 0; i < 600; i++) member.do(create("invitation/i"));
  const watcher = watch(member, { from: 0 });
  deepEqual([1, 2, 3].map(() => watcher.next()), ["later", "later", "told"]);
});

// ---- generated logs

const ALL = groupRow(EVERYTHING);

/** What a client makes of what it is told, which must never be told an older value of a cell. */
class Client {
  /** The group of all is there without being told. */
  readonly rows = new Map<string, Map<string, PublicValue>>([[ALL, new Map()]]);
  readonly #stamps = new Map<string, number>();
  last: number | undefined;
  entries: number[] = [];
  isExact = true;

  take(event: WatcherEvent): void {
    if (event.event === "reset") this.forget();
    if (event.event === "gap") this.isExact = false;
    this.last = resumeIndex(event) ?? this.last;
    if (event.event !== "state" && event.event !== "change") return;
    if (event.event === "change") this.entries.push(event.index);
    for (const change of event.changes) {
      const { created, dropped, attributes } = change;
      for (const name of namesOf(change)) {
        const row = "nodes" in change ? nodeRow(name) : groupRow(name);
        if (dropped) this.rows.delete(row);
        if (created) this.rows.set(row, this.rows.get(row) ?? new Map());
        for (const [name, value] of Object.entries(attributes)) {
          this.#cell(row, name, value, event.index, event.event === "state");
        }
      }
    }
  }

  /** Parts of an entry that was not told to its end are told again, maybe after older ones. */
  reconnects(): void {
    for (const [key, stamp] of this.#stamps) {
      if (stamp > (this.last ?? 0)) this.#stamps.delete(key);
    }
  }

  forget(): void {
    this.rows.clear();
    this.rows.set(ALL, new Map());
    this.#stamps.clear();
    this.isExact = false;
  }

  #cell(row: string, name: string, value: PublicValue, index: number, isState: boolean): void {
    const key = `${row} ${name}`;
    if (!isState) {
      holds(index >= (this.#stamps.get(key) ?? 0), `${key} went back to ${index}`);
      this.#stamps.set(key, index);
    }
    const attributes = this.rows.get(row) ?? new Map();
    this.rows.set(row, attributes);
    if (value === null) attributes.delete(name);
    else attributes.set(name, value);
  }

  /** Rows that are there, and what they are; those of other clients of the same rows alike. */
  text(): string {
    return JSON.stringify([...this.rows].sort().map(([row, of]) => [row, [...of].sort()]));
  }
}

function stateText({ cells }: Member, isWanted: (row: PublicRow) => boolean): string {
  const client = new Client();
  for (const row of [...cells.rows("node/"), ...cells.rows("group/"), ALL]) {
    const told = publicRow(row);
    if (told === undefined || !isWanted(told)) continue;
    const values = Array.from(
      cells.valuesOf(row),
      ([name, cell]) => [name, publicValue(cell)] as const,
    );
    client.rows.set(row, new Map(values.filter(([, value]) => value !== null)));
  }
  if (cells.value(ALL, REMOVED) !== null) client.rows.delete(ALL);
  return client.text();
}

const ROW = fc.constantFrom("node/n1", "node/n2", "node/n3", "group/n3");
const NAME = fc.constantFrom("a", "b");
const CELL = fc.oneof(
  fc.string({ maxLength: 2 }),
  fc.constantFrom(
    toCell({ kind: "expression", expression: "{nodename}" }),
    toCell({ kind: "json", json: "[1]" }),
    toCell({ kind: "sealed", sealed: "S" }),
  ),
);
const isThere = guard({ test: "equals", row: ALL, attribute: REMOVED, value: null });
/** As requests make them: attributes only of rows that are there, in the same entry judged. */
const CHANGE = fc.oneof(
  fc.tuple(ROW, NAME, CELL).map(([row, name, value]) => [
    guard({ test: "exists", rows: [row] }),
    set(row, [name, value]),
  ]),
  fc.tuple(ROW, NAME).map(([row, name]) => [
    guard({ test: "exists", rows: [row] }),
    clear(row, name),
  ]),
  ROW.map((row) => [
    guard({ test: "absent", rows: [row] }),
    set(row, [ROW_MARK, ""], ["a", "new"]),
  ]),
  ROW.map((row) => [guard({ test: "exists", rows: [row] }), drop(row)]),
  ROW.map((row) => [
    drop(row),
    set(row, [ROW_MARK, ""], ["b", "again"]),
    create("node/n5"),
  ]),
  fc.tuple(NAME, CELL).map(([name, value]) => [isThere, create(ALL), set(ALL, [name, value])]),
  fc.constantFrom(
    [isThere, drop(ALL), set(ALL, [REMOVED, "true"])],
    [create(ALL), clear(ALL, REMOVED)],
    [isThere, drop(ALL, "node/n1")],
  ),
);

type Step =
  | { readonly do: Request["operations"] }
  | { readonly read: number }
  | { readonly happens: "forgets" | "copied" | "reconnects" | "moves" | "collects" };

const STEP: fc.Arbitrary<Step> = fc.oneof(
  { weight: 12, arbitrary: CHANGE.map((operations) => ({ do: operations })) },
  { weight: 5, arbitrary: fc.nat(4).map((read) => ({ read })) },
  {
    weight: 2,
    arbitrary: fc.constantFrom("forgets", "copied", "reconnects", "moves", "collects")
      .map((happens) => ({ happens } as const)),
  },
);

const PACE = fc.record({
  behind: fc.constantFrom(2, 1_000),
  gapRows: fc.constantFrom(3, 1_000),
  partBytes: fc.constantFrom(1, 1_000_000),
});

/** Two members with one log, and a client that reads now and then at one of them. */
function follow(steps: readonly Step[], pace: typeof LARGE, nodes?: ReadonlySet<string>): void {
  const members = [new Member(), new Member()];
  let [here = new Member(), there = new Member()] = members;
  const client = new Client();
  let watcher = new Watcher(here, { pace, nodes });
  const reconnect = (): void => {
    client.reconnects();
    const { last } = client;
    watcher = new Watcher(here, { ...last === 0 ? { isAnew: true } : { from: last }, pace, nodes });
  };
  const read = (most: number): void => told(watcher, most).forEach((event) => client.take(event));
  for (const step of steps) {
    if ("do" in step) members.forEach((member) => member.do(...step.do));
    else if ("read" in step) read(step.read);
    else if (step.happens === "forgets") here.start = here.applied;
    else if (step.happens === "copied") here.copied();
    else if (step.happens === "collects") {
      const floor = here.applied;
      members.forEach((member) => member.do({ kind: "collect", floor }));
    } else {
      if (step.happens === "moves") [here, there] = [there, here];
      reconnect();
    }
  }
  read(Infinity);
  const isWanted = ({ kind, name }: PublicRow): boolean =>
    kind !== "node" || (nodes?.has(name) ?? true);
  equal(client.text(), stateText(here, isWanted));
  if (!client.isExact || pace.partBytes === 1) return;
  const after = client.entries[0] ?? Infinity;
  const wanted = here.entries.filter(({ index }) =>
    index >= after && touches(here, index, isWanted)
  );
  deepEqual(client.entries, wanted.map(({ index }) => index));
}

function touches(member: Member, index: number, isWanted: (row: PublicRow) => boolean): boolean {
  if (member.refused.has(index)) return false;
  const entry = member.entries[index - 1] as Entry;
  return [...changeOf(entry)?.changes(isWanted) ?? []].length > 0;
}

Deno.test("whatever happens, the last values are told, in order, and none that was refused", () => {
  fc.assert(
    fc.property(fc.array(STEP, { maxLength: 80, size: "max" }), PACE, (steps, pace) => {
      follow(steps, pace);
      follow(steps, pace, new Set(["n2", "n5"]));
    }),
    { numRuns: 1_000 },
  );
});
