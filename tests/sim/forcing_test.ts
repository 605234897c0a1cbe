/**
 * Quorums that were forced, told by hand. While two sides cannot talk nothing can stop both from
 * serving: the cases of an operator who was wrong say exactly what that costs, and how it ends.
 */
import { strict as assert } from "node:assert";
import type { Host } from "./host.ts";
import { Scene, set } from "./scene.ts";

const LOCKS_MS = 500;

/** Stops the service, forces, starts again, and waits until it leads alone. */
function force(scene: Scene, host: Host, random: string): void {
  if (host.machine !== undefined) scene.kill(host);
  host.force(random);
  scene.start(host);
  scene.until("it goes on alone", 4_000, () => host.machine?.raft.leading?.isSettled === true);
  assert.deepEqual(host.machine!.roster.roster.members.map(({ id }) => id), [host.id]);
}

function demandLocked(scene: Scene, host: Host, why: RegExp): void {
  scene.until(`${host.member.name} locks`, LOCKS_MS, () => host.machine!.locked !== undefined);
  assert.match(host.machine!.locked!, why);
  const asked = scene.ask(host, set("node/late", "no"));
  assert.ok(asked.outcome?.ok === false && asked.outcome.refusal.kind === "unavailable");
}

Deno.test("a majority that is gone for ever: the survivor goes on with all it has", () => {
  const scene = new Scene(3);
  scene.write(scene.leader(), "node/a", "before");
  scene.run(1_000);
  const [one, two, three] = [1, 2, 3].map((number) => scene.host(number)) as [Host, Host, Host];
  for (const lost of [two, three]) scene.kill(lost);
  force(scene, one, "a1".repeat(16));
  assert.equal(scene.value(one, "node/a"), "before");
  scene.write(one, "node/a", "alone");
  // Should one of them run after all it takes no more part.
  scene.start(two);
  demandLocked(
    scene,
    two,
    /^left behind when m1's side forced the quorum; the way back is a token/,
  );
  const joiner = scene.join(one);
  scene.until("the newcomer votes", 6_000, () => joiner.machine!.raft.isVoter(joiner.id));
  scene.until("it has all", 2_000, () => scene.value(joiner, "node/a") === "alone");
});

Deno.test("the operator was wrong: both sides serve until they meet, and one locks", () => {
  const scene = new Scene(3);
  scene.write(scene.leader(), "node/a", "before");
  scene.run(1_000);
  const [one, two, three] = [1, 2, 3].map((number) => scene.host(number)) as [Host, Host, Host];
  scene.cutOff([one]);
  // The two others are a majority, and nobody here can see that they run.
  scene.insist(two, "node/a", "of the majority", 10_000);
  force(scene, one, "a1".repeat(16));
  scene.write(one, "node/a", "of the one that was forced");
  scene.write(three, "node/b", "of the majority");
  assert.equal(scene.value(one, "node/b"), null);
  scene.world.network.heal();
  for (const host of [two, three]) demandLocked(scene, host, /^left behind when m1's side forced/);
  // What the majority acknowledged is not in the side that goes on: that is what it costs.
  assert.equal(one.machine!.locked, undefined);
  scene.write(one, "node/c", "after");
  assert.equal(scene.value(one, "node/a"), "of the one that was forced");
  assert.equal(scene.value(one, "node/b"), null);
  assert.equal(scene.value(two, "node/a"), "of the majority");
});

Deno.test("both sides forced: both serve until they meet, then both lock and say so", () => {
  const scene = new Scene(4);
  scene.write(scene.leader(), "node/a", "before");
  scene.run(1_000);
  const [one, two, three, four] = [1, 2, 3, 4].map((number) => scene.host(number)) as [
    Host,
    Host,
    Host,
    Host,
  ];
  scene.cutOff([one, two]);
  force(scene, one, "a1".repeat(16));
  force(scene, three, "b2".repeat(16));
  // The other of each side is told at once, by the one that forced.
  demandLocked(scene, two, /^left behind when m1's side forced the quorum; /);
  demandLocked(scene, four, /^left behind when m3's side forced the quorum; /);
  scene.write(one, "node/a", "here");
  scene.write(three, "node/a", "there");
  scene.world.network.heal();
  demandLocked(
    scene,
    one,
    /^the quorum was forced on both sides, here and at m3's; choose one side/,
  );
  demandLocked(scene, three, /^the quorum was forced on both sides, here and at m1's; choose one/);
  assert.deepEqual([one, three].map((host) => scene.value(host, "node/a")), ["here", "there"]);
});
