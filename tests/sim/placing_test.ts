/** Who acts on which node, step by step: lost, frozen, cut off, stopped and drained members. */
import { strict as assert } from "node:assert";
import { LEASE_MARGIN_MS, LEASE_MS, SUSPECT_AFTER_MS } from "../../src/base/limits.ts";
import { nodeRow, type Operation, ROW_MARK } from "../../src/model/operation.ts";
import {
  BECAUSE_CELL,
  CANDIDATES,
  drainedRow,
  FAILBACK,
  MANAGER,
  placementRow,
} from "../../src/model/placement.ts";
import type { Host } from "./host.ts";
import { Scene } from "./scene.ts";

/** From the loss of a manager until others act on its nodes, at the longest. */
const FAILOVER_MS = LEASE_MS + LEASE_MARGIN_MS + 1_000;
/** A few messages and a commit of two disks. */
const AT_ONCE_MS = 400;
const ALL = "m1,m2,m3";

/** Members and managed nodes. Whoever acts on a node is alone with that, at every step. */
class ManagedScene {
  readonly scene: Scene;
  readonly #defined = new Set<string>();

  constructor(members: number) {
    const look = { at: (): void => {} };
    this.scene = new Scene(members, { watch: () => look.at() });
    look.at = () => {
      for (const node of this.#defined) {
        assert.ok(this.acting(node).length <= 1, `one at most acts on ${node}`);
      }
    };
    this.scene.leader();
  }

  get world(): Scene["world"] {
    return this.scene.world;
  }

  run(ms: number): void {
    this.scene.run(ms);
  }

  until(what: string, withinMs: number, test: () => boolean): number {
    return this.scene.until(what, withinMs, test);
  }

  /** Who acts on the node now; whoever is frozen does nothing. */
  acting(node: string): string[] {
    return this.scene.hosts.filter((host) =>
      host.frozenUntil <= this.world.time && host.machine?.mayAct(node, host.now()) === true
    ).map(({ member }) => member.name);
  }

  define(nodes: readonly string[], cells: Record<string, string>): void {
    for (const node of nodes) this.#defined.add(node);
    this.must([{
      kind: "set",
      rows: nodes.map(nodeRow),
      cells: [[ROW_MARK, ""], ...Object.entries(cells)],
    }]);
  }

  set(node: string, attribute: string, value: string): void {
    this.must([{ kind: "set", rows: [nodeRow(node)], cells: [[attribute, value]] }]);
  }

  must(operations: readonly Operation[]): void {
    const outcome = this.scene.answer(this.scene.ask(this.scene.leader(), operations));
    assert.ok(outcome.ok, outcome.ok ? "" : outcome.refusal.message);
  }

  /** Runs until that member acts on all of them; how long it took. */
  acts(name: string, nodes: readonly string[], withinMs = AT_ONCE_MS): number {
    const test = (): boolean => nodes.every((node) => this.acting(node)[0] === name);
    return this.until(`${name} acts on ${nodes}`, withinMs, test);
  }

  named(name: string): Host {
    return this.scene.hosts.find(({ member }) => member.name === name)!;
  }

  /** Cells as the leader has them. */
  cell(row: string, attribute: string): string | null {
    return this.scene.leader().machine!.replica.cells.value(row, attribute);
  }
}

function names(count: number, prefix = "n"): string[] {
  return Array.from({ length: count }, (_, i) => `${prefix}${i + 1}`);
}

Deno.test("a node is acted on by whom it names, and by another once that one let go", () => {
  const scene = new ManagedScene(3);
  scene.define(["n1"], { [MANAGER]: "m2" });
  scene.acts("m2", ["n1"]);
  scene.set("n1", MANAGER, "m3");
  scene.acts("m3", ["n1"]);
  // While something is under way at the node it is given to nobody.
  const placing = scene.named("m3").machine!.placing;
  const release = placing.hold("n1");
  scene.set("n1", MANAGER, "m1");
  scene.run(2_000);
  assert.deepEqual(scene.acting("n1"), []);
  release();
  scene.acts("m1", ["n1"], 1_000);
  scene.must([{ kind: "drop", rows: [nodeRow("n1")] }]);
  scene.until(
    "nobody holds it",
    AT_ONCE_MS,
    () => scene.cell(placementRow("n1"), ROW_MARK) === null,
  );
  scene.scene.end();
});

