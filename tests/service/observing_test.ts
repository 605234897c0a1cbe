import { deepEqual, equal } from "node:assert/strict";

import { ok, refused } from "../../src/base/outcome.ts";
import { memberId } from "../../src/model/member.ts";
import { nodeRow, type Operation, ROW_MARK } from "../../src/model/operation.ts";
import type { Duty } from "../../src/service/duty.ts";
import { DriverError } from "../../src/service/hardware/driver.ts";
import { sinceDefined } from "../../src/service/observing.ts";
import { valueOf } from "../contract/link_bench.ts";
import { until } from "../system/program.ts";
import { type Cast, ran, RoutingStage } from "./routing_stage.ts";

/** Resolves once it is so at each of them. */
async function all(members: readonly Cast[], isSo: (cast: Cast) => boolean): Promise<void> {
  await until("all know", () => Promise.resolve(members.every(isSo) || undefined));
}

function state({ member }: Cast, node: string): unknown {
  return member.control.observed.lastKnown(node, "power/state")?.values.state;
}

/** A node has its manager only after a moment, and after a clock was moved that has no lease. */
async function answered(asked: Cast, node: string): Promise<void> {
  await until(`${node} answers`, async () => {
    const { [node]: told } = await ran(asked, [node]);
    return told === '{"state":{"value":"on"}}' || undefined;
  });
}

Deno.test("what a manager's controllers say is known at every member", async () => {
  await using stage = new RoutingStage();
  const [m1, m2, m3] = await stage.members(3) as [Cast, Cast, Cast];
  await stage.nodes(["a1"], "m1");
  await stage.nodes(["b1", "b2"], "m2");
  m2.driver.answers.set("b2", () => Promise.reject(new DriverError(504, "timeout")));
  await answered(m3, "a1");
  await answered(m3, "b1");
  await ran(m3, ["b2"]);
  await all([m1, m2, m3], (cast) => ["a1", "b1"].every((node) => state(cast, node) !== undefined));
  for (const cast of [m1, m2, m3]) {
    deepEqual([state(cast, "a1"), state(cast, "b2")], [{ value: "on" }, undefined]);
    const known = cast.member.control.observed.lastKnown("b1", "power/state");
    equal(known?.by, m2.member.identity.id);
    equal((known?.ageMs ?? Infinity) < 10_000, true);
  }
});

Deno.test("a member whose clock is far off writes nothing until it is right", async () => {
  await using stage = new RoutingStage();
  const [m1, m2, m3] = await stage.members(3) as [Cast, Cast, Cast];
  await stage.nodes(["a1"], "m1");
  await stage.nodes(["b1"], "m2");
  stage.aheadMs.set("m1", 3_600_000);
  await answered(m3, "a1");
  await answered(m3, "b1");
  await all([m1, m2, m3], (cast) => state(cast, "b1") !== undefined);
  deepEqual([m1, m2, m3].map((cast) => state(cast, "a1")), [undefined, undefined, undefined]);
  const { ageMs = Infinity } = m1.member.control.observed.lastKnown("b1", "power/state") ?? {};
  equal(ageMs < 60_000, true, `${ageMs} ms`);
  stage.aheadMs.set("m1", 0);
  await answered(m3, "a1");
  await all([m1, m2, m3], (cast) => state(cast, "a1") !== undefined);
});

Deno.test("a node that is defined anew has no past, and then has one of its own", async () => {
  await using stage = new RoutingStage();
  const [m1, m2] = await stage.members(2) as [Cast, Cast];
  await stage.nodes(["a1"], "m1");
  await answered(m1, "a1");
  await all([m1, m2], (cast) => state(cast, "a1") !== undefined);
  const write = async (operations: readonly Operation[]): Promise<void> => {
    const { index } = valueOf(await m1.member.write(operations));
    for (const { member } of [m1, m2]) valueOf(await member.reach(index));
  };
  const rows = [nodeRow("a1")];
  await write([{ kind: "drop", rows }]);
  deepEqual([state(m1, "a1"), state(m2, "a1")], [undefined, undefined]);
  await write([{ kind: "set", rows, cells: [[ROW_MARK, ""]] }]);
  deepEqual([state(m1, "a1"), state(m2, "a1")], [undefined, undefined]);
  await stage.nodes(["a1"], "m1");
  await answered(m2, "a1");
  await all([m1, m2], (cast) => state(cast, "a1") !== undefined);
});

Deno.test("the right to a node counts from its definition, where that is later", () => {
  const id = memberId("000000000000000a");
  let ended = 0;
  const stop = new AbortController();
  const duty: Duty = {
    managerOf: (node) => node === "nobody's" ? undefined : { id, epoch: 7 },
    begin: (node) =>
      node === "nobody's"
        ? refused("conflict", "no")
        : ok({ epoch: 7, leaseLeftMs: () => 99, signal: stop.signal, end: () => void ended++ }),
  };
  const born = new Map([["older", 3], ["newer", 9]]);
  const since = sinceDefined(duty, (node) => born.get(node));
  for (const [node, epoch] of [["older", 7], ["newer", 9], ["unknown", 7]] as const) {
    deepEqual(since.managerOf(node), { id, epoch });
    const grant = valueOf(since.begin(node));
    deepEqual([grant.epoch, grant.leaseLeftMs(), grant.signal], [epoch, 99, stop.signal]);
    grant.end();
  }
  equal(ended, 3);
  equal(since.managerOf("nobody's"), undefined);
  deepEqual(since.begin("nobody's"), refused("conflict", "no"));
});
