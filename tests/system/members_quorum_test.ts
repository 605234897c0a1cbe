/** Majorities that are lost for ever, and what it takes to go on without them. */
import { deepEqual, equal, match, ok as holds, rejects } from "node:assert/strict";

import { memberTest, type Server, settled } from "./collective.ts";
import type { Ended } from "./program.ts";

async function force(at: Server, lost: string, ...more: string[]): Promise<Ended> {
  const [data] = [at.data];
  return await at.run("collective", "force-quorum", "--lost", lost, "--data", data, ...more);
}

memberTest("the survivor goes on alone, and the others come back to it", async (scene) => {
  const [m1, m2, m3] = await scene.members(3) as [Server, Server, Server];
  await m1.wrote("n1", "before");
  for (const lost of [m2, m3]) await lost.kill();
  match(
    await m1.shows(/no quorum/),
    /1 of 3 voting members answer, 2 are needed; silent: m2, m3\. /,
  );
  match(
    await m1.shows(/no quorum/),
    /stop the service here and run `confluent collective force-quo/,
  );
  await m1.stop();
  // Nobody agreed, so nothing was changed.
  const unsaid = await force(m1, "m2,m3");
  equal(unsaid.code, 1);
  match(unsaid.err, /m1 will be the only member of its collective, with all it has: index \d+/);
  match(unsaid.err, /without a terminal nobody can agree; give the names with --confirm m2,m3/);
  equal((await force(m1, "m2,m3", "--confirm", "m2")).code, 2);
  const forced = await force(m1, "m2,m3", "--confirm", "m3,m2");
  equal(forced.code, 0, forced.err);
  match(forced.err, /m1 is the only member now; the last index it has is \d+/);
  await m1.serve();
  await m1.wrote("n2", "alone");
  await settled([m1]);

  // They are told once they see it, and take no more part.
  await m2.serve();
  match(await m2.shows(/locked/), /^m2 is locked: left behind when m1's side forced the quorum; /);
  equal((await m2.write("n3", "left behind")).status, 503);
  const token = await m1.token("m2");
  const held = await m2.run("join", token);
  equal(held.code, 1);
  match(held.err, /locked.*left behind.*--replace/);
  const back = await m2.run("join", token, "--replace");
  equal(back.code, 0, back.err);
  await settled([m1, m2]);

  // The third by a process of its own, which learns of it on the way.
  await m3.join(await m1.token("m3"), "--replace");
  await settled([m1, m2, m3]);
  const dumps = await Promise.all([m1, m2, m3].map((member) => member.dump()));
  equal(new Set(dumps).size, 1);
  match(dumps[0] ?? "", /before.*alone/);
});

memberTest("two that were left behind do not go on without the third", async (scene) => {
  const [m1, m2, m3] = await scene.members(3) as [Server, Server, Server];
  for (const member of [m2, m3]) await member.kill();
  await m1.stop();
  equal((await force(m1, "m2,m3", "--confirm", "m2,m3")).code, 0);
  await m1.serve();
  // Together they would be a majority of the roster that they know.
  await Promise.all([m2, m3].map((member) => member.serve()));
  for (const member of [m2, m3]) match(await member.shows(/locked/), /left behind/);
  for (const member of [m2, m3]) equal((await member.write("n1", "x")).status, 503);
  await m1.wrote("n1", "the only side");
  const again = await m2.stop().then(() => m2.start(["collective", "rejoin"]).ended());
  equal(again.code, 5, again.err);
  match(again.err, /cannot rejoin: m2 was removed at index \d+; ask for a token with/);
});

memberTest("nobody is forced out while there is a majority, or by mistake", async (scene) => {
  const [m1, m2, m3] = await scene.members(3) as [Server, Server, Server];
  await m1.stop();
  const before = await Deno.readFile(`${m1.data}/identity/roster.json`);
  const refusals: [lost: string, wanted: RegExp][] = [
    ["m2", /with m2 lost, 2 of 3 voting members are left, which is a majority: start them all/],
    ["m9", /--lost: m9 is not another member; there are m1, m2, m3/],
    ["m1", /--lost: m1 is not another member; there are m1, m2, m3/],
  ];
  for (const [lost, wanted] of refusals) {
    const { code, err } = await force(m1, lost, "--confirm", lost);
    equal(code, 1, err);
    match(err, wanted);
  }
  const none = await m1.run("collective", "force-quorum", "--data", m1.data);
  equal(none.code, 1);
  match(none.err, /with none lost, 3 of 3 voting members are left, which is a majority/);
  const nobody = scene.server();
  const nowhere = await force(nobody, "m2", "--confirm", "m2");
  equal(nowhere.code, 1);
  match(nowhere.err, /there is no member in/);
  await rejects(Deno.stat(nobody.data), Deno.errors.NotFound);
  deepEqual(await Deno.readFile(`${m1.data}/identity/roster.json`), before);
  const running = await force(m1, "m2,m3", "--confirm", "m2,m3");
  equal(running.code, 1);
  match(running.err, /m2 answers, so it is not lost: leave it out of --lost, or switch it off/);
  deepEqual(await Deno.readFile(`${m1.data}/identity/roster.json`), before);
  await m1.serve();
  await settled([m1, m2, m3]);
});

memberTest("of several survivors the one that has most goes on", async (scene) => {
  const members = await scene.members(5);
  const [m1, m2, m3, m4, m5] = members as [Server, Server, Server, Server, Server];
  // m2 misses what the others still wrote.
  await m2.kill();
  await m1.wrote("n1", "without m2");
  for (const lost of [m3, m4, m5]) await lost.kill();
  await m1.stop();
  const three = "m3,m4,m5";
  const silent = await force(m1, three, "--confirm", three);
  equal(silent.code, 1);
  match(
    silent.err,
    /m2 does not answer \(.*\): start its service, or name it with --lost if it is/,
  );
  // m1 is started so that it can answer m2, which is behind.
  await m1.serve();
  const behind = await force(m2, three, "--confirm", three);
  equal(behind.code, 1);
  match(behind.err, /m1 has more than this member \(term .*\): run force-quorum there/);
  await m1.stop();
  await m2.serve();
  const forced = await force(m1, three, "--confirm", three);
  equal(forced.code, 0, forced.err);
  match(forced.err, /m2: will lock itself and must join again/);
  await m1.serve();
  await m2.shows(/left behind/);
  const joined = await m2.run("join", await m1.token("m2"), "--replace");
  equal(joined.code, 0, joined.err);
  await settled([m1, m2]);
  holds((await m2.dump()).includes("without m2"));
});

memberTest("a member that is alone goes on with what a cut store holds", async (scene) => {
  const m1 = scene.server();
  await m1.serve();
  await m1.wrote("n1", "kept");
  await m1.stop();
  await Deno.copyFile(`${m1.data}/confluent.kv`, `${scene.folder}/old.kv`);
  await m1.serve();
  await m1.wrote("n2", "lost");
  await m1.stop();
  await Deno.copyFile(`${scene.folder}/old.kv`, `${m1.data}/confluent.kv`);
  const forcing = async (...more: string[]): Promise<Ended> =>
    await m1.run("collective", "force-quorum", "--data", m1.data, ...more);
  const cut = async (): Promise<void> => {
    const { code, err } = await m1.start(["serve"]).ended();
    equal(code, 1);
    match(err, /it holds \d+ commits of at least \d+ that were on disk/);
  };
  await cut();
  const { err } = await m1.start(["collective", "rejoin"]).ended();
  match(err, /cannot rejoin: .* `confluent collective force-quorum` goes on with what a store/);
  const unsaid = await forcing("--confirm", "m9");
  equal(unsaid.code, 1);
  match(unsaid.err, /Its store was cut: it lacks the newest \d+ commits, for good\./);
  match(unsaid.err, /give the names with --confirm m1/);
  // Nobody agreed: it is as cut as before.
  await cut();
  const forced = await forcing("--confirm", "m1");
  equal(forced.code, 0, forced.err);
  match(forced.err, /m1 is the only member now; .*: what its store lost is gone/);
  for (const note of ["after", "and again"]) {
    await m1.serve();
    await m1.wrote("n3", note);
    match(await m1.dump(), /kept/);
    holds(!(await m1.dump()).includes("lost"));
    await m1.stop();
  }
});
