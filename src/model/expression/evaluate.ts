/** What an expression becomes for one node. */
import { MAX_EXPRESSION_RESULT } from "../../base/limits.ts";
import { oneLine } from "../../base/one_line.ts";
import { ok, type Outcome, type Refused, refused } from "../../base/outcome.ts";
import type { Expression, Field, Part } from "./expression.ts";
import { broken } from "./fault.ts";
import { formatNumber } from "./format_number.ts";
import { type FormatSpec, readFormatSpec } from "./format_spec.ts";
import { formatText } from "./format_text.ts";
import type { Method, Term } from "./term.ts";
import { itemOf, replaced, sliceOf, tooLong } from "./text_operation.ts";
import { calculate, decimal, type WholeNumber, wholeOf } from "./whole_number.ts";

/** The node that an expression is evaluated for. */
export interface Source {
  /** Its name. */
  readonly node: string;
  /** The value of the attribute of that canonical name, "" if unset; or why it has none. */
  valueOf(attribute: string): Outcome<string>;
}

type Value = WholeNumber | string;

/** `invalid` with the cause where it is broken for this node; a cause of `source` is handed on. */
export function evaluate(expression: Expression, source: Source): Outcome<string> {
  const text = expand(expression.parts, source);
  return typeof text === "string" ? ok(text) : text;
}

function expand(parts: readonly Part[], source: Source): string | Refused {
  let text = "";
  for (const part of parts) {
    const more = typeof part === "string" ? part : expandField(part, source);
    if (typeof more !== "string") return more;
    text += more;
    if (text.length > MAX_EXPRESSION_RESULT) return tooLong();
  }
  return text;
}

/** A text that spells a number is one: zeros before it are lost. */
function expandField({ term, format }: Field, source: Source): string | Refused {
  const given = valueOf(term, source);
  if (typeof given === "object") return given;
  const value = typeof given === "string" ? wholeOf(given) ?? given : given;
  if (format === undefined) return typeof value === "string" ? value : decimal(value);
  if (format.kind === "fixed") return formatted(value, format.spec);
  if (format.kind === "broken") return broken(format.fault);
  const expanded = expand(format.parts, source);
  if (typeof expanded !== "string") return expanded;
  const spec = readFormatSpec(expanded);
  return typeof spec === "string" ? refused("invalid", oneLine(spec)) : formatted(value, spec);
}

function formatted(value: Value, spec: FormatSpec): string | Refused {
  return typeof value === "string" ? formatText(value, spec) : formatNumber(value, spec);
}

function valueOf(term: Term, source: Source): Value | Refused {
  switch (term.kind) {
    case "constant":
      return term.value;
    case "node":
      return source.node;
    case "digits":
      return digitsOf(source.node, Number(term.which));
    case "attribute": {
      const value = source.valueOf(term.name);
      return value.ok ? value.value : value;
    }
    case "operation": {
      const left = numberOf(term.left, source);
      if (typeof left === "object") return left;
      const right = numberOf(term.right, source);
      return typeof right === "object" ? right : calculate(term.operator, left, right);
    }
    case "negation": {
      const value = numberOf(term.of, source);
      return typeof value === "object" ? value : calculate("-", 0, value);
    }
    case "item":
    case "slice":
      return cut(term, source);
    case "call":
      return called(term.method, term.of, term.given, source);
    case "broken":
      return broken(term.fault);
  }
}

/** Texts are taken for the number that they spell. */
function numberOf(term: Term, source: Source): WholeNumber | Refused {
  const value = valueOf(term, source);
  if (typeof value !== "string") return value;
  return wholeOf(value) ?? refused(
    "invalid",
    `invalid literal for int() with base 10: '${
      oneLine(value.slice(0, 64))
    }' is not a whole number`,
  );
}

function textOf(term: Term, source: Source): string | Refused {
  const value = valueOf(term, source);
  return typeof value === "string" || typeof value === "object" ? value : decimal(value);
}

function cut(term: Term & { kind: "item" | "slice" }, source: Source): string | Refused {
  const text = textOf(term.of, source);
  if (typeof text !== "string") return text;
  if (term.kind === "item") {
    const at = numberOf(term.at, source);
    return typeof at === "object" ? at : itemOf(text, at);
  }
  const from = term.from === undefined ? 0 : numberOf(term.from, source);
  if (typeof from === "object") return from;
  const to = term.to === undefined ? undefined : numberOf(term.to, source);
  return typeof to === "object" ? to : sliceOf(text, from, to);
}

function called(
  method: Method,
  of: Term,
  given: readonly Term[],
  source: Source,
): Value | Refused {
  const [first, second] = given;
  if (first !== undefined && method.startsWith("block_")) {
    return blockOf(method, numberOf(of, source), numberOf(first, source));
  }
  const text = textOf(of, source);
  if (typeof text !== "string") return text;
  if (method === "upper") return text.toUpperCase();
  if (method === "lower") return text.toLowerCase();
  const what = first === undefined ? "" : textOf(first, source);
  if (typeof what !== "string") return what;
  const by = second === undefined ? "" : textOf(second, source);
  return typeof by !== "string" ? by : replaced(text, what, by);
}

/** Of things counted from 1 in blocks of a size: which block one is in, and which it is there. */
function blockOf(
  method: Method,
  count: WholeNumber | Refused,
  size: WholeNumber | Refused,
): WholeNumber | Refused {
  if (typeof count === "object") return count;
  if (typeof size === "object") return size;
  const before = calculate("-", count, 1);
  if (typeof before === "object") return before;
  const block = calculate(method === "block_number" ? "/" : "%", before, size);
  return typeof block === "object" ? block : calculate("+", block, 1);
}

/** A run of digits in the name as a number: the first is 1, and 0 the last. */
function digitsOf(name: string, which: number): WholeNumber | Refused {
  let runs = 0;
  let from = 0;
  let to = 0;
  for (let i = 0; i < name.length; i++) {
    if (!isDigit(name, i)) continue;
    from = i;
    while (isDigit(name, i)) i++;
    to = i;
    runs++;
    if (runs === which) break;
  }
  const digits = which === 0 || runs === which ? wholeOf(name.slice(from, to)) : undefined;
  return digits ?? refused(
    "invalid",
    `list index out of range: ${name} has ${runs} numbers, so there is no n${which}`,
  );
}

function isDigit(text: string, at: number): boolean {
  const code = text.charCodeAt(at);
  return code >= 0x30 && code <= 0x39;
}
