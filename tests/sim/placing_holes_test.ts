/** Orders of events in which two members would act on a node, or nobody ever does. */
import { strict as assert } from "node:assert";
import { nodeRow, type Operation, ROW_MARK } from "../../src/model/operation.ts";
import { CANDIDATES, MANAGER } from "../../src/model/placement.ts";
import { encodeStagePart } from "../../src/wire/entry.ts";
import type { Host } from "./host.ts";
import { HASTY, Scene } from "./scene.ts";

const ALL = "m1,m2,m3";

/** Whoever acts on a node is alone with that, at every step. */
function managed(members: number, nodes: Set<string>, seed?: number): Scene {
  const look = { at: (): void => {} };
  const scene = new Scene(members, { watch: () => look.at(), ...(seed ? { seed } : {}) });
  look.at = () => {
    for (const node of nodes) {
      const who = acting(scene, node);
      assert.ok(who.length <= 1, `${who} act on ${node} at the same time`);
    }
  };
  scene.leader();
  scene.run(6_000);
  return scene;
}

function acting(scene: Scene, node: string): string[] {
  return scene.hosts.filter((host) =>
    host.frozenUntil <= scene.world.time && host.machine?.mayAct(node, host.now()) === true
  ).map(({ member }) => member.name);
}

function must(scene: Scene, operations: readonly Operation[]): void {
  const outcome = scene.answer(scene.ask(scene.leader(), operations));
  assert.ok(outcome.ok && outcome.value.verdict.result === "applied", JSON.stringify(outcome));
}

function define(scene: Scene, names: readonly string[], manager: string, candidates = ALL): void {
  for (let at = 0; at < names.length; at += 2_000) {
    must(scene, [{
      kind: "set",
      rows: names.slice(at, at + 2_000).map(nodeRow),
      cells: [[ROW_MARK, ""], [MANAGER, manager], [CANDIDATES, candidates]],
    }]);
  }
}

function names(count: number, prefix = "n"): string[] {
  return Array.from({ length: count }, (_, i) => `${prefix}${i + 1}`);
}

/** A machine that takes so long for each step of a long entry. */
function slow(host: Host, stepMs: number): void {
  const machine = host.machine!;
  const { replica } = machine;
  const proceed = replica.proceed.bind(replica);
  const deadline = machine.deadline.bind(machine);
  let nextMs = 0;
  const nowMs = (): number => host.now().monoMs;
  replica.proceed = () => {
    if (nowMs() < nextMs) return undefined;
    nextMs = nowMs() + stepMs;
    return proceed();
  };
  machine.deadline = () => {
    const due = deadline();
    if (due === undefined || !replica.isApplying) return due;
    return due.reason === "a long entry" ? { ...due, atMs: Math.max(due.atMs, nextMs) } : due;
  };
}

function roles(scene: Scene): { leader: Host; lost: Host; voter: Host } {
  const leader = scene.leader();
  const [lost, voter] = scene.others(leader) as [Host, Host];
  return { leader, lost, voter };
}

Deno.test("a voter that is slow to apply a long taking of nodes stays silent until it has", () => {
  const nodes = new Set(names(4, "a-node-with-a-long-name-"));
  const scene = managed(3, nodes);
  const { leader, lost, voter } = roles(scene);
  define(scene, names(6_000, "a-node-with-a-long-name-"), lost.member.name);
  const [node] = [...nodes] as [string];
  scene.until("it acts", 5_000, () => acting(scene, node)[0] === lost.member.name);
  scene.run(1_000);
  slow(voter, 150);
  scene.cutOff([lost]);
  scene.until("the voter applies", 9_000, () => voter.machine!.replica.isApplying);
  scene.until("the leader took them", 9_000, () => {
    return leader.machine!.placing.placements.heldBy(lost.id).size === 0;
  });
  // Those two alone hear each other again.
  scene.world.network.heal();
  scene.world.network.cut(leader.id, lost.id);
  scene.world.network.cut(lost.id, leader.id);
  scene.run(6_000);
});

Deno.test("so it does behind a long change of other rows", () => {
  const nodes = new Set(["n1"]);
  const scene = managed(3, nodes);
  const { leader, lost, voter } = roles(scene);
  define(scene, ["n1"], lost.member.name, `${lost.member.name},${leader.member.name}`);
  scene.until("it acts", 5_000, () => acting(scene, "n1")[0] === lost.member.name);
  scene.run(1_000);
  slow(voter, 300);
  for (let part = 0; part < 10; part++) {
    const bytes = encodeStagePart([
      { kind: "set", rows: [`x/${part}`], cells: [["v", "1"]] },
    ]);
    must(scene, [{ kind: "stage", stage: "abc", part, bytes }]);
  }
  scene.cutOff([lost]);
  const { losses } = leader.machine!.placing;
  scene.until("all have promised", 9_000, () => losses.isSilenced(lost.id, leader.now().monoMs));
  // The import goes first, the taking follows it in the log before that is committed.
  scene.world.network.clog(voter.id, leader.id, scene.world.time + 300);
  scene.ask(leader, [{ kind: "applyStage", stage: "abc", parts: 10 }]);
  scene.until("the voter applies", 1_000, () => voter.machine!.replica.isApplying);
  scene.until("the leader took it", 1_000, () => {
    return leader.machine!.placing.placements.heldBy(lost.id).size === 0;
  });
  scene.world.network.heal();
  scene.world.network.cut(leader.id, lost.id);
  scene.world.network.cut(lost.id, leader.id);
  scene.run(6_000);
});

