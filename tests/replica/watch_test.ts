/** Watchers, told by hand; on generated logs: watch_generated_test.ts. */
import { deepEqual, equal } from "node:assert/strict";

import { Watcher, type WatcherOptions } from "../../src/replica/watch.ts";
import { encodeStagePart } from "../../src/wire/entry.ts";
import { resumeIndex } from "../../src/wire/watch.ts";
import { by, clear, create, drop, guard, roster, set } from "./entries.ts";
import { LARGE, Member, told } from "./watched_member.ts";

function watch(member: Member, options: WatcherOptions = {}): Watcher {
  return new Watcher(member, { pace: LARGE, ...options });
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
