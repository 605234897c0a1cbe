/**
 * The attributes of nodes and groups: which there are, what each may be set to, and what is kept
 * then. The catalogue itself is in catalogue/. Values are kept as texts: a flag as `true` or
 * `false`, an integer in digits, a list with commas between.
 */
import { utf8 } from "../base/bytes.ts";
import { MAX_NAME_LENGTH, MAX_VALUE_BYTES } from "../base/limits.ts";
import { ok, type Outcome, type Refused, refused } from "../base/outcome.ts";
import type { Attribute } from "./catalogue/entry.ts";
import { HARDWARE, OF_GROUPS } from "./catalogue/hardware.ts";
import { listOf } from "./catalogue/membership.ts";
import { spelled } from "./catalogue/name.ts";
import { OWN, OWN_SECRET, SYSTEM } from "./catalogue/system.ts";
import { inVocabulary } from "./catalogue/vocabulary.ts";
import { nearest } from "./nearest.ts";
import { readRange } from "./noderange/expand.ts";

/** Whose attribute it is, by name where that is known. */
export interface Holder {
  readonly kind: "node" | "group";
  readonly name?: string;
}

const SOME_NODE: Holder = { kind: "node" };

/** Every attribute of nodes that has a name of its own, by name; families and custom.* beside. */
export const CATALOGUE: ReadonlyMap<string, Attribute> = mapOf([...HARDWARE, ...SYSTEM]);

/** The same of groups: those that say who is in them, and those of nodes but `groups`. */
export const GROUP_CATALOGUE: ReadonlyMap<string, Attribute> = mapOf([
  ...OF_GROUPS,
  ...[...CATALOGUE.values()].filter(({ name }) => name !== "groups"),
]);

/** Other names, which are understood in requests and never told. */
export const ALIASES: ReadonlyMap<string, string> = new Map([
  ["bmc", "hardwaremanagement.manager"],
  ["bmcpass", "secret.hardwaremanagementpassword"],
  ["bmcuser", "secret.hardwaremanagementuser"],
  ["switchpass", "secret.hardwaremanagementpassword"],
  ["switchuser", "secret.hardwaremanagementuser"],
]);

/** `net.mtu` is there for each network too, as `net.ib0.mtu`. */
export const FAMILIES: readonly string[] = ["net", "power"];

function mapOf(attributes: readonly Attribute[]): Map<string, Attribute> {
  return new Map(
    attributes.map((attribute): [string, Attribute] => [attribute.name, attribute])
      .sort(([a], [b]) => a < b ? -1 : 1),
  );
}

/**
 * The attribute of that name or alias; `invalid` with the nearest name for any other. The refusal
 * is that of confluent 4.0 where the holder's name or kind says whose request it is.
 */
export function findAttribute(given: string, holder: Holder = SOME_NODE): Outcome<Attribute> {
  const name = ALIASES.get(given) ?? given;
  const known = catalogueOf(holder).get(name);
  if (known !== undefined) return ok(known);
  if (name.includes(".") || name.length > MAX_NAME_LENGTH) {
    const spelling = spelled(name);
    if (!spelling.ok) return spelling;
  }
  const member = memberOfFamily(name);
  return member === undefined ? unknown(name, holder) : ok(member);
}

/**
 * The attribute of a name that is kept already, here or in a dump: a name that nobody could give
 * any more is taken as it is. `invalid` where the catalogue has nothing of the sort.
 */
export function findStored(name: string, holder: Holder = SOME_NODE): Outcome<Attribute> {
  const known = catalogueOf(holder).get(name);
  if (known !== undefined) return ok(known);
  const member = name.length > MAX_NAME_LENGTH ? undefined : memberOfFamily(name);
  return member === undefined ? unknown(name, holder) : ok(member);
}

function catalogueOf({ kind }: Holder): ReadonlyMap<string, Attribute> {
  return kind === "group" ? GROUP_CATALOGUE : CATALOGUE;
}

function memberOfFamily(name: string): Attribute | undefined {
  const first = name.indexOf("."), last = name.lastIndexOf(".");
  const prefix = name.slice(0, first);
  if (FAMILIES.includes(prefix) && last > first + 1) {
    const leaf = CATALOGUE.get(prefix + name.slice(last));
    return leaf === undefined ? undefined : { ...leaf, name };
  }
  if (prefix !== "custom" || first === name.length - 1) return undefined;
  return { ...isSealed(name) ? OWN_SECRET : OWN, name };
}

/** Whether the value of that attribute is never told. */
export function isSealed(name: string): boolean {
  return /^(secret|crypted|custom\.nodesecret)\../.test(name);
}

/** Why no request may set or clear the attribute, if it is so; undefined where it may. */
export function refusalOf(
  { name, refuses, refusesOnGroups }: Attribute,
  holder: Holder = SOME_NODE,
): Refused | undefined {
  const why = refuses ?? (holder.kind === "group" ? refusesOnGroups : undefined);
  return why === undefined ? undefined : refused("invalid", `Attribute ${name} ${why}`);
}

