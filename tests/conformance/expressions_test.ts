/** Expressions asked for nodes, and kept as values (expressions.jsonl), of the whole service. */
import { deepEqual, equal } from "node:assert/strict";

import { type Asking, asking, withoutLinks } from "../api/asking.ts";
import { type Attributes, differing, loadSiteA, recordedCases } from "./recorded.ts";

interface Case {
  /** `resolved` and those without: src/model/expression alone is asked. */
  readonly via?: "expression" | "attribute" | "resolved";
  readonly noderange?: string;
  readonly expression?: string;
  readonly values?: Attributes;
  readonly node?: string;
  readonly attribute?: string;
  readonly set?: unknown;
  readonly stored?: Attributes;
  readonly error?: Attributes;
}

const bad = (error: string): Attributes => ({
  errorcode: 400,
  error: 'Bad Request - Bad confluent expression syntax (must use "{{" and "}}" if not desiring ' +
    `confluent expansion): ${error}`,
});
const NO_VALUE = "a value (a name, a number, a quoted text or a bracket) must stand here";
const NO_SECOND = bad("list index out of range: sw-r3-mgmt has 1 numbers, so there is no n2");

/** Where ours is another; docs/COMPATIBILITY.md says why. */
const OURS: Readonly<Record<string, Attributes>> = {
  "evaluated {n2:o}": NO_SECOND,
  "evaluated {n2%0}": bad("integer modulo by zero"),
  "evaluated {n2^5}": NO_SECOND,
  "evaluated {n2.block_number()}": bad("Invalid function call syntax in expression"),
  "evaluated {n2<<100000}": NO_SECOND,
  "evaluated {import os}": bad(`invalid syntax: -->i<--mport os: ${NO_VALUE}`),
  "evaluated {}": { error: bad(`invalid syntax: --><--: ${NO_VALUE}`)["error"] },
  "evaluated {.rack}": { error: bad(`invalid syntax: -->.<--rack: ${NO_VALUE}`)["error"] },
  "evaluated {power.1.outlet+1}": {
    error: bad(
      "invalid syntax: power-->.<--1.outlet+1: an operator (+ - * / % << >> & ^ |) or the end " +
        "could stand here",
    )["error"],
  },
  'kept "{}"': {
    "custom.t": { broken: `invalid syntax: --><--: ${NO_VALUE}`, expression: "{}" },
  },
  'kept "{n2<<100000}"': {
    "info.note": {
      broken: "the number has more than 16384 bits (MAX_EXPRESSION_BITS)",
      expression: "{n2<<100000}",
    },
  },
};

Deno.test("expressions come to what was recorded", async () => {
  const cases = recordedCases<Case>("expressions")
    .filter(({ via }) => via === "expression" || via === "attribute");
  const site = asking();
  loadSiteA(site.member, ["site_a_main", "site_a_rest"]);
  const ours: Record<string, Attributes> = {};
  for (const one of cases) {
    const { via, expression, set } = one;
    const others = await (via === "expression" ? evaluated : kept)(site, one);
    const key = via === "expression" ? `evaluated ${expression}` : `kept ${JSON.stringify(set)}`;
    if (Object.keys(others).length > 0) ours[key] = others;
  }
  equal(cases.length > 70, true);
  deepEqual(ours, OURS);
});

async function evaluated({ ask }: Asking, one: Case): Promise<Attributes> {
  const { noderange, expression, values, error } = one;
  const path = `/noderange/${encodeURIComponent(noderange ?? "")}/attributes/expression`;
  const body = withoutLinks((await ask(`POST ${path}`, { expression })).body);
  const databynode = body["databynode"] as readonly Attributes[] | undefined;
  if (error === undefined) return differing({ ...values }, Object.assign({}, ...databynode ?? []));
  const [first] = Object.values(databynode?.[0] ?? { body });
  return differing(error, first as Attributes);
}

async function kept({ ask }: Asking, one: Case): Promise<Attributes> {
  const { node, attribute = "", set, stored, error } = one;
  const path = `PUT /nodes/${node}/attributes/current`;
  const { status, body } = await ask(path, { [attribute]: set });
  await ask(path, { [attribute]: null });
  const told = status === 200 ? { [attribute]: (body as Attributes)[attribute] } : body;
  return differing(error ?? { [attribute]: stored }, told as Attributes);
}
