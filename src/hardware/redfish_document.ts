/**
 * Reading what a controller says. It may say anything: whatever is not there, or not of the kind
 * that is asked for, is undefined.
 */
import { oneLine } from "../base/one_line.ts";

const MAX_PATH_LENGTH = 1_024;
const MAX_WORD_LENGTH = 1_024;

/** What stands at the end of the path of names; undefined where one of them is not there. */
export function valueAt(document: unknown, ...names: readonly string[]): unknown {
  let value = document;
  for (const name of names) {
    if (typeof value !== "object" || value === null || !Object.hasOwn(value, name)) {
      return undefined;
    }
    value = (value as Readonly<Record<string, unknown>>)[name];
  }
  return value;
}

/** A text that is not empty, on one line. */
export function textAt(document: unknown, ...names: readonly string[]): string | undefined {
  const value = valueAt(document, ...names);
  if (typeof value !== "string" || value.length > MAX_WORD_LENGTH) return undefined;
  return oneLine(value) || undefined;
}

/** Empty where there is no list. */
export function listAt(document: unknown, ...names: readonly string[]): readonly unknown[] {
  const value = valueAt(document, ...names);
  return Array.isArray(value) ? value : [];
}

/** The texts of a list; undefined where there is no list at all, which is not an empty one. */
export function wordsAt(document: unknown, ...names: readonly string[]): string[] | undefined {
  const value = valueAt(document, ...names);
  if (!Array.isArray(value)) return undefined;
  return value.filter((word): word is string => typeof word === "string" && word !== "");
}

/** Where something is that the document links to: what its `@odata.id` says. */
export function linkAt(document: unknown, ...names: readonly string[]): string | undefined {
  return askable(valueAt(document, ...names, "@odata.id"));
}

/** A path of this very controller that may stand in a request; anything else is undefined. */
export function askable(path: unknown): string | undefined {
  if (typeof path !== "string" || path.length > MAX_PATH_LENGTH) return undefined;
  return /^\/(?!\/)[\x21-\x7e]*$/.test(path) ? path : undefined;
}

/** Why a request was refused, in the controller's own words (DSP0266, error responses). */
export function refusalOf(document: unknown): string | undefined {
  const told = listAt(document, "error", "@Message.ExtendedInfo")
    .map((each) => textAt(each, "Message"))
    .filter((text) => text !== undefined);
  return told[0] ?? textAt(document, "error", "message");
}

/** What a table has for a word of the controller; nothing that every object has by birth. */
export function entryOf<T>(
  table: Readonly<Record<string, T>>,
  word: string | undefined,
): T | undefined {
  return word !== undefined && Object.hasOwn(table, word) ? table[word] : undefined;
}
