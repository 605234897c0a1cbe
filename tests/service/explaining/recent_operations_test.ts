import { deepEqual, equal, ok as holds } from "node:assert/strict";

import {
  MAX_NAME_LENGTH,
  MAX_RECENT_NODES,
  MAX_RECENT_OPERATIONS,
  MAX_RECENT_OUTCOME_LENGTH,
} from "../../../src/base/limits.ts";
import type { Clock } from "../../../src/io/clock.ts";
import { RecentOperations } from "../../../src/service/explaining/recent_operations.ts";

const ASKED = { command: { path: "power/state", set: "on" }, by: "root", through: "m1" } as const;
const IS_ON = { node: "n1", values: { state: { value: "on" } } };

class HandClock implements Clock {
  monoMs = 1_000.5;

  now(): { monoMs: number; wallMs: number } {
    return { monoMs: this.monoMs, wallMs: 0 };
  }

  after(): () => void {
    return () => {};
  }
}

Deno.test("an operation is told from when it begins, and then with what came of it", () => {
  const clock = new HandClock(), recent = new RecentOperations(clock);
  deepEqual(recent.of("n1"), []);
  const beginning = recent.begin("n1", ASKED);
  clock.monoMs += 30;
  deepEqual(recent.of("n1"), [{ ...ASKED, agoMs: 30, epoch: undefined, ended: undefined }]);
  beginning.granted(7);
  beginning.end(IS_ON);
  clock.monoMs += 5;
  const ended = { tookMs: 30, result: IS_ON };
  deepEqual(recent.of("n1"), [{ ...ASKED, agoMs: 35, epoch: 7, ended }]);
  deepEqual(recent.of("n2"), []);
});

Deno.test("what another member is to do is no operation of this one", () => {
  const recent = new RecentOperations(new HandClock());
  recent.begin("n1", ASKED).end(IS_ON);
  recent.begin("n1", ASKED).end({ node: "n1", elsewhere: "m2 does" });
  equal(recent.of("n1").length, 1);
  recent.begin("n2", ASKED).end({ node: "n2", elsewhere: "m2 does" });
  deepEqual(recent.of("n2"), []);
});

Deno.test("the newest of each node are kept, and of the nodes that were asked last", () => {
  const clock = new HandClock(), recent = new RecentOperations(clock);
  for (let i = 0; i < MAX_RECENT_OPERATIONS + 2; i++) {
    clock.monoMs += 1;
    recent.begin("n1", { ...ASKED, by: `user${i}` });
  }
  const users = recent.of("n1").map(({ by }) => by);
  equal(users.length, MAX_RECENT_OPERATIONS);
  deepEqual([users[0], users.at(-1)], [`user${MAX_RECENT_OPERATIONS + 1}`, "user2"]);
  recent.begin("n2", ASKED);
  recent.begin("n1", ASKED);
  for (let i = 0; i < MAX_RECENT_NODES - 1; i++) recent.begin(`x${i}`, ASKED);
  deepEqual([recent.of("n2").length, recent.of("n1").length], [0, MAX_RECENT_OPERATIONS]);
  recent.begin("one more", ASKED);
  equal(recent.of("n1").length, 0);
});

Deno.test("whatever a controller says, little of it is kept", () => {
  const recent = new RecentOperations(new HandClock());
  const long = "x".repeat(2 * MAX_RECENT_OUTCOME_LENGTH);
  recent.begin("n1", { ...ASKED, by: long }).end({ node: "n1", errorcode: 502, error: long });
  const health = { health: { value: "critical" }, sensors: [long], more: { value: 1 } };
  recent.begin("n1", ASKED).end({ node: "n1", values: health });
  const [second, first] = recent.of("n1");
  equal(first?.by.length, MAX_NAME_LENGTH);
  const failed = first?.ended?.result;
  holds(failed !== undefined && "error" in failed);
  equal(failed.error.length, MAX_RECENT_OUTCOME_LENGTH);
  const values = { health: { value: "critical" }, more: { value: 1 } };
  deepEqual(second?.ended?.result, { node: "n1", values });
});
