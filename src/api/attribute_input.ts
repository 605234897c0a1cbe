/** What a request makes of attributes: names and values as typed, looked up and checked. */
import { ok, type Outcome, type Refused, refused } from "../base/outcome.ts";
import {
  expressible,
  findAttribute,
  type Holder,
  refusalOf,
  settable,
} from "../model/attribute.ts";
import type { Attribute } from "../model/catalogue/entry.ts";
import { EVERYTHING, type ListChange } from "../model/catalogue/membership.ts";
import { isExpression, literalOf, parseExpression } from "../model/expression/expression.ts";
import { GROUPS } from "../model/groups.ts";
import { type Hashes, toCell } from "../model/stored_value.ts";
import { hasWildcard } from "../model/wildcard.ts";
import type { Hashing } from "../service/hashing.ts";
import type { MemberService } from "../service/member_service.ts";
import type { AttributeInput } from "../wire/http.ts";

/** What a request makes of attributes, by their own names and not their aliases. */
export interface Changes {
  /** Cells that are the same whatever the row. */
  readonly sets: readonly (readonly [attribute: string, cell: string])[];
  /** Plain text, which is sealed for each row by itself. */
  readonly secrets: readonly (readonly [attribute: string, text: string])[];
  readonly clears: readonly string[];
  /** What every attribute of a row becomes that the pattern matches. */
  readonly wild: readonly Wild[];
  readonly list: ListChange | undefined;
}

export interface Wild {
  readonly pattern: string;
  /** The cell of an attribute that matches; null clears it. */
  readonly cellOf: (attribute: string) => Outcome<string | null>;
}

interface Draft {
  readonly sets: [string, string][];
  readonly secrets: [string, string][];
  readonly clears: string[];
  readonly wild: Wild[];
  list: ListChange | undefined;
}

/** Reads names and values; `at` is where they stand in the body, for the refusal. */
export async function changesOf(
  member: MemberService,
  holder: Holder,
  values: Readonly<Record<string, AttributeInput>>,
  at = "",
): Promise<Outcome<Changes>> {
  const draft: Draft = { sets: [], secrets: [], clears: [], wild: [], list: undefined };
  const seen = new Set<string>();
  const hashing = member.secrets.hashing();
  const wrong = ({ refusal }: Refused): Refused => refused(refusal.kind, at + refusal.message);
  for (const given in values) {
    const input = values[given] as AttributeInput;
    if (hasWildcard(given)) {
      const taken = takeWild(draft, holder, given, input);
      if (!taken.ok) return wrong(taken);
      continue;
    }
    const attribute = findAttribute(given, holder);
    if (!attribute.ok) return wrong(attribute);
    const { name } = attribute.value;
    if (seen.has(name)) return wrong(refused("invalid", `${name} is given twice`));
    seen.add(name);
    const taken = await take(draft, hashing, holder, attribute.value, input);
    if (!taken.ok) return wrong(taken);
  }
  return ok(draft);
}

async function take(
  draft: Draft,
  hashing: Hashing,
  holder: Holder,
  attribute: Attribute,
  input: AttributeInput,
): Promise<Outcome<void>> {
  const { name, kind } = attribute;
  const refusal = refusalOf(attribute, holder);
  if (refusal !== undefined) return refusal;
  if (kind === "list") return takeList(draft, attribute, input);
  if (input === null) {
    draft.clears.push(name);
    return ok();
  }
  const isSecret = kind === "sealed" || kind === "hashed";
  if (isSecret) {
    const text = plainText(name, input);
    if (!text.ok) return text;
    if (kind === "sealed") {
      draft.secrets.push([name, text.value]);
      return ok();
    }
    if (text.value === "") {
      return refused(
        "invalid",
        `${name}: an empty password would let anybody in; clear it instead`,
      );
    }
    const hashes = name === OWN_HASH ? hashOf(text.value) : await hashing.of(text.value);
    if (hashes.ok) draft.sets.push([name, toCell({ kind: "hashed", hashes: hashes.value })]);
    return hashes.ok ? ok() : hashes;
  }
  const cell = cellOf(attribute, holder, input);
  if (cell.ok) draft.sets.push([name, cell.value]);
  return cell.ok ? ok() : cell;
}

/** What nodes and scripts hash themselves: the plain text never leaves the node. */
const OWN_HASH = "crypted.selfapikey";

function hashOf(text: string): Outcome<Hashes> {
  if (/^\$\w+\$[\x21-\x7e]{1,250}$/.test(text)) return ok({ crypt: text });
  return refused("invalid", `${OWN_HASH}: wanted a hash as crypt(3) makes it, $5$SALT$HASH`);
}

function plainText(name: string, input: AttributeInput): Outcome<string> {
  if (typeof input !== "object") return ok(String(input));
  if (input !== null && "value" in input) return ok(String(input.value));
  return refused("invalid", `${name} is secret: wanted a text, not an expression or a list`);
}

/** The cell of an attribute that is no secret; a text with fields in braces is an expression. */
function cellOf(attribute: Attribute, holder: Holder, input: AttributeInput): Outcome<string> {
  const { name } = attribute;
  if (input === null) return refused("invalid", `${name}: wanted a value`);
  if (typeof input === "string") {
    return isExpression(input)
      ? expressionCell(attribute, input)
      : textCell(attribute, holder, literalOf(input));
  }
  if (typeof input !== "object") return textCell(attribute, holder, input);
  if ("value" in input) return textCell(attribute, holder, input.value);
  if ("expression" in input) return expressionCell(attribute, input.expression);
  return refused("invalid", `${name}: wanted one value, not a list or a change of one`);
}

function textCell(
  attribute: Attribute,
  holder: Holder,
  value: string | number | boolean,
): Outcome<string> {
  const text = settable(attribute, value, holder);
  return text.ok ? ok(toCell({ kind: "text", text: text.value })) : text;
}

function expressionCell(attribute: Attribute, expression: string): Outcome<string> {
  const may = expressible(attribute);
  if (!may.ok) return may;
  const parsed = parseExpression(expression);
  return parsed.ok ? ok(toCell({ kind: "expression", expression })) : parsed;
}

function takeList(draft: Draft, { name }: Attribute, input: AttributeInput): Outcome<void> {
  if (input === null) draft.list = { set: name === GROUPS ? [EVERYTHING] : [] };
  else if (typeof input === "string" || Array.isArray(input)) draft.list = { set: input };
  else if (typeof input === "object" && ("prepend" in input || "remove" in input)) {
    draft.list = input;
  } else {
    return refused(
      "invalid",
      `${name}: wanted names with commas between, a list of them, {"prepend": names} or ` +
        `{"remove": names}`,
    );
  }
  return ok();
}

function takeWild(
  draft: Draft,
  holder: Holder,
  pattern: string,
  input: AttributeInput,
): Outcome<void> {
  if (input !== null && typeof input !== "string") {
    return refused("invalid", `${pattern}: with a wildcard wanted a text, or null, which clears`);
  }
  const cellFor = (name: string): Outcome<string | null> => {
    const attribute = findAttribute(name, holder);
    if (input === null) {
      const refusal = attribute.ok ? refusalOf(attribute.value, holder) : undefined;
      return refusal ?? ok(null);
    }
    if (!attribute.ok) return attribute;
    const { kind } = attribute.value;
    const isPlain = kind === "text" || kind === "flag";
    return isPlain
      ? cellOf(attribute.value, holder, input)
      : refused("invalid", `${pattern} matches ${name}, which must be set by its name`);
  };
  draft.wild.push({ pattern, cellOf: cellFor });
  return ok();
}
