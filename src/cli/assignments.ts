/** `attribute=value` as it is typed, and the value as it is asked for. */
import { ok, type Outcome, refused } from "../base/outcome.ts";
import { spelledOut } from "../model/catalogue/name.ts";
import type { AttributeInput } from "../wire/http.ts";

/** Attribute names, spelled out, and what each is set to; null clears. */
export type Assignments = ReadonlyMap<string, AttributeInput>;

/** Of `groups,=g` and `groups^=g` too, which put one in front of a list and take one out. */
export function readAssignments(words: readonly string[]): Outcome<Assignments> {
  const assignments = new Map<string, AttributeInput>();
  for (const word of words) {
    const match = /^([^=]*?)([,^-]?)=([^]*)$/.exec(word);
    const [, typed = "", operator = "", value = ""] = match ?? [];
    const name = spelledOut(typed);
    if (name === "") {
      return refused("invalid", `"${word}" sets nothing; wanted attribute=value`);
    }
    if (assignments.has(name)) return refused("invalid", `${name} is given twice`);
    assignments.set(
      name,
      operator === "" ? value : operator === "," ? { prepend: value } : { remove: value },
    );
  }
  return ok(assignments);
}

export function isAssignment(word: string): boolean {
  return word.includes("=");
}

/** The words of a file: separated by white space, quoted as in a shell, `#` begins a comment. */
export function wordsOf(text: string): Outcome<string[]> {
  const words: string[] = [];
  for (const [i, line] of text.split("\n").entries()) {
    const found = wordsOfLine(line);
    if (found === undefined) {
      return refused("invalid", `line ${i + 1}: a quotation mark is not closed`);
    }
    words.push(...found);
  }
  return ok(words);
}

const PIECE = /\s+|#.*|"((?:[^"\\]|\\.)*)"|'([^']*)'|\\(.)|([^\s"'\\])/y;

/** Undefined where a quotation mark is not closed. */
function wordsOfLine(line: string): string[] | undefined {
  const words: string[] = [];
  let word: string | undefined;
  PIECE.lastIndex = 0;
  while (PIECE.lastIndex < line.length) {
    const at = PIECE.lastIndex;
    const match = PIECE.exec(line);
    if (match === null) return undefined;
    const isBreak = /^\s/.test(match[0]) || (match[0].startsWith("#") && word === undefined);
    if (isBreak) {
      if (word !== undefined) words.push(word);
      word = undefined;
    } else if (match[0].startsWith("#")) {
      word += "#";
      PIECE.lastIndex = at + 1;
    } else {
      word = (word ?? "") + (match[1]?.replace(/\\(["\\])/g, "$1") ?? match[2] ?? match[3] ??
        match[4] ?? "");
    }
  }
  return word === undefined ? words : [...words, word];
}
