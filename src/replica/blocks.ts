/**
 * Where cells lie: three columns of numbers (attribute, value, stamp), 16 bytes a cell, out of the
 * garbage collector's sight. They are cut into pages, and of a page each row has one block.
 *
 * A frozen copy shares the pages: whoever then writes to one first makes it its own.
 */
import { present } from "../base/assert.ts";

/** Cells of a page; a block that needs more gets a page to itself. */
const PAGE_CELLS = 16_384;
const LEAST_BLOCK_CELLS = 4;

interface Page {
  readonly attributes: Uint32Array;
  readonly values: Uint32Array;
  readonly stamps: Float64Array;
}

/** Room for the cells of one row. Its places are counted from 0. */
export interface Block {
  readonly page: number;
  readonly start: number;
  readonly capacity: number;
}

/** The block of a row without cells. */
export const NO_BLOCK: Block = { page: -1, start: 0, capacity: 0 };

export class Blocks {
  #pages: Page[] = [];
  /** The pages that no frozen copy shares. */
  readonly #own = new Set<number>();
  /** Where the page that is being filled ends. */
  #filling = { page: -1, start: PAGE_CELLS };
  readonly #free = new Map<number, Block[]>();

  /** As it is now, for reading. */
  frozen(): Blocks {
    const copy = new Blocks();
    copy.#pages = this.#pages.slice();
    this.#own.clear();
    return copy;
  }

  attributeAt({ page, start }: Block, at: number): number {
    return this.#page(page).attributes[start + at] as number;
  }

  valueAt({ page, start }: Block, at: number): number {
    return this.#page(page).values[start + at] as number;
  }

  stampAt({ page, start }: Block, at: number): number {
    return this.#page(page).stamps[start + at] as number;
  }

  /** The place of an attribute among the first `count`, or -1. */
  find({ page, start }: Block, count: number, attribute: number): number {
    if (count === 0) return -1;
    const { attributes } = this.#page(page);
    for (let at = start; at < start + count; at++) {
      if (attributes[at] === attribute) return at - start;
    }
    return -1;
  }

  write({ page, start }: Block, at: number, attribute: number, value: number, stamp: number): void {
    const { attributes, values, stamps } = this.#ownPage(page);
    attributes[start + at] = attribute;
    values[start + at] = value;
    stamps[start + at] = stamp;
  }

  /** The cell of one place takes the place of another. */
  move({ page, start }: Block, from: number, to: number): void {
    const { attributes, values, stamps } = this.#ownPage(page);
    attributes[start + to] = attributes[start + from] as number;
    values[start + to] = values[start + from] as number;
    stamps[start + to] = stamps[start + from] as number;
  }

  /** The first `count` cells of a block, in another. */
  copy(from: Block, to: Block, count: number): void {
    if (count === 0) return;
    const source = this.#page(from.page), target = this.#ownPage(to.page);
    const end = from.start + count;
    target.attributes.set(source.attributes.subarray(from.start, end), to.start);
    target.values.set(source.values.subarray(from.start, end), to.start);
    target.stamps.set(source.stamps.subarray(from.start, end), to.start);
  }

  /** A block for so many cells or a few more. */
  allocate(cells: number): Block {
    const capacity = capacityFor(cells);
    const left = this.#free.get(capacity)?.pop();
    if (left !== undefined) return left;
    if (capacity > PAGE_CELLS) return { page: this.#newPage(capacity), start: 0, capacity };
    if (this.#filling.start + capacity > PAGE_CELLS) {
      this.#filling = { page: this.#newPage(PAGE_CELLS), start: 0 };
    }
    const block = { ...this.#filling, capacity };
    this.#filling.start += capacity;
    return block;
  }

  /** Nothing lies in the block any more. */
  release(block: Block): void {
    if (block === NO_BLOCK) return;
    const left = this.#free.get(block.capacity);
    if (left === undefined) this.#free.set(block.capacity, [block]);
    else left.push(block);
  }

  // ----

  #page(number: number): Page {
    return present(this.#pages[number], "page");
  }

  #ownPage(number: number): Page {
    const page = this.#page(number);
    if (this.#own.has(number)) return page;
    const own = {
      attributes: page.attributes.slice(),
      values: page.values.slice(),
      stamps: page.stamps.slice(),
    };
    this.#pages[number] = own;
    this.#own.add(number);
    return own;
  }

  #newPage(cells: number): number {
    this.#own.add(this.#pages.length);
    return this.#pages.push({
      attributes: new Uint32Array(cells),
      values: new Uint32Array(cells),
      stamps: new Float64Array(cells),
    }) - 1;
  }
}

/** Few sizes, so that a block that was left fits the next that is needed; an eighth to spare. */
function capacityFor(cells: number): number {
  const step = Math.max(LEAST_BLOCK_CELLS, 2 ** Math.floor(Math.log2(cells) - 3));
  return Math.ceil(cells / step) * step;
}
