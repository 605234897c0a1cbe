/** The collective key among real members: who has it, what wraps it, and where nothing is told. */
import { deepEqual, equal, match, notEqual, ok as holds } from "node:assert/strict";

import { memberTest, type Server, settled } from "./collective.ts";
import { filesWith, findPlanted, isIn, waysOf } from "./planted.ts";
import { until } from "./program.ts";

/** Has a member rotate the key, which only one that has it can: the new key's id. */
async function rotated(at: Server): Promise<string> {
  const out = await at.done("collective", "rotate-key", "--json");
  const { key, over } = JSON.parse(out);
  equal(over, true, out);
  return key;
}

/** Until nobody has anything to say of keys. */
async function quiet(members: readonly Server[]): Promise<void> {
  for (const member of members) {
    await until(`${member.name} has the collective key`, async () => {
      const { notices } = await member.collective();
      return notices.every((notice) => !notice.includes("collective key")) || undefined;
    });
  }
}

memberTest(
  "each member has the key: after a join, a start, a rejoin, a rotation",
  async (scene) => {
    const members = await scene.members(3);
    const [m1, m2, m3] = members as [Server, Server, Server];
    await quiet(members);
    const keys = new Set<string>();
    for (const member of members) keys.add(await rotated(member));
    equal(keys.size, 3);

    await m2.stop();
    await rotated(m1);
    await m2.serve();
    await settled(members);
    await quiet(members);
    await rotated(m2);

    // Its certificate is another, and its part in the keys the same.
    await m1.done("collective", "rotate");
    await settled(members);
    await quiet(members);
    await rotated(m1);

    // Without its disk: under a new id and key.
    await m3.stop();
    for (const name of ["confluent.kv", "confluent.kv-wal", "confluent.kv-shm", "floor"]) {
      await Deno.remove(`${m3.data}/${name}`).catch((error) => match(String(error), /NotFound/));
    }
    const again = m3.start(["collective", "rejoin"]);
    await again.line(/^ready /);
    await settled(members);
    await quiet(members);
    await rotated(m3);
  },
);

memberTest("who goes on alone has the key, and those who join it get it", async (scene) => {
  const [m1, m2] = await scene.members(2) as [Server, Server];
  await rotated(m1);
  await m2.kill();
  await m1.stop();
  const given = ["--lost", "m2", "--confirm", "m2", "--data", m1.data];
  const forced = await m1.run("collective", "force-quorum", ...given);
  equal(forced.code, 0, forced.err);
  await m1.serve();
  await settled([m1]);
  const key = await rotated(m1);
  await m2.join(await m1.token("m2"), "--replace");
  await settled([m1, m2]);
  await quiet([m1, m2]);
  notEqual(await rotated(m2), key);
});

memberTest(
  "a passphrase wraps it: without it nothing starts, and nowhere is it told",
  async (scene) => {
    const m1 = scene.server();
    const file = `${scene.folder}/words`;
    const passphrase = "dummy-planted-passphrase";
    await Deno.writeTextFile(file, `${passphrase}\n`);
    await m1.serve([], ["--passphrase-file", file]);
    await quiet([m1]);
    await rotated(m1);
    const running = await findPlanted(passphrase, [m1]);
    deepEqual(running, []);
    const before = await m1.stop();

    const without = await m1.start(["serve"]).ended();
    equal(without.code, 1);
    match(without.err, /collective\.key is wrapped by a passphrase: start with --passphrase-file/);
    await Deno.writeTextFile(file, "dummy-mistake\n");
    const wrong = await m1.start(["serve", "--passphrase-file", file]).ended();
    equal(wrong.code, 1);
    match(wrong.err, /the passphrase does not open it/);
    holds(!wrong.err.includes("dummy-mistake"));

    await Deno.writeTextFile(file, `${passphrase}\n`);
    await m1.serve([], ["--passphrase-file", file]);
    await rotated(m1);
    const said = { before: before.out + before.err, without: without.err, wrong: wrong.err };
    deepEqual(await findPlanted(passphrase, [m1], said), []);
  },
);

