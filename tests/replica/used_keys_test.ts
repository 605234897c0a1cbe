import { deepEqual, equal } from "node:assert/strict";

import { KEY_KEPT_MS } from "../../src/base/limits.ts";
import type { Operation, Verdict } from "../../src/model/operation.ts";
import { CellMap } from "../../src/replica/cells.ts";
import { DeltaCut, DeltaTarget } from "../../src/replica/delta.ts";
import { Replica } from "../../src/replica/replica.ts";
import { overKeys, UsedKeys } from "../../src/replica/used_keys.ts";
import { encodeBody } from "../../src/wire/entry.ts";
import { drop, guard, set, stateOf } from "./entries.ts";

const ONCE = { kind: "once", key: "aa", request: "01" } as const;
const START_MS = 1_700_000_000_000;

function applyAt(replica: Replica, ms: number, ...operations: Operation[]): Verdict {
  const body = encodeBody({ operations });
  const index = replica.applied + 1;
  return replica.apply({ index, term: 1, hlc: ms * 1024, body }).verdict;
}

Deno.test("an entry takes effect once for its key, and a retry is told of that time", () => {
  const replica = new Replica();
  deepEqual(applyAt(replica, START_MS, set("r", ["a", "1"]), ONCE), { result: "applied" });
  deepEqual(applyAt(replica, START_MS + 1, set("r", ["a", "2"]), ONCE), {
    result: "repeated",
    index: 1,
  });
  equal(replica.cells.value("r", "a"), "1");
});

Deno.test("an entry that was refused has not used its key", () => {
  const replica = new Replica();
  const exists = guard({ test: "exists", rows: ["r"] });
  equal(applyAt(replica, START_MS, exists, set("r", ["a", "1"]), ONCE).result, "refused");
  applyAt(replica, START_MS, set("r", [".", ""]));
  equal(applyAt(replica, START_MS, exists, set("r", ["a", "1"]), ONCE).result, "applied");
});

Deno.test("a key that was used for something else is refused", () => {
  const replica = new Replica();
  applyAt(replica, START_MS, ONCE);
  deepEqual(applyAt(replica, START_MS, set("r", ["a", "1"]), { ...ONCE, request: "02" }), {
    result: "refused",
    operation: 1,
    row: "key/aa",
  });
});

Deno.test("a key is kept for a day of the log's own time, and swept then", () => {
  const replica = new Replica();
  applyAt(replica, START_MS, ONCE);
  const endMs = START_MS + KEY_KEPT_MS;
  equal(applyAt(replica, endMs - 1, ONCE).result, "repeated");
  deepEqual(overKeys(replica.cells, endMs - 1, 10), []);
  deepEqual(overKeys(replica.cells, endMs, 10), ["key/aa"]);
  equal(applyAt(replica, endMs, ONCE).result, "applied");
  applyAt(replica, endMs, drop("key/aa"));
  equal(applyAt(replica, endMs, ONCE).result, "applied");
});

Deno.test("a key goes with a delta", () => {
  const sender = new Replica(), receiver = new Replica();
  for (const replica of [sender, receiver]) applyAt(replica, START_MS, set("r", ["a", "1"]));
  applyAt(sender, START_MS, ONCE);
  const target = new DeltaTarget(receiver, 0);
  target.take(new DeltaCut(sender, 1, 1e6).chunk(target.ask));
  receiver.caughtUp(2);
  equal(stateOf(receiver), stateOf(sender));
  equal(applyAt(receiver, START_MS, ONCE).result, "repeated");
});

Deno.test("beyond MAX_KEYS a new one is refused, and none goes early for it", () => {
  const cells = new CellMap();
  const keys = new UsedKeys(cells, 2);
  keys.use(ONCE, START_MS, 1);
  keys.use({ ...ONCE, key: "bb" }, START_MS, 2);
  deepEqual(keys.look({ ...ONCE, key: "cc" }, START_MS), { refusedRow: "key/" });
  deepEqual(keys.look(ONCE, START_MS), { index: 1 });
  keys.drop("key/bb", 3);
  equal(keys.look({ ...ONCE, key: "cc" }, START_MS), "new");
  keys.recount();
  equal(keys.look({ ...ONCE, key: "cc" }, START_MS), "new");
});

Deno.test("a replay counts no key whose row was dropped later, and keeps one used anew", () => {
  const cells = new CellMap();
  const keys = new UsedKeys(cells, 1);
  // As a checkpoint that was not complete left them: of later than what is replayed.
  cells.drop("key/aa", 60);
  keys.recount();
  keys.use(ONCE, START_MS, 50);
  equal(keys.look({ ...ONCE, key: "cc" }, START_MS), "new");
  keys.use({ ...ONCE, key: "bb" }, START_MS, 70);
  keys.drop("key/bb", 30);
  deepEqual(keys.look({ ...ONCE, key: "cc" }, START_MS), { refusedRow: "key/" });
});
