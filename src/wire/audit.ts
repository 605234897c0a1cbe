/**
 * Finding what differs, once two states at one index are known to: first the sums of all buckets,
 * then what is in a bucket, as hashes: values are not told.
 *
 *     auditAsk ->   <- auditSums      auditAsk (bucket) ->   <- auditCells   ...
 */
import type { ByteReader, ByteWriter } from "../base/bytes.ts";

/** What is asked of the state at an index: all sums, or the cells of one bucket. */
export interface AuditAsk {
  readonly index: number;
  readonly bucket: number | undefined;
}

/** A cell, or (without an attribute) what is known of its row beside the cells. */
export interface AuditCell {
  readonly row: string;
  readonly attribute: string | undefined;
  readonly stamp: number;
  readonly hash: number;
}

/** What a bucket holds now, sorted by row and attribute. */
export interface AuditCells {
  readonly bucket: number;
  /** The index this is the state of, and up to which its tombstones may be gone. */
  readonly applied: number;
  readonly collected: number;
  /** Whether that is all: there may be more behind the last. */
  readonly isWhole: boolean;
  readonly cells: readonly AuditCell[];
}

export function writeAuditAsk(writer: ByteWriter, { index, bucket }: AuditAsk): void {
  writer.uint(index).optional(bucket, (number) => writer.uint(number));
}

export function readAuditAsk(reader: ByteReader): AuditAsk {
  return { index: reader.uint(), bucket: reader.optional(() => reader.uint()) };
}

export function writeAuditCells(writer: ByteWriter, told: AuditCells): void {
  writer.uint(told.bucket).uint(told.applied).uint(told.collected).bool(told.isWhole);
  writer.list(told.cells, ({ row, attribute, stamp, hash }) => {
    writer.text(row).optional(attribute, (text) => writer.text(text)).uint(stamp).u32(hash);
  });
}

export function readAuditCells(reader: ByteReader): AuditCells {
  return {
    bucket: reader.uint(),
    applied: reader.uint(),
    collected: reader.uint(),
    isWhole: reader.bool(),
    cells: reader.list(() => ({
      row: reader.text(),
      attribute: reader.optional(() => reader.text()),
      stamp: reader.uint(),
      hash: reader.u32(),
    })),
  };
}
