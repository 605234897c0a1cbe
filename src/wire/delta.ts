/**
 * Catching up without the log: a member asks for what is newer than its own state, in the order of
 * row and attribute, and gets it in chunks that belong to one cut of the sender's state.
 *
 *     behind  ->   <- deltaAsk   deltaChunk ->   <- deltaAsk   ...
 */
import type { ByteReader, ByteWriter } from "../base/bytes.ts";

/** A place in the order of rows and their attributes. */
export interface DeltaPlace {
  readonly row: string;
  /** Undefined: behind the whole row. */
  readonly attribute: string | undefined;
}

/** What is newer than `from`, behind `after`, of a cut at `atLeast` or later. */
export interface DeltaAsk {
  readonly from: number;
  /** Undefined: from the beginning. */
  readonly after: DeltaPlace | undefined;
  readonly atLeast: number;
}

/** A part of what is newer, of one cut. */
export interface DeltaChunk {
  /** As it was asked for. */
  readonly from: number;
  readonly after: DeltaPlace | undefined;
  /** The index that all of it belongs to, and the term of the entry there. */
  readonly cut: number;
  readonly cutTerm: number;
  /** The sender's tombstones up to here may be gone: one that knows less must ask for all. */
  readonly collected: number;
  /** Rows up to the end of this chunk, and of the whole delta: for whoever watches. */
  readonly rows: number;
  readonly ofRows: number;
  /** Where to go on; undefined: this was the last. */
  readonly next: DeltaPlace | undefined;
  /** Rows one behind another (record.ts), of each only what is newer. */
  readonly bytes: Uint8Array;
}

export function writeDeltaAsk(writer: ByteWriter, ask: DeltaAsk): void {
  writer.uint(ask.from).uint(ask.atLeast);
  writer.optional(ask.after, (place) => writePlace(writer, place));
}

export function readDeltaAsk(reader: ByteReader): DeltaAsk {
  const from = reader.uint(), atLeast = reader.uint();
  return { from, atLeast, after: reader.optional(() => readPlace(reader)) };
}

export function writeDeltaChunk(writer: ByteWriter, chunk: DeltaChunk): void {
  writer.uint(chunk.from).optional(chunk.after, (place) => writePlace(writer, place));
  writer.uint(chunk.cut).uint(chunk.cutTerm).uint(chunk.collected).uint(chunk.rows);
  writer.uint(chunk.ofRows).optional(chunk.next, (place) => writePlace(writer, place));
  writer.bytes(chunk.bytes);
}

export function readDeltaChunk(reader: ByteReader): DeltaChunk {
  return {
    from: reader.uint(),
    after: reader.optional(() => readPlace(reader)),
    cut: reader.uint(),
    cutTerm: reader.uint(),
    collected: reader.uint(),
    rows: reader.uint(),
    ofRows: reader.uint(),
    next: reader.optional(() => readPlace(reader)),
    bytes: reader.bytes(),
  };
}

function writePlace(writer: ByteWriter, { row, attribute }: DeltaPlace): void {
  writer.text(row).optional(attribute, (text) => writer.text(text));
}

function readPlace(reader: ByteReader): DeltaPlace {
  return { row: reader.text(), attribute: reader.optional(() => reader.text()) };
}
