/**
 * The language of a field, by descent, one function for each rank of operators (the loosest first):
 *
 *     value   = sum, then maybe `= value`; comparisons, `and`, `or`, `if` and commas are read
 *     ranks   = |   ^   &   << >>   + -   * / %   and, before a value, -
 *     postfix = .name   .method(value, ...)   [value]   [value:value]
 *     primary = name | number | quoted text | ( value )
 *
 * What is spelled well and means nothing (a comparison, an unknown name) becomes a broken term, so
 * that the faults of spelling are told first and the others in the order of evaluation.
 */
import {
  MAX_EXPRESSION_DEPTH,
  MAX_EXPRESSION_STEPS,
  MAX_EXPRESSION_UNKNOWN_NAMES,
} from "../../base/limits.ts";
import { findAttribute, isSealed } from "../attribute.ts";
import { type Fault, marked, misspelled } from "./fault.ts";
import { METHODS, type Term } from "./term.ts";
import { type Token, tokenize } from "./tokens.ts";
import { OPERATORS, wholeOf } from "./whole_number.ts";

/** How much more of them the expression may have. */
export interface Budget {
  /** Values and operations. */
  left: number;
  /** Names that no attribute has. */
  unknown: number;
  /** What there is too much of: nothing more of the expression is read. */
  spent?: Fault;
}

/** What an expression may have before anything of it is read. */
export function wholeBudget(): Budget {
  return { left: MAX_EXPRESSION_STEPS, unknown: MAX_EXPRESSION_UNKNOWN_NAMES };
}

const NOT_UNDERSTOOD = "Unrecognized expression syntax";
const BAD_OPERATION = "Invalid operation in expression";
const BAD_OPERATOR = "Unsupported operation";
const BAD_CALL = "Invalid function call syntax in expression";
const BAD_METHOD = "Unsupported function in expression";

/** Every sign of a rank binds tighter than those of the rank before. */
const RANKS: readonly (readonly string[])[] = [
  ["|"],
  ["^"],
  ["&"],
  ["<<", ">>"],
  ["+", "-"],
  ["*", "/", "%", "//", "@"],
];
/** Python reads them between values; here they mean nothing. */
const LOOSER: readonly string[] = "< > <= >= == != and or in is if".split(" ");
const KEYWORDS: ReadonlySet<string> = new Set(
  ("False None True as assert async await break class continue def del elif else except " +
    "finally for from global import lambda nonlocal pass raise return try while with yield " +
    "not " + LOOSER.join(" ")).split(" "),
);
/** Python assigns to none of them. */
const NO_TARGETS: readonly Term["kind"][] = ["constant", "operation", "negation", "call"];
const A_VALUE = "a value (a name, a number, a quoted text or a bracket) must stand here";
const A_SIGN = `an operator (${OPERATORS.join(" ")}) or the end could stand here`;

/** What the text between `{` and `:` or `}` means; the fault where it is not spelled well. */
export function parseField(field: string, budget: Budget): Term | Fault {
  if (budget.spent !== undefined) return budget.spent;
  const tokens = tokenize(field);
  if ("words" in tokens) return tokens;
  return new FieldParser(field, tokens, budget).parse();
}

class FieldParser {
  readonly #field: string;
  readonly #tokens: readonly Token[];
  readonly #budget: Budget;
  #next = 0;
  #depth = 0;
  /** The first fault of spelling: nothing is read after it. */
  #fault: Fault | undefined;

  constructor(field: string, tokens: readonly Token[], budget: Budget) {
    this.#field = field;
    this.#tokens = tokens;
    this.#budget = budget;
  }

  parse(): Term | Fault {
    let term = this.#value();
    // What is assigned to a name is the value, as it always was.
    while (!NO_TARGETS.includes(term.kind) && this.#takes("=")) term = this.#value();
    if (this.#is(",")) term = this.#list(NOT_UNDERSTOOD);
    if (this.#token.kind !== "end") this.#misspelled(A_SIGN);
    return this.#fault ?? term;
  }

  get #token(): Token {
    return this.#tokens[this.#next] ?? { kind: "end", text: "", at: this.#field.length };
  }

  #is(...texts: readonly string[]): boolean {
    const token = this.#token;
    return token.kind !== "constant" && token.kind !== "end" && texts.includes(token.text);
  }

  #takes(...texts: readonly string[]): boolean {
    if (!this.#is(...texts)) return false;
    this.#next++;
    return true;
  }

  #expect(text: string): void {
    if (!this.#takes(text)) this.#misspelled(`${text} or ${A_SIGN}`);
  }

  /** Nothing more is read: every rule sees the end. */
  #fails(fault: Fault): Term {
    this.#fault ??= fault;
    this.#next = this.#tokens.length;
    return { kind: "broken", fault };
  }