/**
 * Whether a request may have the attribute computed by an expression: not where it is never told,
 * and not where it takes certain words alone, since nobody knows beforehand what would come out.
 */
export function expressible({ name, kind, vocabulary }: Attribute): Outcome<void> {
  const why = kind === "sealed" || kind === "hashed"
    ? "is never told"
    : kind === "list" || OF_GROUPS.some((one) => one.name === name)
    ? "says who belongs together"
    : kind === "integer"
    ? "is a number of its own"
    : vocabulary !== undefined
    ? `takes certain words alone: ${vocabulary.words.join(",")}`
    : undefined;
  if (why === undefined) return ok(undefined);
  return refused("invalid", `Attribute ${name} takes no expression: it ${why}`);
}

/** What a request may set: the text that is kept then; `invalid` says what would be right. */
export function settable(
  attribute: Attribute,
  value: string | number | boolean,
  holder: Holder = SOME_NODE,
): Outcome<string> {
  const refusal = refusalOf(attribute, holder);
  if (refusal !== undefined) return refusal;
  const kept = storable(attribute, value);
  if (!kept.ok) return kept;
  const words = inVocabulary(attribute, kept.value);
  if (!words.ok) return words;
  const range = attribute.isNoderange ? noderange(attribute, kept.value) : ok();
  if (!range.ok) return range;
  if (attribute.kind === "integer" && !/^\d{1,15}$/.test(String(value))) {
    return refused(
      "invalid",
      `Attribute ${attribute.name} wants a whole number, not ${String(value).slice(0, 64)}`,
    );
  }
  return kept;
}

/** `invalid` says why the text is no noderange, whatever nodes and groups there are; the empty one
 * is always taken. */
export function noderange({ name }: Attribute, text: string): Outcome<void> {
  if (text === "") return ok();
  const read = readRange(text, (given) => {
    const found = findAttribute(given);
    return found.ok ? found.value.name : undefined;
  });
  return read.ok ? read : refused("invalid", `${name}: ${read.refusal.message}`);
}

/**
 * The text that is kept for the value of a dump: in its kind, and with no eye to vocabularies,
 * which confluent 4.0 forgot where groups were set and nodes made. `invalid` where it is too long.
 */
export function storable(
  { name, kind }: Attribute,
  value: string | number | boolean,
): Outcome<string> {
  if (kind === "flag") return ok(String(isTrue(value)));
  const told = String(value);
  if (told.length > MAX_VALUE_BYTES / 3 && utf8(told).length > MAX_VALUE_BYTES) {
    return refused(
      "invalid",
      `the value of ${name} has ${utf8(told).length} bytes; MAX_VALUE_BYTES is ${MAX_VALUE_BYTES}`,
    );
  }
  if (kind === "list") return ok(listOf(told).join(","));
  return ok(kind === "integer" ? told.replace(/^0+(?=\d)/, "") : told);
}

function isTrue(value: string | number | boolean): boolean {
  return value === true || /^(true|1|y|yes|enable|enabled)$/i.test(String(value));
}

function unknown(name: string, holder: Holder): Refused {
  const short = name.length > 64 ? `${name.slice(0, 64)}...` : name;
  const meant = whatWasMeant(name, holder);
  if (holder.kind === "group") return refused("invalid", `${short} attribute is invalid${meant}`);
  if (holder.name !== undefined) {
    return refused("invalid", `${short} attribute on node ${holder.name} is invalid${meant}`);
  }
  const own = meant === "" ? "; names of your own begin with custom." : meant;
  return refused("invalid", `${short} is not a valid attribute name${own}`);
}

/** How many names are told of those that begin so. */
const BELOW_TOLD = 5;

function whatWasMeant(name: string, holder: Holder): string {
  if (name.length > MAX_NAME_LENGTH) return "";
  const below = [...catalogueOf(holder).keys()].filter((one) => one.startsWith(`${name}.`));
  if (below.length > 0) {
    const told = below.slice(0, BELOW_TOLD).join(", ");
    return `; attributes that begin so are ${told}${below.length > BELOW_TOLD ? ", ..." : ""}`;
  }
  const best = nearestName(name, holder);
  return best === undefined ? "" : `; did you mean ${best}?`;
}

/** The name or alias that differs least from what was typed; undefined where none is near. */
export function nearestName(typed: string, holder: Holder = SOME_NODE): string | undefined {
  const candidates = [...catalogueOf(holder).keys(), ...ALIASES.keys()];
  const [prefix = "", ...rest] = typed.split(".");
  if (FAMILIES.includes(prefix) && rest.length > 1) {
    const middle = rest.slice(0, -1).join(".");
    const leaves = [...CATALOGUE.keys()].filter((name) => name.startsWith(`${prefix}.`));
    candidates.push(...leaves.map((leaf) => leaf.replace(".", () => `.${middle}.`)));
  }
  return nearest(typed, candidates);
}
