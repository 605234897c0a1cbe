/** What was written to nodes, entry by entry, and so what they were at every index. */
import type { RowRecord } from "../../src/model/cell.ts";
import { publicNode } from "../../src/model/public_row.ts";

interface Written {
  readonly index: number;
  readonly value: string | null;
}

interface Node {
  /** Entries that dropped it, by rising index. */
  readonly drops: number[];
  readonly cells: Map<string, Written[]>;
}

export class RowHistory {
  readonly #nodes = new Map<string, Node>();

  /** Nodes that ever were. */
  get nodes(): Iterable<string> {
    return this.#nodes.keys();
  }

  /** What the entry at `index`, the newest so far, left of a row that it changed. Of the record
   * nothing is kept: it may hold hundreds of cells. */
  add(index: number, { row, floor, cells }: RowRecord): void {
    const name = publicNode(row);
    if (name === undefined) return;
    const node: Node = this.#nodes.get(name) ?? { drops: [], cells: new Map() };
    this.#nodes.set(name, node);
    if (floor === index) node.drops.push(index);
    for (const [attribute, { value, stamp }] of cells) {
      if (stamp !== index) continue;
      const known = node.cells.get(attribute);
      if (known === undefined) node.cells.set(attribute, [{ index, value }]);
      else known.push({ index, value });
    }
  }

  /** Whether the entry at `index` dropped the node. */
  isDrop(node: string, index: number): boolean {
    return this.#nodes.get(node)?.drops.includes(index) ?? false;
  }

  /** What the entry at `index` wrote to the cell; undefined where it did not. */
  written(node: string, attribute: string, index: number): string | null | undefined {
    const last = lastUpTo(this.#nodes.get(node)?.cells.get(attribute) ?? [], index);
    return last?.index === index ? last.value : undefined;
  }

  /** The cells of the node that held a value when all up to `index` was applied. */
  *state(node: string, index: number): Iterable<readonly [attribute: string, value: string]> {
    const { drops, cells }: Node = this.#nodes.get(node) ?? { drops: [], cells: new Map() };
    const floor = drops.findLast((drop) => drop <= index) ?? 0;
    for (const [attribute, all] of cells) {
      const last = lastUpTo(all, index);
      // What stands beside a drop comes after it.
      if (last !== undefined && last.index >= floor && last.value !== null) {
        yield [attribute, last.value];
      }
    }
  }
}

function lastUpTo(written: readonly Written[], index: number): Written | undefined {
  return written.findLast((one) => one.index <= index);
}
