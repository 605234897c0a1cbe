/** Ports and sockets that are taken, strangers at the doors, and members that stop. */
import { equal, match, ok as holds, rejects } from "node:assert/strict";

import { leaderOf, memberTest, type Server, settled } from "./collective.ts";
import { type Ended, Program, works } from "./program.ts";

/** One line for people. */
function oneError({ code, err, out }: Ended): string {
  const lines = err.split("\n").filter((line) => line !== "");
  equal(code, 1, err);
  equal(out, "");
  equal(lines.length, 1, err);
  return lines[0] ?? "";
}

memberTest("a port or socket that is taken is told before anything is made", async (scene) => {
  const m1 = scene.server(), m2 = scene.server();
  await m1.serve();
  const token = await m1.token("m2");
  const taken: [flag: string, value: string, wanted: RegExp][] = [
    [
      "--peer",
      m1.peer,
      /^Error: cannot listen for peers on \S+: the port is taken; stop the other/,
    ],
    ["--api", m1.api, /^Error: cannot listen on \S+: the port is taken; stop what holds it or/],
    ["--socket", m1.socket, /^Error: cannot listen on \S+: another process answers there; stop it/],
    ["--socket", `${m1.data}/lock`, /^Error: cannot listen on \S+: something that is no socket is/],
    ["--socket", `${m1.data}/lock/x.sock`, /^Error: cannot listen on \S+: /],
    ["--api", "192.0.2.1:0", /^Error: cannot listen on 192\.0\.2\.1:0: /],
    ["--peer", "192.0.2.1:0", /^Error: cannot listen for peers on 192\.0\.2\.1:0: /],
  ];
  for (const [flag, value, wanted] of taken) {
    for (const command of [["serve"], ["join", token]]) {
      // `join` asks whoever answers at the socket to join.
      if (command[0] === "join" && value === m1.socket) continue;
      const flags = m2.flags.map((given, at) => m2.flags[at - 1] === flag ? value : given);
      const said = oneError(await scene.run(...command, ...flags));
      match(said, wanted);
      holds(said.includes(value), said);
      await rejects(Deno.stat(`${m2.data}/identity`), Deno.errors.NotFound);
    }
  }
  equal((await m1.collective()).members.length, 1);
  await m1.wrote("n1", "still here");
  await m2.join(token);
});

memberTest("a socket that a killed member left is taken over", async (scene) => {
  const m1 = scene.server();
  await m1.serve();
  equal((await Deno.stat(m1.socket)).isSocket, true);
  await m1.kill();
  equal((await Deno.stat(m1.socket)).isSocket, true);
  const nobody = await m1.run("nodelist");
  equal(nobody.code, 4);
  match(nobody.err, /cannot reach the service at \S+http\.sock: nothing answers there; start it/);
  await m1.serve();
  equal(await m1.done("nodelist"), "");
});

/** Root without this one may write no more than anybody. */
const BOUND = ["setpriv", "--bounding-set", "-dac_override,-dac_read_search"];

memberTest("a socket's folder that cannot be written is told", async (scene) => {
  if (Deno.uid() !== 0 || !await works([...BOUND, "true"], "setpriv as root")) return;
  const m1 = scene.server();
  const folder = m1.socket.replace(/\/[^/]*$/, "");
  await Deno.mkdir(folder, { mode: 0o755 });
  await Deno.chown(folder, 1, 1);
  const said = oneError(await m1.start(["serve"], BOUND).ended());
  match(said, /^Error: cannot listen on \S+http\.sock: .*ermission denied/);
});

/** On a machine that has other things to do. */
const STOPS_MS = 8_000;

memberTest("SIGTERM stops a member soon, with nothing held", async (scene) => {
  const [m1, m2, m3] = await scene.members(3) as [Server, Server, Server];
  for (const signal of ["SIGTERM", "SIGINT"] as const) {
    // A connection that stays open, and requests that wait, do not keep it.
    using _silent = await Deno.connect({ port: Number(m2.api.split(":")[1]) });
    const waiting = [1, 2, 3].map(async () => {
      const asked = m2.ask("GET", "/nodes/?minIndex=1000000");
      return await asked.then(({ status }) => status, () => "broken off");
    });
    await m2.collective();
    const begun = performance.now();
    const { code, err } = await m2.running.kill(signal);
    equal(code, 0, err);
    match(err, new RegExp(`stops: ${signal}$`));
    const tookMs = performance.now() - begun;
    holds(tookMs < STOPS_MS, `it took ${tookMs} ms`);
    await rejects(Deno.stat(m2.socket), Deno.errors.NotFound);
    for (const answer of await Promise.all(waiting)) {
      holds(answer === "broken off" || answer === 503, String(answer));
    }
    await m1.wrote("n1", signal);
    await m2.serve();
    await settled([m1, m2, m3]);
  }
});

