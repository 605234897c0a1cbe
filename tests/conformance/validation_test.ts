/**
 * What confluent 4.0 answered where one attribute of a node or group was set, or given as a node
 * was made (validation.jsonl). `by` says what a case needs: the catalogue, or the whole service.
 * `ours` is our answer where it is another: docs/COMPATIBILITY.md says why.
 */
import { deepEqual, equal } from "node:assert/strict";

import {
  expressible,
  findAttribute,
  findStored,
  type Holder,
  settable,
  storable,
} from "../../src/model/attribute.ts";

type Value = string | number | boolean;
type Answer = { readonly value: Value } | { readonly error: string };

interface Case {
  readonly node?: string;
  readonly group?: string;
  readonly define?: string;
  readonly set: Readonly<Record<string, Value>>;
  readonly error?: { readonly error: string };
  /** What became of the node, the group and the new node. */
  readonly changed?: Readonly<Record<string, { readonly value: Value }>>;
  readonly group_state?: readonly Readonly<Record<string, { readonly value: Value }>>[];
  readonly attribute?: readonly Readonly<Record<string, { readonly value: Value }>>[];
  readonly by: "catalogue" | "service";
  readonly ours?: Answer;
}

const CASES: readonly Case[] = Deno.readTextFileSync(new URL("validation.jsonl", import.meta.url))
  .trim().split("\n").map((line) => JSON.parse(line));
const OF_CATALOGUE = CASES.filter(({ by }) => by === "catalogue");

function holderOf({ node, group, define }: Case): Holder {
  return group === undefined
    ? { kind: "node", name: node ?? define ?? "" }
    : { kind: "group", name: group };
}

function recorded({ error, changed, group_state, attribute }: Case): Answer {
  if (error !== undefined) return { error: error.error };
  const [is] = Object.values(changed ?? group_state?.[0] ?? attribute?.[0] ?? {});
  return { value: is?.value ?? "" };
}

function answered(one: Case): Answer {
  const [[name, value] = ["", ""]] = Object.entries(one.set);
  const attribute = findAttribute(name, holderOf(one));
  const set = attribute.ok ? settable(attribute.value, value, holderOf(one)) : attribute;
  if (!set.ok) return { error: `Bad Request - ${set.refusal.message}` };
  const kind = attribute.ok ? attribute.value.kind : "text";
  return {
    value: kind === "flag" ? set.value === "true" : kind === "integer" ? +set.value : set.value,
  };
}

Deno.test("attributes are taken and refused as recorded, or as is said beside", () => {
  equal(CASES.length, 174);
  equal(OF_CATALOGUE.length, 143);
  for (const one of OF_CATALOGUE) {
    deepEqual(answered(one), one.ours ?? recorded(one), JSON.stringify(one.set));
  }
});

Deno.test("what confluent 4.0 kept can be kept, be it what no request may set", () => {
  for (const one of OF_CATALOGUE.filter(({ error }) => error === undefined)) {
    const [[name, value] = ["", ""]] = Object.entries(one.set);
    const attribute = findStored(name, holderOf(one));
    equal(attribute.ok && storable(attribute.value, value).ok, true, name);
  }
});

Deno.test("an attribute of few words, or never told, takes no expression", () => {
  for (
    const [name, right] of [["type", false], ["bmcpass", false], ["location.u", true]] as const
  ) {
    const attribute = findAttribute(name);
    equal(attribute.ok && expressible(attribute.value).ok, right, name);
  }
});
