/** What /openapi.json says of attributes by name: the catalogue's words, beside the schema. */
import { CATALOGUE, FAMILIES } from "../model/attribute.ts";
import type { Attribute } from "../model/catalogue/entry.ts";
import { KINDS, restrictions, wordsTold } from "../model/catalogue/help.ts";
import { hasWildcard } from "../model/wildcard.ts";

type Json = Readonly<Record<string, unknown>>;

/** `properties` and `patternProperties` of an object of attributes, each of them as `input` too. */
export function attributeProperties(input: Json): Json {
  const named = [...CATALOGUE.values()].map((attribute) => [
    attribute.name,
    { ...input, description: describe(attribute), ...enumOf(attribute) },
  ]);
  const families = [...CATALOGUE.values()].flatMap((attribute) => {
    const [prefix = "", leaf = ""] = attribute.name.split(".");
    const only = enumOf(attribute);
    if (!FAMILIES.includes(prefix) || only === undefined) return [];
    return [[`^${prefix}\\..+\\.${leaf}$`, { ...input, ...only }]];
  });
  return {
    properties: Object.fromEntries(named),
    patternProperties: Object.fromEntries(families),
  };
}

function describe(attribute: Attribute): string {
  const { kind, about, vocabulary, unset } = attribute;
  return [
    about,
    kind === "text" ? "" : KINDS[kind],
    vocabulary === undefined ? "" : wordsTold(vocabulary),
    unset === undefined ? "" : `unset: ${unset}`,
    ...restrictions(attribute),
  ].filter((part) => part !== "").join("; ");
}

/** Where the value is one word of few: those, null, or the longer way `{"value": ...}`. */
function enumOf({ vocabulary }: Attribute): Json | undefined {
  if (vocabulary?.shape !== "one" || vocabulary.words.some(hasWildcard)) return undefined;
  return { anyOf: [{ enum: [...new Set([...vocabulary.words, ""]), null] }, { type: "object" }] };
}
