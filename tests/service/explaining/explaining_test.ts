/** Explanations by members of one process, of nodes that they or others manage. */
import { deepEqual, equal, match, ok as holds } from "node:assert/strict";

import { CANDIDATES, MANAGER } from "../../../src/model/placement.ts";
import { nodeRow } from "../../../src/model/operation.ts";
import { DriverError } from "../../../src/service/hardware/driver.ts";
import { type Explanation, explanation } from "../../../src/wire/explanation_http.ts";
import { valueOf } from "../../contract/link_bench.ts";
import { until } from "../../system/program.ts";
import { type Cast, ran, RoutingStage, SILENCE } from "../routing_stage.ts";

const SET_ON = { path: "power/state", set: "on" } as const;

async function cast(stage: RoutingStage, count: number): Promise<[Cast, Cast, Cast]> {
  return await stage.members(count) as [Cast, Cast, Cast];
}

/** What is told is what the schema says, nothing more and nothing less. */
async function explained({ member }: Cast, node: string): Promise<Explanation> {
  const told = await member.explain(node);
  deepEqual(explanation.parse(told), told);
  return told;
}

async function placed(by: Cast, node: string, name: string): Promise<void> {
  await until(`${name} manages ${node}`, async () => {
    return (await explained(by, node)).manager?.name === name || undefined;
  });
}

async function set(by: Cast, node: string, attribute: string, text: string): Promise<void> {
  const rows = [nodeRow(node)];
  const { index } = valueOf(
    await by.member.write([
      text === ""
        ? { kind: "clear", rows, attributes: [attribute] }
        : { kind: "set", rows, cells: [[attribute, text]] },
    ]),
  );
  valueOf(await by.member.reach(index));
}

Deno.test("what was done at another member's node is seen from any, and its refusals", async () => {
  await using stage = new RoutingStage();
  const [m1, m2, m3] = await cast(stage, 3);
  await stage.nodes(["n1"], "m2");
  await placed(m3, "n1", "m2");
  m2.driver.answers.set("n1", () => Promise.reject(new DriverError(502, "it makes no sense")));
  await ran(m1, ["n1"], SET_ON, { by: "root" });
  m2.driver.answers.delete("n1");
  await ran(m2, ["n1"], undefined, { by: "operator" });
  m2.driver.answers.set("n1", SILENCE);
  const stop = new AbortController();
  const running = ran(m3, ["n1"], SET_ON, { by: "root", signal: stop.signal });
  await until("m2 acts", () => Promise.resolve(m2.driver.atOnce === 1 || undefined));

  for (const asked of [m1, m2, m3]) {
    const told = await explained(asked, "n1");
    const { manager, lease, operations } = told;
    const isHere = asked === m2;
    deepEqual([manager?.name, manager?.isHere, manager?.silence], ["m2", isHere, null]);
    equal(manager?.because, "collective.manager says so");
    match(manager?.since ?? "", /^20\d\d-/);
    holds(lease !== null && lease > 0 && lease < 60, `${lease}`);
    deepEqual([told.exists, told.refused, told.moving, told.stuck], [true, null, null, null]);
    deepEqual(told.wanted, { manager: "m2", candidates: "", failback: false, faults: [] });
    const said = operations.map(({ at: _, age, took, ...rest }) => {
      holds(age >= 0 && (took === null || took >= 0));
      return rest;
    });
    const epoch = manager?.epoch ?? 0;
    const of = { member: "m2", epoch };
    deepEqual(said, [
      { ...of, command: SET_ON, by: "root", through: "m3", outcome: null },
      {
        ...of,
        command: { path: "power/state" },
        by: "operator",
        through: "m2",
        outcome: { values: { state: { value: "on" } } },
      },
      {
        ...of,
        command: SET_ON,
        by: "root",
        through: "m1",
        outcome: { errorcode: 502, error: "it makes no sense" },
      },
    ]);
  }
  stop.abort();
  await running;
  await until("what m2 saw is known at m1", async () => {
    const { power, seen } = (await explained(m1, "n1")).lastKnown;
    return power !== null && seen !== null || undefined;
  });
  const { power, health } = (await explained(m1, "n1")).lastKnown;
  deepEqual([power?.value, power?.by, health], ["on", "m2", null]);

  await set(m1, "n1", "hardwaremanagement.method", "vcenter");
  const why = "hardwaremanagement.method is vcenter, which is not supported; redfish are";
  await until("m2 knows that it cannot", async () => {
    return (await explained(m1, "n1")).refused === why || undefined;
  });
  await set(m1, "n1", "hardwaremanagement.method", "redfish");
  await set(m1, "n1", "secret.hardwaremanagementuser", "");
  const unset = "secret.hardwaremanagementuser is not set for this node";
  await until("m2 knows what is missing", async () => {
    return (await explained(m1, "n1")).refused === unset || undefined;
  });
});

