/** Members that are drained, and what is told of nodes that have nobody to go to. */
import { deepEqual, equal, match, ok as holds } from "node:assert/strict";

import { nodeRow, ROW_MARK } from "../../src/model/operation.ts";
import { CANDIDATES, MANAGER, placementRow } from "../../src/model/placement.ts";
import type { MemberView } from "../../src/service/member_service.ts";
import type { RunningMember } from "../../src/service/running_member.ts";
import { valueOf } from "../contract/link_bench.ts";
import { until } from "../system/program.ts";
import { type Cast, RoutingStage } from "./routing_stage.ts";

const ALL = "m1,m2,m3";

async function define(
  member: RunningMember,
  names: readonly string[],
  manager: string,
  candidates?: string,
): Promise<void> {
  const more = candidates === undefined ? [] : [[CANDIDATES, candidates] as const];
  const cells = [[ROW_MARK, ""], [MANAGER, manager], ...more] as const;
  valueOf(await member.write([{ kind: "set", rows: names.map(nodeRow), cells }]));
}

/** A member as that one shows it. */
function shown({ member }: Cast, name: string): MemberView {
  const view = member.collective().members.find((one) => one.name === name);
  holds(view);
  return view;
}

async function held(at: Cast, name: string, nodes: number): Promise<void> {
  const isSo = (): boolean => shown(at, name).nodes === nodes;
  await until(`${name} holds ${nodes}`, () => Promise.resolve(isSo() || undefined));
}

Deno.test("a member that is drained hands over what can go, and keeps the rest", async () => {
  await using stage = new RoutingStage();
  const [m1, m2, m3] = await stage.members(3) as [Cast, Cast, Cast];
  const nodes = Array.from({ length: 20 }, (_, i) => `b${i + 1}`);
  await define(m1.member, nodes, "m2", ALL);
  await define(m1.member, ["s1", "s2"], "m2");
  await define(m1.member, ["x1"], "m2", "m1,(m3");
  await define(m1.member, ["o1"], "m2", "m2");
  await held(m3, "m2", 24);
  const told: string[] = [];
  const { index, ...drained } = valueOf(await m3.member.drain("m2", (line) => told.push(line)));
  const staying = [...drained.staying].sort((a, b) => a.example < b.example ? -1 : 1);
  deepEqual({ ...drained, staying: staying.map(({ count, example }) => [count, example]) }, {
    name: "m2",
    drained: true,
    handedOver: 20,
    going: 0,
    staying: [[1, "o1"], [2, "s1"], [1, "x1"]],
    notices: [],
  });
  equal(staying[0]?.why, "no other of their candidates can take them");
  equal(staying[1]?.why, "they have no collective.managercandidates");
  match(staying[2]?.why ?? "", /^their collective\.managercandidates is no noderange: Invalid/);
  for (const line of told) match(line, /^m2: \d+ of 24 nodes are handed over$/);
  // Its last nodes are acted on as before, and shared between the others are those that went.
  equal(m2.member.life.loop.machine.placing.isOwn("s1"), true);
  deepEqual(["m1", "m2", "m3"].map((name) => shown(m3, name).nodes), [10, 4, 10]);
  deepEqual([shown(m3, "m2").drained, shown(m3, "m1").drained], [true, false]);
  match(m3.member.collective().notices.join("\n"), /^m2 is drained: .*, and still holds 4; /m);

  // Again: nothing is written, and nobody gives it anything.
  const again = valueOf(await m1.member.drain("m2", () => {}));
  deepEqual([again.handedOver, again.staying.length], [0, 3]);
  await define(m1.member, ["c1"], "", ALL);
  await held(m1, "m2", 4);
  const nobody = await m1.member.drain("m9", () => {});
  equal(
    nobody.ok || `${nobody.refusal.kind} ${nobody.refusal.message}`,
    "not-found cannot drain m9: no such member; there are m1, m2, m3",
  );

  const back = valueOf(await m1.member.undrain("m2"));
  deepEqual([back.drained, back.index > index], [false, true]);
  equal(shown(m1, "m2").drained, false);
  await define(m1.member, ["d1"], "m2");
  await held(m1, "m2", 5);
  equal(valueOf(await m1.member.undrain("m2")).drained, false);
});

Deno.test("a drain waits for what is under way at nodes, and ends where it is undone", async () => {
  await using stage = new RoutingStage();
  const [m1, m2] = await stage.members(2) as [Cast, Cast];
  await define(m1.member, ["b1", "b2"], "m2", ALL);
  await held(m1, "m2", 2);
  const { placing } = m2.member.life.loop.machine;
  await until("it acts", () => Promise.resolve(placing.isOwn("b1") || undefined));
  const release = placing.hold("b1");
  const told: string[] = [];
  const draining = m1.member.drain("m2", (line) => told.push(line));
  const half = "m2: 1 of 2 nodes are handed over";
  await until("the other is handed over", () => Promise.resolve(told.includes(half) || undefined));
  equal(valueOf(await m1.member.undrain("m2")).drained, false);
  const { index: _, ...drained } = valueOf(await draining);
  const notices = ["the drain of m2 was undone meanwhile"];
  const nothing = { going: 0, staying: [] };
  deepEqual(drained, { name: "m2", drained: false, handedOver: 1, ...nothing, notices });
  release();
});

Deno.test("a member that does not answer is drained without waiting for it", async () => {
  await using stage = new RoutingStage();
  const [m1, m2, m3] = await stage.members(3) as [Cast, Cast, Cast];
  await define(m1.member, ["s1", "s2", "s3"], "m2");
  await held(m3, "m2", 3);
  for (const other of ["m1", "m3"]) stage.network.cut("m2", other);
  await until("it is missed", async () => {
    const lines = await m1.member.nodeNotices();
    return lines.some((line) => line.includes("from m2, which does not answer")) || undefined;
  });
  const { notices, handedOver } = valueOf(await m1.member.drain("m2", () => {}));
  equal(handedOver, 0);
  match(notices[0] ?? "", /^m2 does not answer, so that it hands nothing over: /);
  equal(m2.member.quorum().held && shown(m1, "m2").state === "alive", false);
});

Deno.test("nodes that nobody sets right are told of, a line for each cause", async () => {
  await using stage = new RoutingStage();
  const [m1] = await stage.members(1) as [Cast];
  deepEqual(await m1.member.nodeNotices(), []);
  await define(m1.member, ["x1", "x2"], "m1", "m1,(");
  await define(m1.member, ["u1"], "m9");
  await define(m1.member, ["w1", "w2", "w3"], "", "m8");
  await define(m1.member, ["fine"], "m1", "m1");
  await held(m1, "m1", 3);
  const lines = await until("they are looked at again", async () => {
    const told = await m1.member.nodeNotices();
    return told.length > 0 ? told : undefined;
  });
  deepEqual(lines.map((line) => line.replace(/: Invalid Noderange.*$/, "")).sort(), [
    "collective.managercandidates of x1 and 1 more node is no noderange, so that nobody takes " +
    "over when a manager is lost; set it right",
    "nobody manages u1: m9, which collective.manager names, is not a member; name one",
    "nobody manages w1 and 2 more nodes: none of the candidates can; bring one back, or set " +
    "others in collective.managercandidates",
  ]);
  // Who asks again at once gets the same, whatever changed since.
  await define(m1.member, ["w1", "w2", "w3"], "m1", "m1");
  equal(await m1.member.nodeNotices(), lines);
  equal((await m1.member.check()).filter((line) => lines.includes(line)).length, 3);
  equal(m1.member.state.exists(placementRow("u1")), false);
});
