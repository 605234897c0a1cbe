/** Commands on nodes by way of members that run in this process. */
import { deepEqual } from "node:assert/strict";

import { ran, RoutingStage } from "./routing_stage.ts";

const IS_ON = '{"state":{"value":"on"}}';

Deno.test("a member answers for a node that another manages", async () => {
  await using stage = new RoutingStage();
  const [m1, m2] = await stage.members(2);
  await stage.nodes(["n1"], "m2");
  deepEqual(await ran(m1!, ["n1"]), { n1: IS_ON });
  deepEqual(m2!.driver.asked.map(({ node, address, user }) => [node, address, user]), [
    ["n1", "bmc-n1", "secret.hardwaremanagementuser of node/n1"],
  ]);
  deepEqual(m1!.driver.asked, []);
});
