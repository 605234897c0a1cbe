/**
 * Changes of nodes and groups one after the other, and after each of them everything that every
 * node and group has (inheritance.jsonl: what changed by a step; all else stayed as it was).
 */
import { deepEqual, equal } from "node:assert/strict";

import { type Asking, asking, withoutLinks } from "../api/asking.ts";
import { type Attributes, attributesAt, differing, recordedCases } from "./recorded.ts";

type Things = Record<string, Attributes | null>;

interface Step {
  readonly step: number;
  readonly operation?: "create" | "update" | "delete" | "retrieve";
  readonly path?: string;
  readonly parameters?: unknown;
  readonly error?: { readonly errorcode: number; readonly error: string };
  /** By name; null for what is gone. */
  readonly changed: { readonly nodes?: Things; readonly groups?: Things };
}

const METHODS = { create: "POST", update: "PUT", delete: "DELETE", retrieve: "GET" } as const;

/** What an attribute comes to that the original did not calculate anew. */
function hostname(value: string): Attributes {
  return { "net.hostname": { value, expression: "{custom.x}-{custom.y}", inheritedfrom: "ga" } };
}

/** Where ours is another, by the step; docs/COMPATIBILITY.md says why. */
const OURS: Readonly<Record<string, Attributes>> = {
  "4 answers": { errorcode: 409, error: "group ga exists already" },
  "7 answers": { errorcode: 409, error: "node t1 exists already" },
  // A change of custom.y, which an expression uses that a group gave.
  "38 t2": hostname("from-ga-"),
  ...Object.fromEntries(
    [38, 39, 40, 41, 42, 43, 44].flatMap((step) => [
      [`${step} t3`, hostname("from-gc-")],
      [`${step} t4`, hostname("from-ga-")],
    ]),
  ),
  "43 answers": {
    errorcode: 409,
    error: "The following requested new names conflict with existing nodes: t3",
  },
  "44 answers": { error: "Target not found - Unknown node nosuch" },
  // The node's own name after a rename of several, not another's.
  "45 u4": {
    "custom.bad": { value: "4", expression: "{n1}", inheritedfrom: "ga" },
    "custom.n": { value: "04", expression: "{n1:02d}", inheritedfrom: "ga" },
    ...hostname("from-ga-"),
  },
  "47 answers": {
    errorcode: 409,
    error: "The following requested new names conflict with existing groups: galpha",
  },
  "48 answers": {
    errorcode: 404,
    error: "Target not found - Invalid nodegroup: nosuch not found",
  },
  "51 answers": {
    error: "Bad Request - groups of node t2: no group is named; clear them instead",
  },
  // A node whose list of groups was cleared is out of them, and has nothing of theirs.
  "52 t2": {
    "custom.bad": null,
    "custom.n": null,
    "custom.x": null,
    "net.hostname": null,
    groups: ["everything"],
  },
  "52 galpha": { nodes: ["t11", "u3", "u4"] },
  // What makes a group dynamic is nothing to inherit.
  "57 t2": { noderange: null },
  "58 t2": { noderange: null },
  "76 answers": {
    errorcode: 404,
    error: "Target not found - Invalid nodegroup: nosuch not found",
  },
  "78 answers": { error: "Target not found - Unknown node t11" },
  "82 answers": {
    errorcode: 404,
    error: "Target not found - Invalid nodegroup: everything not found",
  },
};

async function everything(
  site: Asking,
  kind: "nodes" | "groups",
): Promise<Record<string, Attributes>> {
  const at = kind === "nodes" ? "/nodes" : "/nodegroups";
  const names = kind === "nodes" ? site.member.nodes.nodes() : site.member.nodes.groups();
  const entries = names.map(async (name) => [name, await attributesAt(site, `${at}/${name}`)]);
  return Object.fromEntries(await Promise.all(entries));
}

function applied(before: Things, changed: Things = {}): Things {
  const entries = Object.entries({ ...before, ...changed });
  return Object.fromEntries(entries.filter(([, attributes]) => attributes !== null));
}

/** What came of the request where it is not what was recorded. */
async function asked({ ask }: Asking, one: Step): Promise<Attributes> {
  const { operation, path, parameters, error } = one;
  if (operation === undefined) return {};
  const answer = await ask(`${METHODS[operation]} ${path}`, parameters ?? undefined);
  if (answer.status === 200 && error === undefined) return {};
  const told = answer.status === 200 ? {} : withoutLinks(answer.body);
  return differing({ ...error }, told);
}

Deno.test("everything is inherited as recorded, change by change", async () => {
  const steps = recordedCases<Step>("inheritance");
  equal(steps.length, 84);
  const site = asking();
  const ours: Record<string, unknown> = {};
  let nodes: Things = {}, groups: Things = {};
  for (const one of steps) {
    nodes = applied(nodes, one.changed.nodes);
    groups = applied(groups, one.changed.groups);
    const answer = await asked(site, one);
    if (Object.keys(answer).length > 0) ours[`${one.step} answers`] = answer;
    for (const [kind, recorded] of [["nodes", nodes], ["groups", groups]] as const) {
      const now = await everything(site, kind);
      for (const name of new Set([...Object.keys(recorded), ...Object.keys(now)])) {
        const others = differing(recorded[name] ?? {}, now[name] ?? {});
        if (Object.keys(others).length > 0) ours[`${one.step} ${name}`] = others;
      }
    }
  }
  deepEqual(ours, OURS);
});
