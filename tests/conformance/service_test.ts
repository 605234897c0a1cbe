/**
 * What confluent 4.0 answered where one attribute of a node or group was set, or given as a node
 * was made (validation.jsonl), asked of the whole service: what is refused, what is kept, and what
 * changes beside it. Each case starts from the same state.
 */
import { deepEqual, equal } from "node:assert/strict";

import { type Asking, withoutLinks } from "../api/asking.ts";
import { type Attributes, attributesAt, differing, recordedCases, siteAsked } from "./recorded.ts";

interface Case {
  readonly node?: string;
  readonly group?: string;
  readonly define?: string;
  readonly set: Attributes;
  readonly error?: { readonly errorcode: number; readonly error: string };
  /** What differs afterwards; null for what is gone. */
  readonly changed?: Attributes;
  /** What the group, or the new node, has of what was set. */
  readonly group_state?: readonly Attributes[];
  readonly attribute?: readonly Attributes[];
  /** There where ours is another already by what the catalogue says: validation_test.ts. */
  readonly ours?: unknown;
}

const bad = (error: string): Attributes => ({ errorcode: 400, error: `Bad Request - ${error}` });
const NO_LIST_CHANGE = {
  error: "Bad Request - groups: wanted a text, a number, true, false, null (which clears) or " +
    '{"value": text}',
};
const NO_SUCH_NODE = bad("Invalid Noderange: nosuch not a recognized node, group, or alias");

/** Where ours is another, by what was set; docs/COMPATIBILITY.md says why. */
const OURS: Readonly<Record<string, Attributes>> = {
  '{"type":"{nodename}"}': bad(
    "Attribute type takes no expression: it takes certain words alone: " +
      "switch,server,rackmount,dense,enclosure,",
  ),
  '{"custom.any":["a","b"]}': bad(
    "custom.any: wanted one value, not a list or a change of one",
  ),
  '{"custom.any":{"value":5}}': { "custom.any": { value: "5" } },
  '{"secret.hardwaremanagementpassword":{"expression":"{n1}"}}': bad(
    "secret.hardwaremanagementpassword is secret: wanted a text, not an expression or a list",
  ),
  '{"groups":"compute,compute"}': { groups: ["compute", "everything"] },
  '{"groups":{"add":"storage"}}': NO_LIST_CHANGE,
  '{"groups":{"bogus":"storage"}}': NO_LIST_CHANGE,
  '{"info.note":"}"}': bad(
    "Single '}' encountered in format string: -->}<--: write {{ and }} for braces that are text",
  ),
  '{"info.note":"{ }"}': {
    "info.note": {
      broken: "invalid syntax: --><--: a value (a name, a number, a quoted text or a bracket) " +
        "must stand here",
      expression: "{ }",
    },
  },
  '{"nodes":"nosuch"}': NO_SUCH_NODE,
  '{"nodes":{"prepend":"nosuch"}}': NO_SUCH_NODE,
};

Deno.test("nodes and groups are changed, or not, as recorded", async () => {
  const cases = recordedCases<Case>("validation").filter(({ ours }) => ours === undefined);
  equal(cases.length > 130, true);
  const ours: Record<string, Attributes> = {};
  for (const one of cases) {
    const others = await answeredElse(siteAsked(), one);
    if (Object.keys(others).length > 0) ours[JSON.stringify(one.set)] = others;
  }
  deepEqual(ours, OURS);
});

async function answeredElse(site: Asking, one: Case): Promise<Attributes> {
  const { node, group, define, set, error, changed } = one;
  const path = group === undefined ? `/nodes/${node ?? define}` : `/nodegroups/${group}`;
  const before = await attributesAt(site, path);
  const answer = define === undefined
    ? await site.ask(`PUT ${path}/attributes/current`, set)
    : await site.ask("POST /nodes/", { name: define, ...set });
  const after = await attributesAt(site, path);
  const isError = answer.status !== 200;
  if (isError) deepEqual(after, before);
  if (isError || error !== undefined) {
    return differing({ ...error }, isError ? withoutLinks(answer.body) : { status: 200 });
  }
  if (changed !== undefined) {
    const recorded = Object.entries({ ...before, ...changed });
    return differing(Object.fromEntries(recorded.filter(([, value]) => value !== null)), after);
  }
  const [now] = one.group_state ?? one.attribute ?? [];
  const names = Object.keys(now ?? set);
  return differing({ ...now }, Object.fromEntries(names.map((name) => [name, after[name]])));
}
