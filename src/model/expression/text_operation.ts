/** What expressions do with texts. Places and lengths count characters, not halves of them. */
import { MAX_EXPRESSION_RESULT } from "../../base/limits.ts";
import { oneLine } from "../../base/one_line.ts";
import { type Refused, refused } from "../../base/outcome.ts";
import type { WholeNumber } from "./whole_number.ts";

/** How many characters the text has. */
export function lengthOf(text: string): number {
  const pairs = text.match(/[\ud800-\udbff][\udc00-\udfff]/g);
  return text.length - (pairs?.length ?? 0);
}

/** The character at that place, from 0; from the end below that. */
export function itemOf(text: string, at: WholeNumber): string | Refused {
  const length = lengthOf(text);
  const place = at < 0 ? Number(at) + length : Number(at);
  if (place >= 0 && place < length) return between(text, length, place, place + 1);
  return refused(
    "invalid",
    `string index out of range: '${oneLine(text.slice(0, 40))}' has ${length} characters`,
  );
}

/** The characters from one place up to another; places beyond an end are that end. */
export function sliceOf(text: string, from: WholeNumber, to: WholeNumber | undefined): string {
  const length = lengthOf(text);
  const start = within(from, length);
  const end = to === undefined ? length : within(to, length);
  return end <= start ? "" : between(text, length, start, end);
}

function within(place: WholeNumber, length: number): number {
  const at = Number(place);
  return Math.min(length, Math.max(0, at < 0 ? at + length : at));
}

function between(text: string, length: number, start: number, end: number): string {
  if (text.length === length) return text.slice(start, end);
  const from = offsetOf(text, 0, start);
  return text.slice(from, offsetOf(text, from, end - start));
}

/** Where `count` characters after `from` end. */
function offsetOf(text: string, from: number, count: number): number {
  let at = from;
  for (let i = 0; i < count; i++) at += (text.codePointAt(at) ?? 0) > 0xffff ? 2 : 1;
  return at;
}

/** `by` in place of every `what`; `invalid` where that gets too long. */
export function replaced(text: string, what: string, by: string): string | Refused {
  if (text.length > MAX_EXPRESSION_RESULT) return tooLong();
  const parts = what === "" ? ["", ...text, ""] : text.split(what);
  const length = text.length + (parts.length - 1) * (by.length - what.length);
  return length > MAX_EXPRESSION_RESULT ? tooLong() : parts.join(by);
}

/** The refusal of a text that is longer than an expression may become. */
export function tooLong(): Refused {
  return refused(
    "invalid",
    `it becomes longer than ${MAX_EXPRESSION_RESULT} characters (MAX_EXPRESSION_RESULT)`,
  );
}
