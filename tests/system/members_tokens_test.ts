/** Tokens that must not open, and those that must whatever happened meanwhile. */
import { deepEqual, equal, match, ok as holds } from "node:assert/strict";

import { toHex } from "../../src/base/bytes.ts";
import { decodeToken, encodeToken } from "../../src/wire/token.ts";
import { memberTest, type Scene, type Server, settled } from "./collective.ts";
import { type Ended, until } from "./program.ts";

/** A join that must come to nothing: nobody is listed, and nothing is left that stands in a way. */
async function refusedJoin(server: Server, token: string, ...more: string[]): Promise<Ended> {
  const ended = await server.start(["join", token, ...more]).ended();
  equal(ended.out, "");
  equal(ended.err.split("\n").filter((line) => line.startsWith("Error: ")).length, 1, ended.err);
  holds(!ended.err.includes("    at "), `a stack trace: ${ended.err}`);
  return ended;
}

/** The token with something else in its place. */
function altered(token: string, change: Partial<Parameters<typeof encodeToken>[0]>): string {
  const decoded = decodeToken(token);
  if (!decoded.ok) throw new Error(decoded.refusal.message);
  return encodeToken({ ...decoded.value, ...change });
}

memberTest("what is no token is told so before anything is made", async (scene) => {
  const m1 = scene.server(), m2 = scene.server();
  await m1.serve();
  const token = await m1.invite("m2");
  match(token, /^cft[a-z2-7]+$/);
  const other = token.at(60) === "a" ? "b" : "a";
  const wrongs = [
    token.slice(0, -1),
    token.slice(0, 40),
    token.slice(0, 60) + other + token.slice(61),
    token.toUpperCase(),
    "cft",
    "nonsense",
  ];
  for (const wrong of wrongs) {
    const { code, err } = await refusedJoin(m2, wrong);
    equal(code, 1);
    match(
      err,
      /^Error: cannot join: the token is not valid: it was cut, altered or mistyped; copy/,
    );
  }
  const named = await refusedJoin(m2, token, "--name", "m3");
  equal(named.code, 1);
  match(named.err, /cannot join as m3: the token is for m2; leave --name out, or ask/);
  // With the right name, and with white space around it, it opens.
  await m2.join(` ${token}\n`, "--name", "m2");
});

memberTest("a token that nobody here made opens nothing", async (scene) => {
  const m1 = scene.server(), m2 = scene.server(), m3 = scene.server();
  for (const server of [m1, m3]) await server.serve();
  const mine = await m1.token("m2"), foreign = await m3.token("m2");
  const decoded = decodeToken(mine);
  const addresses = [m1.peer];
  const unknown = [
    altered(foreign, { addresses }),
    // Made far ahead of where this collective is.
    altered(foreign, { addresses, index: 1_000_000 }),
    altered(mine, { secret: new Uint8Array(32) }),
    altered(mine, { id: toHex(new Uint8Array(8)) }),
    altered(mine, { name: "m9" }),
    altered(mine, {
      role: decoded.ok && decoded.value.role === "learner" ? "nonvoting" : "learner",
    }),
  ];
  for (const token of unknown) {
    const { code, err } = await refusedJoin(m2, token);
    match(err, /the token opens nothing here: it was used, it expired, or it is of another collec/);
    equal(code, 5);
  }
  const nowhere = await refusedJoin(m2, altered(mine, { addresses: ["127.0.0.1:1"] }));
  equal(nowhere.code, 1);
  match(
    nowhere.err,
    /none could do it now: cannot reach 127\.0\.0\.1:1: nothing listens there/,
  );
  deepEqual((await m1.collective()).members.map(({ name }) => name), ["m1"]);
  // Nothing that was refused stands in the way of what is right, nor does a stranger's no.
  const joined = await m2.join(altered(mine, { addresses: [m3.peer, m1.peer] }));
  holds(joined.err.some((line) => /the token opens nothing here/.test(line)), joined.said());
});

memberTest("a token expires, and is good for one server", async (scene) => {
  const [m1] = await scene.members(1) as [Server];
  const m2 = scene.server(), m3 = scene.server();
  const short = await m1.invite("m2", "--expires", "1s");
  await until("it expired", async () => {
    const decoded = decodeToken(short);
    return await Promise.resolve(decoded.ok && decoded.value.expiresAtMs < Date.now() || undefined);
  });
  const late = await refusedJoin(m2, short);
  equal(late.code, 5);
  match(late.err, /expired at \d{4}-|it was used, it expired/);
  const token = await m1.invite("m2");
  await m2.join(token);
  const used = await refusedJoin(m3, token);
  equal(used.code, 5);
  match(used.err, /another server has used it|it was used, it expired/);
  match(used.err, /ask for a new (one|token) with `confluent invite/);
  for (const wrong of ["0s", "8d", "soon", "-1"]) {
    const { code, err } = await m1.run("invite", "m4", `--expires=${wrong}`);
    holds(code === 1 || code === 2, `${wrong}: ${code}`);
    match(err, /expires/);
  }
});

memberTest("a token outlives a restart of all members", async (scene) => {
  const members = await scene.members(2);
  const [m1, m2] = members as [Server, Server];
  const token = await m1.token("m3");
  for (const member of members) await member.kill();
  await Promise.all(members.map((member) => member.serve()));
  await settled(members);
  const m3 = scene.server();
  await m3.join(token, "--server", m2.peer);
  await settled([...members, m3]);
});

memberTest("a listed name is not invited again, unless it is to be replaced", async (scene) => {
  const [m1, m2] = await scene.members(2) as [Server, Server];
  const refused = await m1.run("invite", "m2");
  equal(refused.code, 1);
  match(
    refused.err,
    /cannot invite m2: a member of that name is listed; remove it first, or invite/,
  );
  await m1.wrote("n1", "kept");
  const token = await m2.invite("m2", "--replace");
  const before = (await m1.collective()).members.find(({ name }) => name === "m2");
  const newcomer = scene.server();
  await newcomer.join(token);
  await settled([m1, newcomer]);
  const after = (await m1.collective()).members.find(({ name }) => name === "m2");
  holds(after !== undefined && after.id !== before?.id);
  equal(await newcomer.dump(), await m1.dump());
  // The one whose place was taken knows it.
  await m2.shows(/m2 is locked: removed at index \d+/);
  await m1.wrote("n1", "without the old one");
});

memberTest("of two servers with one token exactly one comes in", async (scene) => {
  const [m1, m2] = await scene.members(2) as [Server, Server];
  for (let round = 0; round < 2; round++) await race(scene, m1, m2);
});

async function race(scene: Scene, m1: Server, m2: Server): Promise<void> {
  const [one, other] = [scene.server(), scene.server()];
  const token = await m1.token(one.name);
  const joins = [one.start(["join", token, "--server", m1.peer, "--nonvoting"].slice(0, 4))];
  joins.push(other.start(["join", token, "--server", m2.peer]));
  const ends = await Promise.all(joins.map(async (join) => {
    const ready = join.line(/^ready /).then(() => "in");
    return await Promise.race([ready.catch(() => "out"), join.ended().then(() => "out")]);
  }));
  deepEqual(ends.sort(), ["in", "out"], joins.map((join) => join.said()).join("\n"));
  const loser = joins.find((join) => join.hasEnded);
  const { code, err } = await (loser ?? joins[0])!.ended();
  equal(code, 5, err);
  match(err, /another server has used it|it was used, it expired/);
  const names = (await m1.collective()).members.map(({ name }) => name);
  equal(names.filter((name) => name === one.name).length, 1);
}
