import { deepEqual, equal } from "node:assert/strict";

import { toHex } from "../../src/base/bytes.ts";
import { OBSERVED_COMPARE_MS, OBSERVED_NEWS_MS } from "../../src/base/limits.ts";
import { memberId } from "../../src/model/member.ts";
import type { ObservedCell } from "../../src/model/observed.ts";
import { ObservedMap } from "../../src/replica/observed.ts";
import { ObservedGossip } from "../../src/replica/observed_gossip.ts";
import { observedBytes } from "./observed_bytes.ts";
import { NOON_MS, ObservedWorld, type WorldMember } from "./observed_world.ts";

const A = memberId("000000000000000a"), B = memberId("000000000000000b");

function allAlike({ members }: ObservedWorld): string {
  const [first, ...others] = members.map(({ map }) => toHex(observedBytes(map)));
  for (const other of others) equal(other, first);
  return first as string;
}

/** Every member knows what each node's last manager saw last. */
function allKnown(world: ObservedWorld): void {
  for (const { map } of world.members) {
    deepEqual(
      world.nodes.filter(({ value }) => value !== "")
        .map(({ name }) => map.cell(name, "power")?.value),
      world.nodes.map(({ value }) => value).filter((value) => value !== ""),
    );
  }
}

Deno.test("what one saw all know within two gossips and the way", () => {
  const world = new ObservedWorld({ seed: 1, members: 5, nodes: 20 });
  world.linkAll(true);
  world.run(1_000);
  for (let i = 0; i < 20; i++) world.look(i, "on");
  world.run(2 * OBSERVED_NEWS_MS + 200);
  // Frames of 400 bytes hold some six nodes each: most have all by now, some wait for their turn.
  world.run(1_000);
  allKnown(world);
  allAlike(world);
});

Deno.test("any seed: whatever was lost, repeated, cut or restarted, all know the same", () => {
  for (let seed = 0; seed < 40; seed++) {
    const members = 2 + seed % 5;
    const world = new ObservedWorld({
      seed,
      members,
      nodes: 30,
      skewMs: 4_500,
      loss: seed % 3 === 0 ? 0 : 0.2,
      repeats: 0.2,
    });
    const { prng } = world;
    world.linkAll(true);
    world.run(30_000, () => {
      if (prng.chance(0.5)) world.look(prng.between(0, 29), prng.pick(["on", "off"]));
      if (prng.chance(0.02)) world.handOver(prng.between(0, 29));
      if (prng.chance(0.02)) world.link(prng.pick(world.members), prng.pick(world.members), false);
      if (prng.chance(0.05)) world.link(prng.pick(world.members), prng.pick(world.members), true);
      if (prng.chance(0.002)) world.restart(prng.pick(world.members));
    });
    // From here on each node's manager is who looked last, whatever its clock says.
    for (const [i] of world.nodes.entries()) world.handOver(i);
    for (const [i] of world.nodes.entries()) world.look(i, prng.pick(["on", "off"]));
    world.loss = 0;
    world.linkAll(true);
    world.run(members * OBSERVED_COMPARE_MS + 5_000);
    allAlike(world);
    allKnown(world);
  }
});

Deno.test("one seed gives one history", () => {
  const history = (): unknown => {
    const world = new ObservedWorld({ seed: "again", members: 4, nodes: 9, loss: 0.3 });
    world.linkAll(true);
    world.run(9_000, () => world.look(world.prng.between(0, 8), world.prng.pick(["on", "off"])));
    return [world.sent, world.members.map(({ map }) => toHex(observedBytes(map)))];
  };
  deepEqual(history(), history());
});

Deno.test("a member that restarts is told all at once, and hardly anything twice", () => {
  const world = new ObservedWorld({ seed: 2, members: 4, nodes: 400, frameBytes: 10_000 });
  world.linkAll(true);
  for (let i = 0; i < 400; i++) world.look(i, "on");
  world.run(60_000);
  allAlike(world);
  const { cells } = world.sent;
  const restarted = world.members[0] as WorldMember;
  world.restart(restarted);
  equal(restarted.map.size, 0);
  world.run(3_000);
  allAlike(world);
  world.run(20_000);
  // 800 cells; and some come back, of buckets that were half told when the others asked.
  const told = world.sent.cells - cells;
  equal(told >= 800 && told < 1_000, true, `${told} cells`);
});

Deno.test("each peer is asked in turn", () => {
  const world = new ObservedWorld({ seed: 3, members: 4, nodes: 30 });
  const [a, b, c, d] = world.members as [WorldMember, WorldMember, WorldMember, WorldMember];
  for (const [one, other] of [[a, b], [a, c], [c, d]] as const) world.link(one, other, true);
  world.run(5_000);
  for (let i = 0; i < 30; i++) world.look(i, "off");
  world.run(6 * OBSERVED_COMPARE_MS);
  allAlike(world);
});

Deno.test("what two know who never meet reaches both by a third", () => {
  const world = new ObservedWorld({ seed: 3, members: 3, nodes: 30 });
  const [a, b, c] = world.members as [WorldMember, WorldMember, WorldMember];
  world.link(a, b, true);
  world.link(b, c, true);
  for (let i = 0; i < 30; i++) world.look(i, "off");
  world.run(4 * OBSERVED_COMPARE_MS);
  allAlike(world);
  allKnown(world);
});

