/** A collective in which nothing goes wrong: nobody waits for what does not happen. */
import { strict as assert } from "node:assert";
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
