/** A chain A - C - B, where B leads: A gets on through C. */
import { strict as assert } from "node:assert";

import type { Host } from "./host.ts";
import { HASTY, Scene, set } from "./scene.ts";

/** Nothing passes between the two. */
function part(scene: Scene, a: Host, b: Host): void {
  scene.world.network.cut(a.id, b.id);
  scene.world.network.cut(b.id, a.id);
}

for (const pace of [undefined, HASTY]) {
  const how = pace === undefined ? "the log" : "deltas";
  Deno.test(`who hears no leader reads and writes through a peer that does, by ${how}`, () => {
    const scene = new Scene(3, pace === undefined ? {} : { pace });
    const leader = scene.leader();
    const [cut, middle] = scene.others(leader);
    part(scene, cut!, leader);
    scene.run(6_000);
    assert.equal(leader.machine!.raft.leading !== undefined, true, "nobody deposed it");
    scene.write(leader, "node/a", "by the leader");
    const outcome = scene.answer(scene.ask(cut!, set("node/b", "by the one cut off")), 4_000);
    if (pace === undefined) assert.ok(outcome.ok, JSON.stringify(outcome));
    assert.equal(scene.value(middle!, "node/b"), "by the one cut off");
    const read = scene.answer(scene.read(cut!), 4_000);
    assert.ok(read.ok, JSON.stringify(read));
    assert.equal(scene.value(cut!, "node/a"), "by the leader");
    const id = cut!.id;
    const addresses = ["10.0.0.99:13001"];
    const changed = scene.answer(scene.change(cut!, { change: "readdress", id, addresses }), 4_000);
    assert.ok(changed.ok, JSON.stringify(changed));
    scene.end();
  });
}
