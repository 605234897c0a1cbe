/** What the catalogue says of attributes, as a text for people. */
import { ok, type Outcome, refused } from "../../base/outcome.ts";
import { ALIASES, CATALOGUE, expressible, FAMILIES, findAttribute } from "../attribute.ts";
import { hasWildcard, wildcard } from "../wildcard.ts";
import type { Attribute, AttributeKind, Vocabulary } from "./entry.ts";
import { OF_GROUPS } from "./hardware.ts";
import { spelledOut } from "./name.ts";
import { OWN, OWN_SECRET } from "./system.ts";

/** What the attribute holds, in a few words. */
export const KINDS: Readonly<Record<AttributeKind, string>> = {
  text: "text",
  flag: "true or false; true, 1, y, yes, enable and enabled are true, all else is false",
  integer: "a whole number",
  list: "names, with commas between",
  sealed: "a secret: kept encrypted, never told",
  hashed: "a secret: kept as a hash, never told",
};

/** Everything there is to say of, by name: `custom.NAME` stands for names of your own. */
export const DESCRIBED: ReadonlyMap<string, Attribute> = new Map(
  [...CATALOGUE.values(), ...OF_GROUPS, OWN, OWN_SECRET]
    .map((attribute): [string, Attribute] => [attribute.name, attribute])
    .sort(([a], [b]) => a < b ? -1 : 1),
);

/**
 * Help on the attribute of that name or alias; on all that a wildcard matches or that begin so
 * (`net.*`, `location`), a line each. `not-found` with the nearest name for any other word.
 */
export function attributeHelp(word: string): Outcome<string> {
  const typed = spelledOut(word);
  const group = OF_GROUPS.find(({ name }) => name === typed);
  const known = group === undefined ? findAttribute(typed) : ok(group);
  if (known.ok) return ok(onOne(known.value));
  const matches = hasWildcard(typed) ? wildcard(typed) : undefined;
  const found = [...DESCRIBED.values()].filter(({ name }) =>
    matches?.(name) ?? name.startsWith(`${typed}.`)
  );
  return found.length > 0 ? ok(onMany(found)) : refused("not-found", known.refusal.message);
}

/** `one of a, b`, without the empty text, which is always taken. */
export function wordsTold({ shape, words }: Vocabulary): string {
  const told = words.filter((word) => word !== "").join(", ");
  switch (shape) {
    case "one":
      return `one of ${told}`;
    case "list":
      return `some of ${told}, with commas between`;
    case "keys":
      return `key=value with commas between; keys are ${told}`;
  }
}

/** Names under which it is known too, `net.NAME.mtu` among them. */
export function otherNames({ name }: Attribute): string[] {
  const aliases = [...ALIASES].filter(([, full]) => full === name).map(([alias]) => alias);
  const [prefix = "", leaf, ...more] = name.split(".");
  const isFamily = FAMILIES.includes(prefix) && leaf !== undefined && more.length === 0;
  return isFamily ? [...aliases, `${prefix}.NAME.${leaf}`] : aliases;
}

/** On what it cannot be set, and why, and whether others know it; mostly empty. */
export function restrictions({ name, refuses, refusesOnGroups, isOurs }: Attribute): string[] {
  return [
    ...refuses === undefined ? [] : [refuses],
    ...refusesOnGroups === undefined ? [] : [`${refusesOnGroups}; not for groups`],
    ...OF_GROUPS.some((one) => one.name === name) ? ["for groups alone"] : [],
    ...name === "groups" ? ["for nodes alone"] : [],
    ...isOurs ? ["unknown to confluent 4.0"] : [],
  ];
}

function onOne(attribute: Attribute): string {
  const { name, kind, about, vocabulary, unset } = attribute;
  const rows: [string, string][] = [["holds", KINDS[kind]]];
  if (vocabulary !== undefined) rows.push(["values", wordsTold(vocabulary)]);
  if (unset !== undefined) rows.push(["if unset", unset]);
  const others = otherNames(attribute);
  if (others.length > 0) rows.push(["also", others.join(", ")]);
  for (const one of restrictions(attribute)) rows.push(["note", one]);
  if (expressible(attribute).ok) rows.push(["computed", "may be an expression, as rack{n1}"]);
  return `${name}: ${about}\n` +
    rows.map(([left, right]) => `  ${left.padEnd(10)}${right}\n`).join("");
}

function onMany(attributes: readonly Attribute[]): string {
  const width = Math.max(...attributes.map(({ name }) => name.length)) + 2;
  const lines = attributes.map(({ name, about }) => `${name.padEnd(width)}${about}\n`);
  const prefixes = FAMILIES.filter((prefix) =>
    attributes.some(({ name }) => name.startsWith(`${prefix}.`))
  );
  const notes = prefixes.map((prefix) =>
    `Each ${prefix}.LEAF is there for every NAME as ${prefix}.NAME.LEAF too.\n`
  );
  return lines.join("") + notes.join("");
}