Deno.test("a long change of other rows does not have all nodes looked at again", () => {
  const nodes = new Set(["n1"]);
  const scene = managed(3, nodes);
  const leader = scene.leader();
  define(scene, names(500), leader.member.name);
  scene.run(2_000);
  const { placements } = leader.machine!.placing;
  let looked = 0;
  const take = placements.takeDirty.bind(placements);
  placements.takeDirty = (most) => {
    const taken = take(most);
    looked += taken.length;
    return taken;
  };
  for (let part = 0; part < 3; part++) {
    const bytes = encodeStagePart([{ kind: "set", rows: [`x/${part}`], cells: [["v", "1"]] }]);
    must(scene, [{ kind: "stage", stage: "abc", part, bytes }]);
  }
  must(scene, [{ kind: "applyStage", stage: "abc", parts: 3 }]);
  scene.run(1_000);
  assert.equal(looked, 0);
});

Deno.test("stages of others do not keep a lost member's nodes, nor fill the log", () => {
  const nodes = new Set(names(4, "a-node-with-a-long-name-"));
  const scene = managed(3, nodes);
  const { leader, lost } = roles(scene);
  define(scene, names(6_000, "a-node-with-a-long-name-"), lost.member.name);
  const [node] = [...nodes] as [string];
  scene.until("it acts", 5_000, () => acting(scene, node)[0] === lost.member.name);
  for (let stage = 0; stage < 8; stage++) {
    const bytes = encodeStagePart([{ kind: "set", rows: [`x/${stage}`], cells: [["v", "1"]] }]);
    must(scene, [{ kind: "stage", stage: `abc${stage}`, part: 0, bytes }]);
  }
  scene.run(1_000);
  scene.kill(lost);
  scene.run(8_000);
  const { raft: { log } } = leader.machine!;
  const before = log.last;
  scene.run(1_000);
  const bytes = log.slice(before + 1, 1e9, 1e9).reduce((sum, { body }) => sum + body.length, 0);
  assert.ok(bytes < 2_000_000, `${log.last - before} entries, ${bytes} bytes within a second`);
  assert.equal(acting(scene, node).length, 1, "it is acted on within 10 s");
});

/** Nothing passes between them. */
function part(scene: Scene, some: readonly Host[], others: readonly Host[]): void {
  for (const a of some) {
    for (const b of others) {
      if (a === b) continue;
      scene.world.network.cut(a.id, b.id);
      scene.world.network.cut(b.id, a.id);
    }
  }
}

function voters(host: Host): number {
  const { members } = host.machine!.raft.log.roster.roster;
  return members.filter(({ role }) => role === "voter").length;
}

Deno.test("a roster that was in force for a moment alone counts where promises are", () => {
  let tried = 0;
  for (let seed = 1; seed <= 20; seed++) {
    const scene = managed(5, new Set(["n1"]), seed);
    const leader = scene.leader();
    const [lost, ...rest] = scene.others(leader) as [Host, ...Host[]];
    const candidates = [lost, ...rest].map(({ member }) => member.name).join(",");
    define(scene, ["n1"], lost.member.name, candidates);
    scene.until("it acts", 5_000, () => acting(scene, "n1")[0] === lost.member.name);
    const joiners = [1, 2, 3, 4].map(() => scene.world.addJoiner(leader.machine?.chain));
    for (const joiner of joiners) {
      part(scene, [joiner], scene.hosts);
      const change = { change: "admit", member: joiner.member, replaces: undefined } as const;
      assert.ok(scene.answer(scene.change(leader, change)).ok);
      scene.start(joiner);
    }
    // Most of them have not answered the manager for long; the leader and two joiners will.
    part(scene, [lost], [...rest, ...joiners.slice(2)]);
    scene.run(6_000);
    const { network } = scene.world;
    for (const joiner of joiners) network.mend(joiner.id);
    part(scene, [lost], joiners.slice(2));
    scene.world.connectAll();
    const leaseMs = (): number => lost.machine!.placing.leaseLeftMs(lost.now());
    const isThere = (): boolean => voters(lost) === 7 && leaseMs() > 3_900;
    if (!scene.world.runUntil(scene.world.time + 3_000, isThere)) continue;
    tried++;
    part(scene, [lost], scene.hosts);
    scene.until("all have a voice", 3_000, () => rest.every((host) => voters(host) === 9));
    scene.kill(leader);
    scene.run(6_000);
  }
  assert.ok(tried > 3, `${tried} times it came to that`);
});