Deno.test("a manager that is lost is waited for, or another takes the node, and why", async () => {
  await using stage = new RoutingStage();
  const [m1, m2, m3] = await cast(stage, 3);
  await stage.nodes(["n1", "n2"], "m2");
  await set(m1, "n2", CANDIDATES, "m1-m3");
  await placed(m1, "n1", "m2");
  await placed(m1, "n2", "m2");
  await placed(m3, "n2", "m2");
  deepEqual((await explained(m3, "n2")).candidates.map(({ name, unable }) => [name, unable]), [
    ["m1", null],
    ["m2", null],
    ["m3", null],
  ]);
  for (const other of ["m1", "m3"]) stage.network.cut("m2", other);
  await until("m1 misses it", async () => {
    const { manager } = await explained(m1, "n1");
    return manager?.silence === "Collective member m2 is unreachable" || undefined;
  });
  const cutOff = await explained(m1, "n1");
  deepEqual([cutOff.refused, cutOff.lease], ["Collective member m2 is unreachable", null]);
  await until("nobody else may have n1", async () => {
    const why = "m2 does not answer, and collective.managercandidates is not set: it waits";
    return (await explained(m1, "n1")).stuck === why || undefined;
  });
  // Whoever was made the manager just now waits until it is certain of that, and says so.
  await until("another has n2, and may act", async () => {
    const { manager, refused } = await explained(m1, "n2");
    const isTaken = manager?.name !== "m2" && manager?.because === "m2 did not answer";
    return isTaken && refused === null || undefined;
  });
  const moved = await explained(m1, "n2");
  equal(moved.candidates.find(({ name }) => name === "m2")?.unable, "silent");
  holds(moved.manager !== null && moved.wanted.manager === moved.manager.name);

  // The lost one knows that it is cut off, and that it may not act any more.
  await until("m2 has no lease", async () => (await explained(m2, "n1")).lease === 0 || undefined);
  const lost = await explained(m2, "n1");
  deepEqual([lost.manager?.isHere, lost.moving], [true, null]);
  match(lost.refused ?? "", /^m2 hears no majority: no answer from m1, m3$/);
  match(lost.stuck ?? "", /^m2 hears no majority/);
});

Deno.test("a node without a manager says why: none set, no member, no noderange", async () => {
  await using stage = new RoutingStage();
  const [m1, m2] = await cast(stage, 2);
  await stage.nodes(["n1"], "");
  const unset = await explained(m2, "n1");
  deepEqual([unset.manager, unset.lease, unset.operations], [null, null, []]);
  deepEqual([unset.moving, unset.stuck], [null, null]);
  match(unset.refused ?? "", /collective.manager is not set for this node$/);

  await set(m2, "n1", MANAGER, "m9");
  const astray = await explained(m2, "n1");
  equal(astray.stuck, "m9, whom collective.manager names, is no member");
  equal(astray.refused, "nobody manages this node: m9 is no member");
  await set(m2, "n1", MANAGER, "");
  await set(m2, "n1", CANDIDATES, "m1,(");
  const { wanted, candidates, stuck } = await explained(m2, "n1");
  deepEqual(candidates, []);
  match(wanted.faults[0] ?? "", /^collective.managercandidates: /);
  match(stuck ?? "", /^nobody manages it, and collective.managercandidates makes no sense: /);

  const gone = await explained(m1, "n7");
  deepEqual([gone.exists, gone.manager, gone.refused], [false, null, "there is no node n7"]);
});

Deno.test("the one member there is explains nodes that name no manager", async () => {
  await using stage = new RoutingStage();
  const [m1] = await cast(stage, 1);
  await stage.nodes(["n1"], "");
  await ran(m1, ["n1"]);
  const { manager, refused, lease, operations } = await explained(m1, "n1");
  equal(manager?.because, "it is the only member, and no manager is set");
  deepEqual([manager?.since, refused, lease, operations.length], [null, null, null, 1]);
});
