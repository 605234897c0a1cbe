import { deepEqual, equal, match, ok as holds } from "node:assert/strict";

import { WATCH_BOOKMARK_MS } from "../../src/base/limits.ts";
import { nodeRow, type Operation, ROW_MARK } from "../../src/model/operation.ts";
import { Replica } from "../../src/replica/replica.ts";
import type { Watching } from "../../src/service/member_service.ts";
import { WatchHub } from "../../src/service/watch_hub.ts";
import { watchSource } from "../../src/service/watch_source.ts";
import type { Entry } from "../../src/wire/entry.ts";
import { ManualClock, valueOf } from "../contract/link_bench.ts";
import { entryAt } from "../replica/entries.ts";

class Scene {
  readonly clock = new ManualClock();
  readonly replica = new Replica();
  readonly entries: Entry[] = [];
  stale: number | undefined;
  /** Asked for by those who watch. */
  readonly asked: number[] = [];
  readonly hub = new WatchHub(
    watchSource(() => ({
      replica: this.replica,
      log: { at: (index) => this.entries[index - 1] },
      effects: { has: (index) => this.asked.push(index) > 0 },
    })),
    () => this.stale,
    this.clock,
  );

  do(...operations: Operation[]): void {
    const entry = entryAt(this.replica.applied + 1, { operations });
    this.entries.push(entry);
    this.replica.apply(entry);
    this.hub.turned();
  }

  create(node: string): void {
    this.do({ kind: "set", rows: [nodeRow(node)], cells: [[ROW_MARK, ""]] });
  }
}

function taken(watching: Watching): string[] {
  const events: string[] = [];
  for (let event; (event = watching.take()) !== undefined;) {
    const stale = "stale" in event ? ` ${event.stale} s` : "";
    events.push(`${event.event} ${event.index}${stale}`);
  }
  return events;
}

Deno.test("whoever waits is woken by what is news, and told when it was written", async () => {
  const scene = new Scene();
  const watching = valueOf(scene.hub.open({ from: 0 }));
  deepEqual(taken(watching), ["bookmark 0"]);
  const ready = watching.ready();
  scene.create("n1");
  equal(await ready, true);
  deepEqual(watching.take(), {
    event: "change",
    index: 1,
    time: "1970-01-01T00:00:00.010Z",
    changes: [{ nodes: ["n1"], created: true, attributes: {} }],
  });
  watching.close();
});

Deno.test("each 5 s a bookmark, once all is told; it says when no majority is heard", async () => {
  const scene = new Scene();
  scene.create("n1");
  const watching = valueOf(scene.hub.open({ from: 1 }));
  deepEqual([taken(watching), taken(watching)], [["bookmark 1"], []]);
  const ready = watching.ready();
  scene.do({ kind: "set", rows: ["invitation/i"], cells: [["key", "K"]] });
  equal(await ready, true);
  deepEqual(taken(watching), []);
  const later = watching.ready();
  scene.clock.advance(WATCH_BOOKMARK_MS);
  equal(await later, true);
  deepEqual([taken(watching), taken(watching)], [["bookmark 2"], []]);
  scene.stale = 7;
  scene.create("n2");
  scene.clock.advance(WATCH_BOOKMARK_MS);
  deepEqual(taken(watching), ["change 3", "bookmark 3 7 s"]);
  deepEqual(taken(valueOf(scene.hub.open({}))), ["state 3", "sync 3 7 s"]);
});

Deno.test("one with much to look through lets others have their turn", async () => {
  const scene = new Scene();
  for (let i = 0; i < 300; i++) scene.do({ kind: "clear", rows: ["invitation/i"], attributes: [] });
  const watching = valueOf(scene.hub.open({ from: 0 }));
  deepEqual([taken(watching), scene.asked.length], [[], 256]);
  deepEqual([taken(watching), scene.asked.length], [[], 256]);
  const ready = watching.ready();
  scene.hub.turned();
  scene.clock.advance(0);
  equal(await ready, true);
  deepEqual([taken(watching), scene.asked.length], [["bookmark 300"], 300]);
});

Deno.test("those who watch end at once, and nobody comes after", async () => {
  const scene = new Scene();
  const first = valueOf(scene.hub.open({ from: 0 })), ready = first.ready();
  scene.hub.endAll();
  deepEqual([await ready, await first.ready(), first.take()], [false, false, undefined]);
  const second = valueOf(scene.hub.open({ from: 0 }));
  scene.hub.close();
  equal(await second.ready(), false);
  const late = scene.hub.open({});
  holds(!late.ok);
  match(late.refusal.message, /this member stops/);
  // No timer is left behind.
  scene.clock.advance(10 * WATCH_BOOKMARK_MS);
});
