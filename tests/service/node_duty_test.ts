/** Leave to act on a node, of members in one process. */
import { equal, match, ok as holds } from "node:assert/strict";

import { CHANGE_LEASE_MS } from "../../src/base/limits.ts";
import { nodeRow } from "../../src/model/operation.ts";
import { MANAGER } from "../../src/model/placement.ts";
import { valueOf } from "../contract/link_bench.ts";
import { until } from "../system/program.ts";
import { RoutingStage } from "./routing_stage.ts";

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
