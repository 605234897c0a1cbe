/** Requests over HTTP, one after the other. */
import { deepEqual, equal } from "node:assert/strict";

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

const OURS = {};

Deno.test("requests are answered as recorded", async () => {
  const cases = recordedCases<Recorded>("http");
  equal(cases.length, 44);
  const { ask, askBy } = siteAsked();
  const ours: Record<string, unknown> = {};
  for (const [i, { request, response }] of cases.entries()) {
    const { method, path, by, body } = request;
    const isAdmitted = by === "admin1" || by === "mon1";
    const answer = isAdmitted
      ? await ask(`${method} ${path}`, body ?? undefined)
      : await askBy("tcp", `${method} ${path}`);
    const others = differing(asObject(response), asObject(answer));
    if (Object.keys(others).length > 0) ours[`${i} ${method} ${path}`] = others;
  }
  deepEqual(ours, OURS);
});

function asObject({ status, body }: { readonly status: number; readonly body: unknown }): Attributes {
  return typeof body === "object" ? { status, ...body } : { status, text: body };
}
