/** Data folders that cannot be used, and disks that fail under a member that runs. */
import { equal, match, ok as holds } from "node:assert/strict";

import { memberTest, type Server, settled } from "./collective.ts";
import { type Ended, type Program, until, works } from "./program.ts";

/** One line for people, no stack trace, and nothing but it. */
function oneError({ code, err, out }: Ended): string {
  const lines = err.split("\n").filter((line) => line !== "");
  equal(code, 1, err);
  equal(out, "");
  equal(lines.length, 1, err);
  return lines[0] ?? "";
}

memberTest("a data folder in use is left alone", async (scene) => {
  const [m1, m2] = [scene.server(), scene.server()];
  const running = await m1.serve();
  const flags = m2.flags.map((flag) => flag === m2.data ? m1.data : flag);
  const said = oneError(await scene.run("serve", ...flags));
  const { pid } = running;
  equal(
    said,
    `Error: data folder ${m1.data} is in use by process ${pid}; stop it or choose another ` +
      "with --data",
  );
  const forced = await scene.run("collective", "force-quorum", "--lost", "m2", "--data", m1.data);
  match(oneError(forced), /is in use by process \d+; stop it or choose another with --data/);
  match(oneError(await scene.run("collective", "rejoin", ...flags)), /is in use by process/);
  await m1.wrote("n1", "still here");
});

/** Root without these two may read no more than anybody. */
const BOUND = ["setpriv", "--bounding-set", "-dac_override,-dac_read_search"];

memberTest("files of another user's are refused in one line each", async (scene) => {
  if (Deno.uid() !== 0 || !await works([...BOUND, "true"], "setpriv as root")) return;
  const [m1, m2] = await scene.members(2) as [Server, Server];
  await m2.stop();
  const files = [
    "confluent.kv",
    "floor",
    "identity/key.pem",
    "identity/member.json",
    "identity",
    "token",
    "",
  ];
  for (const file of files) {
    const path = `${m2.data}/${file}`;
    const { mode } = await Deno.stat(path);
    await Deno.chown(path, 1, 1);
    await Deno.chmod(path, 0o700);
    const said = oneError(await m2.start(["serve"], BOUND).ended());
    match(
      said,
      /^Error: (cannot \S+ .*ermission denied.*; give|data folder \S+ belongs to user 1)/,
    );
    holds(said.includes(file) && !said.includes("rejoin"), `${file}: ${said}`);
    await Deno.chown(path, 0, 0);
    await Deno.chmod(path, (mode ?? 0o700) & 0o777);
  }
  await m2.serve(BOUND);
  await settled([m1, m2]);
});

memberTest("a damaged folder is refused in one line, with the remedy", async (scene) => {
  const members = await scene.members(3);
  const m2 = members[1] as Server;
  await m2.wrote("n1", "before");
  await m2.stop();
  const cases: Record<string, [(bytes: Uint8Array) => void, RegExp]> = {
    "confluent.kv": [
      (bytes) => bytes.fill(0x5a, 4096, bytes.length - 4096),
      /confluent\.kv is damaged \(.*\); the way back is `confluent collective rejoin`$/,
    ],
    "floor": [(bytes) => bytes.fill(0), /floor, which counts .* is missing or damaged; the way/],
    "identity/member.json": [(bytes) => bytes.fill(65), /member\.json.*damaged/],
    "identity/certificate.pem": [(bytes) => bytes.fill(65), /certificate\.pem.*damaged/],
    "identity/key.pem": [(bytes) => bytes.fill(65), /identity.*damaged/],
  };
  for (const [file, [damage, wanted]] of Object.entries(cases)) {
    const path = `${m2.data}/${file}`;
    const sound = await Deno.readFile(path);
    const bytes = sound.slice();
    damage(bytes);
    await Deno.writeFile(path, bytes);
    match(oneError(await m2.start(["serve"]).ended()), wanted);
    await Deno.writeFile(path, sound);
  }
  await Deno.writeTextFile(`${m2.data}/identity/roster.json`, "{");
  const warned = await m2.serve();
  match(warned.err[0] ?? "", /^warn: goes on without the roster kept .*roster\.json is damaged/);
  await settled(members);
  await m2.stop();
  await Deno.remove(`${m2.data}/floor`);
  const said = oneError(await m2.start(["serve"]).ended());
  match(said, /floor, which counts what .*confluent\.kv must hold, is missing or damaged; the way/);
  // The remedy that was named.
  const back = m2.start(["collective", "rejoin"]);
  await back.line(/^ready name=m2 /);
  await settled(members);
  equal(await m2.dump(), await members[0]?.dump());
});

const BALLAST = "ballast";

/** A command line that mounts a small disk over `folder` for itself alone. */
function onSmallDisk(folder: string, size: string): string[] {
  const mount = `mount -t tmpfs -o size=${size},mode=755 none "$0" && exec "$@"`;
  return ["unshare", "--mount", "sh", "-c", mount, folder];
}

/** Takes all the room of the disk that the process sees at `folder`, byte by byte at the end. */
function fill({ pid }: Program, folder: string): void {
  using file = Deno.openSync(`/proc/${pid}/root${folder}/${BALLAST}`, {
    write: true,
    create: true,
  });
  for (let size = 65536; size >= 1; size = Math.floor(size / 2)) {
    try {
      for (;;) file.writeSync(new Uint8Array(size));
    } catch (error) {
      if (!String(error).includes("os error 28")) throw error;
    }
  }
}

