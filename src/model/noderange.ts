/**
 * Noderanges: the short text by which people name many nodes at once.
 *
 *     range := term { op term }            evaluated strictly left to right, no precedence
 *     op    := "," (union) | ",-" (minus) | "@" (intersection)
 *     term  := "(" range ")" | word
 *     word  := a name, or a sequence of names: see name_sequence.ts
 *
 * Not read yet, and refused by name: groups, regular expressions, attribute filters and pages.
 * A text is cut into tokens, the tokens become steps in postfix order (so that nothing recurses,
 * however deep the parentheses), and the steps are evaluated over sets of names.
 */
import { MAX_NODERANGE_LENGTH } from "../base/limits.ts";
import { ok, type Outcome, type Refused, refused } from "../base/outcome.ts";
import { fullRoom, namesOf } from "./name_sequence.ts";
import { nodeName } from "./node_name.ts";

type Operator = "," | ",-" | "@";

interface Token {
  readonly kind: Operator | "(" | ")" | "word" | "end" | "unknown";
  readonly text: string;
  /** Counted from 1, as people do. */
  readonly at: number;
}

/** A word puts its names on the stack; an operator takes two sets from it and puts one. */
type Step =
  | { readonly kind: "word"; readonly text: string; readonly at: number }
  | { readonly kind: Operator };

/** The nodes a range names when they are to be made: no existing node is looked at. */
export function expandNew(text: string): Outcome<string[]> {
  return expand(text, () => false, (name) => {
    const valid = nodeName(name);
    return valid.ok ? undefined : valid;
  });
}

/** The existing nodes a range names, each once, in the order it names them. `not-found` says
 * `Unknown node X` for the first that does not exist. */
export function expandExisting(
  text: string,
  exists: (name: string) => boolean,
): Outcome<string[]> {
  return expand(
    text,
    exists,
    (name) => exists(name) ? undefined : refused("not-found", `Unknown node ${name}`),
  );
}

/** The names a range stands for, each once, whether there are such nodes or not. A word that is
 * the name of an existing node is never taken for a sequence. */
export function expandAny(text: string, exists: (name: string) => boolean): Outcome<string[]> {
  return expand(text, exists, () => undefined);
}

function expand(
  text: string,
  /** A word that is such a name is never taken for a sequence. */
  isName: (word: string) => boolean,
  objection: (name: string) => Refused | undefined,
): Outcome<string[]> {
  const steps = parse(text);
  if (!steps.ok) return steps;
  const stack: Set<string>[] = [];
  const room = fullRoom();
  for (const step of steps.value) {
    if (step.kind === "word") {
      const names = isName(step.text) ? ok([step.text]) : namesOf(step.text, step.at, room);
      if (!names.ok) return names;
      for (const name of names.value) {
        const no = objection(name);
        if (no !== undefined) return no;
      }
      stack.push(new Set(names.value));
      continue;
    }
    const right = stack.pop() ?? new Set<string>(), left = stack.pop() ?? new Set<string>();
    stack.push(combine(step.kind, left, right));
  }
  return ok([...stack.pop() ?? []]);
}

function combine(operator: Operator, left: Set<string>, right: Set<string>): Set<string> {
  if (operator === "@") return left.intersection(right);
  for (const name of right) operator === "," ? left.add(name) : left.delete(name);
  return left;
}

// ---- text to steps

const SPACE = /\s+/y;
const MINUS = /,\s*-/y;
const WORD = /(?:[A-Za-z0-9~^$/=\-_:.*+!]|\[[^[\]]*\])+/y;

function tokenize(text: string): Token[] {
  const tokens: Token[] = [];
  let i = 0;
  const match = (pattern: RegExp): string | undefined => {
    pattern.lastIndex = i;
    return pattern.exec(text)?.[0];
  };
  while (i < text.length) {
    const space = match(SPACE);
    if (space !== undefined) {
      i += space.length;
      continue;
    }
    const at = i + 1;
    const char = text.charAt(i);
    const minus = match(MINUS);
    const word = match(WORD);
    if (minus !== undefined) {
      tokens.push({ kind: ",-", text: minus, at });
    } else if (char === "," || char === "@" || char === "(" || char === ")") {
      tokens.push({ kind: char, text: char, at });
    } else {
      tokens.push({ kind: word === undefined ? "unknown" : "word", text: word ?? char, at });
    }
    i += tokens.at(-1)?.text.length ?? 1;
  }
  tokens.push({ kind: "end", text: "", at: text.length + 1 });
  return tokens;
}

const A_TERM = 'a name, a sequence as n1-n9 or n[1-9], or "("';
const HINTS: ReadonlyMap<string, string> = new Map([
  ["<", "; pages are not supported yet"],
  [">", "; pages are not supported yet"],
  ["[", '; this "[" has no "]"'],
  ["]", '; this "]" has no "["'],
]);
const AN_OPERATOR = '",", ",-", "@", ")" or the end';

function parse(text: string): Outcome<Step[]> {
  if (text.length > MAX_NODERANGE_LENGTH) {
    return refused(
      "invalid",
      `Invalid Noderange: ${text.length} characters; MAX_NODERANGE_LENGTH is ` +
        `${MAX_NODERANGE_LENGTH}`,
    );
  }
  const steps: Step[] = [];
  /** Operators whose right side is not complete, and the parentheses that are open. */
  const waiting: (Operator | "(")[] = [];
  let wantsTerm = true;
  let previous: Token | undefined;
  const complete = (): void => {
    const top = waiting.at(-1);
    if (top !== undefined && top !== "(") {
      waiting.pop();
      steps.push({ kind: top });
    }
  };
  for (const token of tokenize(text)) {
    if (wantsTerm && token.kind === "word") {
      steps.push({ kind: "word", text: token.text, at: token.at });
      complete();
      wantsTerm = false;
    } else if (wantsTerm && token.kind === "(") {
      waiting.push("(");
    } else if (!wantsTerm && (token.kind === "," || token.kind === ",-" || token.kind === "@")) {
      waiting.push(token.kind);
      wantsTerm = true;
    } else if (!wantsTerm && token.kind === ")" && waiting.includes("(")) {
      waiting.pop();
      complete();
    } else if (token.kind === "end" && ends(wantsTerm, waiting, previous)) {
      return ok(steps);
    } else {
      return misread(token, wantsTerm, waiting.includes("("));
    }
    previous = token;
  }
  return ok(steps);
}

/** A range may end with `,-`, which takes nothing away. */
function ends(wantsTerm: boolean, waiting: readonly string[], previous?: Token): boolean {
  if (!wantsTerm) return waiting.length === 0;
  return previous?.kind === ",-" && waiting.length === 1;
}

function misread(token: Token, wantsTerm: boolean, isInside: boolean): Refused {
  const read = token.kind === "end" ? "the end" : `"${token.text.slice(0, 64)}"`;
  const could = wantsTerm
    ? A_TERM
    : isInside
    ? AN_OPERATOR.replace(" or the end", "").replace('"@", ")"', '"@" or ")"')
    : AN_OPERATOR.replace(', ")"', "");
  const hint = HINTS.get(token.text) ?? "";
  return refused(
    "invalid",
    `Invalid Noderange: read ${read} at character ${token.at} where ${could} could stand${hint}`,
  );
}
