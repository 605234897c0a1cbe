/** Splits and silences told by hand: who may act, who must not, and how long others wait. */
import { strict as assert } from "node:assert";
import { Scene, set } from "./scene.ts";

/** Between the last answered heartbeat and the verdict `lost`, with one round's worth of margin. */
const LOST_MS = 4_600;

for (const members of [2, 4]) {
  Deno.test(`an even split of ${members}: neither half acts, and both do once it heals`, () => {
    const scene = new Scene(members);
    const leader = scene.leader();
    scene.write(leader, "node/a", "before");
    const half = [leader, ...scene.others(leader)].slice(0, members / 2);
    scene.cutOff(half);
    const waiting = scene.hosts.map((host) => scene.ask(host, set("node/a", "meanwhile")));
    scene.run(LOST_MS);
    for (const [i, host] of scene.hosts.entries()) {
      const { held, missing } = host.machine!.quorum(host.now().monoMs);
      assert.equal(held, false, `${host.member.name} holds no quorum`);
      assert.equal(missing.length, members / 2, "whoever is silent is named");
      assert.equal(host.machine!.raft.leading, undefined);
      assert.equal(waiting[i]!.outcome?.ok, false, "whoever waited was answered");
      const late = scene.ask(host, set("node/a", "too late"));
      assert.ok(late.outcome?.ok === false, "and whoever asks now is, at once");
      assert.equal(late.outcome.refusal.kind, "no-quorum");
      assert.match(late.outcome.refusal.message, /force-quorum/);
      assert.deepEqual(late.outcome.refusal.missing, missing);
    }
    scene.world.network.heal();
    assert.ok(scene.insist(scene.host(1), "node/a", "after", 10_000) < 6_000);
    scene.end();
    assert.equal(scene.value(scene.host(2), "node/a"), "after");
  });
}

Deno.test("a leader cut off silently is replaced within 4 s, and learns it before 2.6 s", () => {
  const scene = new Scene(3);
  const leader = scene.leader();
  scene.write(leader, "node/a", "before");
  scene.cutOff([leader]);
  const lost = scene.ask(leader, set("node/a", "lost"));
  const stale = scene.read(leader);
  const [other] = scene.others(leader);
  const ms = scene.insist(other!, "node/a", "new", 4_000);
  assert.ok(ms > 1_000, "nobody can know before the silence is long enough");
  scene.until("it knows", 2_600 - ms, () => leader.machine!.raft.leading === undefined);
  scene.until("both are answered", 5_000, () => !!lost.outcome && !!stale.outcome);
  assert.ok(lost.outcome?.ok === false && lost.outcome.refusal.kind === "unknown-outcome");
  assert.ok(stale.outcome?.ok === false, "a read is never answered from before the split");
  scene.end();
  assert.equal(scene.value(leader, "node/a"), "new");
});

Deno.test("a leader whose process dies is replaced within a second: its links close", () => {
  const scene = new Scene(3);
  const leader = scene.leader();
  scene.write(leader, "node/a", "before");
  scene.kill(leader);
  const [other] = scene.others(leader);
  assert.ok(scene.insist(other!, "node/a", "new", 4_000) < 1_000);
  scene.start(leader);
  scene.end();
});

Deno.test("a member that was away does not depose the leader when it comes back", () => {
  const scene = new Scene(3);
  const leader = scene.leader();
  const [away] = scene.others(leader);
  scene.cutOff([away!]);
  scene.run(20_000);
  const { term } = leader.machine!.raft;
  scene.world.network.heal();
  scene.run(5_000);
  assert.equal(leader.machine!.raft.term, term);
  assert.equal(away!.machine!.raft.leader, leader.id);
  scene.end();
});

Deno.test("a leader whose commit hangs leads no more after 2 s, and counts once it is done", () => {
  const scene = new Scene(3);
  const leader = scene.leader();
  leader.slowNextSync(6_000);
  const [other] = scene.others(leader);
  scene.ask(leader, set("node/a", "slow"));
  scene.until("it stops writing", 2_600, () => leader.machine!.cannotWrite !== undefined);
  assert.match(leader.machine!.cannotWrite!, /hung for 2000 ms/);
  assert.equal(leader.machine!.raft.leading, undefined);
  scene.insist(other!, "node/a", "new", 4_000);
  scene.until("it writes again", 6_000, () => leader.machine!.cannotWrite === undefined);
  scene.end();
});

Deno.test("a full disk: the member says so, the others go on, it recovers with room", () => {
  const scene = new Scene(3);
  const leader = scene.leader();
  leader.disk.fill();
  scene.ask(leader, set("node/a", "no room"));
  scene.until("it says so", 1_000, () => leader.machine!.cannotWrite === "the disk is full");
  const [other] = scene.others(leader);
  scene.insist(other!, "node/a", "new", 6_000);
  const { missing } = other!.machine!.quorum(other!.now().monoMs);
  assert.deepEqual(missing, [leader.member.name], "it counts for nobody");
  leader.disk.free();
  scene.until("it recovers", 2_000, () => leader.machine!.cannotWrite === undefined);
  scene.end();
});

Deno.test("a commit of unknown outcome: the member starts anew from what its disk holds", () => {
  for (let seed = 1; seed <= 8; seed++) {
    const scene = new Scene(3, { seed });
    const leader = scene.leader();
    leader.disk.failNext("unknown");
    const before = leader.machine;
    const asked = scene.ask(leader, set("node/a", "perhaps"));
    scene.run(20);
    assert.notEqual(leader.machine, before, "the old process believed what it wrote");
    assert.equal(asked.outcome, undefined, "and answered nothing");
    scene.insist(leader, "node/a", "new", 6_000);
    scene.end();
  }
});

Deno.test("two dozen members: a leader's death costs a second here as well", () => {
  const scene = new Scene(24);
  const leader = scene.leader();
  scene.write(scene.host(24), "node/a", "before");
  scene.kill(leader);
  const [other] = scene.others(leader);
  assert.ok(scene.insist(other!, "node/a", "new", 4_000) < 1_000);
  assert.equal(other!.machine!.quorum(other!.now().monoMs).missing.length, 0);
  scene.run(5_000);
  const { held, missing } = other!.machine!.quorum(other!.now().monoMs);
  assert.ok(held);
  assert.deepEqual(missing, [leader.member.name]);
});
