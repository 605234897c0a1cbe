/**
 * Watchers on generated logs: whatever they were told, in whatever way, makes their copy what the
 * state is, and no cell ever went back.
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
import { Watcher, type WatcherEvent } from "../../src/replica/watch.ts";
import { changeOf } from "../../src/replica/watch_change.ts";
import type { Entry } from "../../src/wire/entry.ts";
import { namesOf, resumeIndex } from "../../src/wire/watch.ts";
import { clear, create, drop, guard, type Request, set } from "./entries.ts";
import { LARGE, Member, told } from "./watched_member.ts";

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
