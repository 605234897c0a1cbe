/**
 * States that become different behind everybody's back, told by hand: as a wrong program would
 * leave them, past every checksum. They must be found, and healed where a majority tells which is
 * right.
 */
import { strict as assert } from "node:assert";
import { AUDIT_QUIET_MS } from "../../src/base/limits.ts";
import { decodeMeta, decodeRow, encodeRow, META_KEY, ROW_PREFIX } from "../../src/wire/record.ts";
import type { Host } from "./host.ts";
import { HASTY, Scene, set } from "./scene.ts";

/** Another value in the rows on the disk of a member that is down, with a checksum that holds. */
function spoilDisk(host: Host, row: string): void {
  const records = host.disk.read();
  const found = records.find(({ key, value }) =>
    key.startsWith(ROW_PREFIX) && decodeRow(value).row === row
  );
  assert.ok(found, `${row} is on the disk of ${host.member.name}`);
  const record = decodeRow(found.value);
  const cells = record.cells.map(([attribute, cell]) =>
    [attribute, { ...cell, value: "wrong" }] as const
  );
  host.disk.begin({
    puts: [{ key: found.key, value: encodeRow({ ...record, cells }) }],
    deletes: [],
  });
  assert.equal(host.disk.finish().result, "done");
  host.isSpoilt = true;
}

/** Writes until the next index at which all sum up their states. */
function writeToRoot(scene: Scene, host: Host): void {
  while (scene.write(host, "node/other", "more") % HASTY.auditEveryEntries !== 0);
}

function isOdd({ machine }: Host): boolean {
  return machine?.audit.odd !== undefined;
}

const QUICK = { pace: HASTY };

function healsAfter(members: number, pick: (scene: Scene) => Host): void {
  const scene = new Scene(members, QUICK);
  scene.leader();
  const odd = pick(scene);
  const sound = scene.others(odd);
  scene.write(odd, "node/a", "right");
  scene.write(odd, "node/b", "right");
  scene.run(500);
  odd.spoil("node/a");
  const alarms: string[] = [];
  writeToRoot(scene, sound[0]!);
  scene.until("it is found", 3_000, () => isOdd(odd));
  assert.match(odd.machine!.audit.odd!, /^its state at index \d+ is not that of the majority; /);
  const refused = scene.ask(odd, set("node/c", "late"));
  assert.match(refused.outcome?.ok === false ? refused.outcome.refusal.message : "", /its state/);
  assert.ok(sound.every((host) => !isOdd(host)));
  scene.until("it is healed", 10_000, () => {
    alarms.push(...odd.machine!.audit.takeAlarms());
    return !isOdd(odd);
  });
  scene.run(1_500);
  alarms.push(...odd.machine!.audit.takeAlarms());
  assert.equal(scene.value(odd, "node/a"), "right");
  assert.ok(
    alarms.some((line) =>
      /^bucket \d+, row node\/a, cell v: of index \d+ here, \d+ at m/.test(line)
    ),
    alarms.join("\n"),
  );
  assert.ok(!alarms.some((line) => line.includes("node/b")));
  assert.equal(odd.machine!.locked, undefined);
  for (const host of scene.hosts) assert.deepEqual(host.machine!.audit.notices, []);
  scene.end();
}

Deno.test("a follower of three with another state is found and takes a copy", () => {
  healsAfter(3, (scene) => scene.others(scene.leader())[0]!);
});

Deno.test("and so is a leader, and one of five", () => {
  healsAfter(3, (scene) => scene.leader());
  healsAfter(5, (scene) => scene.others(scene.leader())[3]!);
});

Deno.test("what was spoilt on a disk is found when idle members compare, once", () => {
  const scene = new Scene(3, QUICK);
  const leader = scene.leader();
  const [odd] = scene.others(leader);
  for (let i = 0; i < 20; i++) scene.write(leader, `node/n${i}`, "right");
  scene.run(1_000);
  scene.kill(odd!);
  spoilDisk(odd!, "node/n3");
  scene.start(odd!);
  scene.run(2_000);
  assert.equal(scene.value(odd!, "node/n3"), "wrong");
  const before = leader.machine!.raft.log.last;
  scene.run(AUDIT_QUIET_MS + 5_000);
  assert.equal(leader.machine!.raft.log.last, before + 1, "one entry, to compare");
  assert.equal(scene.value(odd!, "node/n3"), "right");
  assert.equal(isOdd(odd!), false);
  scene.run(2 * AUDIT_QUIET_MS);
  assert.equal(leader.machine!.raft.log.last, before + 1, "and no more, while nothing changes");
  scene.end();
});