memberTest("a credential of systemd wraps what was wrapped by itself before", async (scene) => {
  const m1 = scene.server();
  await m1.serve();
  await rotated(m1);
  await m1.stop();
  const credentials = `${scene.folder}/credentials`;
  await Deno.mkdir(credentials);
  await Deno.writeFile(`${credentials}/confluent.key`, crypto.getRandomValues(new Uint8Array(32)));
  const env = ["env", `CREDENTIALS_DIRECTORY=${credentials}`];
  await m1.serve(env);
  await rotated(m1);
  await m1.stop();
  const files = [...Deno.readDirSync(`${m1.data}/identity`)].map(({ name }) => name);
  equal(files.includes("wrapping.key"), false);
  const without = await m1.start(["serve"]).ended();
  match(without.err, /wrapped by a key file or a credential of systemd: start with --key-file/);
});

memberTest("a planted secret is nowhere: store, log, output, arguments, answers", async (scene) => {
  const members = await scene.members(3);
  const [m1, m2] = members as [Server, Server, Server];
  await quiet(members);
  // What is no secret is found in the store: it is not compressed or written otherwise.
  await m1.wrote("n1", "dummy-seen-note");
  const plant = `dummy-planted-${crypto.randomUUID()}`;
  const file = `${scene.folder}/given`;
  await Deno.writeTextFile(file, `secret.hardwaremanagementpassword=${plant}-bmc\n`);
  const texts: Record<string, string> = {};
  const tell = (name: string, ended: { out: string; err: string }): void => {
    texts[name] = ended.out + ended.err;
  };
  tell("nodeattrib -s", await m1.run("nodeattrib", "n1", "-s", file));
  await Deno.remove(file);
  const path = "/nodes/n1/attributes/current";
  const given = {
    "secret.snmpcommunity": `${plant}-snmp`,
    "crypted.rootpassword": `${plant}-root`,
    "custom.nodesecret.lic": `${plant}-lic`,
  };
  const put = await m2.ask("PUT", path, given);
  equal(put.status, 200, JSON.stringify(put.body));
  const wrong = { ...given, "secret.nothing": `${plant}-x`, "info.note": { expression: plant } };
  const refused = await m2.ask("PUT", path, wrong);
  equal(refused.status, 400, JSON.stringify(refused.body));
  texts["PUT"] = JSON.stringify([put.body, refused.body]);
  const long = await m2.ask("PUT", path, { "secret.snmpcommunity": plant.repeat(1_500) });
  equal(long.status, 413, JSON.stringify(long.body));
  texts["PUT, too long"] = JSON.stringify(long.body);
  const shown = await m1.ask("GET", `${path}?consistent=1`);
  for (const name of [...Object.keys(given), "secret.hardwaremanagementpassword"]) {
    holds(JSON.stringify(shown.body).includes(`"${name}":{"isset":true`), name);
  }
  texts["GET"] = JSON.stringify(shown.body);
  tell("nodeattrib all", await m1.run("nodeattrib", "n1", "all"));
  tell("nodelist", await m1.run("nodelist", "--json", "n1", "secret", "crypted", "custom"));
  await rotated(m2);
  deepEqual(await findPlanted(plant, members, texts), []);
  for (const { data } of members) notEqual((await filesWith("dummy-seen-note", data)).length, 0);
  for (const member of members) tell(`end of ${member.name}`, await member.stop());
  deepEqual(await findPlanted(plant, members, texts), []);
});

Deno.test("a planted secret is found however it is written", () => {
  const secret = 'dummy "planted" sécret/1';
  const encoder = new TextEncoder();
  const written = [
    secret,
    encodeURIComponent(secret),
    JSON.stringify({ a: secret }),
    encoder.encode(secret).toHex(),
    ...["", "x", "xy"].map((before) => encoder.encode(`${before}${secret}, more`).toBase64()),
  ];
  for (const text of written) holds(isIn(secret, encoder.encode(`before ${text} behind`)), text);
  holds(!isIn(secret, encoder.encode(secret.slice(1))));
  holds(waysOf(secret).length > 6);
});
