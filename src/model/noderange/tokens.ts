/** A noderange's text as its tokens. */

export type Operator = "," | ",-" | "@";

/** What was read at one place; `unknown` is a character that stands nowhere. */
export interface Token {
  readonly kind: Operator | "(" | ")" | "<" | ">" | "word" | "quoted" | "split" | "end" | "unknown";
  /** As it was read; of a page the number, of a `split` word the part that stands apart. */
  readonly text: string;
  /** Counted from 1, as people do. */
  readonly at: number;
  /** Of a `split` word: what it would be without the space in it. */
  readonly joined?: string;
}

const SPACE = /\s+/y;
const MINUS = /,\s*-/y;
const PAGE = /[<>]\s*\d{1,9}(?!\d)/y;
const WORD = /(?:[A-Za-z0-9~^$/=\-_:.*+!]|\[[^\]\r\n]*\])+/y;
const QUOTED = /"[^"\r\n]*"|'[^'\r\n]*'/y;
const MARKS = [",", "@", "(", ")"] as const;

/** The tokens, an `end` behind them; after one that can stand nowhere no more is read. Space means
 * nothing, around operators and in words; two names that only space parts are a `split` word. */
export function tokenize(text: string): Token[] {
  const tokens: Token[] = [];
  let i = 0;
  while (i < text.length) {
    const space = matchAt(SPACE, text, i);
    if (space !== undefined) {
      i += space.length;
      continue;
    }
    const [token, length] = tokenAt(text, i);
    i += length;
    const before = token.kind === "word" && tokens.at(-1)?.kind === "word"
      ? tokens.pop()
      : undefined;
    const read = before === undefined ? token : joined(before, token);
    tokens.push(read);
    if (read.kind === "unknown" || read.kind === "quoted" || read.kind === "split") break;
  }
  tokens.push({ kind: "end", text: "", at: text.length + 1 });
  return tokens;
}

function matchAt(pattern: RegExp, text: string, at: number): string | undefined {
  pattern.lastIndex = at;
  return pattern.exec(text)?.[0];
}

function tokenAt(text: string, i: number): [token: Token, length: number] {
  const at = i + 1, char = text.charAt(i);
  const minus = matchAt(MINUS, text, i);
  if (minus !== undefined) return [{ kind: ",-", text: ",-", at }, minus.length];
  const mark = MARKS.find((each) => each === char);
  if (mark !== undefined) return [{ kind: mark, text: char, at }, 1];
  const page = matchAt(PAGE, text, i);
  if (page !== undefined) {
    return [{ kind: char as "<" | ">", text: page.slice(1).trim(), at }, page.length];
  }
  const word = matchAt(WORD, text, i);
  if (word !== undefined) return [{ kind: "word", text: word, at }, word.length];
  const quoted = matchAt(QUOTED, text, i);
  if (quoted !== undefined) return [{ kind: "quoted", text: quoted, at }, quoted.length];
  return [{ kind: "unknown", text: String.fromCodePoint(text.codePointAt(i) ?? 0), at }, 1];
}

/** `n1 - n3` is one word; `n1 n3` are two names, and to take them for `n1n3` would be a trap. */
function joined(before: Token, next: Token): Token {
  const isSplit = /[A-Za-z0-9_\]]/.test(before.text.at(-1) ?? "") &&
    /^[A-Za-z0-9_[]/.test(next.text);
  const text = before.text + next.text;
  return isSplit
    ? { kind: "split", text: next.text, at: next.at, joined: text }
    : { kind: "word", text, at: before.at };
}
