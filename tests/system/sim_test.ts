/** `confluent sim` as a user runs it: three real members, twenty simulated nodes. */
import { deepEqual, equal, match, notEqual } from "node:assert/strict";
import { z } from "zod";

import { PROGRAM, Program, until, works } from "./program.ts";

const NODES = Array.from({ length: 20 }, (_, i) => `n${i + 1}`);
const HAS_SETPRIV = await works(["setpriv", "--pdeathsig", "KILL", "true"], "setpriv");
if (!HAS_SETPRIV) console.log("skipped: sim, because there is no setpriv");

const recorded = z.strictObject({
  trueTimeMs: z.number(),
  bmc: z.string(),
  member: z.string(),
  epoch: z.int().positive(),
  action: z.string(),
});
const ready = z.object({
  event: z.literal("ready"),
  nodes: z.string(),
  silent: z.string().nullable(),
  members: z.array(z.object({ name: z.string(), pid: z.int(), socket: z.string() })),
});

function simTest(name: string, test: (folder: string) => Promise<void>): void {
  Deno.test({
    name,
    ignore: !HAS_SETPRIV,
    async fn(): Promise<void> {
      const folder = await Deno.makeTempDir({ prefix: "sim-test-" });
      try {
        await test(folder);
      } finally {
        await Deno.remove(folder, { recursive: true });
      }
    },
  });
}

function start(folder: string, ...args: string[]): Program {
  return new Program(["env", `TMPDIR=${folder}`, ...PROGRAM, "sim", ...args]);
}

function namesIn(folder: string): string[] {
  return Array.from(Deno.readDirSync(folder), ({ name }) => name);
}

/** Whether the process is there and has not ended. */
function isAlive(pid: number): boolean {
  try {
    return !/^State:\s+Z/m.test(Deno.readTextFileSync(`/proc/${pid}/status`));
  } catch {
    return false; // gone
  }
}

/** Whom a terminal sends Ctrl-C together with it. */
function groupOf(pid: number): string | undefined {
  return Deno.readTextFileSync(`/proc/${pid}/stat`).replace(/^.*\) /, "").split(" ")[2];
}

/** What one nodepower prints, by node. */
async function power(socket: string, ...words: string[]): Promise<Record<string, string>> {
  const asking = new Program([...PROGRAM, "--socket", socket, "nodepower", "n1-n20", ...words]);
  const { code, out, err } = await asking.ended();
  deepEqual([code, err], [0, ""]);
  return Object.fromEntries(out.split("\n").map((line) => line.split(": ")));
}

function everyNode(state: string): Record<string, string> {
  return Object.fromEntries(NODES.map((node) => [node, state]));
}

simTest("the nodes of a member that is killed are switched by the others", async (folder) => {
  const record = `${folder}/record`;
  const sim = start(folder, "20", "--record", record);
  await sim.line(/Ctrl-C stops them/);
  const pids = sim.out.flatMap((line) => /^m\d: pid (\d+) /.exec(line)?.[1] ?? []).map(Number);
  const sockets = sim.out.flatMap((line) => /^m\d: .* socket (\S+)/.exec(line)?.[1] ?? []);
  const [socket = "", , third = ""] = sockets;
  equal(pids.filter(isAlive).length, 3);
  for (const pid of pids) notEqual(groupOf(pid), groupOf(sim.pid));
  await sim.line(/each is managed by a member: m1 has 7, m2 has 7, m3 has 6\.$/);

  deepEqual(await power(socket, "on"), everyNode("on"));
  for (const node of NODES) await sim.line(new RegExp(`^[\\d:.]+ ${node}: reset On \\(m\\d, `));
  const before = actionsIn(record);
  deepEqual(before.map(({ bmc }) => bmc).toSorted(), NODES.map((n) => `bmc${n.slice(1)}`).sort());
  deepEqual([...new Set(before.map(({ member }) => member))].toSorted(), ["m1", "m2", "m3"]);

  const [, victim = ""] = await sim.line(/^ +kill -9 (\d+) +# m2:/);
  Deno.kill(Number(victim), "SIGKILL");
  await sim.line(/m2 ended: SIGKILL$/);
  await sim.line(/the nodes of m2 are with others after .*: m1 has 10, m3 has 10$/);
  deepEqual(await power(third, "off"), everyNode("off"));
  const after = actionsIn(record).slice(before.length);
  equal(after.length, NODES.length);
  deepEqual([...new Set(after.map(({ member }) => member))].toSorted(), ["m1", "m3"]);
  for (const { bmc, member, epoch } of before.filter(({ member }) => member === "m2")) {
    const next = after.find((action) => action.bmc === bmc);
    notEqual(next?.member, member);
    equal((next?.epoch ?? 0) > epoch, true);
  }

  const { code, out } = await sim.kill("SIGINT");
  equal(code, 0);
  match(out, /Stopped; .* is removed\.$/);
  deepEqual(pids.filter(isAlive), []);
  deepEqual(namesIn(folder), ["record"]);
});

function actionsIn(path: string): z.infer<typeof recorded>[] {
  const lines = Deno.readTextFileSync(path).trimEnd().split("\n");
  return lines.map((line) => recorded.parse(JSON.parse(line)));
}

simTest("what it says to try works, and dead controllers are told as such", async (folder) => {
  const sim = start(folder, "4", "--silent", "1");
  await sim.line(/^The controllers of n4 are dead/);
  await sim.line(/Ctrl-C stops them/);
  const from = sim.out.indexOf("Try in another shell:") + 1;
  const tried = sim.out.slice(from, sim.out.indexOf("", from)).filter((line) => !/kill/.test(line));
  const script = tried.map((line) => line.replace(/n1-n4.*/, "$& --timeout 2")).join("\n");
  const { out, err } = await new Program(["sh", "-c", script]).ended();
  match(out, /^n1: network$/m);
  match(out, /^n[123]: ok$/m);
  match(out, /^n1 is managed by m\d /m);
  match(out, /^m3: voting: True$/m);
  match(err, /^n4: Error: /m);
  equal(/^n[123]: Error/m.test(err), false, err);
  equal((await sim.kill("SIGTERM")).code, 0);
  deepEqual(namesIn(folder), []);
});

simTest("in JSON every line is an event; nothing outlives one that is killed", async (folder) => {
  const sim = start(folder, "1", "--json");
  const [line] = await sim.line(/.*"event":"ready".*/);
  const { nodes, silent, members } = ready.parse(JSON.parse(line));
  deepEqual([nodes, silent, members.map(({ name }) => name)], ["n1", null, ["m1", "m2", "m3"]]);
  const asking = ["--socket", members[1]?.socket ?? "", "nodeidentify", "n1", "on"];
  equal((await new Program([...PROGRAM, ...asking]).ended()).code, 0);
  const [action] = await sim.line(/.*"event":"action".*/);
  const { event: _, node, ...rest } = JSON.parse(action);
  equal(node, "n1");
  match(recorded.parse(rest).action, /^light /);
  const { out } = await sim.kill("SIGKILL");
  equal(out.split("\n").length, 2);
  const pids = members.map(({ pid }) => pid);
  await until("no member is left", () => Promise.resolve(pids.some(isAlive) ? undefined : true));
});
