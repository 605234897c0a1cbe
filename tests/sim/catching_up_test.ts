/** A member that was away: what it is sent, and what it may not miss. */
import { strict as assert } from "node:assert";

import { encodeEnvelope } from "../../src/wire/peer.ts";
import type { Host } from "./host.ts";
import { HASTY, Scene } from "./scene.ts";

/** Counts what is sent to `to` from here on, in chunks of deltas. */
function chunkBytes(scene: Scene, to: Host): () => number {
  const { world } = scene;
  let bytes = 0;
  const send = world.send.bind(world);
  world.send = (host, peer, envelope) => {
    const isChunk = envelope.message.type === "deltaChunk" && peer === to.id;
    if (isChunk) bytes += encodeEnvelope(envelope).length;
    send(host, peer, envelope);
  };
  return () => bytes;
}

function away(scene: Scene, rows: number): { leader: Host; back: Host; other: Host } {
  const leader = scene.leader();
  const [back, other] = scene.others(leader);
  const all = Array.from({ length: rows }, (_, i) => `node/n${i}`);
  const cells = [["v", "a value that is long enough to be seen"]] as const;
  assert.ok(scene.answer(scene.ask(leader, [{ kind: "set", rows: all, cells }])).ok);
  scene.run(2_000);
  scene.kill(back!);
  return { leader, back: back!, other: other! };
}

Deno.test("a member that was away is sent what changed, not the whole", () => {
  const scene = new Scene(3, { pace: { ...HASTY, deltaChunkBytes: 1_000, batchRows: 50 } });
  const { leader, back } = away(scene, 2_000);
  const changed = Array.from({ length: 40 }, (_, i) => `node/n${i * 7}`);
  for (const row of changed) scene.write(leader, row, "changed");
  const bytes = chunkBytes(scene, back);
  scene.start(back);
  scene.until("it is there", 2_000, () => scene.value(back, changed.at(-1)!) === "changed");
  const most = changed.reduce((sum, row) => sum + 2 * (row.length + 1 + 7 + 8), 64 * 1024);
  assert.ok(bytes() > 0 && bytes() < most, `${bytes()} bytes, at most ${most}`);
  // The windows and the roster go along; of the 2,000 rows only those that changed.
  assert.ok(bytes() < 5_000, `${bytes()} bytes`);
  scene.end();
});

Deno.test("senders that die one after another: the next goes on, and the end is exact", () => {
  const scene = new Scene(5, { pace: { ...HASTY, deltaChunkBytes: 100 } });
  const { leader, back } = away(scene, 60);
  for (let i = 0; i < 30; i++) scene.write(leader, `node/n${i}`, "changed");
  scene.start(back);
  const done = (): number => back.machine?.catchUpProgress?.done ?? 0;
  for (const sender of scene.others(back).filter((host) => host !== leader).slice(0, 2)) {
    const before = done();
    scene.until(
      "it gets on",
      5_000,
      () => done() > before || scene.value(back, "node/n29") !== null,
    );
    scene.kill(sender);
    scene.write(leader, "node/n3", `after ${sender.member.name}`);
    scene.run(1_500);
    scene.start(sender);
  }
  scene.end();
  assert.equal(scene.value(back, "node/n29"), "changed");
});

Deno.test("what was cleared while a member was away stays cleared when it comes back", () => {
  const scene = new Scene(3, { pace: HASTY });
  const { leader, back } = away(scene, 20);
  assert.ok(scene.answer(scene.ask(leader, [{ kind: "drop", rows: ["node/n1"] }])).ok);
  for (let i = 0; i < 20; i++) scene.write(leader, "node/n2", `value ${i}`);
  // Nobody forgets it while the member that is away has not seen it.
  scene.run(5_000);
  assert.ok(leader.machine!.replica.cells.record("node/n1") !== undefined);
  scene.start(back);
  scene.until(
    "it is forgotten",
    20_000,
    () => leader.machine!.replica.cells.record("node/n1") === undefined,
  );
  scene.end();
  assert.equal(scene.value(back, "node/n1"), null);
  assert.equal(back.machine!.replica.cells.record("node/n1"), undefined);
});

Deno.test("who is away for too long is not waited for, and takes all anew on its return", () => {
  const scene = new Scene(3, { pace: { ...HASTY, staleAfterMs: 20_000 } });
  const { leader, back } = away(scene, 20);
  const staleOnes = (): string[] =>
    leader.machine!.roster.roster.members.filter(({ isStale }) => isStale).map(({ name }) => name);
  assert.ok(scene.answer(scene.ask(leader, [{ kind: "drop", rows: ["node/n1"] }])).ok);
  scene.run(15_000);
  assert.deepEqual(staleOnes(), []);
  assert.ok(leader.machine!.replica.cells.record("node/n1") !== undefined);
  scene.until("it is marked", 15_000, () => staleOnes().join() === back.member.name);
  const forgotten = (): boolean => leader.machine!.replica.cells.record("node/n1") === undefined;
  for (let i = 0; i < 9; i++) scene.write(leader, "node/n2", `value ${i}`);
  scene.until("the tombstone is gone", 5_000, forgotten);
  scene.start(back);
  scene.until("it is waited for again", 10_000, () => staleOnes().length === 0);
  scene.end();
  assert.equal(scene.value(back, "node/n1"), null);
  assert.equal(back.machine!.replica.cells.record("node/n1"), undefined);
});
