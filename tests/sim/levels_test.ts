/** Feature levels in a collective that is upgraded one member at a time. */
import { strict as assert } from "node:assert";
import { SUPPORT } from "../../src/model/support.ts";
import { Scene } from "./scene.ts";

const OLDEST = { ...SUPPORT, level: SUPPORT.level - 1 };

function levels(scene: Scene): number[] {
  return scene.hosts.map(({ machine }) => machine?.replica.roster.roster.level ?? -1);
}

Deno.test("the level rises by an entry once the last member supports it, and not before", () => {
  const scene = new Scene(3, { oldest: OLDEST });
  const leader = scene.leader();
  scene.run(3_000);
  assert.deepEqual(levels(scene), [OLDEST.level, OLDEST.level, OLDEST.level]);
  const old = scene.host(1);
  // It is upgraded: it says so as soon as it can.
  scene.kill(old);
  scene.run(3_000);
  assert.equal(levels(scene)[1], OLDEST.level, "also while it is away");
  scene.start(old);
  scene.run(1_000);
  const change = { change: "support", id: old.id, support: SUPPORT } as const;
  assert.ok(scene.answer(scene.change(old, change)).ok);
  scene.until(
    "the level is raised everywhere",
    2_000,
    () => levels(scene).every((level) => level === SUPPORT.level),
  );
  // And nobody goes back behind it.
  const back = scene.answer(scene.change(leader, { ...change, support: OLDEST }));
  assert.ok(!back.ok && /cannot go on with m1: its program supports/.test(back.refusal.message));
  const joiner = scene.world.addJoiner();
  const member = { ...joiner.member, support: OLDEST };
  const refused = scene.answer(
    scene.change(leader, { change: "admit", member, replaces: undefined }),
  );
  assert.ok(!refused.ok && /cannot admit m4: its program supports/.test(refused.refusal.message));
  scene.end();
});
