/**
 * Noderanges: the short text by which people name many nodes at once.
 *
 *     range := term { op term }            evaluated strictly left to right, no precedence
 *     op    := "," (union) | ",-" (minus) | "@" (intersection)
 *     term  := "(" range ")" | word
 *     word  := "~" regex | "/" regex       found anywhere in a node's name
 *            | attribute filter            attribute_filter.ts
 *            | node | group | sequence     sequence.ts
 *            | brackets                    brackets.ts
 *     page  := "<" N (skip) | ">" N (take) of the whole result, wherever it stands
 *
 * An exact name of a node or group wins over a sequence. Of operators in a row the last one counts,
 * and one at the end does nothing. Space means nothing, but two names that only space parts are
 * refused. A text that begins with a page pages all nodes. A range with "/" in it stands in a URL
 * as %2F: a plain "/" ends it.
 */
import { ok, type Outcome, type Refused, refused } from "../../base/outcome.ts";
import { naturalSort } from "../natural_order.ts";
import { nodeName } from "../node_name.ts";
import { readFilter } from "./attribute_filter.ts";
import { Evaluation, type Stranger } from "./evaluate.ts";
import type { NodeBook } from "./node_book.ts";
import { inOrder, paged } from "./ordered.ts";
import { parse, type Parsed } from "./parse.ts";
import { fullRoom } from "./room.ts";

/** The existing nodes a range names, in natural order, its page of them. `not-found` for a name
 * that nobody has, `invalid` for a text that is no range. */
export function expandExisting(text: string, book: NodeBook): Outcome<string[]> {
  const parsed = parse(text);
  if (!parsed.ok) return parsed;
  const names = new Evaluation(book, unknownName, fullRoom()).names(parsed.value.steps);
  return names.ok ? ok(paged(inOrder(names.value, book), parsed.value.page)) : names;
}

/** The names a range stands for, whether there are such nodes or not: what is neither a node nor a
 * group is taken for the name of a node to come. In the range's order; in natural order where it
 * has pages. */
export function expandAny(text: string, book: NodeBook): Outcome<string[]> {
  const parsed = parse(text);
  return parsed.ok ? inOwnOrder(parsed.value, book, () => undefined) : parsed;
}

/** Refused for a text that is no range, whatever nodes and groups there are. `attributeName`: the
 * attribute's own name for its name or alias. */
export function readRange(
  text: string,
  attributeName: NodeBook["attributeName"],
): Outcome<void> {
  const read = expandAny(text, { ...NO_DATA, attributeName });
  return read.ok ? ok() : read;
}

/** The nodes a range names when they are to be made: no data is looked at, so it may hold no
 * filter and no regular expression. In the range's order; in natural order where it has pages. */
export function expandNew(text: string): Outcome<string[]> {
  const parsed = parse(text);
  if (!parsed.ok) return parsed;
  for (const step of parsed.value.steps) {
    const wrong = needsData(step);
    if (wrong !== undefined) return wrong;
  }
  return inOwnOrder(parsed.value, NO_DATA, (name) => {
    const valid = nodeName(name);
    return valid.ok ? undefined : valid;
  });
}

function inOwnOrder(
  { steps, page }: Parsed,
  book: NodeBook,
  stranger: Stranger,
): Outcome<string[]> {
  const names = new Evaluation(book, stranger, fullRoom()).names(steps);
  if (!names.ok) return names;
  return ok(page === undefined ? [...names.value] : paged(naturalSort(names.value), page));
}

const unknownName: Stranger = (name, isInSequence) => {
  const short = name.slice(0, 64);
  return refused(
    "not-found",
    `Invalid Noderange: ${
      isInSequence ? `Unknown node ${short}` : `${short} not a recognized node, group, or alias`
    }`,
  );
};

function needsData(step: Parsed["steps"][number]): Refused | undefined {
  const what = step.kind === "all"
    ? "a page of all nodes"
    : step.kind !== "word"
    ? undefined
    : /^[~/]/.test(step.text)
    ? `the regular expression "${step.text.slice(0, 64)}"`
    : readFilter(step.text) === undefined
    ? undefined
    : `the filter "${step.text.slice(0, 64)}"`;
  if (what === undefined) return undefined;
  return refused(
    "invalid",
    `Invalid Noderange: ${what} is looked up among nodes that exist; name new nodes, as n1-n9`,
  );
}

const NO_DATA: NodeBook = {
  hasNode: () => false,
  nodes: () => [],
  hasGroup: () => false,
  groups: () => [],
  membersOf: () => new Set(),
  rangeOf: () => undefined,
  attributeName: () => undefined,
  attributeNames: () => [],
  matching: () => ok(new Set()),
};
