/**
 * Log entries as bytes. An entry is `index term hlc body`; the body is made by the member the
 * request came in at and travels unchanged, so that it is encoded once:
 *
 *     body := version(1 byte) flags(1 byte) [origin(text) boot(uint) sequence(uint)]
 *             count(uint) operation*
 *     flags: 1 = an operation id follows, 2 = it changes the roster
 */
import { ByteReader, ByteWriter, MalformedError } from "../base/bytes.ts";
import { MAX_ENTRY_BYTES } from "../base/limits.ts";
import { unreachable } from "../base/assert.ts";
import type { Guard, Operation, OperationId } from "../model/operation.ts";
import { readMemberId, readRoster, writeRoster } from "./roster.ts";

/** The version of the operations this program writes; a higher one locks at apply. */
export const BODY_VERSION = 1;

const HAS_OPERATION_ID = 1;
const CHANGES_ROSTER = 2;
/** In a part of a stage. */
const HAS_GUARDS = 1;

export interface Entry {
  readonly index: number;
  readonly term: number;
  /** Hybrid logical clock of the leader that appended it: see base/hlc.ts. */
  readonly hlc: number;
  readonly body: Uint8Array;
}

/** What an entry asks for, and whose request it is; a leader's own have no id. */
export interface EntryBody {
  readonly id?: OperationId;
  readonly operations: readonly Operation[];
}

export function encodeBody(body: EntryBody): Uint8Array {
  const writer = new ByteWriter();
  const changesRoster = body.operations.some((operation) => operation.kind === "roster");
  writer.byte(BODY_VERSION);
  writer.byte((body.id ? HAS_OPERATION_ID : 0) | (changesRoster ? CHANGES_ROSTER : 0));
  if (body.id) writer.text(body.id.origin).uint(body.id.boot).uint(body.id.sequence);
  writer.list(body.operations, (operation) => writeOperation(writer, operation));
  return writer.finish();
}

/** The body's meaning; {@link MalformedError} for anything else. */
export function decodeBody(bytes: Uint8Array): EntryBody {
  const reader = new ByteReader(bytes);
  const version = reader.byte();
  if (version !== BODY_VERSION) {
    throw new MalformedError(`entry version ${version}, known is ${BODY_VERSION}`);
  }
  const flags = reader.byte();
  const id = (flags & HAS_OPERATION_ID) === 0 ? undefined : readOperationId(reader);
  const operations = reader.list(() => readOperation(reader));
  reader.end();
  return id ? { id, operations } : { operations };
}

/**
 * Part of a staged change: `flags(1 byte) count(uint) operation*`, flags 1 = guards are among them.
 * Only what changes cells, and guards, may stand in it.
 */
export function encodeStagePart(operations: readonly Operation[]): Uint8Array {
  const writer = new ByteWriter();
  writer.byte(operations.some(({ kind }) => kind === "guard") ? HAS_GUARDS : 0);
  writer.list(operations, (operation) => writeOperation(writer, operation));
  return writer.finish();
}

/** The part's operations; {@link MalformedError} for anything else. */
export function decodeStagePart(bytes: Uint8Array): Operation[] {
  const reader = new ByteReader(bytes);
  const mayGuard = reader.byte() === HAS_GUARDS;
  const operations = reader.list(() => readOperation(reader));
  reader.end();
  const stray = operations.find(({ kind }) =>
    kind === "guard" ? !mayGuard : kind !== "set" && kind !== "clear" && kind !== "drop"
  );
  if (stray !== undefined) throw new MalformedError(`${stray.kind} stands in part of a stage`);
  return operations;
}

/** Whether guards are among a part's operations. */
export function hasGuards(bytes: Uint8Array): boolean {
  return bytes[0] === HAS_GUARDS;
}

export function bodyChangesRoster(body: Uint8Array): boolean {
  return ((body[1] ?? 0) & CHANGES_ROSTER) !== 0;
}

export function writeEntry(writer: ByteWriter, entry: Entry): void {
  writer.uint(entry.index).uint(entry.term).uint(entry.hlc).bytes(entry.body);
}

export function readEntry(reader: ByteReader): Entry {
  const index = reader.uint();
  const term = reader.uint();
  const hlc = reader.uint();
  const body = reader.bytes();
  if (body.length > MAX_ENTRY_BYTES) throw new MalformedError(`an entry of ${body.length} bytes`);
  return { index, term, hlc, body };
}

function readOperationId(reader: ByteReader): OperationId {
  const origin = readMemberId(reader);
  return { origin, boot: reader.uint(), sequence: reader.uint() };
}

const SET = 1,
  CLEAR = 2,
  DROP = 3,
  GUARD = 4,
  ROSTER = 5,
  COLLECT = 6,
  STAGE = 7,
  APPLY_STAGE = 8,
  DROP_STAGE = 9,
  ONCE = 10,
  AUDIT = 11,
  REPAIR = 12;

