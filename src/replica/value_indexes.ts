/** Which nodes have which value, of several attributes: made when one is asked for; of too many the
 * one is let go that was used longest ago. */
import type { Cell } from "../model/cell.ts";
import type { ValueIndex } from "./value_index.ts";

/** See above. Its owner tells it of every change. */
export class ValueIndexes {
  readonly #most: number;
  readonly #make: (attribute: string) => ValueIndex;
  /** By attribute, the one used last at the end. */
  readonly #indexes = new Map<string, ValueIndex>();

  constructor(most: number, make: (attribute: string) => ValueIndex) {
    this.#most = most;
    this.#make = make;
  }

  has(attribute: string): boolean {
    return this.#indexes.has(attribute);
  }

  attributes(): string[] {
    return [...this.#indexes.keys()];
  }

  clear(): void {
    this.#indexes.clear();
  }

  /** The index of the attribute; filled from `nodes` where it is new. */
  of(attribute: string, nodes: Parameters<ValueIndex["fill"]>[0]): ValueIndex {
    let index = this.#indexes.get(attribute);
    if (index !== undefined && this.#indexes.size === 1) return index;
    this.#indexes.delete(attribute);
    if (index === undefined) {
      index = this.#make(attribute);
      index.fill(nodes);
      const [oldest] = this.#indexes.keys();
      if (this.#indexes.size >= this.#most && oldest !== undefined) this.#indexes.delete(oldest);
    }
    this.#indexes.set(attribute, index);
    return index;
  }

  /** A node changed: `cells` are its own, in the order of `attributes`. */
  seeNode(
    node: string,
    exists: boolean,
    cells: readonly (Cell | undefined)[],
    isNew: (cell: Cell | undefined) => boolean,
  ): void {
    let at = 0;
    for (const index of this.#indexes.values()) {
      const own = cells[at++];
      if (!exists) index.forget(node);
      else if (index.isDerived || isNew(own)) index.look(node);
    }
  }

  /** A group changed in these attributes: what its nodes inherit is to be looked at anew. */
  seeGroup(changed: ReadonlySet<string>): void {
    for (const [attribute, index] of this.#indexes) {
      if (changed.has(attribute) || index.isDerived) this.#indexes.delete(attribute);
    }
  }
}