Deno.test("candidates take nodes without a manager in equal shares", () => {
  const scene = new ManagedScene(3);
  const nodes = names(6);
  scene.run(1_000);
  scene.define(nodes, { [CANDIDATES]: ALL });
  const share = (name: string): string[] => nodes.filter((n) => scene.acting(n)[0] === name);
  scene.until("all are taken", AT_ONCE_MS, () => nodes.every((n) => scene.acting(n).length === 1));
  for (const name of ["m1", "m2", "m3"]) assert.equal(share(name).length, 2);
  for (const node of nodes) {
    assert.equal(scene.cell(nodeRow(node), MANAGER), scene.acting(node)[0]);
  }
});

for (const fault of ["killed", "frozen", "cut off", "cut off one way"] as const) {
  Deno.test(`a manager that is ${fault} loses its nodes in one entry, and only those`, () => {
    const scene = new ManagedScene(3);
    scene.run(6_000); // whoever was just started promises nothing
    const nodes = names(40), stays = ["s1"];
    scene.define(nodes, { [MANAGER]: "m2", [CANDIDATES]: ALL });
    scene.define(stays, { [MANAGER]: "m2" });
    scene.acts("m2", [...nodes, ...stays]);
    const lost = scene.named("m2");
    if (fault === "killed") scene.scene.kill(lost);
    if (fault === "frozen") lost.frozenUntil = scene.world.time + 20_000;
    if (fault === "cut off") scene.scene.cutOff([lost]);
    if (fault === "cut off one way") {
      for (const other of scene.scene.others(lost)) scene.world.network.cut(other.id, lost.id);
    }
    const took = scene.until("others act", FAILOVER_MS + 3_000, () => {
      return nodes.every((node) => ["m1", "m3"].includes(scene.acting(node)[0] ?? ""));
    });
    assert.ok(took > SUSPECT_AFTER_MS, `not while its lease runs: ${took}`);
    const stamps = new Set(
      nodes.map((node) => scene.scene.leader().machine!.replica.cells.newest(placementRow(node))),
    );
    assert.equal(stamps.size, 1);
    assert.equal(scene.cell(placementRow("n1"), BECAUSE_CELL), "m2 did not answer");
    assert.ok(["m1", "m3"].includes(scene.cell(nodeRow("n1"), MANAGER) ?? ""));
    // On return it has what nobody else may have, and no more.
    if (fault === "killed") scene.scene.start(lost);
    scene.run(20_000);
    scene.world.network.heal();
    scene.acts("m2", stays, 6_000);
    scene.run(30_000);
    for (const node of nodes) assert.notEqual(scene.acting(node)[0], "m2");
    scene.scene.end();
  });
}

Deno.test("the leader's own nodes are taken as well when it is lost", () => {
  const scene = new ManagedScene(3);
  scene.run(6_000);
  const leader = scene.scene.leader();
  const others = scene.scene.others(leader).map(({ member }) => member.name);
  scene.define(["n1"], { [MANAGER]: leader.member.name, [CANDIDATES]: ALL });
  scene.acts(leader.member.name, ["n1"]);
  scene.scene.kill(leader);
  scene.until("another acts", FAILOVER_MS, () => others.includes(scene.acting("n1")[0] ?? ""));
  scene.scene.start(leader);
  scene.scene.end();
});

Deno.test("a manager that is silent for a moment keeps its nodes", () => {
  const scene = new ManagedScene(3);
  scene.run(6_000);
  scene.define(["n1"], { [MANAGER]: "m2", [CANDIDATES]: ALL });
  scene.acts("m2", ["n1"]);
  scene.named("m2").frozenUntil = scene.world.time + 3_500;
  scene.run(3_500);
  scene.acts("m2", ["n1"], 1_500);
  scene.run(10_000);
  assert.deepEqual(scene.acting("n1"), ["m2"]);
  for (const { machine } of scene.scene.hosts) {
    assert.equal(machine?.placing.losses.promises.all.length, 0);
  }
  scene.scene.end();
});

Deno.test("of two members neither is silent to the other for what it cannot get", () => {
  const scene = new ManagedScene(2);
  scene.run(6_000);
  scene.define(["n1"], { [MANAGER]: "m2", [CANDIDATES]: "m1,m2" });
  scene.acts("m2", ["n1"]);
  const frozen = scene.named("m2");
  frozen.frozenUntil = scene.world.time + 5_000;
  scene.run(5_000);
  for (const host of scene.scene.hosts) {
    assert.equal(host.machine?.placing.losses.promises.all.length, 0);
  }
  scene.acts("m2", ["n1"], 3_000);
  scene.scene.end();
});