/** More than a member needs, less than its callers. */
const DESCRIPTORS = 120;

memberTest("a member that ran out of descriptors takes calls again when it can", async (scene) => {
  const [m1, m2] = await scene.members(2) as [Server, Server];
  await m2.kill();
  const short = await m2.serve(["prlimit", `--nofile=${DESCRIPTORS}:${DESCRIPTORS}`]);
  await settled([m1, m2]);
  for (const door of [m2.api, m2.peer]) {
    const [hostname = "", port] = door.split(":");
    const calls: Deno.Conn[] = [];
    for (let i = 0; i < DESCRIPTORS * 2; i++) {
      try {
        calls.push(await Deno.connect({ hostname, port: Number(port) }));
      } catch (error) {
        // The listener is gone already, or goes with those that wait at it.
        const { ConnectionRefused, ConnectionReset } = Deno.errors;
        holds(error instanceof ConnectionRefused || error instanceof ConnectionReset);
      }
    }
    if (door === m2.api) await short.word(/cannot take calls on \S+: .*too many open files/i);
    // Longer than it takes for the own addresses to be looked at.
    await m1.wrote("n1", door);
    for (const call of calls) call.close();
    if (door === m2.api) await short.word(/takes calls on \S+ again/);
    equal((await m2.ask("GET", "/nodes/")).status, 200);
    await m2.wrote("n2", door);
  }
  equal(short.hasEnded, false);
});

const WRITES = 40;
/** They all come at once, and a busy machine takes its time to drop most of them. */
const SLOW_WRITE_MS = 15_000;

memberTest("1,000 silent and 200 slow strangers do not stop a write", async (scene) => {
  const members = await scene.members(3);
  const m1 = await leaderOf(members);
  await m1.wrote("n1", "before");
  const [host = "", port] = m1.peer.split(":");
  const order = {
    addresses: [{ host, port: Number(port) }],
    silent: 1_000,
    slow: 200,
    awayMs: 5_000,
  };
  const client = new URL("../bench/stranger_client.ts", import.meta.url).pathname;
  const strangers = new Program([Deno.execPath(), "run", "-A", client, JSON.stringify(order)]);
  try {
    await strangers.line(/^standing/);
    for (let n = 0; n < WRITES; n++) {
      const begun = performance.now();
      await m1.wrote("n1", `${n}`);
      const tookMs = performance.now() - begun;
      holds(tookMs < SLOW_WRITE_MS, `write ${n} took ${tookMs} ms`);
    }
    // Whoever belongs there still gets in.
    const [other] = members.filter((member) => member !== m1);
    await other?.kill();
    await other?.serve();
    await settled(members);
  } finally {
    await strangers.kill();
  }
});

const CLIENTS = 64;
const ANSWER_MS = 5_000;
/** Of a machine that has other things to do. */
const GRACE_MS = 2_500;

memberTest("requests in flight while the leader dies are answered", async (scene) => {
  const members = await scene.members(3);
  const leader = await leaderOf(members);
  const others = members.filter((member) => member !== leader);
  equal((await leader.ask("POST", "/noderange/", { name: `n[1-${CLIENTS}]` })).status, 200);
  const counts = new Map<number, number>();
  let isOver = false, slowest = 0;
  const client = async (n: number): Promise<void> => {
    const at = others[n % 2] as Server;
    for (let i = 0; !isOver; i++) {
      const begun = performance.now();
      const { status } = await at.write(`n${n}`, `${i}`);
      slowest = Math.max(slowest, performance.now() - begun);
      counts.set(status, (counts.get(status) ?? 0) + 1);
    }
  };
  const going = Promise.all(Array.from({ length: CLIENTS }, (_, n) => client(n + 1)));
  const enough = async (): Promise<void> => {
    const before = counts.get(200) ?? 0;
    const end = performance.now() + 60_000;
    while ((counts.get(200) ?? 0) < before + 2 * CLIENTS) {
      holds(performance.now() < end, `writes stopped: ${JSON.stringify([...counts])}`);
      await (others[0] as Server).collective();
    }
  };
  try {
    await enough();
    await leader.kill();
    await enough();
  } finally {
    isOver = true;
    await going;
  }
  const told = `${JSON.stringify([...counts])}, the slowest took ${Math.round(slowest)} ms`;
  console.log(told);
  holds([...counts.keys()].every((status) => [200, 503, 504].includes(status)), told);
  holds(slowest < ANSWER_MS + GRACE_MS, told);
  await leader.serve();
  await settled(members);
  const dumps = await Promise.all(members.map((member) => member.dump()));
  equal(new Set(dumps).size, 1);
});
