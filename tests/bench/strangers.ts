/** Writes while strangers hold connections to the ports of every member: some that say nothing,
 * some that send a byte a second. */
import { type Bench, type BenchMember, Collective } from "./collective.ts";
import { type Figure, median, neverOver, quantile, shorten } from "./figures.ts";
import { Running } from "./processes.ts";
import type { StrangerOrder } from "./stranger_client.ts";

const SILENT = 1000;
const SLOW = 200;
const WRITES = 500;
const NODES = 100;
const WORST_MS = 1_000;
const CONNECTED_MS = 60_000;
/** One write that takes longer than this is reason enough to ask no more. */
const STOPPED_MS = 4_000;

/** At which port strangers stand, and how long they stay away when they are closed. */
interface Siege {
  readonly port: "peer" | "api";
  readonly awayMs: number;
}

const SIEGES: readonly Siege[] = [
  { port: "peer", awayMs: 5_000 },
  { port: "peer", awayMs: 250 },
  { port: "api", awayMs: 5_000 },
];

export async function benchStrangers(bench: Bench): Promise<Figure[]> {
  return await Collective.during(bench, async (three) => {
    await three.defineNodes(NODES);
    const figures: Figure[] = [];
    for (const siege of SIEGES) figures.push(...await measure(bench.runs, three, siege));
    return figures;
  });
}

/** What writes took, one after another, at the leader. */
interface Took {
  readonly medianMs: number;
  readonly worstMs: number;
  readonly refused: number;
}

async function measure(runs: number, three: Collective, siege: Siege): Promise<Figure[]> {
  const leader = await three.leader();
  const alone: Took[] = [], among: Took[] = [];
  await write(leader);
  let held = "";
  for (let run = 0; run < runs; run++) {
    await three.settled();
    alone.push(await write(leader));
    const strangers = await invade(three.members, siege);
    try {
      among.push(await write(leader));
    } finally {
      held = strangers.lines.at(-1) ?? "";
      await strangers.end("SIGKILL");
    }
  }
  const who = `${SILENT} silent and ${SLOW} slow strangers at every ${siege.port} port, ` +
    `closed ones back after ${siege.awayMs} ms`;
  const of = (took: readonly Took[], what: keyof Took): number[] => took.map((each) => each[what]);
  return [
    {
      what: `a write without strangers, median of ${WRITES}`,
      unit: "ms",
      values: of(alone, "medianMs"),
    },
    { what: `a write among ${who}, median`, unit: "ms", values: of(among, "medianMs") },
    {
      what: `a write among ${who}, the worst`,
      unit: "ms",
      values: of(among, "worstMs"),
      target: neverOver(WORST_MS),
      note: `the worst without them: ${shorten(median(of(alone, "worstMs")))} ms; ` +
        `at the end the strangers said: ${held}`,
    },
    {
      what: `writes not made among ${who}`,
      unit: "writes",
      values: of(among, "refused"),
      target: neverOver(0),
    },
  ];
}

async function write(member: BenchMember): Promise<Took> {
  const took: number[] = [];
  let refused = 0;
  for (let i = 0; i < WRITES; i++) {
    const begun = performance.now();
    const path = `/nodes/n${1 + i % NODES}/attributes/current`;
    try {
      const answer = await member.tryAsk("PUT", path, { "info.note": `${i} at ${begun}` });
      if (answer.status !== 200) refused++;
    } catch {
      refused++; // no answer in time
    }
    const ms = performance.now() - begun;
    took.push(ms);
    if (ms > STOPPED_MS) break;
  }
  return { medianMs: median(took), worstMs: quantile(took, 1), refused };
}

/** Resolves once they stand at the doors. */
async function invade(members: readonly BenchMember[], siege: Siege): Promise<Running> {
  const addresses = members.map((member) => member[siege.port]);
  const { awayMs } = siege;
  const order: StrangerOrder = { addresses, silent: SILENT, slow: SLOW, awayMs };
  const program = new URL("stranger_client.ts", import.meta.url).pathname;
  const strangers = new Running([
    ...[Deno.execPath(), "run", "-A", program, JSON.stringify(order)],
  ]);
  await strangers.line(/^standing/, CONNECTED_MS);
  return strangers;
}
