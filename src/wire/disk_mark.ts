/**
 * How much a disk held: so many commits, in such a life. A life is a random number, drawn each
 * time the disk is opened; commits are counted over all of them. Marks are what members remember
 * of each other's disks, to know one that was put back in time (I9).
 */
import type { ByteReader, ByteWriter } from "../base/bytes.ts";

export interface DiskMark {
  readonly life: number;
  readonly count: number;
}

export function writeMark(writer: ByteWriter, { life, count }: DiskMark): void {
  writer.uint(life).uint(count);
}

export function readMark(reader: ByteReader): DiskMark {
  return { life: reader.uint(), count: reader.uint() };
}
