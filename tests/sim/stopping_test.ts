/** Members that stop in good order: nobody waits for their silence. */
import { strict as assert } from "node:assert";
import { Scene, set } from "./scene.ts";

/** Far less than any election timeout; a few messages and a commit of two disks. */
const AT_ONCE_MS = 40;

Deno.test("a leader that stops has another lead at once, and loses no request", () => {
  const scene = new Scene(3);
  const leader = scene.leader();
  for (let i = 0; i < 3; i++) scene.write(leader, `node/n${i}`, "before");
  const { term } = leader.machine!.raft;
  leader.handle({ type: "stopping" });
  const asked = scene.hosts.map((host) => scene.ask(host, set(`node/${host.member.name}`, "new")));
  const leads = (): boolean => scene.others(leader).some(({ machine }) => machine?.raft.leading);
  assert.ok(scene.until("another leads", AT_ONCE_MS, leads) > 0);
  assert.equal(leader.machine!.raft.leading, undefined);
  for (const one of asked) assert.ok(scene.answer(one, 200).ok);
  assert.equal(scene.leader().machine!.raft.term, term + 1);
  scene.kill(leader);
  scene.run(100);
  assert.ok(scene.answer(scene.ask(scene.leader(), set("node/after", "new")), 100).ok);
  scene.start(leader);
  scene.end();
});

Deno.test("leadership goes to nobody who stops as well, lags, or is silent", () => {
  const scene = new Scene(3);
  const leader = scene.leader();
  const [one, other] = scene.others(leader);
  scene.run(1_000);
  one!.handle({ type: "stopping" });
  // Its next answer to a heartbeat says so.
  scene.run(1_000);
  leader.handle({ type: "stopping" });
  scene.until("the other one leads", AT_ONCE_MS, () => other!.machine!.raft.leading !== undefined);
  scene.end();
});

Deno.test("alone, a leader that stops goes on to lead: nobody else could", () => {
  const scene = new Scene(1);
  const leader = scene.leader();
  leader.handle({ type: "stopping" });
  scene.run(2_000);
  assert.ok(leader.machine!.raft.leading !== undefined);
});
