/** Dumps by real members: of one into another collective, and while the leader is killed. */
import { deepEqual, equal, ok as holds } from "node:assert/strict";

import { leaderOf, memberTest, type Server, settled } from "./collective.ts";
import { until } from "./program.ts";

const ORIGINAL = new URL("../conformance/dump/json", import.meta.url).pathname;
/** Dummies, which stand in the dump as ciphertext. */
const SECRETS = ["dummy-own-pass", "dummy-license", "dummy-Stor1"];
const FILES = ["main.json", "keys.json", "globals.json"];
const MANY = 4_000;

async function dumped(server: Server, folder: string, ...how: string[]): Promise<string[]> {
  await server.done("dump", folder, ...how);
  return await Promise.all(FILES.map((file) => Deno.readTextFile(`${folder}/${file}`)));
}

/** Whether any file below the folder holds the text. */
async function isFound(text: string, folder: string): Promise<boolean> {
  const { code } = await new Deno.Command("grep", { args: ["-rqaF", text, folder] }).output();
  return code === 0;
}

memberTest(
  "a dump is the same at each of them, and of another collective that it is restored in",
  async (scene) => {
    const three = await scene.members(3);
    const [, m2, m3] = three as [Server, Server, Server];
    await m2.done("restore", ORIGINAL);
    await settled(three);
    const folder = `${scene.folder}/dumps`;
    const ours = await dumped(m2, `${folder}/m2`, "-u");
    deepEqual(await dumped(m3, `${folder}/m3`, "-u"), ours);
    const other = scene.server();
    await other.serve();
    await other.done("restore", `${folder}/m2`);
    deepEqual(await dumped(other, `${folder}/other`, "-u"), ours);
    const { err } = await other.run("apply", `${folder}/m3`);
    equal(err.trim(), "nothing differs");
    for (const secret of SECRETS) {
      for (const server of scene.servers) {
        equal(await isFound(secret, server.data), false, `${server.name} keeps ${secret} in clear`);
        equal(server.running.err.join("\n").includes(secret), false);
      }
      equal(await isFound(secret, folder), false, `a dump has ${secret} in clear`);
    }
  },
);

/** A dump of many nodes, each with the same word. */
async function writeMany(folder: string, word: string): Promise<void> {
  const nodes = Object.fromEntries(Array.from({ length: MANY }, (_, i) => [
    `n${i + 1}`,
    { "groups": ["everything"], "info.note": { value: `${word} ${"x".repeat(1_500)}` } },
  ]));
  await Deno.mkdir(folder, { recursive: true });
  const dump = { nodegroups: { everything: {} }, nodes, usergroups: {}, users: {} };
  await Deno.writeTextFile(`${folder}/main.json`, JSON.stringify(dump));
}

memberTest(
  "a restore during which the leader is killed is made or not, and never in part",
  async (scene) => {
    const three = await scene.members(3);
    const folder = `${scene.folder}/many`;
    for (const word of ["old", "new"]) await writeMany(`${folder}/${word}`, word);
    const leader = await leaderOf(three);
    const others = three.filter((server) => server !== leader);
    const [member] = others as [Server, Server];
    await member.done("restore", `${folder}/old`);
    const { index } = await leader.collective();
    const restoring = scene.program(["--socket", member.socket, "restore", `${folder}/new`]);
    // Its parts are entries: some are there, and not all of them.
    await until("the restore is under way", async () => {
      return (await leader.collective()).index > index + 2 || undefined;
    });
    await leader.kill();
    const { code, err } = await restoring.ended(120_000);
    const words = new Set<string>();
    for (const server of others) {
      const out = await server.done("nodelist", "everything", "info.note");
      const lines = out.trim().split("\n");
      equal(lines.length, MANY);
      for (const line of lines) words.add(line.split(" ")[2] ?? "");
    }
    equal(words.size, 1, "some nodes are restored and some are not");
    holds(code !== 0 || words.has("new"), err);
  },
);