Deno.test("a clock an hour ahead moves nothing of the others', nor keeps them out", () => {
  const world = new ObservedWorld({ seed: 4, members: 3, nodes: 30 });
  const wrong = world.members[0] as WorldMember;
  Object.assign(wrong, { skewMs: 3_600_000 });
  world.linkAll(true);
  for (let i = 0; i < 30; i++) world.look(i, "on");
  world.run(30_000);
  for (const { map } of world.members.slice(1)) {
    for (const { stamp } of map.cells()) equal(stamp.hlc <= (NOON_MS + 60_000) * 1024, true);
  }
  Object.assign(wrong, { skewMs: 0 });
  for (let i = 0; i < 30; i++) world.look(i, "off");
  world.run(30_000);
  allKnown(world);
  allAlike(world);
});

/** One side, whose other side is the test. */
function gossiping(): { map: ObservedMap; gossip: ObservedGossip; said: () => string[] } {
  const map = new ObservedMap();
  const gossip = new ObservedGossip(map, () => false);
  const said = (): string[] =>
    gossip.drain().map(({ to, message }) =>
      message.type === "observed"
        ? `tells ${to} ${message.cells.map(({ value }) => value)}`
        : `${message.type} ${to}`
    );
  return { map, gossip, said };
}

function at(monoMs: number): { monoMs: number; wallMs: number } {
  return { monoMs, wallMs: NOON_MS };
}

Deno.test("a peer that does not answer is sent one frame, and then what is newest", () => {
  const { map, gossip, said } = gossiping();
  gossip.linked(B, true, at(0));
  deepEqual(said(), [`observedAsk ${B}`]);
  const news: string[] = [];
  for (let ms = 100; ms <= 5_000; ms += 100) {
    map.write("n1", [["power", `at ${ms}`]], { epoch: 1, by: A, wallMs: NOON_MS });
    gossip.tick(at(ms));
    news.push(...said());
  }
  deepEqual(news, [`tells ${B} at 100`]);
  gossip.heard(B, { type: "observedGot", upTo: 1 }, at(5_000));
  equal((gossip.dueAtMs() ?? Infinity) <= 5_000, true);
  gossip.tick(at(5_000));
  deepEqual(said(), [`tells ${B} at 5000`]);
  // What it says late of what came before is no answer to that.
  gossip.heard(B, { type: "observedGot", upTo: 1 }, at(5_100));
  gossip.tick(at(5_200));
  deepEqual(said(), []);
});

Deno.test("what is not answered in ten seconds is said again", () => {
  const { map, gossip, said } = gossiping();
  gossip.linked(B, true, at(0));
  map.write("n1", [["power", "on"]], { epoch: 1, by: A, wallMs: NOON_MS });
  gossip.tick(at(500));
  deepEqual(said(), [`observedAsk ${B}`, `tells ${B} on`]);
  equal(gossip.dueAtMs(), 10_000);
  gossip.tick(at(10_000));
  deepEqual(said(), [`observedAsk ${B}`]);
  equal(gossip.dueAtMs(), 10_500);
  gossip.tick(at(10_500));
  deepEqual(said(), [`tells ${B} on`]);
});

Deno.test("one peer is asked at a time; where its link goes down the next is", () => {
  const { gossip, said } = gossiping();
  gossip.linked(A, true, at(0));
  gossip.linked(B, true, at(0));
  deepEqual(said(), [`observedAsk ${A}`]);
  gossip.linked(A, false, at(10));
  deepEqual(said(), [`observedAsk ${B}`]);
  gossip.linked(B, false, at(20));
  equal(gossip.dueAtMs(), undefined);
});

Deno.test("links hold little, however much there is to tell and however slow answers are", () => {
  const world = new ObservedWorld({ seed: 5, members: 3, nodes: 500, frameBytes: 500 });
  world.linkAll(true);
  world.run(20_000, () => {
    for (let i = 0; i < 10; i++) world.look(world.prng.between(0, 499), "on");
  });
  equal(world.sent.mostInFlight <= 4, true, `${world.sent.mostInFlight} frames on one link`);
});

Deno.test("where nothing happens hardly anything is said", () => {
  const world = new ObservedWorld({ seed: 6, members: 3, nodes: 50 });
  world.linkAll(true);
  for (let i = 0; i < 50; i++) world.look(i, "on");
  world.run(60_000);
  const { frames } = world.sent;
  world.run(60_000);
  // Each of three asks once in ten seconds, and is answered.
  equal(world.sent.frames - frames <= 3 * 6 * 2, true, `${world.sent.frames - frames} frames`);
});

Deno.test("what is gone is not taken", () => {
  const map = new ObservedMap();
  const gossip = new ObservedGossip(map, (node, epoch) => node === "n1" && epoch < 5);
  const cell = (node: string, epoch: number): ObservedCell => ({
    node,
    fact: "power",
    value: "on",
    stamp: { epoch, hlc: NOON_MS * 1024, by: B },
  });
  const now = { monoMs: 0, wallMs: NOON_MS };
  gossip.heard(B, { type: "observed", upTo: 1, cells: [cell("n1", 4), cell("n2", 4)] }, now);
  const told = [cell("n1", 4), cell("n3", 4)];
  gossip.heard(B, { type: "observedTold", from: 0, next: undefined, cells: told }, now);
  deepEqual([...map.cells()].map(({ node }) => node), ["n2", "n3"]);
});
