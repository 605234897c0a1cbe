/** What is noted of members goes with them: that they are drained, and when they were lost. */
import { strict as assert } from "node:assert";

import { INVITATION_SWEEP_MS } from "../../src/base/limits.ts";
import { nodeRow, type Operation, ROW_MARK } from "../../src/model/operation.ts";
import { CANDIDATES, drainedRow, lostRow, MANAGER } from "../../src/model/placement.ts";
import type { Host } from "./host.ts";
import { Scene } from "./scene.ts";

const FAILOVER_MS = 20_000;

Deno.test("rows about a member that was let go are swept, once it holds nothing any more", () => {
  const scene = new Scene(3);
  const must = (operations: readonly Operation[]): void => {
    const outcome = scene.answer(scene.ask(scene.leader(), operations));
    assert.ok(outcome.ok, outcome.ok ? "" : outcome.refusal.message);
  };
  const cells = (): { exists(row: string): boolean } => scene.leader().machine!.replica.cells;
  const leader = scene.leader();
  const [gone, stays] = scene.others(leader) as [Host, Host];
  scene.run(6_000); // whoever was just started promises nothing
  for (const { id } of [gone, stays]) {
    must([{ kind: "set", rows: [drainedRow(id)], cells: [[ROW_MARK, ""]] }]);
  }
  const { name } = gone.member;
  must([{ kind: "set", rows: [nodeRow("n1")], cells: [[ROW_MARK, ""], [MANAGER, name]] }]);
  const held = (): number => scene.leader().machine!.placing.placements.heldBy(gone.id).size;
  scene.until("it holds the node, which can go nowhere", 1_000, () => held() === 1);
  scene.kill(gone);
  scene.run(3_000);
  assert.ok(scene.answer(scene.change(scene.leader(), { change: "remove", id: gone.id })).ok);
  // Nobody may take the node: the third member is drained, the leader is no candidate.
  must([{ kind: "set", rows: [nodeRow("n1")], cells: [[CANDIDATES, stays.member.name]] }]);
  scene.run(2 * INVITATION_SWEEP_MS);
  assert.equal(held(), 1);
  assert.ok(cells().exists(drainedRow(gone.id)));
  must([{ kind: "drop", rows: [drainedRow(stays.id)] }]);
  scene.until("the node is taken from it", FAILOVER_MS, () => held() === 0);
  assert.ok(cells().exists(lostRow(gone.id)));
  must([{ kind: "set", rows: [drainedRow(stays.id)], cells: [[ROW_MARK, ""]] }]);
  scene.until(
    "its rows are swept",
    2 * INVITATION_SWEEP_MS,
    () => !cells().exists(drainedRow(gone.id)) && !cells().exists(lostRow(gone.id)),
  );
  assert.ok(cells().exists(drainedRow(stays.id)));
  scene.end();
});
