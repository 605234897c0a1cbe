/** What is made of a node's attributes, kept for as long as neither the node nor any group changes:
 * thousands of machines that boot ask for the same again and again. */
import { groupRow, nodeOfRow, nodeRow } from "../model/operation.ts";
import type { IndexSource } from "./node_index.ts";

/** See above. `make` sees the present state. */
export class NodeCache<Made> {
  readonly #source: IndexSource;
  readonly #make: (node: string) => Made;
  readonly #made = new Map<string, Made>();
  #identity: object | undefined;
  #seen = -1;

  constructor(source: IndexSource, make: (node: string) => Made) {
    this.#source = source;
    this.#make = make;
  }

  of(node: string): Made {
    this.#catchUp();
    let made = this.#made.get(node);
    if (made === undefined) this.#made.set(node, made = this.#make(node));
    return made;
  }

  #catchUp(): void {
    const { identity, applied, collected, rows } = this.#source;
    if (identity === this.#identity && applied === this.#seen) return;
    if (identity !== this.#identity || this.#seen < collected) this.#made.clear();
    else if (this.#made.size > 0) this.#forget(rows.changedRows(this.#seen));
    this.#identity = identity;
    this.#seen = applied;
  }

  /** Expressions may refer to anything that the node inherits, so that a group counts for all. */
  #forget(changed: Iterable<string>): void {
    const ofNodes = nodeRow(""), ofGroups = groupRow("");
    for (const row of changed) {
      if (row.startsWith(ofGroups)) return this.#made.clear();
      if (row.startsWith(ofNodes)) this.#made.delete(nodeOfRow(row));
    }
  }
}