Deno.test("who was healed while its voters are silent is answered again", () => {
  const scene = new Scene(3, { pace: HASTY });
  scene.leader();
  scene.run(6_000);
  const { leader, lost, voter } = roles(scene);
  define(scene, ["n1"], lost.member.name);
  scene.until("it acts", 5_000, () => acting(scene, "n1")[0] === lost.member.name);
  scene.write(lost, "node/a", "right");
  scene.write(lost, "node/b", "right");
  scene.run(500);
  lost.spoil("node/a");
  while (scene.write(leader, "node/other", "more") % HASTY.auditEveryEntries !== 0);
  scene.until("it is found", 3_000, () => lost.machine?.audit.odd !== undefined);
  // The copy is long.
  const deliver = scene.world.deliver.bind(scene.world);
  let isLong = true;
  scene.world.deliver = (from, to, envelope) => {
    if (!isLong || envelope.message.type !== "deltaChunk") deliver(from, to, envelope);
  };
  scene.until("it is asked about", 5_000, () => {
    return leader.machine!.placing.losses.isAsking(lost.id);
  });
  scene.kill(voter);
  scene.run(6_000);
  isLong = false;
  scene.until("it is healed", 20_000, () => lost.machine?.audit.odd === undefined);
  scene.until("it has a majority", 15_000, () => {
    return lost.machine!.quorum(lost.now().monoMs).held;
  });
  scene.until("it acts", 10_000, () => acting(scene, "n1").length === 1);
});

Deno.test("what a leader asked before it took the nodes ends, however late that is heard", () => {
  const scene = managed(3, new Set(["n1"]));
  const { lost, voter } = roles(scene);
  define(scene, ["n1"], lost.member.name);
  scene.until("it acts", 5_000, () => acting(scene, "n1")[0] === lost.member.name);
  const deliver = scene.world.deliver.bind(scene.world);
  let late = (): void => {};
  scene.world.deliver = (from, to, envelope) => {
    if (envelope.message.type === "promiseAsk" && to === voter.id) {
      late = () => deliver(from, to, envelope);
    }
    deliver(from, to, envelope);
  };
  scene.kill(lost);
  scene.until("another acts", 9_000, () => acting(scene, "n1").length === 1);
  scene.run(1_000);
  // A copy of it took long.
  late();
  scene.start(lost);
  scene.run(10_000);
  assert.ok(!voter.machine!.placing.losses.promises.isSilentTo(lost.id));
});

Deno.test("who cannot write for long gives way, or acts", () => {
  const scene = managed(3, new Set(["n1", "n2"]));
  const { leader, lost } = roles(scene);
  define(scene, ["n1"], lost.member.name);
  define(scene, ["n2"], leader.member.name);
  scene.until("it acts", 5_000, () => acting(scene, "n1")[0] === lost.member.name);
  lost.disk.fill();
  for (let i = 0; i < 3; i++) {
    scene.write(leader, "node/a", `${i}`);
    define(scene, [`x${i}`], leader.member.name);
    scene.run(3_000);
  }
  scene.run(8_000);
  assert.equal(acting(scene, "n1").length, 1);
});

Deno.test("what people write about a node while it changes hands is not overwritten", () => {
  const scene = managed(3, new Set(["n1"]));
  const { leader, lost, voter } = roles(scene);
  define(scene, ["n1"], lost.member.name);
  scene.until("it acts", 5_000, () => acting(scene, "n1")[0] === lost.member.name);
  const { placing } = lost.machine!;
  // It is drained, and proposes to give the node away; a wish of people is in the log before that.
  const rows = [`drained/${lost.id}`];
  scene.world.network.clog(lost.id, leader.id, scene.world.time + 1_500);
  must(scene, [{ kind: "set", rows, cells: [[ROW_MARK, ""]] }]);
  scene.until("it wants to give it away", 1_000, () => placing.moveOf("n1") !== undefined);
  const to = lost.machine!.placing.moveOf("n1")!.to;
  const wish = [leader, voter].find(({ id }) => id !== to)!.member.name;
  must(scene, [{ kind: "set", rows: [nodeRow("n1")], cells: [[MANAGER, wish]] }]);
  scene.run(5_000);
  assert.equal(leader.machine!.replica.cells.value(nodeRow("n1"), MANAGER), wish);
});

Deno.test("a manager that came back and says once that it has no majority keeps its nodes", () => {
  const scene = managed(3, new Set(["n1"]));
  const { leader, lost, voter } = roles(scene);
  define(scene, ["n1"], lost.member.name, lost.member.name);
  scene.until("it acts", 5_000, () => acting(scene, "n1")[0] === lost.member.name);
  // It starts, says that it has no majority yet, and dies before it has one; then for good.
  scene.kill(lost);
  scene.run(3_000);
  scene.world.network.cut(voter.id, lost.id);
  scene.start(lost);
  const { heartbeats } = leader.machine!;
  scene.until("it says so", 1_000, () => heartbeats.heard(lost.id)?.pong.isHeld === false);
  scene.kill(lost);
  scene.run(1_000);
  scene.world.network.heal();
  scene.run(2_500);
  scene.start(lost);
  scene.until(
    "it is heard",
    1_000,
    () => heartbeats.liveness(lost.id, leader.now().monoMs) === "alive",
  );
  assert.equal(leader.machine!.placing.losses.isLost(lost.id, leader.now().monoMs), false);
});
