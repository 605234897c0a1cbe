/** A collective of sixteen: how fast it forms, what it costs when nothing happens, and whether it
 * goes on when seven members die at once. */
import { type Bench, type BenchMember, Collective } from "./collective.ts";
import { type Figure, median, neverOver, shorten } from "./figures.ts";
import { indexOf, textOf } from "./kept_connection.ts";
import { cpuMsOf, memoryOf, pause, until } from "./processes.ts";

export const SIXTEEN = 16;
const DEATHS = 7;
const NODES = 100;
const SETTLING_MS = 10_000;
const WINDOW_MS = 12_000;
const PATIENCE_MS = 60_000;

export async function benchSixteen(bench: Bench): Promise<Figure[]> {
  const begun = performance.now();
  return await Collective.during(bench, async (sixteen) => {
    const formedS = (performance.now() - begun) / 1000;
    await sixteen.defineNodes(NODES);
    const idle = await idling(bench, sixteen);
    return [
      { what: `${SIXTEEN} members formed, one after another`, unit: "s", values: [formedS] },
      ...idle,
      ...await deaths(sixteen),
    ];
  }, SIXTEEN);
}

/** What one member cost in a window. */
interface Cost {
  readonly percent: number;
  readonly packets: number;
  readonly kilobytes: number;
}

async function idling(bench: Bench, sixteen: Collective): Promise<Figure[]> {
  await pause(SETTLING_MS);
  const leader = await sixteen.leader();
  const costs = new Map<BenchMember, Cost[]>(sixteen.members.map((member) => [member, []]));
  for (let run = 0; run < bench.runs; run++) {
    const before = sixteen.members.map(spentBy), begun = performance.now();
    await pause(WINDOW_MS);
    const seconds = (performance.now() - begun) / 1000;
    for (const [i, member] of sixteen.members.entries()) {
      const after = spentBy(member), was = before[i] ?? after;
      costs.get(member)?.push({
        percent: (after.cpuMs - was.cpuMs) / 10 / seconds,
        packets: (after.packets - was.packets) / seconds,
        kilobytes: (after.bytes - was.bytes) / 1000 / seconds,
      });
    }
  }
  const followers = sixteen.members.filter((member) => member !== leader);
  const windows = `in windows of ${WINDOW_MS / 1000} s`;
  const of = (members: readonly BenchMember[], pick: (cost: Cost) => number): number[] =>
    members.flatMap((member) => costs.get(member) ?? []).map(pick);
  return [
    ...[{ who: "the leader", of: [leader] }, { who: "a follower", of: followers }].flatMap(
      (those): Figure[] => [
        {
          what: `idle: ${those.who}, of one core ${windows}`,
          unit: "%",
          values: of(those.of, ({ percent }) => percent),
        },
        {
          what: `idle: ${those.who}, sent and received`,
          unit: "kB/s",
          values: of(those.of, ({ kilobytes }) => kilobytes),
          note: `${shorten(median(of(those.of, ({ packets }) => packets)))} packets a second`,
        },
      ],
    ),
    {
      what: "idle: resident memory of a member",
      unit: "MB",
      values: sixteen.pids.map((pid) => memoryOf(pid).nowMb),
    },
  ];
}

interface Spent {
  readonly cpuMs: number;
  readonly packets: number;
  readonly bytes: number;
}

/** Both ways on its one interface, which is in the network namespace of its process. */
function spentBy({ pid }: BenchMember): Spent {
  const line = /^\s*eth0:(.*)$/m.exec(Deno.readTextFileSync(`/proc/${pid}/net/dev`))?.[1] ?? "";
  const fields = line.trim().split(/\s+/).map(Number);
  const at = (field: number): number => fields[field] ?? NaN;
  return { cpuMs: cpuMsOf(pid), packets: at(1) + at(9), bytes: at(0) + at(8) };
}

/** The leader and six others are killed; the other nine must go on, and all come back. */
async function deaths(sixteen: Collective): Promise<Figure[]> {
  const leader = await sixteen.leader();
  const others = sixteen.members.filter((member) => member !== leader);
  const victims = [leader, ...others.slice(0, DEATHS - 1)], [survivor] = others.slice(DEATHS - 1);
  if (survivor === undefined) throw new Error("nobody survives");
  const killedAt = performance.now();
  await Promise.all(victims.map((victim) => victim.kill()));
  const first = await writeUntilDone(survivor);
  const writtenS = (performance.now() - killedAt) / 1000;
  await until("the nine hold the same", PATIENCE_MS, () => holdTheSame(sixteen.running, first));
  const startedAt = performance.now();
  for (const victim of victims) await victim.start();
  await sixteen.settled();
  const backS = (performance.now() - startedAt) / 1000;
  await until("the sixteen hold the same", PATIENCE_MS, () => holdTheSame(sixteen.members, first));
  return [
    {
      what: `the leader and ${DEATHS - 1} more killed at once, to the next write`,
      unit: "s",
      values: [writtenS],
      target: neverOver(10),
    },
    {
      what: `the ${DEATHS} started one after another, until all ${SIXTEEN} agree`,
      unit: "s",
      values: [backS],
    },
  ];
}

/** The index of the first write that is made. */
async function writeUntilDone(member: BenchMember): Promise<number> {
  let index = 0;
  await until("a write is made", PATIENCE_MS, async () => {
    const path = "/nodes/n1/attributes/current";
    const answer = await member.tryAsk("PUT", path, { "info.note": "after seven deaths" });
    if (answer.status === 200) index = indexOf(answer);
    return answer.status === 200;
  });
  return index;
}

async function holdTheSame(members: readonly BenchMember[], since: number): Promise<boolean> {
  const range = encodeURIComponent(`n[1-${NODES}]`);
  const answers = await Promise.all(members.map(async (member) => {
    return await member.ask("GET", `/noderange/${range}/attributes/current`);
  }));
  const dumps = answers.map((answer) => JSON.stringify([indexOf(answer), textOf(answer)]));
  return new Set(dumps).size === 1 && answers.every((answer) => indexOf(answer) >= since);
}
