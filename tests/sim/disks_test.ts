/** Disks that forget, told by hand (I9), and the copies that make up for what they never had. */
import { strict as assert } from "node:assert";
import type { Host } from "./host.ts";
import { HASTY, Scene, set } from "./scene.ts";

Deno.test("a disk that was put back in time: its member locks, and counts for nobody", () => {
  const scene = new Scene(3);
  const leader = scene.leader();
  const [back, other] = scene.others(leader);
  scene.write(leader, "node/a", "old");
  scene.run(1_000);
  const snapshot = back!.disk.snapshot();
  for (let i = 0; i < 10; i++) scene.write(leader, "node/a", `new ${i}`);
  scene.run(1_000);
  const peers = scene.world.live();
  back!.rollBackTo(snapshot);
  for (const peer of peers) scene.world.network.reset(back!.id, peer.id);
  scene.world.checks.taken.add(back!.id);
  scene.start(back!);
  scene.until("it locks", 1_000, () => back!.machine?.locked !== undefined);
  assert.match(back!.machine!.locked!, /was rolled back .* run "confluent collective rejoin"/);
  const asked = scene.read(back!);
  assert.ok(asked.outcome?.ok === false && asked.outcome.refusal.kind === "unavailable");
  // The two that are left are a majority, until one of them goes as well.
  scene.insist(other!, "node/a", "after", 10_000);
  scene.kill(other!);
  scene.run(6_000);
  assert.equal(leader.machine!.quorum(leader.now().monoMs).held, false);
  scene.start(other!);
  scene.insist(leader, "node/a", "again", 10_000);
});

/** Three members, of whom one was put back by a commit and has just been told so. */
function condemned(before: (host: Host) => void = () => {}): [Scene, Host] {
  const scene = new Scene(3);
  const leader = scene.leader();
  const [back] = scene.others(leader);
  scene.run(3_000);
  const snapshot = back!.disk.snapshot();
  scene.ask(leader, set("node/a", "new"));
  scene.until("it is heard to hold more", 1_000, () => back!.heardCount > snapshot.count);
  assert.equal(back!.heardCount, snapshot.count + 1);
  back!.rollBackTo(snapshot);
  scene.world.checks.taken.add(back!.id);
  for (const peer of scene.world.live()) scene.world.network.reset(back!.id, peer.id);
  scene.start(back!);
  before(back!);
  scene.until("it locks", 2_000, () => /rolled back/.test(back!.machine?.locked ?? ""));
  return [scene, back!];
}

/** Alone, so that nobody could tell it again. */
function startsLocked(scene: Scene, host: Host): void {
  scene.kill(host);
  scene.cutOff([host]);
  scene.start(host);
  assert.match(host.machine!.locked!, /was rolled back/);
}

Deno.test("one commit less is enough, and to start again is no cure", () => {
  const [scene, back] = condemned();
  for (let times = 0; times < 3; times++) {
    scene.run(100);
    startsLocked(scene, back);
  }
});

Deno.test("a disk that fails as its member locks: the lock is not forgotten with it", () => {
  for (let times = 0; times < 3; times++) {
    const [scene, back] = condemned((host) => host.disk.failNext("unknown"));
    scene.cutOff([back]);
    scene.run(2_000);
    assert.match(back.machine!.locked!, /was rolled back/);
    startsLocked(scene, back);
  }
});

Deno.test("a lock that finds no room on the disk is written down as soon as there is", () => {
  const [scene, back] = condemned((host) => host.disk.fill());
  scene.run(3_000);
  back.disk.free();
  scene.run(2_000);
  startsLocked(scene, back);
});

Deno.test("what was heard of a disk outlives all who heard it, and idle members stay idle", () => {
  const scene = new Scene(3);
  const leader = scene.leader();
  const [back] = scene.others(leader);
  scene.run(1_000);
  const snapshot = back!.disk.snapshot();
  scene.write(leader, "node/a", "new");
  scene.run(3_000);
  const counts = scene.hosts.map(({ disk }) => disk.count);
  scene.run(20_000);
  assert.deepEqual(scene.hosts.map(({ disk }) => disk.count), counts);
  for (const host of scene.hosts) scene.kill(host);
  back!.rollBackTo(snapshot);
  scene.world.checks.taken.add(back!.id);
  for (const host of scene.hosts) scene.start(host);
  scene.until("it locks", 2_000, () => /rolled back/.test(back!.machine?.locked ?? ""));
});

Deno.test("commits that had returned are missing: the disk is lost before it says a word", () => {
  const scene = new Scene(3);
  const leader = scene.leader();
  const [cut] = scene.others(leader);
  for (let i = 0; i < 10; i++) scene.write(leader, "node/a", `new ${i}`);
  scene.run(200);
  scene.kill(cut!);
  cut!.disk.cut(3);
  scene.world.checks.taken.add(cut!.id);
  scene.start(cut!);
  assert.equal(cut!.isLost, true);
  scene.insist(leader, "node/a", "after", 10_000);
});

Deno.test("a copy goes on when its link comes back, and begins anew with another leader", () => {
  const scene = new Scene(3, { pace: { ...HASTY, appendEntries: 1 } });
  const leader = scene.leader();
  const [away, other] = scene.others(leader);
  scene.kill(away!);
  for (let i = 0; i < 30; i++) scene.write(leader, `node/n${i}`, "here");
  scene.start(away!);
  const done = (): number => away!.machine!.catchUpProgress?.done ?? 0;
  scene.until("some of it is there", 2_000, () => done() >= 2);
  const before = done();
  scene.world.network.reset(leader.id, away!.id);
  scene.until("it goes on", 2_000, () => done() > before);
  scene.kill(leader);
  scene.insist(other!, "node/after", "here", 10_000);
  scene.until("it is whole", 10_000, () => scene.value(away!, "node/after") === "here");
  scene.start(leader);
  scene.end();
  for (let i = 0; i < 30; i++) assert.equal(scene.value(away!, `node/n${i}`), "here");
});
