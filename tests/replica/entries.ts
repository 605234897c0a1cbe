/** Entries in few words, and the whole state of a replica as bytes. */
import { deepEqual } from "node:assert/strict";

import { concat, toHex } from "../../src/base/bytes.ts";
import type { RowRecord } from "../../src/model/cell.ts";
import type { MemberId, Roster } from "../../src/model/member.ts";
import { SUPPORT } from "../../src/model/support.ts";
import {
  type Guard,
  type Operation,
  type OperationId,
  ROW_MARK,
} from "../../src/model/operation.ts";
import { auditRoot } from "../../src/replica/audit_root.ts";
import type { Replica } from "../../src/replica/replica.ts";
import { isPartRow } from "../../src/replica/stages.ts";
import { bucketOf, BUCKETS, hashRecord, hashText } from "../../src/replica/sums.ts";
import { encodeBody, type Entry } from "../../src/wire/entry.ts";
import { encodeRow } from "../../src/wire/record.ts";

/** A millisecond of a hybrid logical clock. */
export const MS = 1024;

export function id(n: number): MemberId {
  return n.toString(16).padStart(16, "0") as MemberId;
}

export function rosterOf(...members: readonly number[]): Roster {
  return {
    level: 1,
    members: members.map((n) => ({
      id: id(n),
      name: `m${n}`,
      fingerprint: n.toString(16).padStart(64, "0"),
      addresses: [],
      role: "voter",
      support: SUPPORT,
    })),
    removed: [],
  };
}

export function by(n: number, sequence: number, boot = 1): OperationId {
  return { origin: id(n), boot, sequence };
}

export const set = (row: string, ...cells: [string, string][]): Operation => ({
  kind: "set",
  rows: [row],
  cells,
});
export const create = (row: string): Operation => set(row, [ROW_MARK, ""]);
export const clear = (row: string, ...attributes: string[]): Operation => ({
  kind: "clear",
  rows: [row],
  attributes,
});
export const drop = (...rows: string[]): Operation => ({ kind: "drop", rows });
export const guard = (condition: Guard): Operation => ({ kind: "guard", guard: condition });
export const roster = (...members: number[]): Operation => ({
  kind: "roster",
  roster: rosterOf(...members),
});

/** What a request asks for, and whose it is; its place in the log comes with applying. */
export interface Request {
  readonly operations: readonly Operation[];
  readonly id?: OperationId | undefined;
}

export function entryAt(index: number, { operations, id }: Request): Entry {
  const body = encodeBody(id ? { id, operations } : { operations });
  return { index, term: 1, hlc: index * 10 * MS, body };
}

/** The whole state, byte for byte what every member at this index holds (I5). Whatever way it came
 * about, its sums must be what its rows come to. */
export function stateOf(replica: Replica): string {
  const records = [...replica.records()];
  if (!replica.isBetween) deepEqual(auditRoot(replica).sums, sumsOf(records));
  return toHex(concat(records.map(encodeRow)));
}

/** The sums of a state, counted anew. */
export function sumsOf(records: readonly RowRecord[], key = 0): Uint32Array {
  const sums = new Uint32Array(BUCKETS);
  for (const record of records) {
    if (isPartRow(record.row)) continue;
    const bucket = bucketOf(hashText(key, record.row));
    sums[bucket] = (sums[bucket] as number) + hashRecord(key, record);
  }
  return sums;
}
