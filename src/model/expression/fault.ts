/** Why a part of an expression can never have a value, whatever the node. */
import { oneLine } from "../../base/one_line.ts";
import { type Refused, refused } from "../../base/outcome.ts";

/** Its words; and for whoever writes the expression, where it is and what could stand there. */
export interface Fault {
  readonly words: string;
  readonly where: string;
}

/** The words of every fault that is one of spelling; where it is says all. */
const SYNTAX = "invalid syntax";
/** Characters told on each side of the place. */
const TOLD = 40;

/** The fault of `text` not being spelled as an expression at character `at`. */
export function misspelled(text: string, at: number, wanted: string): Fault {
  return { words: SYNTAX, where: `${marked(text, at)}: ${wanted}` };
}

/** The character at `at` between arrows, with what stands around it, as `power-->.<--1.outlet`. */
export function marked(text: string, at: number): string {
  const before = at > TOLD ? `...${text.slice(at - TOLD, at)}` : text.slice(0, at);
  const point = text.codePointAt(at);
  const here = point === undefined ? "" : String.fromCodePoint(point);
  const after = text.slice(at + here.length, at + TOLD);
  return oneLine(`${before}-->${here}<--${after}${text.length > at + TOLD ? "..." : ""}`);
}

/** `invalid`, with what a value that is broken by this fault is shown with. */
export function broken(fault: Fault): Refused {
  const { words, where } = fault;
  return refused("invalid", oneLine(words === SYNTAX ? `${words}: ${where}` : words));
}

/** The fault in full. */
export function explained(fault: Fault): string {
  const { words, where } = fault;
  return oneLine(words === SYNTAX ? where : `${words}: ${where}`);
}
