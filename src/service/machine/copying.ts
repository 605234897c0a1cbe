/**
 * Full copies, for a member whose log ends before the leader's begins (a joiner most of all).
 *
 * The sender cuts its state exactly at one applied index and keeps the cut, so that every chunk
 * belongs to the same instant: rows read later, while the receiver already applies entries, would
 * let its guards see the future. The receiver asks for chunk after chunk, writes each into a
 * generation of rows that does not count yet, and flips to it with the last: an interrupted copy
 * goes on where it was, or leaves only rubbish.
 */
import { ByteReader, ByteWriter } from "../../base/bytes.ts";
import { COPY_CUT_KEPT_MS } from "../../base/limits.ts";
import type { StoreRecord } from "../../io/store.ts";
import type { RowRecord } from "../../model/cell.ts";
import type { MemberId } from "../../model/member.ts";
import { Replica } from "../../replica/replica.ts";
import type { PeerMessage } from "../../wire/peer.ts";
import { encodeRow, piecesOf, readRow, rowKey, writeRow } from "../../wire/record.ts";

type MessageOf<T extends PeerMessage["type"]> = Extract<PeerMessage, { type: T }>;

/** A state as it was at one index, in chunks of about as many bytes as the pace says. */
interface Cut {
  readonly index: number;
  readonly term: number;
  readonly chunks: readonly Uint8Array[];
}

export class CopySender {
  readonly #chunkBytes: number;
  #cut: Cut | undefined;
  #usedAtMs = 0;

  constructor(chunkBytes: number) {
    this.#chunkBytes = chunkBytes;
  }

  /** The index the log must not be forgotten beyond while a copy is under way. */
  pinned(nowMs: number): number {
    if (this.#cut !== undefined && nowMs - this.#usedAtMs > COPY_CUT_KEPT_MS) {
      this.#cut = undefined;
    }
    return this.#cut?.index ?? Number.POSITIVE_INFINITY;
  }

  /** What there is to copy: the cut in use, or one made now at the applied index. */
  offer(
    term: number,
    replica: Replica,
    termAt: (index: number) => number | undefined,
    nowMs: number,
  ): MessageOf<"copyOffer"> | undefined {
    if (this.#cut === undefined || termAt(this.#cut.index) === undefined) {
      const cutTerm = termAt(replica.applied);
      if (cutTerm === undefined) return undefined;
      this.#cut = {
        index: replica.applied,
        term: cutTerm,
        chunks: chunksOf(replica.records(), this.#chunkBytes),
      };
    }
    this.#usedAtMs = nowMs;
    const { index: cut, term: cutTerm, chunks } = this.#cut;
    return { type: "copyOffer", term, cut, cutTerm, chunks: chunks.length };
  }

  chunk(pull: MessageOf<"copyPull">, nowMs: number): MessageOf<"copyChunk"> | undefined {
    const { term, cut, chunk } = pull;
    const bytes = this.#cut?.index === cut ? this.#cut.chunks[chunk] : undefined;
    if (bytes === undefined) return undefined;
    this.#usedAtMs = nowMs;
    return { type: "copyChunk", term, cut, chunk, bytes };
  }
}

function chunksOf(records: Iterable<RowRecord>, chunkBytes: number): Uint8Array[] {
  const chunks: Uint8Array[] = [];
  let writer = new ByteWriter(chunkBytes);
  for (const record of records) {
    for (const piece of piecesOf(record)) {
      writeRow(writer, piece);
      if (writer.length < chunkBytes) continue;
      chunks.push(writer.finish());
      writer = new ByteWriter(chunkBytes);
    }
  }
  if (writer.length > 0 || chunks.length === 0) chunks.push(writer.finish());
  return chunks;
}

/** What the receiver wants done next. */
export interface CopyStep {
  /** What to write into the copy's generation. */
  readonly records: readonly StoreRecord[];
  /** True with the last chunk: the copy is whole. */
  readonly isWhole: boolean;
}

export class CopyReceiver {
  readonly #offer: MessageOf<"copyOffer">;
  readonly from: MemberId;
  readonly generation: number;
  readonly replica: Replica;
  #next = 0;
  /** The row that was taken last, and which of its pieces. */
  #row = "";
  #piece = 0;
  /** A chunk is being written; the next is asked for once it is on disk. */
  #isWriting = false;

  constructor(
    from: MemberId,
    offer: MessageOf<"copyOffer">,
    generation: number,
    replica: Replica,
  ) {
    this.from = from;
    this.#offer = offer;
    this.generation = generation;
    this.replica = replica;
  }

  get cut(): number {
    return this.#offer.cut;
  }

  get cutTerm(): number {
    return this.#offer.cutTerm;
  }

  /** How much is here, for whoever watches: chunks on disk, and all of them. */
  get progress(): { readonly done: number; readonly of: number } {
    return { done: this.#next, of: this.#offer.chunks };
  }

  /** Whether this goes on with what is here: another sender may have cut its chunks elsewhere. */
  isOf(from: MemberId, offer: MessageOf<"copyOffer">): boolean {
    return from === this.from && offer.cut === this.#offer.cut &&
      offer.cutTerm === this.#offer.cutTerm && offer.chunks === this.#offer.chunks;
  }

  /** The next question, or undefined while a chunk is being written. */
  pull(term: number): MessageOf<"copyPull"> | undefined {
    if (this.#isWriting || this.#next >= this.#offer.chunks) return undefined;
    return { type: "copyPull", term, cut: this.cut, chunk: this.#next };
  }

  /** Joins a chunk; undefined where it is not the one asked for. */
  take(chunk: MessageOf<"copyChunk">): CopyStep | undefined {
    if (chunk.cut !== this.cut || chunk.chunk !== this.#next || this.#isWriting) return undefined;
    const reader = new ByteReader(chunk.bytes);
    const records: StoreRecord[] = [];
    while (reader.left > 0) records.push(this.#takeRow(readRow(reader)));
    this.#isWriting = true;
    const isWhole = this.#next + 1 === this.#offer.chunks;
    if (isWhole) this.replica.caughtUp(this.cut);
    return { records, isWhole };
  }

  /** Pieces of one row come one after another, if in several chunks. */
  #takeRow(record: RowRecord): StoreRecord {
    this.replica.join(record);
    this.#piece = record.row === this.#row ? this.#piece + 1 : 0;
    this.#row = record.row;
    return { key: rowKey(this.generation, record.row, this.#piece), value: encodeRow(record) };
  }

  /** The chunk taken last is on disk. */
  written(): void {
    this.#isWriting = false;
    this.#next++;
  }
}
