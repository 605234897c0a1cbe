/** Joiners and leavers told by hand: whatever step they die at, the others know what to do. */
import { strict as assert } from "node:assert";
import { joiningRecords } from "../../src/service/machine/founding.ts";
import type { Host } from "./host.ts";
import { HASTY, Scene, set } from "./scene.ts";

/** Lets a second member join the first, and kills it right after its step `fatal`. */
function joinAndDie(fatal: number): { scene: Scene; joiner: Host; steps: number } {
  let steps = 0;
  const scene: Scene = new Scene(1, {
    pace: HASTY,
    watch: (host) => {
      if (host.member.name !== "m2" || ++steps !== fatal) return;
      scene.world.at(scene.world.time, () => scene.kill(host));
    },
  });
  for (let i = 0; i < 12; i++) scene.write(scene.leader(), `node/n${i}`, "here");
  const joiner = scene.join(scene.host(1));
  scene.run(4_000);
  return { scene, joiner, steps };
}

Deno.test("a joiner dies at any step: the first writes within 10 s, or names the remedy", () => {
  const { scene: whole, joiner: well, steps } = joinAndDie(0);
  whole.until("it votes", 4_000, () => well.machine!.raft.isVoter(well.id));
  whole.end();
  let remedies = 0;
  for (let fatal = 1; fatal <= steps; fatal++) {
    const { scene, joiner } = joinAndDie(fatal);
    const first = scene.host(1);
    assert.equal(joiner.machine, undefined);
    if (first.machine!.raft.isVoter(joiner.id)) {
      // Both are necessary now: nothing can be done here but to say what can.
      scene.run(5_000);
      const { outcome } = scene.ask(first, set("node/a", "alone"));
      assert.ok(outcome?.ok === false && outcome.refusal.kind === "no-quorum", `step ${fatal}`);
      assert.deepEqual(outcome.refusal.missing, [joiner.member.name]);
      assert.match(outcome.refusal.message, /force-quorum/);
      remedies++;
    } else scene.insist(first, "node/a", "alone", 10_000);
    scene.start(joiner);
    scene.insist(first, "node/a", "together", 10_000);
    scene.end();
    assert.equal(scene.value(joiner, "node/a"), "together");
  }
  assert.ok(remedies > 0 && remedies < steps, `${remedies} of ${steps} after the promotion`);
});

Deno.test("a joiner with a log of its own: nothing of it is taken for the collective's", () => {
  const apart = new Scene(1);
  const scene = new Scene(1);
  apart.leader();
  scene.leader();
  for (let i = 0; i < 6; i++) {
    apart.write(apart.host(1), `node/own${i}`, "own");
    scene.write(scene.host(1), `node/n${i}`, "ours");
  }
  // Terms and indexes are the same, so that an append would find what it stands on.
  const logs = [apart, scene].map((of) => of.host(1).machine!.raft.log);
  assert.equal(logs[0]!.last, logs[1]!.last);
  assert.equal(logs[0]!.lastTerm, logs[1]!.lastTerm);
  const joiner = scene.world.addJoiner();
  joiner.disk.rollBackTo(apart.host(1).disk.snapshot());
  // What a join does first: the old store is set aside, and an empty one begun.
  joiner.disk.wipe();
  joiner.found(joiningRecords(joiner.id, scene.host(1).machine!.chain));
  const ask = { change: "admit", member: joiner.member, replaces: undefined } as const;
  assert.ok(scene.answer(scene.change(scene.host(1), ask)).ok);
  scene.start(joiner);
  scene.until("it votes", 4_000, () => joiner.machine!.raft.isVoter(joiner.id));
  scene.end();
  assert.equal(scene.value(joiner, "node/n3"), "ours");
  assert.equal(scene.value(joiner, "node/own3"), null);
});

Deno.test("a learner is promoted once it holds the head as fast as a voter, and not before", () => {
  const scene = new Scene(1, { pace: HASTY });
  const first = scene.host(1);
  for (let i = 0; i < 12; i++) scene.write(scene.leader(), `node/n${i}`, "here");
  const joiner = scene.world.addJoiner();
  const ask = { change: "admit", member: joiner.member, replaces: undefined } as const;
  assert.ok(scene.answer(scene.change(first, ask)).ok);
  scene.run(70_000);
  assert.ok(!first.machine!.raft.isVoter(joiner.id), "it was never heard");
  const waits = first.machine!.promotionWaits(first.now().monoMs);
  assert.equal(waits.length, 1);
  assert.match(waits[0]!, /m2 is still a learner: it does not hold the newest entry/);
  scene.start(joiner);
  const ms = scene.until("it votes", 10_000, () => first.machine!.raft.isVoter(joiner.id));
  assert.ok(ms < 3_000);
  scene.end();
  assert.deepEqual(first.machine!.promotionWaits(first.now().monoMs), []);
});

