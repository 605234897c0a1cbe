/**
 * A noderange's text as steps in postfix order, so that nothing recurses however deep the
 * parentheses are.
 */
import { MAX_NODERANGE_LENGTH } from "../../base/limits.ts";
import { ok, type Outcome, type Refused, refused } from "../../base/outcome.ts";
import { type Operator, type Token, tokenize } from "./tokens.ts";

/** A word, or `all` nodes, puts names on the stack; an operator takes two from it and puts one. */
export type Step =
  | { readonly kind: "word"; readonly text: string; readonly at: number }
  | { readonly kind: "all" }
  | { readonly kind: Operator };

/** Of the whole result in natural order: so many are skipped, and then so many taken. */
export interface Page {
  skip: number;
  take: number;
}

/** A text that was read. */
export interface Parsed {
  readonly steps: readonly Step[];
  /** Undefined where the text has none. */
  readonly page: Page | undefined;
}

/** The steps of a text; `invalid` says what was read, where, and what could stand there. */
export function parse(text: string): Outcome<Parsed> {
  if (text.length > MAX_NODERANGE_LENGTH) {
    return refused(
      "invalid",
      `Invalid Noderange: ${text.length} characters; MAX_NODERANGE_LENGTH is ` +
        `${MAX_NODERANGE_LENGTH}`,
    );
  }
  const reading = new Reading();
  for (const token of tokenize(text)) {
    if (!reading.take(token)) return reading.misread(token);
  }
  return ok({ steps: reading.steps, page: reading.page });
}

class Reading {
  readonly steps: Step[] = [];
  page: Page | undefined;
  /** Operators whose right side is not complete, and the parentheses that are open. */
  readonly #waiting: (Operator | "(")[] = [];
  #open = 0;
  #wantsTerm = true;

  /** False for a token that cannot stand here. */
  take(token: Token): boolean {
    switch (token.kind) {
      case "word":
        return this.#wantsTerm && this.#term({ kind: "word", text: token.text, at: token.at });
      case "(":
        if (!this.#wantsTerm) return false;
        this.#waiting.push("(");
        this.#open += 1;
        return true;
      case ",":
      case ",-":
      case "@":
        return this.#operator(token.kind);
      case "<":
      case ">":
        return this.#turn(token.kind, Number(token.text));
      case ")":
        return this.#close();
      case "end":
        this.#dropTrailing();
        return !this.#wantsTerm && this.#open === 0;
      default:
        return false;
    }
  }

  misread(token: Token): Refused {
    const short = token.text.slice(0, 64);
    const read = token.kind === "end" ? "the end" : `"${short}"`;
    const could = this.#wantsTerm && token.kind !== "split"
      ? A_TERM
      : this.#open > 0
      ? '",", ",-", "@" or ")"'
      : '",", ",-", "@" or the end';
    return refused(
      "invalid",
      `Invalid Noderange: ${headline(token, this.#wantsTerm)}: read ${read} at character ` +
        `${token.at} where ${could} could stand${HINTS.get(token.text) ?? ""}`,
    );
  }

  #term(step: Step): boolean {
    this.steps.push(step);
    this.#complete();
    this.#wantsTerm = false;
    return true;
  }

  #complete(): void {
    const top = this.#waiting.at(-1);
    if (top === undefined || top === "(") return;
    this.#waiting.pop();
    this.steps.push({ kind: top });
  }

  /** Of several operators in a row the last one counts. */
  #operator(operator: Operator): boolean {
    if (this.#wantsTerm) {
      const top = this.#waiting.at(-1);
      if (top === undefined || top === "(") return false;
      this.#waiting.pop();
    }
    this.#waiting.push(operator);
    this.#wantsTerm = true;
    return true;
  }

  /** A page means the whole result wherever it stands; a text that begins with one, all nodes. */
  #turn(kind: "<" | ">", count: number): boolean {
    this.page ??= { skip: 0, take: Infinity };
    if (kind === "<") this.page.skip = count;
    else this.page.take = count;
    return this.steps.length > 0 || this.#term({ kind: "all" });
  }

  #close(): boolean {
    this.#dropTrailing();
    if (this.#wantsTerm || this.#open === 0) return false;
    this.#waiting.pop();
    this.#open -= 1;
    this.#complete();
    return true;
  }

  /** An operator with nothing behind it does nothing. */
  #dropTrailing(): void {
    const top = this.#waiting.at(-1);
    if (!this.#wantsTerm || top === undefined || top === "(") return;
    this.#waiting.pop();
    this.#wantsTerm = false;
  }
}

const A_TERM = "a name, a sequence as n1-n9 or n[1-9], a filter as location.rack=7, ~ and a " +
  'regular expression, or "("';
const HINTS: ReadonlyMap<string, string> = new Map([
  ["<", "; a page is < or > and a number, as <10>5"],
  [">", "; a page is < or > and a number, as <10>5"],
  ["[", '; this "[" has no "]"'],
  ["]", '; this "]" has no "["'],
]);

/** What administrators have read so far for the same mistake. */
function headline({ kind, text, joined }: Token, wantsTerm: boolean): string {
  const isOperator = kind === "," || kind === ",-" || kind === "@";
  if (kind !== "quoted" && kind !== "split" && !(isOperator && wantsTerm)) return "Invalid syntax";
  return `${(joined ?? text).slice(0, 64)} not a recognized node, group, or alias`;
}
