/**
 * `location.rack=r7`: nodes by the values of their attributes.
 *
 *     filter   := name operator value      the name may hold `*`, which stands for any text
 *     operator := "=" | "==" | "!=" | "=~" | "!~"
 */
import { ok, type Outcome, type Refused, refused } from "../../base/outcome.ts";
import type { NodeBook } from "./node_book.ts";
import { patternTest } from "./pattern.ts";

export interface AttributeFilter {
  /** An attribute's own name, or a pattern in which `*` stands for any text. */
  readonly attribute: string;
  readonly operator: "=" | "!=" | "=~" | "!~";
  /** A text, or the regular expression of `=~` and `!~`. */
  readonly value: string;
}

/** The word as a filter; undefined for a word that is none. */
export function readFilter(word: string): AttributeFilter | undefined {
  const [head = ""] = word.split("[", 1);
  const found = /=~|!~|!=|==|=/.exec(head);
  if (found === null) return undefined;
  const [operator] = found;
  return {
    attribute: word.slice(0, found.index),
    operator: operator === "==" ? "=" : operator as AttributeFilter["operator"],
    value: word.slice(found.index + operator.length),
  };
}

/** The filter by the attribute's own name; refused for secrets and names that no attribute has. */
export function checkFilter(
  filter: AttributeFilter,
  book: Pick<NodeBook, "attributeName" | "attributeNames">,
): Outcome<AttributeFilter> {
  const given = filter.attribute;
  if (isSealed(given)) return secret();
  if (given.includes("*")) {
    return isKnownPattern(given, book) ? ok(filter) : unknown(given);
  }
  const attribute = book.attributeName(given);
  if (attribute === undefined) return unknown(given);
  return isSealed(attribute) ? secret() : ok({ ...filter, attribute });
}

/** Whether a value passes. Compiled here: call it once, and what it gives for each value. */
export function valueTest(filter: AttributeFilter): Outcome<(value: string) => boolean> {
  const { operator, value: wanted } = filter;
  if (operator === "=") return ok((value) => value === wanted);
  if (operator === "!=") return ok((value) => value !== wanted);
  const found = patternTest(wanted);
  if (!found.ok || operator === "=~") return found;
  return ok((value) => !found.value(value));
}

/** Whether an attribute's name is meant by a pattern. No pattern means what is sealed. */
export function namePattern(pattern: string): (name: string) => boolean {
  const matches = starMatch(pattern);
  return (name) => !isSealed(name) && matches(name);
}

function starMatch(pattern: string): (name: string) => boolean {
  const pieces = pattern.split("*");
  const first = pieces.shift() ?? "", last = pieces.pop();
  return (name) => {
    if (last === undefined) return name === first;
    if (!name.startsWith(first) || !name.endsWith(last)) return false;
    let from = first.length;
    for (const piece of pieces) {
      const at = name.indexOf(piece, from);
      if (at === -1) return false;
      from = at + piece.length;
    }
    return from + last.length <= name.length;
  };
}

/** Names under these are made by whoever sets them. */
const FREE = ["custom.", "net.", "power."];

function isKnownPattern(
  pattern: string,
  book: Pick<NodeBook, "attributeName" | "attributeNames">,
): boolean {
  if (FREE.some((prefix) => pattern.startsWith(prefix))) return true;
  const matches = starMatch(pattern);
  for (const name of book.attributeNames()) {
    if (matches(name)) return true;
  }
  return false;
}

function isSealed(name: string): boolean {
  return name.startsWith("secret.") || name.startsWith("custom.nodesecret.");
}

function secret(): Refused {
  return refused("invalid", "Filter by secret attributes is not supported");
}

function unknown(name: string): Refused {
  return refused("invalid", `${name.slice(0, 64)} is not a valid attribute name`);
}
