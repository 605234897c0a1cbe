/** How servers become members, and what is refused: real processes, real tokens. */
import { deepEqual, equal, match, notEqual, ok as holds } from "node:assert/strict";

import { memberTest, type Server, settled } from "./collective.ts";
import { until } from "./program.ts";

/** The names of the sets of a store that were put aside. */
async function asides({ data }: Server): Promise<string[]> {
  const names: string[] = [];
  for await (const { name } of Deno.readDir(data)) if (name.includes(".aside-")) names.push(name);
  return names.sort();
}

async function roleOf(at: Server, name: string): Promise<string | undefined> {
  return (await at.collective()).members.find((member) => member.name === name)?.role;
}

memberTest(
  "a fresh server joins at any member, and `joined` means that it votes",
  async (scene) => {
    const [m1, m2] = await scene.members(2) as [Server, Server];
    await m1.wrote("n1", "before");
    const m3 = scene.server();
    // Invited by m1; asked is m2 alone.
    const token = await m1.invite("m3");
    const joining = m3.start(["join", token, "--server", m2.peer]);
    await joining.line(/^joined name=m3 collective=[0-9a-f]{32}$/);
    equal(await roleOf(m1, "m3"), "voter");
    await joining.line(
      /^ready name=m3 peer=127\.0\.0\.1:\d+ api=127\.0\.0\.1:\d+ socket=\S+ data=/,
    );
    equal(joining.err[0], `asking ${m2.peer}`);
    match(await m3.done("nodelist", "n1", "info.note"), /^n1: info\.note: before$/);
    const index = await m3.wrote("n2", "by the newcomer");
    const seen = await m1.ask("GET", `/nodes/n2/attributes/current?minIndex=${index}`);
    equal(seen.status, 200);
    match(await m1.done("collective", "show"), /Quorum: True[^]*m1\n[^]*m2\n[^]*m3/);
  },
);

memberTest("with --no-serve a join ends once joined, and serve goes on", async (scene) => {
  const [m1] = await scene.members(1) as [Server];
  const m2 = scene.server();
  const { code, out } = await m2.start(["join", await m1.invite("m2"), "--no-serve"]).ended();
  equal(code, 0);
  match(out, /^joined name=m2 collective=[0-9a-f]{32}$/);
  // Two are both needed, and one of them is not there.
  match(await m1.shows(/no quorum/), /silent: m2\..*force-quorum --lost m2/);
  equal((await m1.write("n1", "alone")).status, 503);
  await until("m2 is shown as offline", async () => {
    const { out: shown } = await m1.run("collective", "show");
    return /^Quorum: False[^]*Offline collective members:\n {4}m2$/.test(shown) || undefined;
  });
  equal((await m1.run("nodedefine", "n1")).code, 3);
  await m2.serve();
  await settled([m1, m2]);
  match(await m1.shows(/both needed/), /m1 and m2 are both needed/);
  await m1.wrote("n1", "together");
});

memberTest("a non-voting member has all data and counts for nothing", async (scene) => {
  const [m1] = await scene.members(1) as [Server];
  const m2 = scene.server();
  const joining = await m2.join(await m1.invite("m2", "--nonvoting"));
  match(joining.out.join("\n"), /joined name=m2/);
  equal(await roleOf(m1, "m2"), "nonvoting");
  const index = await m2.wrote("n1", "through it");
  equal((await m2.ask("GET", `/readyz?minIndex=${index}`)).status, 200);
  await m2.kill();
  await m1.wrote("n1", "without it");
  await m2.serve();
  await settled([m1, m2]);
  equal(await m2.dump(), await m1.dump());
});

memberTest("a service joins in place, by command and by request", async (scene) => {
  const [m1, m2, m3] = [scene.server(), scene.server(), scene.server()];
  for (const server of [m1, m2, m3]) await server.serve();
  await m1.wrote("n1", "here");
  const { code, out, err } = await m2.run("join", await m1.token("m2"));
  equal(code, 0, err);
  match(out, /^joined name=m2 collective=[0-9a-f]{32}$/);
  match(err, /both sides proved the token[^]*m1 and m2 are both needed/);
  const { status, body } = await m3.ask("POST", "/collective/join", {
    token: await m1.token("m3"),
  });
  equal(status, 200, JSON.stringify(body));
  deepEqual((body as { members: string[] }).members.sort(), ["m1", "m2", "m3"]);
  await settled([m1, m2, m3]);
  equal(await m3.dump(), await m1.dump());
  holds(!m2.running.hasEnded && !m3.running.hasEnded);
});

