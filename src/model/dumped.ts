/**
 * An attribute as the original's dumps have it, and as a cell keeps it:
 *
 *     {"value": V}                                    text, flag, number, or anything else
 *     {"expression": E, "value"?: V, "broken"?: W}    what it comes to is derived, and left out
 *     {"cryptvalue": C}                               sealed by the key of the dump
 *     {"hashvalue": H, "grubhashvalue"?: G}           what was made of a password
 *     "*REDACTED*"                                    left out for good
 *
 * Where very many go over a wire, a text stands for `{"value": text}`.
 */
import { ok, type Outcome, type Refused, refused } from "../base/outcome.ts";
import { expressible, storable } from "./attribute.ts";
import type { Attribute } from "./catalogue/entry.ts";
import { inVocabulary } from "./catalogue/vocabulary.ts";
import type { StoredValue } from "./stored_value.ts";

/** What stands in the place of a secret in a dump that has none. */
export const REDACTED = "*REDACTED*";

/** The beginning of names that the original keeps for itself: caches, never read. */
export const OWN_PREFIX = "_";

/** A value of a dump; one that is sealed has yet to be opened with the dump's key. */
export type Dumped =
  | Exclude<StoredValue, { kind: "sealed" }>
  | { readonly kind: "crypt"; readonly cryptvalue: string };

const KNOWN: ReadonlySet<string> = new Set([
  "value",
  "expression",
  "broken",
  "cryptvalue",
  "hashvalue",
  "grubhashvalue",
  "inheritedfrom",
]);

/**
 * What a dump says of that attribute; undefined where it says nothing (`{}`). `invalid` where it is
 * of another shape or kind than the attribute's, too long, or none of the words that it takes.
 */
export function readDumped(attribute: Attribute, json: unknown): Outcome<Dumped | undefined> {
  if (json === REDACTED) {
    return refused("invalid", "it is redacted, and such a dump cannot be restored");
  }
  const isSecret = attribute.kind === "sealed" || attribute.kind === "hashed";
  if (typeof json === "string" && !isSecret) return readValue(attribute, json);
  if (typeof json !== "object" || json === null || Array.isArray(json)) {
    return isSecret
      ? inClear(attribute)
      : refused("invalid", `wanted an object with a value, not ${shown(json)}`);
  }
  const held = json as Readonly<Record<string, unknown>>;
  for (const key in held) {
    if (KNOWN.has(key)) continue;
    return refused("invalid", `"${key.slice(0, 64)}" in it is not known to this version`);
  }
  if ("cryptvalue" in held) return readCrypt(attribute, held["cryptvalue"]);
  if ("hashvalue" in held) return readHashes(attribute, held);
  if (isSecret && ("value" in held || "expression" in held)) return inClear(attribute);
  if ("expression" in held) return readExpression(attribute, held["expression"]);
  return "value" in held ? readValue(attribute, held["value"]) : ok(undefined);
}

/** What stands there may be the secret itself, so that it is not shown. */
function inClear({ kind }: Attribute): Refused {
  const wanted = kind === "sealed" ? "cryptvalue" : "hashvalue";
  return refused("invalid", `it is never kept in clear: wanted a ${wanted}`);
}

function readCrypt({ kind }: Attribute, cryptvalue: unknown): Outcome<Dumped> {
  if (kind !== "sealed") return refused("invalid", "it is no secret, and yet has a cryptvalue");
  return typeof cryptvalue === "string"
    ? ok({ kind: "crypt", cryptvalue })
    : refused("invalid", "its cryptvalue is no text");
}

function readHashes(
  { kind }: Attribute,
  { hashvalue, grubhashvalue }: Readonly<Record<string, unknown>>,
): Outcome<Dumped> {
  if (kind !== "hashed") return refused("invalid", "it is no password, and yet has a hashvalue");
  const isRight = typeof hashvalue === "string" && hashvalue !== "" && !hashvalue.includes("\n") &&
    (grubhashvalue === undefined || typeof grubhashvalue === "string");
  if (!isRight) return refused("invalid", "its hashvalue or grubhashvalue is no hash");
  const grub = typeof grubhashvalue === "string" ? grubhashvalue : undefined;
  return ok({ kind: "hashed", hashes: { crypt: hashvalue, grub } });
}

function readExpression(attribute: Attribute, expression: unknown): Outcome<Dumped> {
  if (typeof expression !== "string") return refused("invalid", "its expression is no text");
  const may = expressible(attribute);
  if (!may.ok) return may;
  const fits = storable({ ...attribute, kind: "text" }, expression);
  return fits.ok ? ok({ kind: "expression", expression }) : fits;
}

function readValue(attribute: Attribute, value: unknown): Outcome<Dumped> {
  const isPlain = typeof value === "string" || typeof value === "number" ||
    typeof value === "boolean";
  if (!isPlain || (attribute.kind === "text" && typeof value !== "string")) {
    return readJson(attribute, value);
  }
  const kept = storable(attribute, value);
  if (!kept.ok) return kept;
  if (attribute.kind === "integer" && !/^\d{1,15}$/.test(kept.value)) {
    return refused("invalid", `wanted a whole number, not ${shown(value)}`);
  }
  const words = inVocabulary(attribute, kept.value);
  return words.ok ? ok({ kind: "text", text: kept.value }) : words;
}

/** The original takes numbers, lists and the like where it wants none; they are kept. */
function readJson(attribute: Attribute, value: unknown): Outcome<Dumped> {
  if (attribute.kind !== "text" || attribute.vocabulary !== undefined) {
    return refused("invalid", `its value is ${shown(value)}, which it does not take`);
  }
  const json = JSON.stringify(value);
  const fits = storable(attribute, json);
  return fits.ok ? ok({ kind: "json", json }) : fits;
}

/** The short form of what a dump says, where it has one. */
export function shortened(json: unknown): unknown {
  if (typeof json !== "object" || json === null || !("value" in json)) return json;
  const { value } = json;
  if (typeof value !== "string" || value === REDACTED) return json;
  for (const name in json) if (name !== "value") return json;
  return value;
}

/** What a dump says, of its short form or of itself. */
export function lengthened(json: unknown): unknown {
  return typeof json === "string" && json !== REDACTED ? { value: json } : json;
}

/** What a dump has for a value that is not sealed. */
export function dumpedOf(
  kind: Attribute["kind"] | undefined,
  value: Exclude<StoredValue, { kind: "sealed" }>,
): unknown {
  switch (value.kind) {
    case "text":
      return { value: plainOf(kind, value.text) };
    case "json":
      return { value: JSON.parse(value.json) };
    case "expression":
      return { expression: value.expression };
    case "hashed": {
      const { crypt, grub } = value.hashes;
      return { ...grub === undefined ? {} : { grubhashvalue: grub }, hashvalue: crypt };
    }
  }
}

function plainOf(kind: Attribute["kind"] | undefined, text: string): string | boolean | number {
  if (kind === "flag" && (text === "true" || text === "false")) return text === "true";
  return kind === "integer" && /^\d{1,15}$/.test(text) ? Number(text) : text;
}

function shown(value: unknown): string {
  const text = JSON.stringify(value) ?? "nothing";
  return text.length > 64 ? `${text.slice(0, 64)}...` : text;
}
