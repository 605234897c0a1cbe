/**
 * What only a node's manager knows of it, asked by a member that explains the node. A frame is
 *
 *     type(1 byte) id(uint) fields...
 *
 *     explainAsk  node(text)
 *     explained   leaseMs(optional uint) move(optional { to(optional text) because(text) })
 *                 refusal(optional text) list of operations
 *
 *     explainAsk ->   <- explained
 *
 * where the id is whatever the asking member counts to, and an operation
 *
 *     command by(text) through(text) agoMs(uint) epoch(optional uint)
 *     ended(optional { tookMs(uint) result })
 *
 * with commands and results as in node_command.ts.
 */
import { ByteReader, ByteWriter, MalformedError } from "../base/bytes.ts";
import { MAX_RECENT_OPERATIONS } from "../base/limits.ts";
import type { NodeCommand } from "../model/node_command.ts";
import {
  type PartResult,
  readCommand,
  readResult,
  writeCommand,
  writeResult,
} from "./node_command.ts";
import { SERVICE_NUMBERS } from "./service_frame.ts";

/** Something that was asked of a node's controller, or is being asked. */
export interface RecentOperation {
  readonly command: NodeCommand;
  /** Who asked for it. */
  readonly by: string;
  /** The name of the member that was asked. */
  readonly through: string;
  /** How long ago it was begun. */
  readonly agoMs: number;
  /** Of the leave to act; undefined where there was none yet. */
  readonly epoch: number | undefined;
  /** Undefined while it is under way. */
  readonly ended: { readonly tookMs: number; readonly result: PartResult } | undefined;
}

/** What a manager says of a node. */
export interface ManagerWord {
  /** How long it may go on acting, 0 where it may not; undefined where that has no end. */
  readonly leaseMs: number | undefined;
  /** Where the node is about to go, by name; undefined where it stays. */
  readonly move: { readonly to: string | undefined; readonly because: string } | undefined;
  /** Why a command would be refused now. */
  readonly refusal: string | undefined;
  /** The newest first. */
  readonly operations: readonly RecentOperation[];
}

/** See above. */
export type ExplainFrame =
  | { readonly type: "explainAsk"; readonly id: number; readonly node: string }
  | { readonly type: "explained"; readonly id: number; readonly word: ManagerWord };

/** The frame's bytes. */
export function encodeExplainFrame(frame: ExplainFrame): Uint8Array {
  const writer = new ByteWriter();
  writer.byte(SERVICE_NUMBERS[frame.type]).uint(frame.id);
  if (frame.type === "explainAsk") writer.text(frame.node);
  else writeWord(writer, frame.word);
  return writer.finish();
}

/** The frame's meaning; undefined where it is another service's, {@link MalformedError} where it
 * makes no sense. */
export function decodeExplainFrame(bytes: Uint8Array): ExplainFrame | undefined {
  const reader = new ByteReader(bytes);
  const frame = readFrame(reader, reader.byte());
  if (frame !== undefined) reader.end();
  return frame;
}

function readFrame(reader: ByteReader, number: number): ExplainFrame | undefined {
  switch (number) {
    case SERVICE_NUMBERS.explainAsk:
      return { type: "explainAsk", id: reader.uint(), node: reader.text() };
    case SERVICE_NUMBERS.explained:
      return { type: "explained", id: reader.uint(), word: readWord(reader) };
    default:
      return undefined;
  }
}

function writeWord(writer: ByteWriter, { leaseMs, move, refusal, operations }: ManagerWord): void {
  writer.optional(leaseMs, (ms) => writer.uint(ms));
  writer.optional(move, ({ to, because }) => {
    writer.optional(to, (name) => writer.text(name)).text(because);
  });
  writer.optional(refusal, (text) => writer.text(text));
  writer.list(operations, (operation) => writeOperation(writer, operation));
}

function readWord(reader: ByteReader): ManagerWord {
  const leaseMs = reader.optional(() => reader.uint());
  const move = reader.optional(() => ({
    to: reader.optional(() => reader.text()),
    because: reader.text(),
  }));
  const refusal = reader.optional(() => reader.text());
  const operations = reader.list(() => readOperation(reader));
  if (operations.length > MAX_RECENT_OPERATIONS) {
    throw new MalformedError(
      `${operations.length} operations; wanted ${MAX_RECENT_OPERATIONS} at most`,
    );
  }
  return { leaseMs, move, refusal, operations };
}

function writeOperation(writer: ByteWriter, operation: RecentOperation): void {
  const { command, by, through, agoMs, epoch, ended } = operation;
  writeCommand(writer, command);
  writer.text(by).text(through).uint(agoMs).optional(epoch, (index) => writer.uint(index));
  writer.optional(ended, ({ tookMs, result }) => {
    writer.uint(tookMs);
    writeResult(writer, result);
  });
}

function readOperation(reader: ByteReader): RecentOperation {
  return {
    command: readCommand(reader),
    by: reader.text(),
    through: reader.text(),
    agoMs: reader.uint(),
    epoch: reader.optional(() => reader.uint()),
    ended: reader.optional(() => ({ tookMs: reader.uint(), result: readResult(reader) })),
  };
}
