/** What a noderange looks names up in. The evaluator sees the data through this alone. */
import type { Outcome } from "../../base/outcome.ts";
import type { AttributeFilter } from "./attribute_filter.ts";

/** Names that can be asked for and told one by one; every `ReadonlySet<string>` is such. */
export interface NameSet {
  readonly size: number;
  has(name: string): boolean;
  [Symbol.iterator](): Iterator<string>;
}

/** Nodes, groups and attributes of one state, which does not change during an evaluation.
 * Every name that is told here is one of `nodes()`. */
export interface NodeBook {
  hasNode(name: string): boolean;
  /** All, in natural order; kept by whoever implements it, since it is asked for often. */
  nodes(): readonly string[];
  /** The place of a node in natural order, where that is known without sorting. */
  orderOf?(name: string): number;
  hasGroup(name: string): boolean;
  /** Every group, in any order. */
  groups(): Iterable<string>;
  /** Static members; none for a group that has not any, or is not there. */
  membersOf(group: string): NameSet;
  /** The noderange of a dynamic group; undefined for any other. */
  rangeOf(group: string): string | undefined;
  /** The attribute's own name for its name or alias; undefined where no attribute has that name. */
  attributeName(given: string): string | undefined;
  /** Attributes that have names of their own, for patterns: `net.*` and the like need not be. */
  attributeNames(): Iterable<string>;
  /** Whether nodes are found by values of that attribute without a look at each of them. */
  isIndexed?(attribute: string): boolean;
  /**
   * Nodes one of whose values passes the filter (`valueTest`). What is not set, sealed or broken
   * counts as the empty text; with a pattern every attribute whose name matches counts
   * (`namePattern`), and the empty text besides; a list counts item by item. Where `among` is
   * given only those matter: a name outside of it may be in the answer or not. Equality with one
   * attribute is looked up in an index, so that it is cheap however many nodes there are.
   */
  matching(filter: AttributeFilter, among?: NameSet): Outcome<NameSet>;
}
