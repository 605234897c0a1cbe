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
const CONNECTED_MS = 30_000;

export async function benchStrangers(bench: Bench): Promise<Figure[]> {
  return await Collective.during(bench, async (three) => {
    await three.defineNodes(NODES);
    const figures: Figure[] = [];
    for (const port of ["peer", "api"] as const) {
      figures.push(...await measurePort(bench.runs, three, port));
    }
    return figures;
  });
}

/** What writes took, one after another, at the leader. */
interface Took {
  readonly medianMs: number;
  readonly worstMs: number;
}

async function measurePort(
  runs: number,
  three: Collective,
  port: "peer" | "api",
): Promise<Figure[]> {
  const leader = await three.leader();
  const alone: Took[] = [], among: Took[] = [];
  await write(leader);
  let held = "";
  for (let run = 0; run < runs; run++) {
    alone.push(await write(leader));
    const strangers = await invade(three.members, port);
    among.push(await write(leader));
    held = strangers.lines.at(-1) ?? "";
    await strangers.end("SIGKILL");
  }
  const who = `${SILENT} silent and ${SLOW} slow strangers at every ${port} port`;
  const medians = (of: readonly Took[]): number[] => of.map(({ medianMs }) => medianMs);
  return [
    { what: `a write without strangers, median of ${WRITES}`, unit: "ms", values: medians(alone) },
    { what: `a write among ${who}, median of ${WRITES}`, unit: "ms", values: medians(among) },
    {
      what: `a write among ${who}, the worst of ${WRITES}`,
      unit: "ms",
      values: among.map(({ worstMs }) => worstMs),
      target: neverOver(WORST_MS),
      note: `the worst without them: ${shorten(median(alone.map(({ worstMs }) => worstMs)))} ms; ` +
        `at the end the strangers said: ${held}`,
    },
  ];
}

async function write(member: BenchMember): Promise<Took> {
  const took: number[] = [];
  for (let i = 0; i < WRITES; i++) {
    const begun = performance.now();
    const path = `/nodes/n${1 + i % NODES}/attributes/current`;
    await member.ask("PUT", path, { "info.note": `${i} at ${begun}` });
    took.push(performance.now() - begun);
  }
  return { medianMs: median(took), worstMs: quantile(took, 1) };
}

/** Resolves once they stand at the doors. */
async function invade(members: readonly BenchMember[], port: "peer" | "api"): Promise<Running> {
  const addresses = members.map((member) => member[port]);
  const order: StrangerOrder = { addresses, silent: SILENT, slow: SLOW };
  const program = new URL("stranger_client.ts", import.meta.url).pathname;
  const strangers = new Running([
    ...[Deno.execPath(), "run", "-A", program, JSON.stringify(order)],
  ]);
  await strangers.line(/^standing/, CONNECTED_MS);
  return strangers;
}
