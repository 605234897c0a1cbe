/** Leave to act on a node, by a member that runs. */
import { equal, ok as holds } from "node:assert/strict";

import { LET_GO_MS } from "../../src/base/limits.ts";
import { systemClock } from "../../src/io/clock.ts";
import { nodeRow, type Operation, ROW_MARK } from "../../src/model/operation.ts";
import { MANAGER, placementRow } from "../../src/model/placement.ts";
import type { Grant } from "../../src/service/duty.ts";
import { NodeDuty } from "../../src/service/node_duty.ts";
import { valueOf } from "../contract/link_bench.ts";
import { until } from "../system/program.ts";
import { type Cast, RoutingStage } from "./routing_stage.ts";

Deno.test("leave ends where another node has the name since", async () => {
  await using stage = new RoutingStage();
  const [{ member }] = await stage.members(1) as [Cast];
  const { id } = member.identity;
  const defined = (node: string): Operation => {
    return { kind: "set", rows: [nodeRow(node)], cells: [[ROW_MARK, ""], [MANAGER, "m1"]] };
  };
  const nodes = ["n1", "n2", "n3"];
  valueOf(await member.write(nodes.map(defined)));
  const duty = new NodeDuty(member, systemClock);
  const begun = async (node: string): Promise<Grant> =>
    await until(`${node} is acted on`, () => {
      const grant = duty.begin(node);
      return Promise.resolve(grant.ok ? grant.value : undefined);
    });
  const [one, three] = [await begun("n1"), await begun("n3")];
  const held = (node: string): Operation => {
    return { kind: "set", rows: [placementRow(node)], cells: [[ROW_MARK, id]] };
  };
  const gone = ["n1", "n2"].flatMap((node) => [nodeRow(node), placementRow(node)]);
  valueOf(
    await member.write([
      { kind: "drop", rows: gone },
      ...["n1", "n2"].flatMap((node) => [
        defined(node),
        held(node),
      ]),
    ]),
  );
  const since = performance.now();
  await until("it must stop", () => {
    duty.turned();
    return Promise.resolve(one.signal.aborted || undefined);
  });
  holds(performance.now() - since >= LET_GO_MS - 100);
  equal(three.signal.aborted, false);
  for (const grant of [one, three]) grant.end();
});