Deno.test("who stops gives its nodes away at once; without candidates it cannot", () => {
  const scene = new ManagedScene(3);
  scene.run(1_000);
  const nodes = names(30);
  scene.define(nodes, { [MANAGER]: "m2", [CANDIDATES]: ALL });
  scene.define(["s1"], { [MANAGER]: "m2" });
  scene.acts("m2", nodes);
  const stopping = scene.named("m2");
  stopping.handle({ type: "stopping" });
  const took = scene.until("others act", 1_000, () => {
    return nodes.every((node) => ["m1", "m3"].includes(scene.acting(node)[0] ?? ""));
  });
  assert.ok(took < 500, `${took}`);
  assert.equal(stopping.machine!.placing.isGiving, false);
  assert.deepEqual(scene.acting("s1"), ["m2"]);
  // Nobody gives to one that stops as well.
  scene.named("m3").handle({ type: "stopping" });
  scene.run(1_000);
  for (const node of nodes) assert.deepEqual(scene.acting(node), ["m1"]);
});

Deno.test("who is drained gives its nodes away, and gets none until that is over", () => {
  const scene = new ManagedScene(3);
  scene.run(6_000);
  scene.define(["n1"], { [MANAGER]: "m2", [CANDIDATES]: "m2,m3" });
  scene.acts("m2", ["n1"]);
  const drained = drainedRow(scene.named("m2").id);
  scene.must([{ kind: "set", rows: [drained], cells: [[ROW_MARK, ""]] }]);
  scene.acts("m3", ["n1"], 1_000);
  assert.equal(scene.cell(placementRow("n1"), BECAUSE_CELL), "m2 is drained");
  scene.scene.kill(scene.named("m3"));
  scene.run(FAILOVER_MS + 1_000);
  assert.deepEqual(scene.acting("n1"), []);
  scene.must([{ kind: "drop", rows: [drained] }]);
  scene.acts("m2", ["n1"], FAILOVER_MS);
});

Deno.test("a node goes back only where that is wanted, and to one who is there for good", () => {
  const scene = new ManagedScene(3);
  scene.run(6_000);
  const back = names(4, "b"), stays = names(4, "s");
  scene.define(back, { [MANAGER]: "m2", [CANDIDATES]: "m2,m3", [FAILBACK]: "auto" });
  scene.define(stays, { [MANAGER]: "m2", [CANDIDATES]: "m2,m3" });
  scene.acts("m2", [...back, ...stays]);
  scene.scene.kill(scene.named("m2"));
  scene.acts("m3", [...back, ...stays], FAILOVER_MS);
  scene.scene.start(scene.named("m2"));
  scene.run(10_000);
  for (const node of [...back, ...stays]) assert.deepEqual(scene.acting(node), ["m3"]);
  // What people gave to m3 stays there, though it has more.
  const wanted = names(3, "w");
  scene.define(wanted, { [MANAGER]: "m3", [CANDIDATES]: "m2,m3", [FAILBACK]: "auto" });
  scene.acts("m2", back, 30_000);
  for (const node of wanted) assert.deepEqual(scene.acting(node), ["m3"]);
  scene.run(30_000);
  for (const node of stays) assert.deepEqual(scene.acting(node), ["m3"]);
});

Deno.test("a removed member's nodes go to others, or are nobody's any more", () => {
  const scene = new ManagedScene(3);
  scene.run(6_000);
  const gone = scene.scene.others(scene.scene.leader())[0]!;
  const { name } = gone.member;
  scene.define(["n1"], { [MANAGER]: name, [CANDIDATES]: ALL });
  scene.define(["s1"], { [MANAGER]: name });
  scene.acts(name, ["n1", "s1"]);
  const removed = scene.scene.answer(
    scene.scene.change(scene.scene.leader(), { change: "remove", id: gone.id }),
  );
  assert.ok(removed.ok);
  scene.until(
    "another acts",
    FAILOVER_MS * 2,
    () => ![undefined, name].includes(scene.acting("n1")[0]),
  );
  assert.equal(scene.cell(placementRow("s1"), ROW_MARK), null);
});

Deno.test("a clock that is far off gives its nodes away, where a majority agrees", () => {
  const scene = new ManagedScene(3);
  scene.run(6_000);
  scene.define(["n1"], { [MANAGER]: "m2", [CANDIDATES]: ALL });
  scene.acts("m2", ["n1"]);
  scene.named("m2").wallOffset = 3_600_000;
  scene.until("another acts", 3_000, () => ["m1", "m3"].includes(scene.acting("n1")[0] ?? ""));
  assert.equal(scene.cell(placementRow("n1"), BECAUSE_CELL), "the clock of m2 is wrong");
});

