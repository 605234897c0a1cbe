/** Commands on nodes by way of members that run in this process. */
import { deepEqual, equal, match, ok as holds } from "node:assert/strict";

import {
  FEW_NODES_AT_ONCE,
  MAX_COMMANDS,
  MAX_NODES_AT_ONCE_OF_ONE,
} from "../../src/base/limits.ts";
import type { NodeCommand } from "../../src/model/node_command.ts";
import { nodeRow } from "../../src/model/operation.ts";
import { DEADLINE_OVER, DriverError } from "../../src/service/hardware/driver.ts";
import { valueOf } from "../contract/link_bench.ts";
import { until } from "../system/program.ts";
import { type Cast, ran, RoutingStage, SILENCE } from "./routing_stage.ts";

const IS_ON = '{"state":{"value":"on"}}';
/** Far less than the time that nodes have. */
const SOON_MS = 4_000;
const SET_ON = { path: "power/state", set: "on" } as const;

function names(letter: string, count: number): string[] {
  return Array.from({ length: count }, (_, i) => `${letter}${i + 1}`);
}

async function cast(stage: RoutingStage, count: number): Promise<[Cast, Cast, Cast]> {
  return await stage.members(count) as [Cast, Cast, Cast];
}

Deno.test("each manager acts on its nodes, asked by any member", async () => {
  await using stage = new RoutingStage();
  const [m1, m2, m3] = await cast(stage, 3);
  await stage.nodes(["a1"], "m1");
  await stage.nodes(["b1", "b2"], "m2");
  await stage.nodes(["c1"], "m3");
  for (const asked of [m1, m2, m3]) {
    const all = { a1: IS_ON, b1: IS_ON, b2: IS_ON, c1: IS_ON };
    deepEqual(sorted(await ran(asked, ["c1", "b2", "a1", "b1"])), all);
  }
  const acted = ({ driver }: Cast): string[] => driver.asked.map(({ node }) => node).sort();
  deepEqual(acted(m1), ["a1", "a1", "a1"]);
  deepEqual(acted(m2), ["b1", "b1", "b1", "b2", "b2", "b2"]);
  deepEqual(acted(m3), ["c1", "c1", "c1"]);
  const b1 = m2.driver.asked.find(({ node }) => node === "b1");
  const credentials = "secret.hardwaremanagementpassword of node/b1";
  deepEqual([b1?.address, b1?.password, b1?.policy], ["bmc-b1", credentials, "tofu"]);

  let goal: unknown;
  m2.driver.answers.set("b1", (_bmc, command, { grant, deadlineMs }) => {
    goal = command;
    holds(grant.leaseLeftMs() > 0 && deadlineMs > performance.now());
    return Promise.reject(new DriverError(502, "it makes no sense"));
  });
  const set = { path: "boot/nextdevice", set: { nextdevice: "hd", persistent: true } } as const;
  deepEqual(await ran(m1, ["b1"], set), { b1: "502 it makes no sense" });
  deepEqual(goal, set);
});

Deno.test("what a node lacks is its own error, and a bug is not told in full", async () => {
  await using stage = new RoutingStage();
  const [m1, m2] = await cast(stage, 2);
  const nodes = ["good", "unset", "other", "nowhere", "broken", "unmanaged", "astray", "buggy"];
  await stage.nodes(nodes, "m2");
  const set = (node: string, attribute: string, value: string | undefined): Promise<unknown> => {
    const rows = [nodeRow(node)];
    return m1.member.write([
      value === undefined
        ? { kind: "clear", rows, attributes: [attribute] }
        : { kind: "set", rows, cells: [[attribute, value]] },
    ]);
  };
  await set("unset", "hardwaremanagement.method", undefined);
  await set("other", "hardwaremanagement.method", "vcenter");
  await set("nowhere", "hardwaremanagement.manager", "");
  await set("broken", "secret.hardwaremanagementuser", undefined);
  await set("unmanaged", "collective.manager", undefined);
  await set("astray", "collective.manager", "m9");
  m2.driver.answers.set("buggy", () => Promise.reject(new Error("secret of buggy")));
  deepEqual(await ran(m1, [...nodes, "absent"], undefined, { timeoutMs: 1_000 }), {
    good: IS_ON,
    unset: "501 hardwaremanagement.method is not set for this node",
    other: "501 hardwaremanagement.method is vcenter, which is not supported; redfish are",
    nowhere: "409 hardwaremanagement.manager is not set for this node",
    broken: "409 secret.hardwaremanagementuser is not set for this node",
    unmanaged: "500 collective mode is active, but collective.manager is not set for this node",
    astray: "503 nobody manages this node: m9 is no member",
    buggy: "500 an error that nobody foresaw; the log of its manager has its reason",
    absent: "404 Target not found - Unknown node absent",
  });
});

Deno.test("a member without a collective acts on nodes that name no manager", async () => {
  await using stage = new RoutingStage();
  const [m1] = await cast(stage, 1);
  await stage.nodes(["n1"], "");
  deepEqual(await ran(m1, ["n1"]), { n1: IS_ON });
  const { duty } = m1.member.control;
  deepEqual([duty.managerOf("n2"), duty.begin("n2").ok], [undefined, false], "there is no n2");
});

