/** What every group, and some nodes, of site-a are told to have: inherited, and of expressions. */
import { deepEqual, equal } from "node:assert/strict";

import { type Attributes, attributesAt, differing, recordedCases, siteAsked } from "./recorded.ts";

interface Recorded {
  readonly node?: string;
  readonly group?: string;
  readonly attributes: Attributes;
}

/** Where ours is another, and says so in docs/COMPATIBILITY.md. */
const OURS = {
  "/nodes/r1n04": {
    "custom.syn": {
      broken: "invalid syntax: n1+--><--: a value (a name, a number, a quoted text or a bracket) " +
        "must stand here",
      expression: "{n1+}",
    },
  },
};

Deno.test("nodes and groups have what was recorded, inherited and evaluated", async () => {
  const cases = recordedCases<Recorded>("resolved");
  equal(cases.length > 60, true);
  const site = siteAsked();
  const ours: Record<string, Attributes> = {};
  for (const { node, group, attributes } of cases) {
    const path = node === undefined ? `/nodegroups/${group}` : `/nodes/${node}`;
    const others = differing(attributes, await attributesAt(site, path));
    if (Object.keys(others).length > 0) ours[path] = others;
  }
  deepEqual(ours, OURS);
});
