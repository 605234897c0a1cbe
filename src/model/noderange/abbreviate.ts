/** The inverse of an expansion: a short noderange of given nodes. */
import { naturally, naturalSort } from "../natural_order.ts";
import { compactNames } from "./compact_names.ts";
import type { NodeBook } from "./node_book.ts";

/** Fewer nodes are no longer than a group's name, and tell more. */
const LEAST_MEMBERS = 2;
const PLAIN_NAME = /^[A-Za-z0-9][A-Za-z0-9._-]*$/;

/**
 * A noderange of exactly these nodes: static groups all of whose members are among them, the
 * largest first, then what is left in brackets; in natural order. Empty for no nodes. Names that
 * are no nodes stay as they are.
 */
export function abbreviate(names: Iterable<string>, book: NodeBook): string {
  const left = new Set(names);
  const pieces: string[] = [];
  for (const { group } of groupsBySize(book, left.size)) {
    if (left.size < LEAST_MEMBERS) break;
    const members = book.membersOf(group);
    if (members.size > left.size || !isWithin(members, left)) continue;
    for (const name of members) left.delete(name);
    pieces.push(group);
  }
  pieces.push(...compactNames(naturalSort(left)));
  return pieces.sort(naturally).join(",");
}

/** Groups that could stand for some of so many nodes; a node's name means the node. */
function groupsBySize(book: NodeBook, most: number): { group: string; size: number }[] {
  const groups: { group: string; size: number }[] = [];
  for (const group of book.groups()) {
    if (book.rangeOf(group) !== undefined || book.hasNode(group)) continue;
    const { size } = book.membersOf(group);
    if (size < LEAST_MEMBERS || size > most || !PLAIN_NAME.test(group)) continue;
    groups.push({ group, size });
  }
  return groups.sort((a, b) => b.size - a.size || naturally(a.group, b.group));
}

function isWithin(members: Iterable<string>, names: ReadonlySet<string>): boolean {
  for (const name of members) if (!names.has(name)) return false;
  return true;
}
