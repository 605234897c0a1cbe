/** A collective in which nothing goes wrong: nobody waits for what does not happen. */
import { strict as assert } from "node:assert";
import { hlcMillis } from "../../src/base/hlc.ts";
import { RESEND_MS } from "../../src/base/limits.ts";
import { Scene, set } from "./scene.ts";

for (const members of [1, 2, 3]) {
  Deno.test(`where nothing else happens, each of ${members} reads and writes at once`, () => {
    const scene = new Scene(members);
    scene.leader();
    scene.run(5_000);
    for (const host of scene.hosts) {
      assert.ok(scene.answer(scene.read(host), 20).ok, "a read waits for no other entry");
      assert.ok(scene.answer(scene.ask(host, set("node/a", host.member.name)), 20).ok);
      assert.equal(scene.value(host, "node/a"), host.member.name);
      scene.run(2_000);
    }
    scene.end();
  });
}

Deno.test("a request that is said again waits once in the log, wherever it came in", () => {
  const scene = new Scene(3);
  const leader = scene.leader();
  for (const host of [leader, scene.others(leader)[0]!]) {
    // All disks are slow: nothing is committed before it was said again.
    for (const slow of scene.hosts) slow.slowNextSync(RESEND_MS * 1.8);
    const { last } = leader.machine!.raft.log;
    const asked = scene.ask(host, set(`node/${host.member.name}`, "once"));
    scene.run(RESEND_MS * 1.5);
    assert.equal(asked.outcome, undefined);
    assert.equal(leader.machine!.raft.log.last, last + 1);
    assert.ok(scene.answer(asked).ok);
  }
});

Deno.test("a clock that is far off dates nothing, not even a leader's", () => {
  for (const jump of [1e9, -1e9]) {
    const scene = new Scene(3);
    const leader = scene.leader();
    const timeOf = (index: number): number => hlcMillis(leader.machine!.raft.log.at(index)!.hlc);
    scene.run(1_000);
    leader.wallOffset = jump;
    scene.run(1_000);
    const { wallMs } = scene.others(leader)[0]!.now();
    assert.ok(Math.abs(timeOf(scene.write(leader, "node/a", "dated")) - wallMs) < 100);
    assert.ok(Math.abs(leader.machine!.agreedWallMs(leader.now()) - wallMs) < 100);
  }
  const alone = new Scene(1);
  const host = alone.leader();
  host.wallOffset = 1e9;
  alone.write(host, "node/a", "too early");
  host.wallOffset = 0;
  const { hlc } = host.machine!.raft.log.at(alone.write(host, "node/a", "right"))!;
  assert.ok(Math.abs(hlcMillis(hlc) - host.now().wallMs) < 100);
});

Deno.test("a lone voter reads at once, whether its learner is alive or dead", () => {
  const scene = new Scene(1);
  const first = scene.host(1);
  scene.leader();
  const learner = scene.world.addJoiner();
  const change = { change: "admit", member: learner.member, replaces: undefined } as const;
  assert.ok(scene.answer(scene.change(first, change), 20).ok, "the change needs nobody else");
  scene.run(2_000);
  assert.ok(scene.answer(scene.read(first), 20).ok);
  assert.ok(scene.answer(scene.ask(first, set("node/a", "new")), 20).ok);
});

Deno.test("requests of the first moment wait until somebody leads, and then are served", () => {
  const scene = new Scene(3);
  const asked = scene.hosts.map((host) => {
    scene.until("it is ready", 100, () => host.machine!.isReady);
    return scene.ask(host, set(`node/${host.member.name}`, "early"));
  });
  scene.leader();
  scene.run(1_500);
  for (const { outcome } of asked) assert.ok(outcome?.ok, JSON.stringify(outcome));
  scene.end();
});
