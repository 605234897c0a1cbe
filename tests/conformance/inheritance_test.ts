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

const OURS = {};

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