memberTest("a server does not join the collective that it is of", async (scene) => {
  const m1 = scene.server();
  await m1.serve();
  await m1.wrote("n1", "its own");
  const token = await m1.token("m2");
  const byService = await m1.run("join", token, "--replace");
  equal(byService.code, 1, byService.err);
  match(byService.err, /this server is of the collective that the token for m2 is of; run `/);
  await m1.wrote("n2", "still here");
  await m1.stop();
  const byProcess = await m1.start(["join", token, "--replace"]).ended();
  equal(byProcess.code, 1, byProcess.err);
  match(byProcess.err, /this server is of the collective that the token for m2 is of; run `/);
  await m1.serve();
  equal(await m1.done("nodelist"), "n1\nn2");
  // Where it belongs the token still opens.
  const m2 = scene.server();
  await m2.join(token);
  await settled([m1, m2]);
});

memberTest("a server with nodes of its own gives them up only with --replace", async (scene) => {
  const [m1, m2] = [scene.server(), scene.server()];
  for (const server of [m1, m2]) await server.serve();
  await m1.wrote("n1", "the collective's");
  await m2.wrote("n7", "its own");
  const token = await m1.token("m2");
  // By the service.
  const refused = await m2.run("join", token);
  equal(refused.code, 1);
  match(refused.err, /holds 1 nodes? of its own[^]*--replace/);
  await m2.wrote("n8", "still its own");
  // By a process of its own.
  await m2.stop();
  // All of it, also what was written last.
  const again = await m2.start(["join", token]).ended();
  equal(again.code, 1);
  match(again.err, /holds 2 nodes? of its own[^]*--replace/);
  await m2.serve();
  match(await m2.done("nodelist"), /^n7\nn8$/);
  deepEqual(await asides(m2), []);
  await m2.stop();
  await m2.join(token, "--replace");
  equal(await m2.done("nodelist"), "n1");
  holds((await asides(m2)).includes("confluent.kv.aside-1"), String(await asides(m2)));
  equal((await Deno.stat(`${m2.data}/identity.aside-1/key.pem`)).isFile, true);
});

memberTest("a service gives up its nodes with --replace", async (scene) => {
  const [m1, m2] = [scene.server(), scene.server()];
  for (const server of [m1, m2]) await server.serve();
  await m2.wrote("n7", "its own");
  const { code, err } = await m2.run("join", await m1.token("m2"), "--replace");
  equal(code, 0, err);
  equal(await m2.done("nodelist"), "");
  holds((await asides(m2)).includes("confluent.kv.aside-1"));
  await m2.stop();
  await m2.serve();
  await settled([m1, m2]);
});

memberTest("a member of a bigger collective stays one", async (scene) => {
  const [m1, m2] = await scene.members(2) as [Server, Server];
  const other = scene.server();
  await other.serve();
  const token = await other.token("m2");
  for (const more of [[], ["--replace"]]) {
    const byService = await m2.run("join", token, ...more);
    equal(byService.code, 1);
    match(byService.err, /one of 2 members of a collective[^]*collective remove m2/);
  }
  await m2.stop();
  for (const more of [[], ["--replace"]]) {
    const byProcess = await m2.start(["join", token, ...more]).ended();
    equal(byProcess.code, 1);
    match(byProcess.err, /one of 2 members of a collective[^]*collective remove m2/);
  }
  await m2.serve();
  await settled([m1, m2]);
  deepEqual((await other.collective()).members.map(({ name }) => name), ["m3"]);
});

memberTest("a server joins while one of three is down, and the third catches up", async (scene) => {
  const members = await scene.members(3);
  const [m1, m2, m3] = members as [Server, Server, Server];
  await m2.kill();
  await m1.wrote("n1", "by two of three");
  const m4 = scene.server();
  await m4.join(await m3.token("m4"), "--server", m1.peer);
  await m4.wrote("n2", "by three of four");
  await m2.serve();
  await settled([...members, m4]);
  const dumps = await Promise.all([...members, m4].map((member) => member.dump()));
  equal(new Set(dumps).size, 1);
});

memberTest("while there is no majority nobody is invited and nobody joins", async (scene) => {
  const [m1, m2] = await scene.members(2) as [Server, Server];
  const token = await m1.token("m3");
  await m2.kill();
  await m1.shows(/no quorum/);
  const m3 = scene.server();
  const invited = await m1.run("invite", "m4");
  equal(invited.code, 3);
  match(invited.err, /Collective does not have quorum.*m2/);
  const joining = await m3.start(["join", token]).ended();
  equal(joining.code, 3, joining.err);
  match(joining.err, /silent: m2/);
  equal(joining.out, "");
  notEqual(await roleOf(m1, "m3"), "voter");
  // It may be listed already, so it does not become somebody else.
  const served = await m3.start(["serve"]).ended();
  equal(served.code, 1, served.err);
  match(served.err, /cannot start anew in \S+: a join as m3 was begun here and did not end; run `/);
  await m2.serve();
  await settled([m1, m2]);
  // The same token still opens.
  await m3.join(token);
  await until("m1 lists m3", async () => await roleOf(m1, "m3") === "voter" || undefined);
});