function writeOperation(writer: ByteWriter, operation: Operation): void {
  const text = (value: string): void => void writer.text(value);
  switch (operation.kind) {
    case "set":
      writer.byte(SET).list(operation.rows, text);
      writer.list(operation.cells, ([attribute, value]) => writer.text(attribute).text(value));
      return;
    case "clear":
      writer.byte(CLEAR).list(operation.rows, text).list(operation.attributes, text);
      return;
    case "drop":
      writer.byte(DROP).list(operation.rows, text);
      return;
    case "guard":
      writer.byte(GUARD);
      return writeGuard(writer, operation.guard);
    case "stage":
      writer.byte(STAGE).text(operation.stage).uint(operation.part).bytes(operation.bytes);
      return;
    case "applyStage":
      writer.byte(APPLY_STAGE).text(operation.stage).uint(operation.parts);
      return;
    case "dropStage":
      writer.byte(DROP_STAGE).text(operation.stage);
      return;
    case "once":
      writer.byte(ONCE).text(operation.key).text(operation.request);
      return;
    case "collect":
      writer.byte(COLLECT).uint(operation.floor);
      return;
    case "audit":
      writer.byte(AUDIT);
      return;
    case "repair":
      writer.byte(REPAIR).text(operation.from).uint(operation.index).u32(operation.root);
      return;
    case "roster":
      writer.byte(ROSTER);
      return writeRoster(writer, operation.roster);
    default:
      return unreachable(operation);
  }
}

function readOperation(reader: ByteReader): Operation {
  const text = (): string => reader.text();
  const kind = reader.byte();
  switch (kind) {
    case SET:
      return {
        kind: "set",
        rows: reader.list(text),
        cells: reader.list(() => [reader.text(), reader.text()] as const),
      };
    case CLEAR:
      return { kind: "clear", rows: reader.list(text), attributes: reader.list(text) };
    case DROP:
      return { kind: "drop", rows: reader.list(text) };
    case GUARD:
      return { kind: "guard", guard: readGuard(reader) };
    case STAGE:
      return {
        kind: "stage",
        stage: readDigits(reader),
        part: reader.uint(),
        bytes: reader.bytes(),
      };
    case APPLY_STAGE:
      return { kind: "applyStage", stage: readDigits(reader), parts: reader.uint() };
    case DROP_STAGE:
      return { kind: "dropStage", stage: readDigits(reader) };
    case ONCE:
      return { kind: "once", key: readDigits(reader), request: readDigits(reader) };
    case COLLECT:
      return { kind: "collect", floor: reader.uint() };
    case AUDIT:
      return { kind: "audit" };
    case REPAIR: {
      const from = readMemberId(reader);
      return { kind: "repair", from, index: reader.uint(), root: reader.u32() };
    }
    case ROSTER:
      return { kind: "roster", roster: readRoster(reader) };
    default:
      throw new MalformedError(`operation ${kind} is not known`);
  }
}

/** What names a stage or a key. */
function readDigits(reader: ByteReader): string {
  const text = reader.text();
  if (/^[0-9a-f]{1,32}$/.test(text)) return text;
  throw new MalformedError(`"${text.slice(0, 32)}" is not 1 to 32 hexadecimal digits`);
}

const EXISTS = 1, ABSENT = 2, EQUALS = 3, UNCHANGED = 4, BEFORE = 5;

function writeGuard(writer: ByteWriter, guard: Guard): void {
  const text = (value: string): void => void writer.text(value);
  switch (guard.test) {
    case "exists":
      writer.byte(EXISTS).list(guard.rows, text);
      return;
    case "absent":
      writer.byte(ABSENT).list(guard.rows, text);
      return;
    case "equals":
      writer.byte(EQUALS).text(guard.row).text(guard.attribute);
      writer.optional(guard.value ?? undefined, text);
      return;
    case "unchanged":
      writer.byte(UNCHANGED).list(guard.rows, text).uint(guard.since);
      return;
    case "before":
      writer.byte(BEFORE).text(guard.row).text(guard.attribute);
      return;
    default:
      return unreachable(guard);
  }
}

function readGuard(reader: ByteReader): Guard {
  const text = (): string => reader.text();
  const test = reader.byte();
  switch (test) {
    case EXISTS:
      return { test: "exists", rows: reader.list(text) };
    case ABSENT:
      return { test: "absent", rows: reader.list(text) };
    case EQUALS: {
      const row = reader.text();
      const attribute = reader.text();
      return { test: "equals", row, attribute, value: reader.optional(text) ?? null };
    }
    case UNCHANGED:
      return { test: "unchanged", rows: reader.list(text), since: reader.uint() };
    case BEFORE:
      return { test: "before", row: reader.text(), attribute: reader.text() };
    default:
      throw new MalformedError(`guard ${test} is not known`);
  }
}