Deno.test("clocks that are all wrong keep nobody from acting", () => {
  const scene = new ManagedScene(3);
  for (const [i, host] of scene.scene.hosts.entries()) host.wallOffset = i * 1e9;
  scene.run(2_000);
  scene.define(["n1"], { [MANAGER]: "m2", [CANDIDATES]: ALL });
  scene.acts("m2", ["n1"]);
  scene.run(10_000);
  assert.deepEqual(scene.acting("n1"), ["m2"]);
});

Deno.test("one bad expression costs its own nodes alone", () => {
  const scene = new ManagedScene(3);
  scene.run(6_000);
  scene.define(["n1"], { [MANAGER]: "m2", [CANDIDATES]: ALL });
  scene.define(["n2"], { [MANAGER]: "m2", [CANDIDATES]: "m1,(((" });
  scene.acts("m2", ["n1", "n2"]);
  scene.scene.kill(scene.named("m2"));
  scene.until("n1 is taken", FAILOVER_MS, () => scene.acting("n1").length === 1);
  assert.deepEqual(scene.acting("n2"), []);
});

Deno.test("a promise outlives the voter's restart", () => {
  const scene = new ManagedScene(3);
  scene.run(6_000);
  const leader = scene.scene.leader();
  const [lost, voter] = scene.scene.others(leader) as [Host, Host];
  scene.define(["n1"], { [MANAGER]: lost.member.name, [CANDIDATES]: "~m" });
  scene.acts(lost.member.name, ["n1"]);
  // It hears nobody but the voter, which the leader asks for a promise.
  scene.world.network.cut(leader.id, lost.id);
  scene.world.network.cut(lost.id, leader.id);
  const isSilent = (): boolean =>
    voter.machine?.placing.losses.promises.isSilentTo(lost.id) === true;
  scene.until("the voter is asked", 5_000, isSilent);
  scene.until(
    "it promised",
    6_000,
    () => voter.machine!.placing.losses.promises.record(0).promises.length > 0,
  );
  scene.scene.kill(voter);
  scene.scene.start(voter);
  assert.ok(isSilent());
  scene.until("another acts", 3 * FAILOVER_MS, () => {
    return ![undefined, lost.member.name].includes(scene.acting("n1")[0]);
  });
  scene.scene.end();
});

Deno.test("a promise ends with the leadership that asked for it", () => {
  const scene = new ManagedScene(3);
  scene.run(6_000);
  const leader = scene.scene.leader();
  const [lost, voter] = scene.scene.others(leader) as [Host, Host];
  scene.define(["n1"], { [MANAGER]: lost.member.name, [CANDIDATES]: ALL });
  scene.acts(lost.member.name, ["n1"]);
  scene.world.network.cut(leader.id, lost.id);
  scene.world.network.cut(lost.id, leader.id);
  const isSilent = (): boolean => voter.machine!.placing.losses.promises.isSilentTo(lost.id);
  scene.until("the voter is asked", 5_000, isSilent);
  scene.scene.kill(leader);
  scene.until("it is answered again", 6_000, () => !isSilent());
  scene.run(1_000);
  assert.deepEqual(scene.acting("n1"), [lost.member.name]);
});

Deno.test("thousands of nodes go in one entry, and what is too long for one by a stage", () => {
  for (const [count, prefix] of [[1_000, "n"], [6_000, "a-node-with-a-long-name-"]] as const) {
    const scene = new ManagedScene(3);
    scene.run(6_000);
    const nodes = names(count, prefix);
    for (let at = 0; at < count; at += 2_000) {
      scene.must([{
        kind: "set",
        rows: nodes.slice(at, at + 2_000).map(nodeRow),
        cells: [[ROW_MARK, ""], [MANAGER, "m2"], [CANDIDATES, ALL]],
      }]);
    }
    const lost = scene.named("m2");
    const held = (): number =>
      scene.scene.leader().machine!.placing.placements.heldBy(lost.id).size;
    scene.until("m2 holds all", 5_000, () => held() === count);
    scene.scene.kill(lost);
    scene.until("none is left", FAILOVER_MS + 3_000, () => held() === 0);
    const { cells } = scene.scene.leader().machine!.replica;
    assert.equal(new Set(nodes.map((node) => cells.newest(placementRow(node)))).size, 1);
  }
});
