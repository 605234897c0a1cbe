/**
 * What a member's disk holds, as bytes (the store adds checksums of its own):
 *
 *     meta               who, which collective, term, vote, boot, where the log begins
 *     lives              when this disk was opened, and how much it held then (I9)
 *     log/SEQUENCE       a segment: entries as they were appended, and verdicts as they fell
 *     row/GENERATION/ROW[/PIECE]
 *                        a row of the state, written lazily. A long one has further pieces, 1, 2,
 *                        ...: each holds some of its cells, and joining all of them is the row
 *
 * Segments are a journal: read in order, each first cuts the log at its first index (a new
 * leader may overwrite a tail that was never committed) and then appends.
 */
import { MAX_ROW_PIECE_BYTES } from "../base/limits.ts";
import { ByteReader, ByteWriter, MalformedError } from "../base/bytes.ts";
import type { RowRecord } from "../model/cell.ts";
import type { CollectiveChain } from "../model/collective_chain.ts";
import type { MemberId } from "../model/member.ts";
import type { Verdict } from "../model/operation.ts";
import { type DiskMark, readMark, writeMark } from "./disk_mark.ts";
import { type Entry, readEntry, writeEntry } from "./entry.ts";
import { readPromise, type SilencePromise, writePromise } from "./promise.ts";
import { readChain, readMemberId, writeChain } from "./roster.ts";

/** The form of what is on disk; a higher one is refused, never guessed at. */
export const DISK_FORMAT = 1;
/** The form of a meta record that names whom to copy: nobody who does not know it may go on. */
const MARKED_FORMAT = 2;
/** And of one with promises, which nobody may overlook either. */
const PROMISED_FORMAT = 3;

/** The one record that is part of every commit. */
export interface Meta {
  readonly self: MemberId;
  readonly chain: CollectiveChain;
  readonly boot: number;
  readonly term: number;
  readonly vote: MemberId | undefined;
  /** The log holds the entries after this one. */
  readonly logStart: number;
  readonly logStartTerm: number;
  /** Every effect up to this index is in the rows of the generation. */
  readonly checkpoint: number;
  readonly generation: number;
  /** Generations whose rows are to be joined to it: deltas that no checkpoint has taken in yet. */
  readonly overlays: readonly number[];
  /** Segments of a lower sequence are void, whether deleted yet or not. */
  readonly firstSegment: number;
  /** The rows are known to be wrong: they are to be replaced by a copy from one of these. */
  readonly copyFrom: readonly MemberId[];
  /** What was last heard of each peer's disk (I9). */
  readonly heard: readonly (readonly [MemberId, DiskMark])[];
  /** Whom it promised not to answer (I4). */
  readonly promises: readonly SilencePromise[];
}

/** What a disk remembers of itself; written once in each of its lives. */
export interface LivesRecord {
  /** The newest lives and what each opened with, oldest first. */
  readonly lives: readonly DiskMark[];
  /** It was found to be rolled back: a peer had heard of this many commits. */
  readonly lostAt: number | undefined;
}

/** One record of the journal that the log is kept in. */
export interface Segment {
  readonly entries: readonly Entry[];
  /** Verdicts of consecutive indexes, the first of them at `verdictsFrom`. */
  readonly verdictsFrom: number;
  readonly verdicts: readonly Verdict[];
}

export const META_KEY = "meta";
export const LIVES_KEY = "lives";
export const LOG_PREFIX = "log/";
export const ROW_PREFIX = "row/";

export function segmentKey(sequence: number): string {
  return LOG_PREFIX + String(sequence).padStart(14, "0");
}

export function segmentSequence(key: string): number {
  return Number(key.slice(LOG_PREFIX.length));
}

/** Where a row of this generation, or a further piece of it, is kept. */
export function rowKey(generation: number, row: string, piece = 0): string {
  const first = `${ROW_PREFIX}${generation}/${encodeURIComponent(row)}`;
  return piece === 0 ? first : `${first}/${piece}`;
}

/** Which piece of its row the record of this key is, counted from 0. */
export function rowPiece(key: string): number {
  return Number(key.split("/")[3] ?? 0);
}

/** The row and its piece 0 out of the key of any of its pieces. */
export function rowOfKey(key: string): string {
  return decodeURIComponent(key.split("/")[2] ?? "");
}

/** Bytes that a cell takes at the most, framing included. */
export function mostBytesOf([attribute, { value }]: RowRecord["cells"][number]): number {
  return 3 * (attribute.length + (value?.length ?? 0)) + 24;
}

/** The row in pieces of at most MAX_ROW_PIECE_BYTES, or of one cell; whole where it fits. */
export function piecesOf(record: RowRecord): RowRecord[] {
  const { row, floor, newest, cells } = record;
  const pieces: RowRecord[] = [];
  let start = 0;
  let bytes = 0;
  for (const [i, cell] of cells.entries()) {
    const more = mostBytesOf(cell);
    if (i > start && bytes + more > MAX_ROW_PIECE_BYTES) {
      pieces.push({ row, floor, newest, cells: cells.slice(start, i) });
      start = i;
      bytes = 0;
    }
    bytes += more;
  }
  if (start === 0) return [record];
  return [...pieces, { row, floor, newest, cells: cells.slice(start) }];
}

export function rowGeneration(key: string): number {
  return Number(key.slice(ROW_PREFIX.length, key.indexOf("/", ROW_PREFIX.length)));
}