  #spent(bound: number, what: string, name: string): Term {
    this.#budget.spent = { words: `it has more than ${bound} ${what}`, where: name };
    return this.#fails(this.#budget.spent);
  }

  #misspelled(wanted: string): Term {
    return this.#fails(misspelled(this.#field, this.#token.at, wanted));
  }

  #made(term: Term): Term {
    if (--this.#budget.left >= 0) return term;
    return this.#spent(MAX_EXPRESSION_STEPS, "values and operations", "MAX_EXPRESSION_STEPS");
  }

  #broken(words: string, at: number, wanted: string): Term {
    return this.#made({
      kind: "broken",
      fault: { words, where: `${marked(this.#field, at)}: ${wanted}` },
    });
  }

  /** A value in brackets, or one of its own. */
  #value(): Term {
    if (++this.#depth > MAX_EXPRESSION_DEPTH) {
      return this.#spent(MAX_EXPRESSION_DEPTH, "brackets within brackets", "MAX_EXPRESSION_DEPTH");
    }
    let term = this.#operation(0);
    while (this.#is(...LOOSER) || (this.#is("not") && this.#comesThen("in"))) {
      const { at } = this.#token;
      const conditional = this.#takes("if");
      if (!conditional) this.#comparison();
      this.#operation(0);
      if (conditional) {
        this.#expect("else");
        this.#operation(0);
      }
      term = this.#broken(NOT_UNDERSTOOD, at, A_SIGN);
    }
    this.#depth--;
    return term;
  }

  #comparison(): void {
    if (!this.#takes("not")) {
      this.#next++;
      this.#takes("not");
      return;
    }
    this.#expect("in");
  }

  #comesThen(text: string): boolean {
    const after = this.#tokens[this.#next + 1];
    return after?.kind === "name" && after.text === text;
  }

  #operation(rank: number): Term {
    const signs = RANKS[rank];
    if (signs === undefined) return this.#signed();
    let left = this.#operation(rank + 1);
    while (this.#is(...signs)) {
      const { at } = this.#token;
      const operator = OPERATORS.find((known) => this.#is(known));
      this.#next++;
      const right = this.#operation(rank + 1);
      left = operator === undefined
        ? this.#broken(BAD_OPERATOR, at, `the operators are ${OPERATORS.join(" ")}`)
        : this.#made({ kind: "operation", operator, left, right });
    }
    return left;
  }

  #signed(): Term {
    const { at } = this.#token;
    let minuses = 0;
    let others = false;
    for (;;) {
      if (this.#takes("-")) minuses++;
      else if (this.#takes("+", "~", "not")) others = true;
      else break;
    }
    const powered = this.#power();
    if (others) return this.#broken(BAD_OPERATION, at, "of all signs only - can stand here");
    if (minuses === 0) return powered;
    const negative = this.#made({ kind: "negation", of: powered });
    return minuses % 2 === 1 ? negative : this.#made({ kind: "negation", of: negative });
  }

  #power(): Term {
    const base = this.#postfixed();
    if (!this.#is("**")) return base;
    const { at } = this.#token;
    while (this.#takes("**")) {
      while (this.#takes("-", "+", "~"));
      this.#postfixed();
    }
    return this.#broken(BAD_OPERATOR, at, `the operators are ${OPERATORS.join(" ")}`);
  }

  /** A dotted name is one name, up to the last part if that is called. */
  #postfixed(): Term {
    const { at } = this.#token;
    let name = this.#token.kind === "name" && !KEYWORDS.has(this.#token.text)
      ? this.#token.text
      : undefined;
    let term: Term | undefined;
    if (name === undefined) term = this.#primary();
    else this.#next++;
    const soFar = (): Term => term ?? this.#named(name ?? "", at);
    for (;;) {
      const place = this.#token.at;
      if (this.#takes("[")) term = this.#indexed(soFar());
      else if (this.#is("(")) {
        this.#list(BAD_CALL);
        term = this.#broken(BAD_CALL, place, `a call is value.method(...): ${METHODS.join(" ")}`);
      } else if (this.#takes(".")) {
        const part = this.#part();
        if (this.#is("(")) term = this.#called(soFar(), part, place);
        else if (term === undefined) name = `${name}.${part}`;
        else term = this.#broken(NOT_UNDERSTOOD, place, `only ${METHODS.join(", ")} can follow`);
      } else return soFar();
    }
  }

  #part(): string {
    const token = this.#token;
    if (token.kind !== "name" || KEYWORDS.has(token.text)) {
      this.#misspelled("a part of a name must stand here");
      return "";
    }
    this.#next++;
    return token.text;
  }

  #primary(): Term {
    const token = this.#token;
    if (token.kind === "constant") {
      this.#next++;
      return this.#made({ kind: "constant", value: token.value });
    }
    if (this.#is("[")) return this.#list(NOT_UNDERSTOOD);
    if (this.#is("(")) return this.#bracketed();
    if (this.#is("True", "False", "None")) {
      this.#next++;
      return this.#broken(NOT_UNDERSTOOD, token.at, A_VALUE);
    }
    if (this.#is("lambda", "yield", "await")) {
      return this.#fails({
        words: NOT_UNDERSTOOD,
        where: `${marked(this.#field, token.at)}: ${A_VALUE}`,
      });
    }
    return this.#misspelled(A_VALUE);
  }

  #bracketed(): Term {
    const { at } = this.#token;
    this.#expect("(");
    if (!this.#is(")")) {
      const term = this.#value();
      if (this.#takes(")")) return term;
      if (!this.#is(",")) return this.#misspelled(`) or ${A_SIGN}`);
    }
    this.#items();
    this.#expect(")");
    return this.#broken(NOT_UNDERSTOOD, at, "one value must stand between ( and )");
  }

  #named(name: string, at: number): Term {
    if (name === "node" || name === "nodename") return this.#made({ kind: "node" });
    const which = /^n\d+$/.test(name) ? wholeOf(name.slice(1)) : undefined;
    if (which !== undefined) return this.#made({ kind: "digits", which });
    const attribute = findAttribute(name);
    if (!attribute.ok) {
      if (--this.#budget.unknown < 0) {
        const bound = MAX_EXPRESSION_UNKNOWN_NAMES;
        return this.#spent(bound, "names that no attribute has", "MAX_EXPRESSION_UNKNOWN_NAMES");
      }
      const words = `${name.slice(0, 64)} is not a valid attribute name`;
      const { message } = attribute.refusal;
      const hint = message.startsWith(words) ? message.slice(words.length) : `: ${message}`;
      return this.#broken(
        words,
        at,
        `a name is node, nodename, n1, n2, n0 (the last), ` +
          `or that of an attribute${hint}`,
      );
    }
    const canonical = attribute.value.name;
    // What is sealed is told nobody, and so not to an expression that would show it.
    if (isSealed(canonical)) return this.#made({ kind: "constant", value: "" });
    return this.#made({ kind: "attribute", name: canonical });
  }

  #indexed(of: Term): Term {
    const { at } = this.#token;
    const from = this.#is(":") ? undefined : this.#value();
    if (from !== undefined && this.#takes("]")) return this.#made({ kind: "item", of, at: from });
    if (!this.#takes(":")) return this.#misspelled("] or : must stand here");
    const to = this.#is("]", ":") ? undefined : this.#value();
    if (this.#takes("]")) return this.#made({ kind: "slice", of, from, to });
    this.#expect(":");
    if (!this.#is("]")) this.#value();
    this.#expect("]");
    return this.#broken(NOT_UNDERSTOOD, at, "a slice is [from:to]");
  }

  #called(of: Term, name: string, at: number): Term {
    const before = this.#next;
    const given = this.#arguments();
    const method = METHODS.find((known) => known === name);
    if (method === undefined) {
      return this.#broken(BAD_METHOD, at, `the methods are ${METHODS.join(", ")}`);
    }
    const wanted = method === "replace" ? 2 : method.startsWith("block_") ? 1 : 0;
    if (given?.length === wanted) return this.#made({ kind: "call", of, method, given });
    const open = this.#tokens[before]?.at ?? at;
    return this.#broken(BAD_CALL, open, `${method} takes ${wanted} values`);
  }

  /** Undefined where one of them has a name. */
  #arguments(): Term[] | undefined {
    const given: Term[] = [];
    let named = false;
    this.#expect("(");
    while (!this.#is(")") && this.#fault === undefined) {
      given.push(this.#value());
      if (this.#takes("=")) {
        named = true;
        this.#value();
      }
      if (!this.#takes(",")) break;
    }
    this.#expect(")");
    return named ? undefined : given;
  }

  /** Values between commas, which may have brackets around them: as a whole they mean nothing. */
  #list(words: string): Term {
    const { at } = this.#token;
    const close = this.#takes("(") ? ")" : this.#takes("[") ? "]" : "";
    this.#items();
    if (close !== "") this.#expect(close);
    return this.#broken(words, at, A_SIGN);
  }

  #items(): void {
    this.#takes(",");
    while (this.#token.kind !== "end" && !this.#is(")", "]")) {
      this.#value();
      if (this.#takes("=")) this.#value();
      if (!this.#takes(",")) break;
    }
  }
}