Deno.test("a roster change that a majority of the new voters would not answer is refused", () => {
  const scene = new Scene(3);
  const leader = scene.leader();
  const [silent, other] = scene.others(leader);
  scene.kill(silent!);
  const since = scene.world.time;
  const asked = scene.change(leader, { change: "remove", id: other!.id });
  const outcome = scene.answer(asked);
  assert.ok(!outcome.ok && outcome.refusal.kind === "conflict");
  assert.deepEqual(outcome.refusal.missing, [silent!.member.name]);
  assert.match(outcome.refusal.message, new RegExp(`silent: ${silent!.member.name}`));
  assert.ok(scene.world.time - since < 1_100);
  // The silent one may go: the two that are left answer.
  assert.ok(scene.answer(scene.change(leader, { change: "remove", id: silent!.id })).ok);
  scene.end();
});

Deno.test("a leader removes itself: it is answered, locked, and replaced at once", () => {
  for (const through of [0, 1]) {
    const scene = new Scene(3);
    const leader = scene.leader();
    scene.run(1_000);
    const [other] = scene.others(leader);
    const by = through === 0 ? leader : other!;
    const outcome = scene.answer(scene.change(by, { change: "remove", id: leader.id }));
    assert.ok(outcome.ok, "the change is known to be done");
    assert.ok(scene.insist(other!, "node/a", "without it", 4_000) < 1_000);
    assert.match(leader.machine!.locked!, /^removed at index \d+$/);
    scene.end();
  }
});

Deno.test("a leader that removes itself from two dies with the entry nobody else has", () => {
  const scene = new Scene(2);
  const leader = scene.leader();
  scene.write(leader, "node/a", "before");
  scene.run(1_000);
  const [other] = scene.others(leader);
  scene.change(leader, { change: "remove", id: leader.id });
  scene.until("it has the entry", 600, () => !leader.machine!.raft.isVoter(leader.id));
  // On its disk, and lost on the way to the other.
  scene.cutOff([leader]);
  scene.run(5);
  scene.kill(leader);
  scene.kill(other!);
  assert.ok(other!.lastRoster.members.some(({ id }) => id === leader.id), "the other has not");
  scene.world.network.heal();
  scene.start(leader);
  scene.start(other!);
  scene.insist(other!, "node/a", "after", 10_000);
  scene.end();
});

Deno.test("a member that was removed while it was away disturbs nobody when it comes back", () => {
  const scene = new Scene(3);
  const leader = scene.leader();
  const [away] = scene.others(leader);
  scene.kill(away!);
  assert.ok(scene.answer(scene.change(leader, { change: "remove", id: away!.id })).ok);
  const { term } = leader.machine!.raft;
  scene.start(away!);
  scene.run(10_000);
  assert.equal(leader.machine!.raft.term, term);
  assert.equal(away!.machine!.locked, "removed", "the hello of the others said so");
  assert.equal(away!.machine!.quorum(away!.now().monoMs).held, false);
  scene.end();
});

Deno.test("new addresses change no role, and come to everybody", () => {
  const scene = new Scene(2);
  const leader = scene.leader();
  const [other] = scene.others(leader);
  const addresses = ["192.0.2.7:13001", "[2001:db8::7]:13001"];
  const asked = scene.change(other!, { change: "readdress", id: other!.id, addresses });
  assert.ok(scene.answer(asked).ok);
  scene.end();
  for (const { machine } of scene.hosts) {
    const listed = machine!.roster.roster.members.find(({ id }) => id === other!.id);
    assert.deepEqual(listed, { ...other!.member, role: "voter", addresses });
  }
});

Deno.test("a lost disk: one entry puts a newcomer in the old one's place, which then votes", () => {
  const scene = new Scene(3, { pace: HASTY });
  const leader = scene.leader();
  for (let i = 0; i < 12; i++) scene.write(leader, `node/n${i}`, "here");
  const [lost] = scene.others(leader);
  scene.kill(lost!);
  const joiner = scene.world.addJoiner();
  const ask = { change: "admit", member: joiner.member, replaces: lost!.id } as const;
  assert.ok(scene.answer(scene.change(leader, ask)).ok);
  scene.start(joiner);
  scene.until("it votes", 4_000, () => joiner.machine!.raft.isVoter(joiner.id));
  assert.equal(leader.machine!.roster.roster.members.length, 3);
  scene.end();
  assert.equal(scene.value(joiner, "node/n3"), "here");
});

/** Lets a fourth member join three, and kills the leader right after the fourth's step `fatal`. */
function joinAndOrphan(fatal: number): void {
  let steps = 0, kill = (): void => {};
  const scene: Scene = new Scene(3, {
    pace: HASTY,
    watch: ({ member }) => {
      if (member.name === "m4" && ++steps === fatal) scene.world.at(scene.world.time, kill);
    },
  });
  const leader = scene.leader(), [other] = scene.others(leader);
  assert.ok(other);
  kill = () => scene.kill(leader);
  for (let i = 0; i < 12; i++) scene.write(leader, `node/n${i}`, "x".repeat(90));
  const newcomer = scene.join(leader);
  scene.until(`it has all, though its leader died at step ${fatal}`, 15_000, () => {
    const { machine } = newcomer;
    return leader.machine === undefined && machine !== undefined && machine.replica.applied > 0 &&
      machine.replica.applied === other.machine?.replica.applied;
  });
  scene.start(leader);
  scene.end();
}

Deno.test("the leader dies while it brings a newcomer up to date: another goes on", () => {
  for (let fatal = 1; fatal <= 60; fatal++) joinAndOrphan(fatal);
});
