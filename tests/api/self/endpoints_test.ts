/** What holds for every endpoint that needs a key. */
import { deepEqual, equal } from "node:assert/strict";

import { selfEndpoints } from "../../../src/api/self/endpoints.ts";
import { NODE_KEY } from "../../../src/model/node_key.ts";
import { nodeRow } from "../../../src/model/operation.ts";
import { type EndpointStage, endpointStage } from "./endpoint_stage.ts";
import { KEY, OTHER_KEY } from "./self_stage.ts";

const ROUTES = [
  ...["GET deploycfg2", "GET deploycfg", "GET netcfg", "GET bmcconfig", "GET myattribs"],
  ...["GET nodelist", "GET scriptlist/post", "GET profileprivate/pending/key"],
  ...["POST updatestatus", "POST tlscert", "POST sshcert"],
];

async function statuses(
  { ask }: EndpointStage,
  headers: Readonly<Record<string, string>>,
  from?: string,
): Promise<number[]> {
  const all: number[] = [];
  for (const route of ROUTES) {
    const body = route.startsWith("POST") ? { body: "status: staged" } : {};
    all.push(
      (await ask(route, { headers, ...body, ...from === undefined ? {} : { from } })).status,
    );
  }
  return [...new Set(all)];
}

Deno.test("these are all, and each needs a key", () => {
  const parts = {} as Parameters<typeof selfEndpoints>[0];
  const all = selfEndpoints(parts).map(({ method, path, needsKey }) => {
    equal(needsKey, true, path);
    return `${method} ${path.replace(":category", "post").replace("*file", "key")}`;
  });
  deepEqual(all.toSorted(), ROUTES.toSorted());
});

Deno.test("with a wrong key, or the name of another node or none: Unauthorized", async () => {
  const stage = await endpointStage();
  const before = stage.member.proposed.length;
  deepEqual(await statuses(stage, { CONFLUENT_APIKEY: OTHER_KEY }), [401]);
  deepEqual(await statuses(stage, { CONFLUENT_NODENAME: "n2" }, "10.0.0.8"), [401]);
  deepEqual(await statuses(stage, { CONFLUENT_NODENAME: "" }, "10.0.0.9"), [401]);
  deepEqual([stage.member.proposed.length, stage.member.reports.length], [before, 0]);
  stage.member.apply([{ kind: "clear", rows: [nodeRow("n1")], attributes: [NODE_KEY] }]);
  deepEqual(await statuses(stage, { CONFLUENT_APIKEY: KEY }, "10.0.0.10"), [401], "it is revoked");
});

Deno.test("without quorum, and while it lags, a node is sent to another member", async () => {
  const stage = await endpointStage();
  stage.member.isCaughtUp = false;
  deepEqual(await statuses(stage, {}), [503]);
  stage.member.isCaughtUp = true;
  stage.member.holdsQuorum = false;
  deepEqual(await statuses(stage, {}), [503]);
  equal(stage.member.proposed.length, 0);
});
