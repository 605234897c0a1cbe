/**
 * Commands on nodes, between the member that was asked and one that manages some of the nodes. A
 * frame is
 *
 *     type(1 byte) id(uint) fields...
 *
 *     command ->   <- commandResults   <- commandResults   ...   <- commandEnd
 *     command ->   <- commandResults   commandCancel ->
 *
 * where the id is whatever the asking member counts to. Whoever takes a command carries it out
 * itself and passes nothing on: what it does not manage it says to be elsewhere.
 */
import { ByteReader, ByteWriter, MalformedError } from "../base/bytes.ts";
import { COMMAND_PART_NODES, MAX_COMMAND_MS, MAX_NODE_VALUES_BYTES } from "../base/limits.ts";
import {
  BOOT_DEVICES,
  BOOT_MODES,
  type BootDeviceGoal,
  IDENTIFY_GOALS,
  type NodeCommand,
  type NodePath,
  type NodeResult,
  type NodeValues,
  POWER_GOALS,
} from "../model/node_command.ts";
import { SERVICE_NUMBERS } from "./service_frame.ts";

/** What came of a part at one node; or it is not managed there, and nothing was done. */
export type PartResult = NodeResult | { readonly node: string; readonly elsewhere: string };

/** Why a part ended before all its nodes were told of. */
export interface PartFailure {
  readonly errorcode: number;
  readonly error: string;
}

/** See above. */
export type CommandFrame =
  | {
    readonly type: "command";
    readonly id: number;
    /** The nodes are those of the state at this index: whoever has not applied it waits. */
    readonly index: number;
    /** How much of the time for it is left. */
    readonly leftMs: number;
    /** Who asks, for the record. */
    readonly by: string;
    readonly command: NodeCommand;
    readonly nodes: readonly string[];
  }
  | {
    readonly type: "commandResults";
    readonly id: number;
    readonly results: readonly PartResult[];
  }
  /** There are no more results; those that are missing are missing for this. */
  | { readonly type: "commandEnd"; readonly id: number; readonly failure: PartFailure | undefined }
  /** Nobody waits any more: what has not begun is not to begin. */
  | { readonly type: "commandCancel"; readonly id: number };

/** The number of each path on the wire is its place. Never re-ordered. */
const PATHS: readonly NodePath[] = [
  "power/state",
  "boot/nextdevice",
  "health/hardware",
  "identify",
];

/** First bytes of a result. */
const VALUES = 0, FAILED = 1, ELSEWHERE = 2;

/** The frame's bytes. */
export function encodeCommandFrame(frame: CommandFrame): Uint8Array {
  const writer = new ByteWriter();
  writer.byte(SERVICE_NUMBERS[frame.type]).uint(frame.id);
  switch (frame.type) {
    case "command":
      writer.uint(frame.index).uint(frame.leftMs).text(frame.by);
      writeCommand(writer, frame.command);
      writer.list(frame.nodes, (node) => writer.text(node));
      break;
    case "commandResults":
      writer.list(frame.results, (result) => writeResult(writer, result));
      break;
    case "commandEnd":
      writer.optional(frame.failure, ({ errorcode, error }) => writer.uint(errorcode).text(error));
      break;
    case "commandCancel":
      break;
  }
  return writer.finish();
}

/** The frame's meaning; undefined where it is another service's, {@link MalformedError} where it
 * makes no sense. */
export function decodeCommandFrame(bytes: Uint8Array): CommandFrame | undefined {
  const reader = new ByteReader(bytes);
  const frame = readFrame(reader, reader.byte());
  if (frame !== undefined) reader.end();
  return frame;
}

function readFrame(reader: ByteReader, number: number): CommandFrame | undefined {
  switch (number) {
    case SERVICE_NUMBERS.command:
      return {
        type: "command",
        id: reader.uint(),
        index: reader.uint(),
        leftMs: within(reader.uint(), 0, MAX_COMMAND_MS, "milliseconds"),
        by: reader.text(),
        command: readCommand(reader),
        nodes: readNodes(reader),
      };
    case SERVICE_NUMBERS.commandResults:
      return {
        type: "commandResults",
        id: reader.uint(),
        results: reader.list(() => readResult(reader)),
      };
    case SERVICE_NUMBERS.commandEnd:
      return {
        type: "commandEnd",
        id: reader.uint(),
        failure: reader.optional(() => readFailure(reader)),
      };
    case SERVICE_NUMBERS.commandCancel:
      return { type: "commandCancel", id: reader.uint() };
    default:
      return undefined;
  }
}

