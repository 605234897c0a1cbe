/** Requests over HTTP, one after the other. */
import { deepEqual, equal } from "node:assert/strict";

import type { Asked } from "../api/asking.ts";
import { type Attributes, differing, recordedCases, siteAsked } from "./recorded.ts";

interface Recorded {
  readonly request: {
    readonly method: string;
    readonly path: string;
    readonly by: string | null;
    readonly body: unknown;
  };
  readonly response: { readonly status: number; readonly body: unknown };
}

const NO_PROOF = {
  status: 401,
  error: "who is calling is not proven; wanted the header Authorization: Bearer TOKEN",
};
const itemsOf = (self: string, collection: string, ...items: readonly string[]): Attributes => ({
  _links: {
    self: { href: self },
    collection: { href: collection },
    item: items.map((href) => ({ href })),
  },
});

const OF_HARDWARE = ["boot/", "deployment/", "health/", "identify", "power/"];

/** Where ours is another, by the place in the file; docs/COMPATIBILITY.md says why. Of another
 * status nothing more is told than the error. */
const OURS: Readonly<Record<string, Attributes>> = {
  "0 GET /": itemsOf(
    "./",
    "./",
    "collective/",
    "deployment/",
    "discovery/",
    "docs",
    "events/",
    "metrics",
    "noderange/",
    "nodegroups/",
    "nodes/",
    "openapi.json",
    "uuid",
    "version",
    "watch",
  ),
  "1 GET /": NO_PROOF,
  "2 GET /": NO_PROOF,
  "4 GET /nodes/r1n01": itemsOf("./r1n01", "./", "attributes/", ...OF_HARDWARE),
  "5 GET /nodes/r1n01/": itemsOf("./", "../", "attributes/", ...OF_HARDWARE),
  "6 GET /nodes/nosuch/": { error: "Target not found - Unknown node nosuch" },
  "10 GET /noderange/r1n01-r1n03/": itemsOf(
    "./",
    "../",
    "attributes/",
    ...OF_HARDWARE,
    "nodes/",
    "abbreviate",
  ),
  "21 PUT /nodes/r1n30/attributes/current": {
    _warnings: [
      'The attribute "location.u" was defined specifically for the node and clearing now has a ' +
      'value inherited from the group "compute"',
    ],
  },
  "29 GET /nodes/h2/attributes/current": { "id.index": { value: 464 } },
  "32 DELETE /nodes/h1": { error: "Target not found - Unknown node h1" },
  // Users, and what each of them may do, are not there yet.
  "37 GET /sessions/current/info": {
    status: 404,
    error: "Target not found - there is nothing at /sessions/current/info",
  },
  "38 GET /users/": { status: 404, error: "Target not found - there is nothing at /users" },
  "39 GET /users/mon1": {
    status: 404,
    error: "Target not found - there is nothing at /users/mon1",
  },
  "40 PUT /nodes/r1n30/attributes/current": { status: 200 },
  "43 PATCH /nodes/r1n01/attributes/current": {
    status: 405,
    error: "PATCH is not supported at /nodes/r1n01/attributes/current; GET, PUT are",
  },
};

Deno.test("requests are answered as recorded", async () => {
  const cases = recordedCases<Recorded>("http");
  equal(cases.length, 44);
  const { ask, askBy } = siteAsked();
  const ours: Record<string, Attributes> = {};
  for (const [i, { request, response }] of cases.entries()) {
    const { method, path, by, body } = request;
    const isAdmitted = by === "admin1" || by === "mon1";
    const answer = isAdmitted
      ? await ask(`${method} ${path}`, body ?? undefined)
      : await askBy("tcp", `${method} ${path}`);
    const others = answeredElse(response, answer);
    if (Object.keys(others).length > 0) ours[`${i} ${method} ${path}`] = others;
  }
  deepEqual(ours, OURS);
});

function answeredElse(recorded: Recorded["response"], { status, body }: Asked): Attributes {
  const { errorcode, ...told } = body as Attributes;
  if (status >= 400) equal(errorcode, status);
  if (typeof recorded.body === "string" || status !== recorded.status) {
    return "error" in told ? { status, error: told["error"] } : { status };
  }
  return differing(recorded.body as Attributes, told);
}