Deno.test("a manager that is lost costs its nodes an error, and nobody else anything", async () => {
  await using stage = new RoutingStage();
  const [m1, m2] = await cast(stage, 3);
  const lost = names("b", 3), kept = names("c", 3);
  await stage.nodes(lost, "m2");
  await stage.nodes(kept, "m3");
  for (const node of lost.slice(1)) m2.driver.answers.set(node, SILENCE);

  const cutOnceHalfDone = async (command: NodeCommand): Promise<Record<string, string>> => {
    m2.driver.asked.length = 0;
    const told: Record<string, string> = {};
    const running = ran(m1, [...lost, ...kept], command, {}, told);
    const isHalfDone = (): boolean => m2.driver.asked.length === 3 && "b1" in told;
    await until("b1 is told", () => Promise.resolve(isHalfDone() || undefined));
    stage.network.cut("m1", "m2");
    await running;
    // Nobody waits for them any more.
    await until(
      "m2 has let go",
      () => Promise.resolve(m2.driver.atOnce === 0 || undefined),
      SOON_MS,
    );
    return told;
  };
  const gone = "Collective member m2 went unreachable";
  const others = Object.fromEntries(kept.map((node) => [node, IS_ON]));
  deepEqual(await cutOnceHalfDone({ path: "power/state" }), {
    b1: IS_ON,
    b2: `503 ${gone}`,
    b3: `503 ${gone}`,
    ...others,
  });
  // It is known to be gone now: nobody waits.
  const start = performance.now();
  deepEqual(await ran(m1, [...lost, "c1"]), {
    b1: "503 Collective member m2 is unreachable",
    b2: "503 Collective member m2 is unreachable",
    b3: "503 Collective member m2 is unreachable",
    c1: IS_ON,
  });
  holds(performance.now() - start < 1_000);
  stage.network.heal("m1", "m2");
  await until("m2 is back", async () => (await ran(m1, ["b1"])).b1 === IS_ON || undefined);
  deepEqual(await cutOnceHalfDone(SET_ON), {
    b1: IS_ON,
    b2: `504 ${gone}; it may have been done`,
    b3: `504 ${gone}; it may have been done`,
    ...others,
  });
});

Deno.test("whoever goes away, or waits too long, ends it at the manager as well", async () => {
  await using stage = new RoutingStage();
  const [m1, m2] = await cast(stage, 2);
  await stage.nodes(["n1", "n2"], "m2");
  m2.driver.answers.set("n1", SILENCE);
  const stop = new AbortController();
  const running = ran(m1, ["n1"], SET_ON, { signal: stop.signal });
  await until("m2 acts", () => Promise.resolve(m2.driver.atOnce === 1 || undefined));
  stop.abort();
  deepEqual(await running, {});
  await until("m2 has let go", () => Promise.resolve(m2.driver.atOnce === 0 || undefined), SOON_MS);
  deepEqual(await ran(m1, ["n1", "n2"], SET_ON, { timeoutMs: 300 }), {
    n1: "504 timeout",
    n2: IS_ON,
  });
  equal(m2.driver.atOnce, 0);
  let reason: unknown;
  m2.driver.answers.set("n1", (bmc, command, leave) => {
    leave.signal.addEventListener("abort", () => reason = leave.signal.reason);
    return SILENCE(bmc, command, leave);
  });
  deepEqual(await ran(m2, ["n1"], undefined, { timeoutMs: 100 }), { n1: "504 timeout" });
  equal(reason, DEADLINE_OVER, "the driver is told why it ends");
  // A manager that says nothing at all: the member that was asked has the last word.
  m2.driver.answers.set("n1", () => new Promise(() => {}));
  const doubt = "504 no answer within 0.2 s; it may or may not have been done";
  deepEqual(await ran(m1, ["n1"], SET_ON, { timeoutMs: 200 }), { n1: doubt });
});

Deno.test("a manager that is one no more, or not yet, is no dead end", async () => {
  await using stage = new RoutingStage();
  const [m1, m2, m3] = await cast(stage, 3);
  await stage.nodes(["n1"], "m2");
  // m1 is slow to hear of it.
  const move = async (to: string): Promise<void> => {
    const cells = [["collective.manager", to]] as const;
    valueOf(await m2.member.write([{ kind: "set", rows: [nodeRow("n1")], cells }]));
  };
  const managerOf = m1.member.control.duty.managerOf.bind(m1.member.control.duty);
  const old = await until("n1 is placed", () => Promise.resolve(managerOf("n1")));
  let isBehind = true;
  m1.member.control.duty.managerOf = (node) => isBehind ? old : managerOf(node);
  await move("m3");
  const running = ran(m1, ["n1"]);
  isBehind = false;
  await m1.member.write([]);
  deepEqual(await running, { n1: IS_ON });
  deepEqual([m2.driver.asked.length, m3.driver.asked.length], [0, 1]);

  isBehind = true;
  deepEqual(await ran(m1, ["n1"], undefined, { timeoutMs: 500 }), {
    n1: "503 m2 does not manage n1, m3 does",
  });
});

