import { deepEqual, equal, notEqual, throws } from "node:assert/strict";

import type { Operation } from "../../src/model/operation.ts";
import { auditCells, auditRoot } from "../../src/replica/audit_root.ts";
import { Replica } from "../../src/replica/replica.ts";
import { bucketOf, hashText } from "../../src/replica/sums.ts";
import { by, create, entryAt, roster, set } from "./entries.ts";

const KEY = 7;

function replicaOf(...entries: readonly (readonly Operation[])[]): Replica {
  const replica = new Replica(undefined, KEY);
  for (const [i, operations] of entries.entries()) {
    replica.apply(entryAt(i + 1, { operations, id: i === 0 ? undefined : by(1, i) }));
  }
  return replica;
}

const ENTRIES = [[roster(1)], [create("node/n1")], [set("node/n1", ["a", "x"])]];

Deno.test("a root is of an index, and the requests that were seen count", () => {
  const root = auditRoot(replicaOf(...ENTRIES));
  equal(root.index, 3);
  deepEqual(root, auditRoot(replicaOf(...ENTRIES)));
  const seen = replicaOf(...ENTRIES.slice(0, 2));
  seen.apply(entryAt(3, { operations: ENTRIES[2]!, id: by(1, 9) }));
  notEqual(auditRoot(seen).root, root.root);
});

Deno.test("a member that loaded its rows comes to the same, whatever windows lie below", () => {
  const first = replicaOf(...ENTRIES);
  const loaded = first.blank();
  for (const record of first.records()) loaded.join(record);
  loaded.caughtUp(3);
  deepEqual(auditRoot(loaded), auditRoot(first));
  for (const replica of [first, loaded]) {
    replica.apply(entryAt(4, { operations: [set("node/n1", ["a", "y"])], id: by(1, 4) }));
  }
  deepEqual(auditRoot(loaded), auditRoot(first));
});

Deno.test("while something is taken in there is no root", () => {
  const replica = replicaOf(...ENTRIES);
  replica.begin();
  throws(() => auditRoot(replica), /summed up at an index/);
});

Deno.test("the cells of a bucket are those of its rows, and tell no values", () => {
  const replica = replicaOf(...ENTRIES);
  const cells = [...auditCells(replica, bucketOf(hashText(KEY, "node/n1")))];
  deepEqual(
    cells.filter(({ row }) => row === "node/n1").map(({ attribute, stamp }) => [attribute, stamp]),
    [[undefined, 3], [".", 2], ["a", 3]],
  );
  const all = Array.from({ length: 4096 }, (_, bucket) => [...auditCells(replica, bucket)]);
  const rows = new Set(all.flat().map(({ row }) => row));
  deepEqual([...rows].sort(), [...replica.rowNames()].sort());
});
