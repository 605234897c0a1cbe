/** As many members as a collective may have. */
import { strict as assert } from "node:assert";
import { MAX_MEMBERS } from "../../src/base/limits.ts";
import { Scene } from "./scene.ts";

const DEATHS = MAX_MEMBERS / 2 - 1;
/** Of all members together in a second: two pings and two pongs each way of each pair. */
const HEARTBEATS = 2 * 2 * MAX_MEMBERS * (MAX_MEMBERS - 1);

Deno.test(`${MAX_MEMBERS} members: just under half die with their leader, and come back`, () => {
  const scene = new Scene(MAX_MEMBERS);
  const leader = scene.leader();
  scene.write(leader, "node/a", "before");
  const dead = [leader, ...scene.others(leader).slice(0, DEATHS - 1)];
  const [survivor] = scene.others(leader).slice(DEATHS - 1);
  assert.ok(survivor);
  for (const host of dead) scene.kill(host);
  assert.ok(scene.insist(survivor, "node/a", "after", 4_000) < 1_000);
  for (const host of dead) scene.start(host);
  scene.end();
  assert.equal(scene.value(leader, "node/a"), "after");
});

Deno.test(`${MAX_MEMBERS} members: nothing but heartbeats passes in a quiet collective`, () => {
  const scene = new Scene(MAX_MEMBERS);
  scene.leader();
  scene.run(2_000);
  const before = scene.world.events;
  scene.run(2_000);
  const events = scene.world.events - before;
  assert.ok(events < 2 * 1.1 * HEARTBEATS, `${events} events in 2 s`);
});
