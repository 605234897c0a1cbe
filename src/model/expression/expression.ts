/**
 * Expressions: texts with fields in braces that every node gives values of its own.
 *
 *     10.{n1/255}.{n1%255}      {nodename}-bmc      rack{(n1-1)/42+1:02d}
 *
 * An expression whose braces do not match is refused. One whose fields mean nothing is taken, and
 * is broken: it says why wherever its value is asked for.
 */
import { MAX_EXPRESSION_LENGTH } from "../../base/limits.ts";
import { ok, type Outcome, type Refused, refused } from "../../base/outcome.ts";
import { explained, type Fault } from "./fault.ts";
import { type Budget, parseField, wholeBudget } from "./field_parser.ts";
import { type FormatSpec, readFormatSpec } from "./format_spec.ts";
import { type Hole, readTemplate } from "./template.ts";
import { partsOf, type Term } from "./term.ts";

/** What was parsed, once for all nodes that have it. */
export interface Expression {
  readonly text: string;
  readonly parts: readonly Part[];
}

/** A text, or a field that becomes one. */
export type Part = string | Field;

/** What a field means, and how its value is shown. */
export interface Field {
  readonly term: Term;
  readonly format: Format | undefined;
}

/** How the value of a field is shown; its own fields are replaced first where it has such. */
export type Format =
  | { readonly kind: "fixed"; readonly spec: FormatSpec }
  | { readonly kind: "expanded"; readonly parts: readonly Part[] }
  | { readonly kind: "broken"; readonly fault: Fault };

/** Formats may hold fields, and those no more formats with fields. */
const DEEPEST_FORMAT = 1;
const BAD_SYNTAX =
  'Bad confluent expression syntax (must use "{{" and "}}" if not desiring confluent expansion): ';

/** Whether a text that was given as a value is an expression, or must be one (and is refused). */
export function isExpression(text: string): boolean {
  if (!text.includes("{") && !text.includes("}")) return false;
  const pieces = readTemplate(text);
  return !pieces.ok || pieces.value.some((piece) => typeof piece !== "string");
}

/** The value that a text which {@link isExpression} denies stands for: doubled braces are one. */
export function literalOf(text: string): string {
  return text.includes("{") || text.includes("}")
    ? text.replaceAll("{{", "{").replaceAll("}}", "}")
    : text;
}

/** `invalid` for braces that do not match; whatever is wrong in them makes a broken expression. */
export function parseExpression(text: string): Outcome<Expression> {
  if (text.length > MAX_EXPRESSION_LENGTH) {
    return refused(
      "invalid",
      `the expression has ${text.length} characters; ` +
        `MAX_EXPRESSION_LENGTH is ${MAX_EXPRESSION_LENGTH}`,
    );
  }
  const pieces = readTemplate(text);
  if (!pieces.ok) return pieces;
  const budget = wholeBudget();
  return ok({ text, parts: pieces.value.map((piece) => readPart(piece, budget, 0)) });
}

function readPart(piece: string | Hole, budget: Budget, depth: number): Part {
  if (typeof piece === "string") return piece;
  const term = parseField(piece.field, budget);
  if ("words" in term) return { term: { kind: "broken", fault: term }, format: undefined };
  return { term, format: readFormat(piece, budget, depth) };
}

function readFormat(hole: Hole, budget: Budget, depth: number): Format | undefined {
  const { conversion, format } = hole;
  const brokenBy = (words: string, where: string): Format => {
    return { kind: "broken", fault: { words, where: `${where} in {${hole.field.slice(0, 40)}` } };
  };
  if (conversion !== "") return brokenBy("Unsupported conversion", `!${conversion}`);
  if (format === "") return undefined;
  if (format.includes("{") || format.includes("}")) {
    const pieces = readTemplate(format);
    if (!pieces.ok) return brokenBy(pieces.refusal.message, `:${format.slice(0, 40)}`);
    if (depth === DEEPEST_FORMAT && pieces.value.some((piece) => typeof piece !== "string")) {
      return brokenBy("Max string recursion exceeded", `:${format.slice(0, 40)}`);
    }
    const parts = pieces.value.map((piece) => readPart(piece, budget, depth + 1));
    return { kind: "expanded", parts };
  }
  const spec = readFormatSpec(format);
  return typeof spec === "string"
    ? brokenBy(spec, `:${format.slice(0, 40)}`)
    : { kind: "fixed", spec };
}

/** What makes it broken for every node, in full; undefined where it can have a value. */
export function faultOf(expression: Expression): Refused | undefined {
  for (const term of termsOf(expression.parts)) {
    if (term.kind === "broken") return refused("invalid", explained(term.fault));
  }
  return undefined;
}

/** The refusal of an expression that was asked to be expanded, and could not be. */
export function badSyntax(cause: Refused): Refused {
  return refused("invalid", BAD_SYNTAX + cause.refusal.message);
}

/** In the order of evaluation. */
function* termsOf(parts: readonly Part[]): Generator<Term> {
  for (const part of parts) {
    if (typeof part === "string") continue;
    yield* within(part.term);
    const { format } = part;
    if (format?.kind === "expanded") yield* termsOf(format.parts);
    if (format?.kind === "broken") yield { kind: "broken", fault: format.fault };
  }
}

function* within(term: Term): Generator<Term> {
  const todo = [term];
  for (let next = todo.pop(); next !== undefined; next = todo.pop()) {
    yield next;
    todo.push(...partsOf(next).toReversed());
  }
}