Deno.test("however many nodes, only so many are acted on; the dead hold nobody up", async () => {
  await using stage = new RoutingStage();
  const [m1, m2] = await cast(stage, 2);
  const living = names("l", 1_900), dead = names("d", 100);
  const many = names("m", 1_600);
  await stage.nodes(many, "m2");
  for (const node of many) m2.driver.answers.set(node, SILENCE);
  await stage.nodes(living, "m2");
  await stage.nodes([...dead, "single"], "m2");
  for (const node of dead) m2.driver.answers.set(node, SILENCE);
  for (const node of living) {
    m2.driver.answers.set(node, async () => {
      await new Promise<void>((resolve) => void setTimeout(resolve, 5));
      return { state: { value: "on" } };
    });
  }
  const away = new AbortController();
  const hanging = ran(m1, many, undefined, { signal: away.signal, timeoutMs: 60_000 });
  const isFull = (): boolean => m2.driver.atOnce >= MAX_NODES_AT_ONCE_OF_ONE;
  await until("many hang", () => Promise.resolve(isFull() || undefined));
  deepEqual(await ran(m1, ["single"], undefined, { timeoutMs: 2_000 }), { single: IS_ON });
  away.abort();
  await hanging;
  await until("they are let go", () => Promise.resolve(m2.driver.atOnce === 0 || undefined));
  const told: string[] = [];
  const stop = new AbortController();
  const options = { signal: stop.signal, timeoutMs: 60_000, by: "test" };
  const all = [...dead, ...living];
  const running = m1.member.commands.run(all, { path: "power/state" }, options, ({ node }) => {
    told.push(node);
  });
  deepEqual(await ran(m1, ["single"]), { single: IS_ON });
  await until("all others are told", () => Promise.resolve(told.length === 1_900 || undefined));
  equal(m2.driver.atOnce, 100);
  const most = MAX_NODES_AT_ONCE_OF_ONE + FEW_NODES_AT_ONCE;
  holds(m2.driver.mostAtOnce <= most, `${m2.driver.mostAtOnce}`);
  stop.abort();
  await running;
  await until(
    "the dead are let go",
    () => Promise.resolve(m2.driver.atOnce === 0 || undefined),
    SOON_MS,
  );
});

Deno.test("a certificate is pinned where none is, and by one entry for many", async () => {
  await using stage = new RoutingStage();
  const [m1, m2] = await cast(stage, 2);
  const nodes = names("n", 40);
  await stage.nodes(nodes, "m2");
  for (const node of nodes) {
    m2.driver.answers.set(node, async (bmc, _command, { pin }) => {
      if (bmc.pinned === undefined) await pin(`sha256$${node}`);
      return { state: { value: bmc.pinned ?? "pinned" } };
    });
  }
  const before = m2.member.index;
  const first = await ran(m1, nodes);
  deepEqual(new Set(Object.values(first)), new Set(['{"state":{"value":"pinned"}}']));
  holds(m2.member.index - before <= 10, `${m2.member.index - before} entries`);
  equal((await ran(m1, ["n7"])).n7, '{"state":{"value":"sha256$n7"}}');
  // One that was pinned meanwhile, and one that is gone, cost themselves alone.
  for (const node of ["n1", "n2", "n3"]) {
    m2.driver.answers.set(node, async (_bmc, _command, { pin }) => {
      await pin("sha256$other");
      return {};
    });
  }
  valueOf(
    await m1.member.write([
      { kind: "clear", rows: [nodeRow("n3")], attributes: ["pubkeys.tls_hardwaremanager"] },
    ]),
  );
  const why = "502 another certificate was pinned meanwhile, or the node is gone";
  deepEqual(await ran(m1, ["n1", "n2", "n3"]), { n1: why, n2: why, n3: "{}" });
});

Deno.test("commands beyond what may be under way are refused, and then taken again", async () => {
  await using stage = new RoutingStage();
  const [m1] = await cast(stage, 1);
  await stage.nodes(["n1"], "");
  m1.driver.answers.set("n1", SILENCE);
  const stop = new AbortController();
  const running = Array.from({ length: MAX_COMMANDS }, () => {
    return ran(m1, ["n1"], undefined, { signal: stop.signal });
  });
  match(m1.member.commands.busy(1)?.refusal.message ?? "", /^256 commands on 256 nodes are under/);
  match((await ran(m1, ["n1"])).n1 ?? "", /^429 256 commands/);
  stop.abort();
  await Promise.all(running);
  equal(m1.member.commands.busy(1), undefined);
  m1.driver.answers.clear();
  deepEqual(await ran(m1, ["n1"]), { n1: IS_ON });
});

function sorted(told: Record<string, string>): Record<string, string> {
  return Object.fromEntries(Object.entries(told).sort());
}
