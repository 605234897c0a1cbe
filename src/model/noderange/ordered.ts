/** Names in natural order, sorted only where that is less work than going through all nodes. */
import { naturalSort } from "../natural_order.ts";
import type { NameSet, NodeBook } from "./node_book.ts";
import type { Page } from "./parse.ts";

/** So many times more nodes than names, and to go through all nodes costs more than to sort. */
const FEW = 16;

/** The names in the natural order of nodes; each is one of `book`. */
export function inOrder(names: NameSet, book: NodeBook): string[] {
  const all = book.nodes();
  if (names.size === all.length) return [...all];
  if (names.size * FEW > all.length) return all.filter((name) => names.has(name));
  const orderOf = book.orderOf?.bind(book);
  if (orderOf === undefined) return naturalSort(names);
  return Array.from(names, (name) => ({ name, order: orderOf(name) }))
    .sort((a, b) => a.order - b.order)
    .map(({ name }) => name);
}

/** What is left of names in order: `skip` passed over, then `take` taken. */
export function paged(names: string[], page: Page | undefined): string[] {
  return page === undefined ? names : names.slice(page.skip, page.skip + page.take);
}