export function encodeMeta(meta: Meta): Uint8Array {
  const writer = new ByteWriter();
  const { copyFrom, promises } = meta;
  const marked = copyFrom.length > 0 ? MARKED_FORMAT : DISK_FORMAT;
  const format = promises.length > 0 ? PROMISED_FORMAT : marked;
  writer.byte(format).text(meta.self);
  writeChain(writer, meta.chain);
  writer.uint(meta.boot).uint(meta.term).optional(meta.vote, (id) => writer.text(id));
  writer.uint(meta.logStart).uint(meta.logStartTerm).uint(meta.checkpoint).uint(meta.generation);
  writer.list(meta.overlays, (overlay) => writer.uint(overlay)).uint(meta.firstSegment);
  writer.list(meta.heard, ([id, mark]) => writeMark(writer.text(id), mark));
  if (format >= MARKED_FORMAT) writer.list(copyFrom, (id) => writer.text(id));
  if (format >= PROMISED_FORMAT) writer.list(promises, (one) => writePromise(writer, one));
  return writer.finish();
}

export function decodeMeta(bytes: Uint8Array): Meta {
  const reader = new ByteReader(bytes);
  const format = reader.byte();
  if (format < DISK_FORMAT || format > PROMISED_FORMAT) {
    throw new MalformedError(
      `the store has format ${format}, this program knows ${PROMISED_FORMAT}`,
    );
  }
  const meta = {
    self: readMemberId(reader),
    chain: readChain(reader),
    boot: reader.uint(),
    term: reader.uint(),
    vote: reader.optional(() => readMemberId(reader)),
    logStart: reader.uint(),
    logStartTerm: reader.uint(),
    checkpoint: reader.uint(),
    generation: reader.uint(),
    overlays: reader.list(() => reader.uint()),
    firstSegment: reader.uint(),
    heard: reader.list(() => [readMemberId(reader), readMark(reader)] as const),
  };
  const copyFrom = format >= MARKED_FORMAT ? reader.list(() => readMemberId(reader)) : [];
  const promises = format >= PROMISED_FORMAT ? reader.list(() => readPromise(reader)) : [];
  reader.end();
  return { ...meta, copyFrom, promises };
}

export function encodeLives({ lives, lostAt }: LivesRecord): Uint8Array {
  const writer = new ByteWriter();
  writer.list(lives, (mark) => writeMark(writer, mark));
  return writer.optional(lostAt, (count) => writer.uint(count)).finish();
}

export function decodeLives(bytes: Uint8Array): LivesRecord {
  const reader = new ByteReader(bytes);
  const lives = reader.list(() => readMark(reader));
  const lostAt = reader.optional(() => reader.uint());
  reader.end();
  return { lives, lostAt };
}

const APPLIED = 0, REFUSED = 1, DUPLICATE = 2, OUTDATED = 3, REPEATED = 4;

function writeVerdict(writer: ByteWriter, verdict: Verdict): void {
  if (verdict.result === "applied") writer.byte(APPLIED);
  else if (verdict.result === "duplicate") writer.byte(DUPLICATE);
  else if (verdict.result === "outdated") writer.byte(OUTDATED);
  else if (verdict.result === "repeated") writer.byte(REPEATED).uint(verdict.index);
  else writer.byte(REFUSED).uint(verdict.operation).text(verdict.row);
}

function readVerdict(reader: ByteReader): Verdict {
  const result = reader.byte();
  if (result === APPLIED) return { result: "applied" };
  if (result === DUPLICATE) return { result: "duplicate" };
  if (result === OUTDATED) return { result: "outdated" };
  if (result === REPEATED) return { result: "repeated", index: reader.uint() };
  if (result !== REFUSED) throw new MalformedError(`verdict ${result} is not known`);
  return { result: "refused", operation: reader.uint(), row: reader.text() };
}

export function encodeSegment(segment: Segment): Uint8Array {
  const writer = new ByteWriter(1024);
  writer.list(segment.entries, (entry) => writeEntry(writer, entry));
  writer.uint(segment.verdictsFrom);
  writer.list(segment.verdicts, (verdict) => writeVerdict(writer, verdict));
  return writer.finish();
}

export function decodeSegment(bytes: Uint8Array): Segment {
  const reader = new ByteReader(bytes);
  const entries = reader.list(() => readEntry(reader));
  const verdictsFrom = reader.uint();
  const verdicts = reader.list(() => readVerdict(reader));
  reader.end();
  return { entries, verdictsFrom, verdicts };
}

/** Equal rows give equal bytes: cells stand in the order of their attributes (I5). */
export function writeRow(writer: ByteWriter, record: RowRecord): void {
  writer.text(record.row).uint(record.floor).uint(record.newest);
  writer.list(record.cells, ([attribute, cell]) => {
    writer.text(attribute).uint(cell.stamp);
    writer.optional(cell.value ?? undefined, (value) => writer.text(value));
  });
}

export function readRow(reader: ByteReader): RowRecord {
  const row = reader.text();
  const floor = reader.uint();
  const newest = reader.uint();
  const cells = reader.list(() => {
    const attribute = reader.text();
    const stamp = reader.uint();
    return [attribute, { value: reader.optional(() => reader.text()) ?? null, stamp }] as const;
  });
  return { row, floor, newest, cells };
}

export function encodeRow(record: RowRecord): Uint8Array {
  const writer = new ByteWriter();
  writeRow(writer, record);
  return writer.finish();
}

export function decodeRow(bytes: Uint8Array): RowRecord {
  const reader = new ByteReader(bytes);
  const record = readRow(reader);
  reader.end();
  return record;
}
