/** Leave to act on nodes, of members that run. */
import { equal, match, ok as holds } from "node:assert/strict";

import { CHANGE_LEASE_MS, LET_GO_MS } from "../../src/base/limits.ts";
import { systemClock } from "../../src/io/clock.ts";
import { nodeRow, type Operation, ROW_MARK } from "../../src/model/operation.ts";
import { MANAGER, placementRow } from "../../src/model/placement.ts";
import type { Grant } from "../../src/service/duty.ts";
import { NodeDuty } from "../../src/service/node_duty.ts";
import { valueOf } from "../contract/link_bench.ts";
import { until } from "../system/program.ts";
import { type Cast, RoutingStage } from "./routing_stage.ts";

Deno.test("leave ends where another node has the name since, also one of its own", async () => {
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

Deno.test("leave to act on a node is worth nothing once the node is to go elsewhere", async () => {
  await using stage = new RoutingStage();
  const [m1, m2] = await stage.members(2);
  await stage.nodes(["n1"], "m1");
  const dutyOf = (cast: typeof m1): NonNullable<typeof m1>["member"]["control"]["duty"] =>
    cast!.member.control.duty;
  const grant = await until("m1 may act", () => {
    const granted = dutyOf(m1).begin("n1");
    return Promise.resolve(granted.ok ? granted.value : undefined);
  });
  holds(grant.leaseLeftMs() > CHANGE_LEASE_MS);
  const other = dutyOf(m2).begin("n1");
  match(other.ok ? "" : other.refusal.message, /^m2 does not manage n1, m1 does/);

  const cells = [[MANAGER, "m2"]] as const;
  valueOf(await m2!.member.write([{ kind: "set", rows: [nodeRow("n1")], cells }]));
  // Its lease runs on: it is not for the want of one that m1 must stop.
  await until("m1 must not begin a change", () => {
    return Promise.resolve(grant.leaseLeftMs() === 0 || undefined);
  });
  equal(dutyOf(m2).begin("n1").ok, false);
  grant.end();
  const taken = await until("m2 may act", () => {
    const granted = dutyOf(m2).begin("n1");
    return Promise.resolve(granted.ok ? granted.value : undefined);
  });
  holds(taken.epoch > grant.epoch);
  equal(grant.leaseLeftMs(), 0);
  taken.end();
});