function readNodes(reader: ByteReader): string[] {
  const nodes = reader.list(() => reader.text());
  within(nodes.length, 1, COMMAND_PART_NODES, "nodes");
  return nodes;
}

function within(value: number, least: number, most: number, what: string): number {
  if (value >= least && value <= most) return value;
  throw new MalformedError(`${value} ${what}; wanted ${least} to ${most}`);
}

// ---- commands

/** A command as a part of a frame. */
export function writeCommand(writer: ByteWriter, command: NodeCommand): void {
  writer.byte(PATHS.indexOf(command.path));
  switch (command.path) {
    case "power/state":
    case "identify":
      writer.optional<string>(command.set, (goal) => writer.text(goal));
      break;
    case "boot/nextdevice":
      writer.optional(command.set, ({ nextdevice, bootmode, persistent }) => {
        writer.text(nextdevice).optional(bootmode, (mode) => writer.text(mode))
          .optional(persistent, (is) => writer.bool(is));
      });
      break;
    case "health/hardware":
      break;
  }
}

/** The command; {@link MalformedError} where it makes no sense. */
export function readCommand(reader: ByteReader): NodeCommand {
  const number = reader.byte();
  const path = PATHS[number];
  switch (path) {
    case "power/state":
      return { path, ...setOf(reader.optional(() => wordOf(POWER_GOALS, reader))) };
    case "identify":
      return { path, ...setOf(reader.optional(() => wordOf(IDENTIFY_GOALS, reader))) };
    case "boot/nextdevice":
      return { path, ...setOf(reader.optional(() => readBootGoal(reader))) };
    case "health/hardware":
      return { path };
    default:
      throw new MalformedError(`path ${number} is not known`);
  }
}

function readBootGoal(reader: ByteReader): BootDeviceGoal {
  const nextdevice = wordOf(BOOT_DEVICES, reader);
  const bootmode = reader.optional(() => wordOf(BOOT_MODES, reader));
  const persistent = reader.optional(() => reader.bool());
  return {
    nextdevice,
    ...bootmode === undefined ? {} : { bootmode },
    ...persistent === undefined ? {} : { persistent },
  };
}

function setOf<T>(set: T | undefined): { set?: T } {
  return set === undefined ? {} : { set };
}

function wordOf<Word extends string>(words: readonly Word[], reader: ByteReader): Word {
  const text = reader.text();
  const word = words.find((known) => known === text);
  if (word !== undefined) return word;
  throw new MalformedError(`"${text.slice(0, 32)}" is none of ${words.join(", ")}`);
}

// ---- results

/** What a node answered, as JSON. */
export function valuesText(values: NodeValues): string {
  return JSON.stringify(values);
}

/** A result as a part of a frame. */
export function writeResult(writer: ByteWriter, result: PartResult): void {
  if ("values" in result) {
    writer.byte(VALUES).text(result.node).text(valuesText(result.values));
  } else if ("elsewhere" in result) {
    writer.byte(ELSEWHERE).text(result.node).text(result.elsewhere);
  } else {
    writer.byte(FAILED).text(result.node).uint(result.errorcode).text(result.error);
  }
}

/** The result; {@link MalformedError} where it makes no sense. */
export function readResult(reader: ByteReader): PartResult {
  const kind = reader.byte();
  const node = reader.text();
  switch (kind) {
    case VALUES:
      return { node, values: readValues(reader) };
    case FAILED:
      return { node, ...readFailure(reader) };
    case ELSEWHERE:
      return { node, elsewhere: reader.text() };
    default:
      throw new MalformedError(`result ${kind} is not known`);
  }
}

function readFailure(reader: ByteReader): PartFailure {
  return {
    errorcode: within(reader.uint(), 400, 599, "as a status"),
    error: reader.text(),
  };
}

/** Only text that JSON.stringify would write: so what is read is what was written. */
function readValues(reader: ByteReader): NodeValues {
  const text = reader.text();
  within(text.length, 2, MAX_NODE_VALUES_BYTES, "characters of values");
  let values: unknown;
  try {
    values = JSON.parse(text);
  } catch {
    throw new MalformedError("values that are not JSON");
  }
  if (!isValues(values) || valuesText(values) !== text) {
    throw new MalformedError("values that are no object as it is written here");
  }
  return values;
}

function isValues(json: unknown): json is NodeValues {
  return typeof json === "object" && json !== null && !Array.isArray(json);
}
