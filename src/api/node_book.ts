/** The nodes of a member's state as noderanges look them up. Groups are not there yet. */
import { ok, type Outcome } from "../base/outcome.ts";
import { CATALOGUE, findAttribute } from "../model/attribute.ts";
import { naturalSort } from "../model/natural_order.ts";
import {
  type AttributeFilter,
  namePattern,
  valueTest,
} from "../model/noderange/attribute_filter.ts";
import type { NameSet, NodeBook } from "../model/noderange/node_book.ts";
import { nodeRow } from "../model/operation.ts";
import type { StateView } from "../service/member_service.ts";

const NODE_ROWS = nodeRow("");

/** A book of the state as it is while nothing is awaited. */
export function nodeBook(state: StateView): NodeBook {
  let nodes: readonly string[] | undefined;
  const book: NodeBook = {
    hasNode: (name) => state.exists(nodeRow(name)),
    nodes: () =>
      nodes ??= naturalSort(
        Array.from(state.rows(NODE_ROWS), (row) => row.slice(NODE_ROWS.length)),
      ),
    hasGroup: () => false,
    groups: () => [],
    membersOf: () => new Set(),
    rangeOf: () => undefined,
    attributeName: (given) => {
      const attribute = findAttribute(given);
      return attribute.ok ? attribute.value.name : undefined;
    },
    attributeNames: () => CATALOGUE.keys(),
    matching: (filter, among) => matching(state, filter, among ?? book.nodes()),
  };
  return book;
}

function matching(
  state: StateView,
  filter: AttributeFilter,
  among: Iterable<string>,
): Outcome<NameSet> {
  const passes = valueTest(filter);
  if (!passes.ok) return passes;
  const isMeant = namePattern(filter.attribute);
  const isPattern = filter.attribute.includes("*");
  const names = new Set<string>();
  for (const node of among) {
    const row = nodeRow(node);
    const values = isPattern
      ? [...state.valuesOf(row)].filter(([name]) => isMeant(name)).map(([, value]) => value)
      : [];
    const own = isPattern ? "" : state.value(row, filter.attribute) ?? "";
    if (passes.value(own) || values.some(passes.value)) names.add(node);
  }
  return ok(names);
}
