/** Values held against the words an attribute takes. */
import { ok, type Outcome, refused } from "../../base/outcome.ts";
import { matchesWildcard } from "../wildcard.ts";
import type { Attribute } from "./entry.ts";

/** How much of a wrong value is told back. */
const TOLD = 64;

/** `invalid` names the first part of the value that is none of the words, and the words. */
export function inVocabulary({ name, vocabulary }: Attribute, value: string): Outcome<void> {
  if (vocabulary === undefined || value === "") return ok(undefined);
  const { shape, words } = vocabulary;
  const isTaken = (part: string): boolean =>
    part === "" || words.includes(part) || words.some((word) => matchesWildcard(word, part));
  const wrong = partsOf(shape, value).find((part) => !isTaken(part));
  if (wrong === undefined) return ok(undefined);
  const what = shape === "one" ? "value" : shape === "list" ? "list member" : "key";
  const told = wrong.length > TOLD ? `${wrong.slice(0, TOLD)}...` : wrong;
  return refused(
    "invalid",
    `Attribute ${name} does not accept ${what} ${told} ` +
      `(valid values would be ${words.join(",")})`,
  );
}

function partsOf(shape: "one" | "list" | "keys", value: string): string[] {
  if (shape === "one") return [value];
  const parts = value.split(",");
  return shape === "list" ? parts : parts.map((part) => part.replace(/=[^]*/, ""));
}
