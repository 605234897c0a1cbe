/**
 * What is known of nodes by having been seen: a join semilattice, as the cells of the log are, but
 * with stamps that the observers make themselves. No majority is needed, and none is asked.
 *
 * 1. A stamp is (epoch, clock, member), the greatest wins. The epoch is the index of the entry that
 *    made the member manager of the node: who lost a node never wins against who took it over,
 *    whatever their clocks say, and no epoch of a node is below the entry that defined it.
 * 2. What is stamped more than MAX_CLOCK_LEAD_MS ahead of the clock here is not taken, and what is
 *    held is dropped once it turns out to be: else one wrong clock would win until its time comes.
 * 3. Bounded: MAX_OBSERVED_NODES, and a value of each fact.
 *
 * A hundred thousand nodes are many small numbers, so they lie in columns: a node has a slot, with
 * a place for each fact. Slots of what was written here hang in a chain, oldest change first.
 */
import { hlcAfter, hlcMillis } from "../base/hlc.ts";
import { MAX_CLOCK_LEAD_MS, MAX_OBSERVED_NODES } from "../base/limits.ts";
import type { MemberId } from "../model/member.ts";
import {
  compareStamps,
  OBSERVED_FACTS,
  type ObservedCell,
  type ObservedFact,
  type ObservedStamp,
  type Sighting,
} from "../model/observed.ts";
import { OBSERVED_SUMS } from "../wire/observed.ts";
import { StringPool } from "./string_pool.ts";
import { hashCell, hashText } from "./sums.ts";

const FACTS = OBSERVED_FACTS.length;
const FIRST_SLOTS = 64;
/** Ends the chain. Slot 0 holds no node. */
const NONE = 0;
/** What a cell takes in a frame beside its texts, about. */
const CELL_BYTES = 20;

/** Whether nothing of that epoch may be known of the node: it was removed, or defined anew. */
export type IsGone = (node: string, epoch: number) => boolean;

/** A part of what is known, for a frame, and where to go on. */
export interface ObservedPart {
  readonly cells: readonly ObservedCell[];
  /** Undefined: this was the last. */
  readonly next: number | undefined;
}

/** See above. */
export class ObservedMap {
  readonly #most: number;
  readonly #slots = new Map<string, number>();
  readonly #nodes: (string | undefined)[] = [undefined];
  readonly #free: number[] = [];
  readonly #values = new StringPool();
  readonly #members = new StringPool();
  readonly #sums = new Uint32Array(OBSERVED_SUMS);
  // By place: slot x FACTS + fact. A cell is there where its member is not 0.
  #epochs = new Float64Array(FIRST_SLOTS * FACTS);
  #clocks = new Float64Array(FIRST_SLOTS * FACTS);
  #texts = new Uint32Array(FIRST_SLOTS * FACTS);
  #writers = new Uint32Array(FIRST_SLOTS * FACTS);
  // By slot.
  #hashes = new Uint32Array(FIRST_SLOTS);
  #versions = new Float64Array(FIRST_SLOTS);
  #older = new Uint32Array(FIRST_SLOTS);
  #newer = new Uint32Array(FIRST_SLOTS);
  #newest = NONE;
  #version = 0;
  #lastHlc = 0;
  #swept = 0;

  /** `most`: nodes. */
  constructor(most = MAX_OBSERVED_NODES) {
    this.#most = most;
  }

  /** Nodes of which something is known. */
  get size(): number {
    return this.#slots.size;
  }

  /** Rises with every write of this member. */
  get version(): number {
    return this.#version;
  }

  /** What all that is known comes to, node by node in OBSERVED_SUMS buckets. */
  get sums(): Uint32Array {
    return this.#sums.slice();
  }

  cell(node: string, fact: ObservedFact): ObservedCell | undefined {
    const slot = this.#slots.get(node);
    return slot === undefined ? undefined : this.#cellAt(slot, OBSERVED_FACTS.indexOf(fact));
  }

