import { deepEqual, equal } from "node:assert/strict";

import {
  namesOf,
  resumeIndex,
  type WatchedChange,
  type WatchEvent,
  watchEvent,
} from "../../src/wire/watch.ts";

const CHANGES: WatchedChange[] = [
  { nodes: ["n1"], attributes: { "info.note": "x", "type": null } },
  { groups: ["g"], attributes: { a: { expression: "{n1}" }, b: [1, "x"], c: 5, d: true } },
];

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

Deno.test("a change is of nodes or of groups", () => {
  deepEqual(CHANGES.map(namesOf), [["n1"], ["g"]]);
  const neither = { event: "state", index: 1, changes: [{ attributes: {} }] };
  equal(watchEvent.safeParse(neither).success, false);
});