memberTest("a full disk is told, and forgotten once there is room", async (scene) => {
  const probe = await Deno.makeTempDir({ dir: scene.folder });
  if (!await works([...onSmallDisk(probe, "1m"), "true"], "a tmpfs in a mount namespace")) return;
  const [m1, m2] = await scene.members(2) as [Server, Server];
  const m3 = scene.server();
  const onSmall = await startSmall(m3, ["join", await m1.token("m3")]);
  const seen = m3.data;
  await settled([m1, m2, m3]);
  fill(onSmall, seen);
  for (let n = 0; n < 40; n++) await m1.wrote("n1", `${n} ${"v".repeat(3000)}`);
  match(await m3.shows(/cannot write/), /^m3 cannot write: .*(full|room|space)/i);
  const refused = await m3.ask("GET", "/readyz");
  holds(refused.status === 503 || refused.status === 200, String(refused.status));
  await m1.wrote("n1", "while one has no room");
  Deno.removeSync(`/proc/${onSmall.pid}/root${seen}/${BALLAST}`);
  await until("m3 can write again", async () => {
    return (await m3.collective()).notices.every((notice) => !/cannot write/.test(notice)) ||
      undefined;
  });
  await settled([m1, m2, m3]);
  equal(await m3.dump(), await m1.dump());
  await m3.wrote("n2", "with room again");
});

/** Starts a member on a small disk, and lets the test have its token. */
async function startSmall(server: Server, command: readonly string[]): Promise<Program> {
  await Deno.mkdir(server.data);
  const program = server.start(command, onSmallDisk(server.data, "8m"));
  await program.line(/^ready /);
  const token = await Deno.readTextFile(`/proc/${program.pid}/root${server.data}/token`);
  await Deno.writeTextFile(`${server.data}/token`, token);
  return program;
}

memberTest("a lone member without room refuses, and takes writes again", async (scene) => {
  const probe = await Deno.makeTempDir({ dir: scene.folder });
  if (!await works([...onSmallDisk(probe, "1m"), "true"], "a tmpfs in a mount namespace")) return;
  const m1 = scene.server();
  const program = await startSmall(m1, ["serve", "--name", "m1"]);
  await m1.wrote("n1", "before");
  fill(program, m1.data);
  let refused = 0, written = 0;
  await until("a write is refused", async () => {
    const { status } = await m1.write(`n${100 + written}`, "v".repeat(4000));
    if (status === 200) written++;
    else refused = status;
    return refused === 0 ? undefined : true;
  });
  holds(refused === 503 || refused === 504, String(refused));
  match(await m1.shows(/cannot write/), /^m1 cannot write: /);
  match(await m1.shows(/no quorum/), /m1 itself does not count/);
  equal((await m1.ask("GET", "/nodes/n1/attributes/current?stale=ok")).status, 200);
  Deno.removeSync(`/proc/${program.pid}/root${m1.data}/${BALLAST}`);
  await until("a write is made again", async () => {
    return (await m1.write("n2", "after")).status === 200 || undefined;
  });
  const dump = await m1.dump();
  for (let n = 0; n < written; n++) holds(dump.includes(`"n${100 + n}"`), `n${100 + n} is lost`);
});

memberTest("a first start without room ends in one line", async (scene) => {
  const probe = await Deno.makeTempDir({ dir: scene.folder });
  if (!await works([...onSmallDisk(probe, "1m"), "true"], "a tmpfs in a mount namespace")) return;
  for (const size of ["8k", "16k", "24k", "32k", "48k", "64k"]) {
    const m1 = scene.server();
    await Deno.mkdir(m1.data);
    const ended = await m1.start(["serve"], onSmallDisk(m1.data, size)).ended(20_000);
    equal(ended.code, 1, `${size}: ${ended.out}`);
    holds(!/ {4}at /.test(ended.err), `${size}: ${ended.err}`);
    match(
      ended.err,
      /^(first start: .*\n)?Error: cannot .*(full|[Nn]o (space|room)|I\/O error)/,
      size,
    );
  }
});

memberTest("after an fsync that failed a store is set right", async (scene) => {
  const tracing = ["strace", "-qq", "-o", "/dev/null"];
  if (!await works([...tracing, "true"], "strace")) return;
  const members = await scene.members(3);
  const [m1, m2] = members as [Server, Server];
  let written = 0;
  for (const victim of [m1, m2]) {
    const inject = "inject=fsync,fdatasync:error=EIO:when=3";
    const strace = new Deno.Command("setpriv", {
      args: [
        ...["--pdeathsig", "KILL", ...tracing, "-f", "-p", String(victim.running.pid)],
        ...["-e", "trace=fsync,fdatasync", "-e", inject],
      ],
      stdout: "null",
      stderr: "null",
    }).spawn();
    const end = performance.now() + 30_000;
    try {
      const isRight = (): boolean =>
        victim.running.err.some((line) => /the store was set right; this member/.test(line));
      while (!isRight()) {
        holds(performance.now() < end, victim.running.said());
        const { status } = await m1.write(`n${written + 1}`, "kept");
        if (status === 200) written++;
        else holds(status === 503 || status === 504, String(status));
      }
    } finally {
      strace.kill("SIGTERM");
      await strace.status;
    }
    await settled(members);
  }
  for (const member of members) {
    const names = (await member.done("nodelist")).split("\n");
    for (let n = 1; n <= written; n++) holds(names.includes(`n${n}`), `n${n} at ${member.name}`);
  }
});