  /** All that is known, in no order. */
  *cells(): Iterable<ObservedCell> {
    for (const slot of this.#slots.values()) yield* this.#cellsAt(slot);
  }

  /**
   * What this member saw itself, as manager since `epoch`. False where that is known to be over:
   * another's later right stands; or where there are too many nodes.
   */
  write(
    node: string,
    sightings: readonly Sighting[],
    { epoch, by, wallMs }: {
      readonly epoch: number;
      readonly by: MemberId;
      readonly wallMs: number;
    },
  ): boolean {
    const slot = this.#slotOf(node);
    if (slot === undefined) return false;
    let isWritten = false;
    for (const [fact, value] of sightings) {
      const place = slot * FACTS + OBSERVED_FACTS.indexOf(fact);
      this.#dropFalse(slot, place, wallMs);
      const held = this.#stampAt(place);
      // Its right may be counted anew, and lower; whoever else has had one meanwhile wins anyway.
      const right = held?.by === by ? Math.max(epoch, held.epoch) : epoch;
      // The own clock may have been set back since, by less than that.
      const isOwnTime = held?.epoch === right;
      const hlc = hlcAfter(wallMs, Math.max(this.#lastHlc, isOwnTime ? held.hlc : 0));
      if (!this.#put(slot, place, value, { epoch: right, hlc, by })) continue;
      this.#lastHlc = hlc;
      isWritten = true;
    }
    if (isWritten) this.#hang(slot);
    else this.#leaveEmpty(slot);
    return isWritten;
  }

  /** Joins what another member knows: the greater stamp wins, cell by cell. What was new here. */
  join(cells: Iterable<ObservedCell>, wallMs: number): ObservedCell[] {
    const taken: ObservedCell[] = [];
    for (const cell of cells) {
      const { node, fact, value, stamp } = cell;
      const slot = isFarAhead(stamp.hlc, wallMs) ? undefined : this.#slotOf(node);
      if (slot === undefined) continue;
      const place = slot * FACTS + OBSERVED_FACTS.indexOf(fact);
      if (this.#put(slot, place, value, stamp)) taken.push(cell);
    }
    return taken;
  }

  /** What this member wrote after that version, oldest first, of about `bytes`, and the version
   * that it reaches up to. A node that was written again comes once. */
  since(version: number, bytes: number): { readonly cells: ObservedCell[]; readonly upTo: number } {
    let slot = this.#newest, first = NONE;
    while (slot !== NONE && (this.#versions[slot] as number) > version) {
      first = slot;
      slot = this.#older[slot] as number;
    }
    const cells: ObservedCell[] = [];
    let upTo = version, room = bytes;
    for (slot = first; slot !== NONE && room > 0; slot = this.#newer[slot] as number) {
      for (const cell of this.#cellsAt(slot)) {
        cells.push(cell);
        room -= bytesOf(cell);
      }
      upTo = this.#versions[slot] as number;
    }
    return { cells, upTo: slot === NONE ? this.#version : upTo };
  }

  /** What is known of nodes in buckets whose sums are others, from a place on, of about `bytes`. */
  differing(sums: Uint32Array, from: number, bytes: number): ObservedPart {
    const cells: ObservedCell[] = [];
    let room = bytes;
    for (let slot = from; slot < this.#nodes.length; slot++) {
      if (this.#nodes[slot] === undefined) continue;
      const bucket = (this.#hashes[slot] as number) % OBSERVED_SUMS;
      if (sums[bucket] === this.#sums[bucket]) continue;
      if (room <= 0) return { cells, next: slot };
      for (const cell of this.#cellsAt(slot)) {
        cells.push(cell);
        room -= bytesOf(cell);
      }
    }
    return { cells, next: undefined };
  }

  /** Looks at so many nodes, going on where it ended, and drops what is gone or stamped falsely. */
  sweep(isGone: IsGone, wallMs: number, count: number): void {
    const end = Math.min(this.#swept + count, this.#nodes.length);
    for (let slot = this.#swept; slot < end; slot++) {
      const node = this.#nodes[slot];
      if (node === undefined) continue;
      for (let place = slot * FACTS; place < (slot + 1) * FACTS; place++) {
        const stamp = this.#stampAt(place);
        if (stamp !== undefined && isGone(node, stamp.epoch)) this.#clear(slot, place);
        else this.#dropFalse(slot, place, wallMs);
      }
      this.#leaveEmpty(slot);
    }
    this.#swept = end === this.#nodes.length ? 0 : end;
  }

  // ---- cells

  #stampAt(place: number): ObservedStamp | undefined {
    const by = this.#members.string(this.#writers[place] as number);
    if (by === null) return undefined;
    const epoch = this.#epochs[place] as number, hlc = this.#clocks[place] as number;
    return { epoch, hlc, by: by as MemberId };
  }

  #cellAt(slot: number, number: number): ObservedCell | undefined {
    const place = slot * FACTS + number;
    const stamp = this.#stampAt(place);
    if (stamp === undefined) return undefined;
    const value = this.#values.string(this.#texts[place] as number) as string;
    const fact = OBSERVED_FACTS[number] as ObservedFact;
    return { node: this.#nodes[slot] as string, fact, value, stamp };
  }

  *#cellsAt(slot: number): Iterable<ObservedCell> {
    for (let number = 0; number < FACTS; number++) {
      const cell = this.#cellAt(slot, number);
      if (cell !== undefined) yield cell;
    }
  }

  /** False where what is held wins. Two values of one stamp are a bug of who made it: then the
   * greater wins, so that all hold the same. */
  #put(slot: number, place: number, value: string, stamp: ObservedStamp): boolean {
    const held = this.#stampAt(place);
    if (held !== undefined) {
      const order = compareStamps(stamp, held);
      if (order < 0) return false;
      const text = this.#values.string(this.#texts[place] as number) as string;
      if (order === 0 && value <= text) return false;
    }
    // What the new one holds as well is not forgotten in between.
    const text = this.#values.hold(value), writer = this.#members.hold(stamp.by);
    this.#clear(slot, place);
    this.#texts[place] = text;
    this.#writers[place] = writer;
    this.#epochs[place] = stamp.epoch;
    this.#clocks[place] = stamp.hlc;
    this.#count(slot, place, 1);
    return true;
  }

  #clear(slot: number, place: number): void {
    if (this.#writers[place] === 0) return;
    this.#count(slot, place, -1);
    this.#values.release(this.#texts[place] as number);
    this.#members.release(this.#writers[place] as number);
    this.#writers[place] = 0;
  }

  #dropFalse(slot: number, place: number, wallMs: number): void {
    if (isFarAhead(this.#clocks[place] as number, wallMs)) this.#clear(slot, place);
  }

  /** Adds the cell to the sum of its bucket, or takes it out. */
  #count(slot: number, place: number, times: 1 | -1): void {
    const node = this.#hashes[slot] as number;
    const text = this.#values.hash(this.#texts[place] as number);
    const writer = this.#members.hash(this.#writers[place] as number);
    const right = hashCell(node, place % FACTS, writer, this.#epochs[place] as number);
    const bucket = node % OBSERVED_SUMS;
    (this.#sums[bucket] as number) += times *
      hashCell(right, text, 0, this.#clocks[place] as number);
  }

  // ---- slots

  /** Undefined where there are too many nodes. */
  #slotOf(node: string): number | undefined {
    const known = this.#slots.get(node);
    if (known !== undefined || this.#slots.size >= this.#most) return known;
    const slot = this.#free.pop() ?? this.#nodes.length;
    if (slot >= this.#hashes.length) this.#grow();
    this.#nodes[slot] = node;
    this.#hashes[slot] = hashText(0, node);
    this.#slots.set(node, slot);
    return slot;
  }

  /** Lets the slot go where nothing is known of its node any more. */
  #leaveEmpty(slot: number): void {
    for (let place = slot * FACTS; place < (slot + 1) * FACTS; place++) {
      if (this.#writers[place] !== 0) return;
    }
    this.#unhang(slot);
    this.#slots.delete(this.#nodes[slot] as string);
    this.#nodes[slot] = undefined;
    this.#free.push(slot);
  }

  /** Puts the slot at the end of what was written here. */
  #hang(slot: number): void {
    this.#unhang(slot);
    this.#versions[slot] = ++this.#version;
    this.#older[slot] = this.#newest;
    if (this.#newest !== NONE) this.#newer[this.#newest] = slot;
    this.#newest = slot;
  }

  #unhang(slot: number): void {
    if (this.#versions[slot] === 0) return;
    const older = this.#older[slot] as number, newer = this.#newer[slot] as number;
    if (older !== NONE) this.#newer[older] = newer;
    if (newer !== NONE) this.#older[newer] = older;
    else this.#newest = older;
    this.#versions[slot] = 0;
    this.#older[slot] = NONE;
    this.#newer[slot] = NONE;
  }

  #grow(): void {
    this.#epochs = twiceAsLong(this.#epochs);
    this.#clocks = twiceAsLong(this.#clocks);
    this.#texts = twiceAsLong(this.#texts);
    this.#writers = twiceAsLong(this.#writers);
    this.#hashes = twiceAsLong(this.#hashes);
    this.#versions = twiceAsLong(this.#versions);
    this.#older = twiceAsLong(this.#older);
    this.#newer = twiceAsLong(this.#newer);
  }
}

function isFarAhead(hlc: number, wallMs: number): boolean {
  return hlcMillis(hlc) > wallMs + MAX_CLOCK_LEAD_MS;
}

function bytesOf({ node, value }: ObservedCell): number {
  return CELL_BYTES + node.length + value.length;
}

function twiceAsLong<T extends Float64Array | Uint32Array>(column: T): T {
  const grown = new (column.constructor as new (length: number) => T)(column.length * 2);
  grown.set(column);
  return grown;
}
