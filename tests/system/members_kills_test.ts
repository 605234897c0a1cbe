/** Members and joiners that are killed with -9, under load, at any moment. */
import { equal, match } from "node:assert/strict";

import { Ledger } from "../bench/ledger.ts";
import { memberTest, type Scene, type Server, settled } from "./collective.ts";
import { moment, until } from "./program.ts";
import { lookAtAll, Writer } from "./writer.ts";

/** CONFLUENT_KILLS and CONFLUENT_JOIN_KILLS ask for more rounds. */
const ROUNDS = Number(Deno.env.get("CONFLUENT_KILLS") ?? 20);
const WRITERS = 6;
/** Acknowledged writes between one kill and the next. */
const WRITES_BETWEEN = 12;
/** Rounds of joiners that are killed, and half as many of members that come back. */
const JOIN_ROUNDS = Number(Deno.env.get("CONFLUENT_JOIN_KILLS") ?? 10);
/** A whole join takes about so long. */
const JOIN_TAKES_MS = 1_500;
const WRITES_AGAIN_MS = 10_000;

memberTest("kill -9 under load loses nothing and doubles nothing", async (scene) => {
  const members = await scene.members(3);
  const [m1] = members as [Server];
  equal((await m1.ask("POST", "/noderange/", { name: `n[1-${WRITERS}]` })).status, 200);
  const writers = Array.from(
    { length: WRITERS },
    (_, i) => new Writer(members, new Ledger(`n${i + 1}`)),
  );
  const acknowledged = (): number =>
    writers.reduce((sum, { ledger }) => sum + ledger.acknowledged, 0);
  const going = Promise.all(writers.map((writer) => writer.run()));
  try {
    for (let round = 0; round < ROUNDS; round++) {
      const dice = Math.random(), count = dice < 0.6 ? 1 : dice < 0.85 ? 2 : 3;
      const victims = [...members].sort(() => Math.random() - 0.5).slice(0, count);
      await Promise.all(victims.map((victim) => victim.kill()));
      await Promise.all(victims.map((victim) => victim.serve()));
      const wanted = acknowledged() + WRITES_BETWEEN;
      await Promise.race([
        going,
        until(`writes go on after round ${round}`, () => {
          return Promise.resolve(acknowledged() >= wanted || undefined);
        }),
      ]);
    }
  } finally {
    for (const writer of writers) writer.isOver = true;
    await going;
  }
  await settled(members);
  await lookAtAll(members, writers);
  console.log(`${ROUNDS} rounds, ${acknowledged()} writes acknowledged`);
});

memberTest("a joiner killed at any moment leaves a first member that writes", async (scene) => {
  const m1 = scene.server();
  await m1.serve();
  await m1.wrote("n0", "the first");
  for (let round = 1; round <= JOIN_ROUNDS; round++) await killJoiner(scene, m1, round);
});

async function killJoiner(scene: Scene, m1: Server, round: number): Promise<void> {
  const joiner = scene.server();
  const { name, data } = joiner;
  const token = await m1.token(name);
  const joining = joiner.start(["join", token]);
  await moment(Math.random() * JOIN_TAKES_MS);
  await joining.kill();
  const what = `round ${round}, killed having said ${joining.said().trim() || "nothing"}`;
  await writesOrSays(m1, name, what);
  const again = joiner.start(await nextCommand(data, token));
  await again.line(/^ready /);
  await settled([m1, joiner]);
  equal(await joiner.dump(), await m1.dump(), what);
  equal(await m1.done("collective", "remove", name), `${name}: removed`);
  await joiner.shows(/locked: removed/);
  await joiner.kill();
}

/** The first member writes again, or says that both are needed and what the one way out is. */
async function writesOrSays(m1: Server, name: string, what: string): Promise<void> {
  await until(what, async () => {
    if ((await m1.write("n0", what)).status === 200) return true;
    const { notices } = await m1.collective();
    const remedy = notices.find((notice) => notice.startsWith("no quorum"));
    if (remedy === undefined) return undefined;
    match(remedy, new RegExp(`silent: ${name}\\. Start them again.*force-quorum --lost ${name}`));
    return true;
  }, WRITES_AGAIN_MS);
}

/** `serve` once the joiner is somebody; before, the same token. */
async function nextCommand(data: string, token: string): Promise<string[]> {
  for (const folder of ["identity/member.json", "identity.new/roster.json", "identity.next"]) {
    try {
      await Deno.stat(`${data}/${folder}`);
      return Math.random() < 0.5 ? ["serve"] : ["join", token];
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    }
  }
  return ["join", token];
}

memberTest("a member killed while it comes back comes back all the same", async (scene) => {
  const members = await scene.members(3);
  const [m1, , m3] = members as [Server, Server, Server];
  await m1.wrote("n0", "the first");
  for (let round = 1; round <= JOIN_ROUNDS / 2; round++) {
    await m3.kill();
    for await (const { name } of Deno.readDir(m3.data)) {
      if (/^(confluent\.kv|floor)/.test(name)) await Deno.remove(`${m3.data}/${name}`);
    }
    const rejoining = m3.start(["collective", "rejoin"]);
    await moment(Math.random() * JOIN_TAKES_MS);
    await rejoining.kill();
    const what = `round ${round}, killed having said ${rejoining.said().trim() || "nothing"}`;
    await m1.wrote("n0", what);
    await m3.start(["collective", "rejoin"]).line(/^ready /);
    await settled(members);
    equal(await m3.dump(), await m1.dump(), what);
  }
});
