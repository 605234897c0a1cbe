/** What a checkpoint leaves on the disk, wherever the process dies. */
import { strict as assert } from "node:assert";
import { MAX_BATCH_ROWS } from "../../../src/base/limits.ts";
import { Prng } from "../../../src/base/prng.ts";
import { Raft } from "../../../src/consensus/raft.ts";
import type { StoreRecord } from "../../../src/io/store.ts";
import type { Cell, RowRecord } from "../../../src/model/cell.ts";
import { memberId } from "../../../src/model/member.ts";
import { loadDisk } from "../../../src/service/machine/loading.ts";
import { PACE } from "../../../src/service/machine/pace.ts";
import { encodeBody } from "../../../src/wire/entry.ts";
import { encodeMeta, encodeRow, META_KEY, rowKey } from "../../../src/wire/record.ts";

const SELF = memberId("01".repeat(8));
const META = encodeMeta({
  self: SELF,
  chain: [{ epoch: 0, random: "0".repeat(32) }],
  boot: 1,
  term: 9,
  vote: undefined,
  logStart: 10,
  logStartTerm: 9,
  checkpoint: 10,
  generation: 0,
  overlays: [],
  firstSegment: 0,
  copyFrom: [],
  heard: [],
  promises: [],
});
const options = { pace: { ...PACE, checkpointAfterEntries: 1 } };

function rowOf(row: string, attribute: string, cell: Cell): RowRecord {
  return { row, floor: 0, newest: 10, cells: [[attribute, cell]] };
}

/** Calls `look` with what is on the disk after each batch of a checkpoint that forgets all up to
 * index 10. */
function collecting(stored: Map<string, Uint8Array>, look: () => void): void {
  const records = [...stored].map(([key, value]) => ({ key, value }));
  const { disk, replica, log } = loadDisk(records, options) ?? assert.fail("it is empty");
  const raft = new Raft({
    ...{ self: SELF, term: 9, vote: undefined, log, commit: 10, nowMs: 0 },
    prng: new Prng("pieces"),
  });
  const body = encodeBody({ operations: [{ kind: "collect", floor: 10 }] });
  const entry = { index: 11, term: 9, hlc: 0, body };
  log.append(entry);
  disk.judged(replica.apply(entry).verdict);
  for (;;) {
    const batch = disk.next(raft, 0);
    if (batch === undefined) return;
    for (const { key, value } of batch.puts) stored.set(key, value);
    for (const key of batch.deletes) stored.delete(key);
    disk.done(raft, 0);
    look();
  }
}

Deno.test("what was cleared does not come back out of a piece that is yet to be deleted", () => {
  // Deletes of rows that are gone fill a batch up to each of those of the row in pieces.
  for (let gone = MAX_BATCH_ROWS - 4; gone <= MAX_BATCH_ROWS; gone++) {
    const stored = new Map([[META_KEY, META]]);
    for (let i = 0; i < gone; i++) {
      const row = `node/g${i}`;
      stored.set(rowKey(0, row), encodeRow(rowOf(row, "a", { value: null, stamp: 9 })));
    }
    // Of two tries to write the row, a crash between: the later one lies before the earlier one.
    const cleared = rowOf("node/n1", "a", { value: null, stamp: 10 });
    stored.set(rowKey(0, "node/n1", 1), encodeRow(cleared));
    stored.set(rowKey(0, "node/n1", 2), encodeRow(rowOf("node/n1", "a", { value: "v", stamp: 5 })));
    stored.set(rowKey(0, "node/n1", 3), encodeRow(rowOf("node/n1", "b", { value: "v", stamp: 6 })));
    let looked = 0;
    collecting(stored, () => {
      const records: StoreRecord[] = [...stored].map(([key, value]) => ({ key, value }))
        .sort((x, y) => x.key < y.key ? -1 : 1);
      const { replica } = loadDisk(records, options) ?? assert.fail("it is empty");
      assert.equal(replica.applied, 11);
      assert.deepEqual([...replica.cells.valuesOf("node/n1")], [["b", "v"]], `${gone} gone`);
      looked++;
    });
    assert.ok(looked > 1);
    assert.equal(stored.has(rowKey(0, "node/n1", 3)), false);
  }
});
