/** The words of a field: names, numbers, quoted texts and signs, spelled as in Python. */
import { MAX_EXPRESSION_DIGITS } from "../../base/limits.ts";
import { type Fault, misspelled } from "./fault.ts";
import { whole, type WholeNumber } from "./whole_number.ts";

/** A word and where it begins. `end` stands after the last one. */
export type Token =
  & { readonly at: number }
  & (
    | { readonly kind: "name" | "sign" | "end"; readonly text: string }
    | { readonly kind: "constant"; readonly value: WholeNumber | string }
  );

const SPACE = /\s*/y;
const NAME = /[\p{L}_][\p{L}\p{N}_]*/uy;
const NUMBER = new RegExp(
  "0[xX](?:_?[0-9a-fA-F])+|0[oO](?:_?[0-7])+|0[bB](?:_?[01])+|" +
    String.raw`(?:\d(?:_?\d)*(?:\.(?:\d(?:_?\d)*)?)?|\.\d(?:_?\d)*)(?:[eE][+-]?\d+)?`,
  "y",
);
const SIGN = /\*\*|\/\/|<<|>>|<=|>=|==|!=|[-+*/%&|^~()[\].,:=<>@]/y;
const ESCAPES: ReadonlyMap<string, string> = new Map([
  ["\\", "\\"],
  ["'", "'"],
  ['"', '"'],
  ["n", "\n"],
  ["t", "\t"],
]);

/** The words of the field, the last of them `end`; or why it cannot be read. */
export function tokenize(field: string): Token[] | Fault {
  const tokens: Token[] = [];
  for (let at = 0;;) {
    at += matched(SPACE, field, at)?.length ?? 0;
    if (at === field.length) {
      tokens.push({ kind: "end", text: "", at });
      return tokens;
    }
    const read = readToken(field, at);
    if ("words" in read) return read;
    tokens.push(read.token);
    at = read.end;
  }
}

type Read = { readonly token: Token; readonly end: number };

function readToken(field: string, at: number): Read | Fault {
  const quote = field.charAt(at);
  if (quote === "'" || quote === '"') return readText(field, at);
  const name = matched(NAME, field, at);
  if (name !== undefined) {
    return { token: { kind: "name", text: name, at }, end: at + name.length };
  }
  const number = matched(NUMBER, field, at);
  if (number !== undefined) return readNumber(field, number, at);
  const sign = matched(SIGN, field, at);
  if (sign !== undefined) {
    return { token: { kind: "sign", text: sign, at }, end: at + sign.length };
  }
  return misspelled(field, at, "a name, a number, a quoted text or a sign could stand here");
}

function matched(pattern: RegExp, text: string, at: number): string | undefined {
  pattern.lastIndex = at;
  return pattern.exec(text)?.[0];
}

function readNumber(field: string, spelled: string, at: number): Read | Fault {
  const end = at + spelled.length;
  if (/^0[\d_]*[1-9][\d_]*$/.test(spelled)) {
    return misspelled(field, at, "a number does not begin with 0");
  }
  if (matched(NAME, field, end) !== undefined) {
    return misspelled(field, end, "no letter can follow a number");
  }
  const value = valueOf(spelled.replaceAll("_", ""));
  return value === undefined
    ? misspelled(field, at, `a number has at most ${MAX_EXPRESSION_DIGITS} digits`)
    : { token: { kind: "constant", value, at }, end };
}

/** Fractions are cut off. */
function valueOf(digits: string): WholeNumber | undefined {
  if (digits.length > MAX_EXPRESSION_DIGITS) return undefined;
  if (/^(0[xXoObB].*|\d+)$/.test(digits)) return whole(BigInt(digits));
  const fraction = Math.trunc(Number(digits));
  return Number.isFinite(fraction) ? whole(BigInt(fraction)) : undefined;
}

function readText(field: string, at: number): Read | Fault {
  const quote = field.charAt(at);
  let value = "";
  for (let i = at + 1; i < field.length; i++) {
    let c = field.charAt(i);
    if (c === quote) return { token: { kind: "constant", value, at }, end: i + 1 };
    if (c === "\\") {
      const escaped = ESCAPES.get(field.charAt(++i));
      if (escaped === undefined) {
        return misspelled(field, i - 1, `the escapes are ${[...ESCAPES.keys()].join(" ")}`);
      }
      c = escaped;
    }
    value += c;
  }
  return misspelled(field, at, "this quote is never closed");
}
