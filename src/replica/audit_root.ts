/**
 * What a whole state comes to at its index, and what of it is in one bucket. Parts of staged
 * changes do not count: what they are applied to does. Requests that were seen change with every
 * entry, so they are summed up here and not as they come.
 */
import { assert } from "../base/assert.ts";
import type { AuditCell } from "../wire/audit.ts";
import type { RowRecord } from "../model/cell.ts";
import type { Replica } from "./replica.ts";
import { isPartRow } from "./stages.ts";
import { bucketOf, hashCell, hashRecord, hashRow, hashText, rootOf } from "./sums.ts";
import { WINDOW_PREFIX } from "./window.ts";

/** The same on every member at one index, or one of them is wrong. */
export interface AuditRoot {
  readonly index: number;
  readonly root: number;
  readonly sums: Uint32Array;
}

/** The state at the applied index, summed up. */
export function auditRoot(replica: Replica): AuditRoot {
  assert(!replica.isBetween, "a state is summed up at an index");
  const { key, kept } = replica;
  const { sums } = kept;
  const hashOf = (record: RowRecord | undefined): number =>
    record === undefined ? 0 : hashRecord(key, record);
  // Only members that are listed have windows.
  for (const { id } of replica.roster.roster.members) {
    const row = WINDOW_PREFIX + id;
    const bucket = bucketOf(hashText(key, row));
    sums[bucket] = (sums[bucket] as number) + hashOf(replica.record(row)) -
      hashOf(kept.record(row));
  }
  return { index: replica.applied, root: rootOf(sums), sums };
}

/** What a bucket holds, sorted: of each row what is known beside its cells, then its cells. */
export function* auditCells(replica: Replica, bucket: number): Iterable<AuditCell> {
  const { key } = replica;
  const isThere = (row: string): boolean =>
    !isPartRow(row) && bucketOf(hashText(key, row)) === bucket;
  for (const row of [...replica.rowNames()].filter(isThere).sort()) {
    const record = replica.record(row);
    if (record === undefined) continue;
    const name = hashText(key, row), { floor, newest } = record;
    yield { row, attribute: undefined, stamp: newest, hash: hashRow(name, floor, newest) };
    for (const [attribute, { value, stamp }] of record.cells) {
      const hash = hashCell(name, hashText(key, attribute), hashText(key, value), stamp);
      yield { row, attribute, stamp, hash };
    }
  }
}
