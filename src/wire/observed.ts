/**
 * What members tell each other of what they saw of nodes. A frame is
 *
 *     type(1 byte) fields...
 *
 *     observed      upTo(uint) cells            news of the sender's own, up to that version of it
 *     observedGot   upTo(uint)                  they came; only then are the next sent
 *     observedAsk   from(uint) sums(raw)        what do you know better, from there on?
 *     observedTold  from(uint) next(optional uint) cells
 *
 *     here  -> observed          here  -> observedAsk           sums: what the asker's state comes
 *     there <- observedGot       there <- observedTold          to, OBSERVED_SUMS times u32
 *
 * cells is a list of members, then of nodes with what is known of each:
 *
 *     members(list of text)
 *     list of { node(text) list of { fact(byte) epoch(uint) hlc(uint) by(uint) value(text) } }
 *
 * where `by` counts in members. Facts that are not known are passed over: a later program may see
 * more.
 */
import { ByteReader, ByteWriter, MalformedError } from "../base/bytes.ts";
import { MAX_NAME_LENGTH, MAX_OBSERVED_VALUE_BYTES } from "../base/limits.ts";
import { unreachable } from "../base/assert.ts";
import { OBSERVED_FACTS, type ObservedCell } from "../model/observed.ts";
import { readMemberId } from "./roster.ts";
import { SERVICE_NUMBERS } from "./service_frame.ts";

/** How many sums tell what is known of all nodes. */
export const OBSERVED_SUMS = 1_024;

/** See above. `next` undefined: that was the last. */
export type ObservedMessage =
  | { readonly type: "observed"; readonly upTo: number; readonly cells: readonly ObservedCell[] }
  | { readonly type: "observedGot"; readonly upTo: number }
  | { readonly type: "observedAsk"; readonly from: number; readonly sums: Uint32Array }
  | {
    readonly type: "observedTold";
    readonly from: number;
    readonly next: number | undefined;
    readonly cells: readonly ObservedCell[];
  };

/** Whether {@link decodeObserved} is for this frame. */
export function isObserved(frame: Uint8Array): boolean {
  const number = frame[0] ?? 0;
  return number >= SERVICE_NUMBERS.observed && number <= SERVICE_NUMBERS.observedTold;
}

export function encodeObserved(message: ObservedMessage): Uint8Array {
  const writer = new ByteWriter().byte(SERVICE_NUMBERS[message.type]);
  switch (message.type) {
    case "observed":
      writeCells(writer.uint(message.upTo), message.cells);
      break;
    case "observedGot":
      writer.uint(message.upTo);
      break;
    case "observedAsk":
      writer.uint(message.from);
      for (let i = 0; i < OBSERVED_SUMS; i++) writer.u32(message.sums[i] ?? 0);
      break;
    case "observedTold":
      writer.uint(message.from).optional(message.next, (next) => writer.uint(next));
      writeCells(writer, message.cells);
      break;
    default:
      return unreachable(message);
  }
  return writer.finish();
}

/** The frame's meaning; {@link MalformedError} for anything else. */
export function decodeObserved(frame: Uint8Array): ObservedMessage {
  const reader = new ByteReader(frame);
  const message = readMessage(reader);
  reader.end();
  return message;
}

function readMessage(reader: ByteReader): ObservedMessage {
  const number = reader.byte();
  switch (number) {
    case SERVICE_NUMBERS.observed:
      return { type: "observed", upTo: reader.uint(), cells: readCells(reader) };
    case SERVICE_NUMBERS.observedGot:
      return { type: "observedGot", upTo: reader.uint() };
    case SERVICE_NUMBERS.observedAsk:
      return {
        type: "observedAsk",
        from: reader.uint(),
        sums: Uint32Array.from({ length: OBSERVED_SUMS }, () => reader.u32()),
      };
    case SERVICE_NUMBERS.observedTold: {
      const from = reader.uint(), next = reader.optional(() => reader.uint());
      return { type: "observedTold", from, next, cells: readCells(reader) };
    }
    default:
      throw new MalformedError(`frame ${number} says nothing of what was seen`);
  }
}

/** Cells of one node that stand together name it once. */
function writeCells(writer: ByteWriter, cells: readonly ObservedCell[]): void {
  const members = [...new Set(cells.map(({ stamp }) => stamp.by))];
  const numbers = new Map(members.map((id, number) => [id, number]));
  const nodes: ObservedCell[][] = [];
  for (const cell of cells) {
    const last = nodes.at(-1);
    if (last?.[0]?.node === cell.node) last.push(cell);
    else nodes.push([cell]);
  }
  writer.list(members, (id) => writer.text(id));
  writer.list(nodes, (ofNode) => {
    writer.text((ofNode[0] as ObservedCell).node);
    writer.list(ofNode, ({ fact, value, stamp }) => {
      writer.byte(OBSERVED_FACTS.indexOf(fact)).uint(stamp.epoch).uint(stamp.hlc);
      writer.uint(numbers.get(stamp.by) ?? 0).text(value);
    });
  });
}

function readCells(reader: ByteReader): ObservedCell[] {
  const members = reader.list(() => readMemberId(reader));
  const cells: ObservedCell[] = [];
  reader.list(() => {
    const node = shortText(reader, MAX_NAME_LENGTH);
    reader.list(() => {
      const fact = OBSERVED_FACTS[reader.byte()];
      const epoch = reader.uint(), hlc = reader.uint(), number = reader.uint();
      const by = members[number];
      if (by === undefined) throw new MalformedError(`there is no member ${number} in the list`);
      const value = shortText(reader, MAX_OBSERVED_VALUE_BYTES);
      if (fact !== undefined) cells.push({ node, fact, value, stamp: { epoch, hlc, by } });
    });
  });
  return cells;
}

function shortText(reader: ByteReader, most: number): string {
  const text = reader.text();
  if (text.length <= most) return text;
  throw new MalformedError(`a text of ${text.length} characters, ${most} are the most`);
}
