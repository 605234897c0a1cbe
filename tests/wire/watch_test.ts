import { deepEqual, equal } from "node:assert/strict";

import { resumeIndex, type WatchEvent, watchEvent } from "../../src/wire/watch.ts";

const CHANGES = [{ nodes: ["n1"], attributes: { "info.note": "x", "type": null } }];

/** Every kind of event, and what to go on after. */
const EVENTS: readonly (readonly [WatchEvent, number | undefined])[] = [
  [{ event: "state", index: 7, changes: CHANGES }, 0],
  [{ event: "sync", index: 7 }, 7],
  [{ event: "change", index: 8, time: "2026-01-01T00:00:00.000Z", changes: CHANGES }, 8],
  [{ event: "change", index: 8, more: true, changes: CHANGES }, undefined],
  [{ event: "gap", index: 3, to: 8 }, undefined],
  [{ event: "reset", index: 8 }, 0],
  [{ event: "bookmark", index: 9, stale: 3 }, 9],
];

Deno.test("an event is read as it was told, and only a whole one can be gone on after", () => {
  for (const [event, index] of EVENTS) {
    deepEqual(watchEvent.parse(JSON.parse(JSON.stringify(event))), event);
    equal(resumeIndex(event), index, JSON.stringify(event));
  }
  equal(watchEvent.safeParse({ event: "other", index: 1 }).success, false);
});