Deno.test("who restarts at an index where all compared is compared as well", () => {
  const scene = new Scene(3, QUICK);
  const leader = scene.leader();
  const [odd] = scene.others(leader);
  for (let i = 0; i < 20; i++) scene.write(leader, `node/n${i}`, "right");
  scene.run(AUDIT_QUIET_MS + 5_000);
  scene.kill(odd!);
  spoilDisk(odd!, "node/n3");
  scene.start(odd!);
  scene.until("it is healed", 10_000, () => scene.value(odd!, "node/n3") === "right");
  scene.end();
});

Deno.test("that a state is wrong is not forgotten in a restart before the copy is there", () => {
  const scene = new Scene(3, QUICK);
  const leader = scene.leader();
  const [odd, other] = scene.others(leader);
  scene.write(leader, "node/a", "right");
  scene.write(leader, "node/b", "right");
  scene.run(500);
  odd!.spoil("node/a");
  odd!.machine!.replica.markDirty("node/a");
  writeToRoot(scene, leader);
  scene.until("it is found", 3_000, () => isOdd(odd!));
  const kept = (): boolean => {
    const meta = odd!.disk.read().find(({ key }) => key === META_KEY);
    return decodeMeta(meta!.value).copyFrom.length > 0;
  };
  scene.until("that is on disk", 1_000, kept);
  scene.kill(odd!);
  scene.cutOff([odd!]);
  scene.start(odd!);
  scene.run(5_000);
  assert.match(odd!.machine!.audit.odd!, /^its state was found to differ; it takes a copy of m/);
  const read = scene.read(odd!);
  assert.equal(read.outcome?.ok, false);
  scene.world.network.heal();
  scene.until("it is healed", 10_000, () => !isOdd(odd!));
  assert.equal(scene.value(odd!, "node/a"), "right");
  assert.ok(other);
  scene.end();
});

Deno.test("of two members nobody can tell: nothing is touched until one is named", () => {
  const scene = new Scene(2, QUICK);
  const leader = scene.leader();
  const [other] = scene.others(leader);
  scene.write(leader, "node/a", "right");
  scene.write(leader, "node/b", "right");
  scene.run(500);
  leader.spoil("node/a");
  writeToRoot(scene, leader);
  const says = (host: Host): boolean =>
    host.machine!.audit.notices.some((line) =>
      /different, .* check --repair --from NAME/.test(line)
    );
  scene.until("both say so", 10_000, () => scene.hosts.every(says));
  scene.run(5_000);
  const alarms = scene.hosts.map((host) => host.machine!.audit.takeAlarms().join("\n"));
  for (const text of alarms) assert.match(text, /row node\/a, cell v/);
  assert.equal(scene.value(leader, "node/a"), "wrong");
  assert.equal(scene.value(other!, "node/a"), "right");
  assert.ok(!scene.hosts.some(isOdd));
  const { index, root } = other!.machine!.audit.apart(other!.id)!;
  const order = [{ kind: "repair", from: other!.id, index, root }] as const;
  assert.ok(scene.answer(scene.ask(other!, order)).ok);
  scene.until("it is done", 10_000, () => scene.value(leader, "node/a") === "right");
  scene.run(2_000);
  assert.ok(!scene.hosts.some(says));
  // The same order once more, late: whoever is right by now is left alone.
  assert.ok(scene.answer(scene.ask(leader, order)).ok);
  scene.run(1_000);
  assert.ok(!scene.hosts.some(isOdd));
  writeToRoot(scene, leader);
  scene.run(5_000);
  assert.ok(!scene.hosts.some(isOdd) && !scene.hosts.some(says));
  scene.end();
});
