/**
 * A dump of 100,000 nodes with 40 attributes each, in 200 groups, restored by the command at a
 * follower of three, and dumped again.
 */
import { DumpFiles } from "../../src/cli/dump/dump_files.ts";
import { type Bench, type BenchMember, Collective } from "./collective.ts";
import { atMost, type Figure, neverOver } from "./figures.ts";
import { CELLS_A_NODE, inventoryLines } from "./inventories.ts";
import { memoryOf, pause, Running } from "./processes.ts";

const GROUPS = 200;
const MOST_RESTORE_S = 40;
const MOST_CLIENT_MB = 300;
const PATIENCE_MS = 600_000;
const SAMPLE_MS = 50;

export async function benchRestore(bench: Bench): Promise<Figure[]> {
  const folder = `${bench.folder}/dump`;
  await writeDump(folder, bench.nodes);
  return await Collective.during(bench, async (three) => {
    const [follower] = await three.followers();
    if (follower === undefined) throw new Error("no follower");
    const restored = await command(bench, follower, ["restore", folder]);
    const begun = performance.now();
    await three.settled((await follower.collective()).index, PATIENCE_MS);
    const settledS = (performance.now() - begun) / 1000;
    const dumped = await command(bench, follower, ["dump", `${folder}/again`, "-u"]);
    const what = `${bench.nodes} nodes with ${CELLS_A_NODE} attributes in ${GROUPS} groups`;
    return [
      {
        what: `${what}, restored at a follower`,
        unit: "s",
        values: [restored.seconds],
        target: atMost(MOST_RESTORE_S),
      },
      { what: "after that, until all three have applied it", unit: "s", values: [settledS] },
      {
        what: "the peak of the command's resident memory, restore and dump",
        unit: "MB",
        values: [restored.peakMb, dumped.peakMb],
        target: neverOver(MOST_CLIENT_MB),
      },
      { what: "the same, dumped", unit: "s", values: [dumped.seconds] },
    ];
  });
}

interface Ran {
  readonly seconds: number;
  readonly peakMb: number;
}

async function command(bench: Bench, at: BenchMember, words: readonly string[]): Promise<Ran> {
  const begun = performance.now();
  const running = new Running([...bench.program, "--socket", at.socket, ...words]);
  let peakMb = 0;
  while (!running.hasEnded) {
    await pause(SAMPLE_MS);
    const seen = peakOf(running.pid);
    if (seen === undefined) break;
    peakMb = Math.max(peakMb, seen);
  }
  await running.ended();
  const seconds = (performance.now() - begun) / 1000;
  const said = running.said();
  if (/Error/.test(said)) throw new Error(`${words.join(" ")}:\n${said}`);
  return { seconds, peakMb };
}

/** Undefined where the process is gone, or as good as. */
function peakOf(pid: number): number | undefined {
  try {
    const { highestMb } = memoryOf(pid);
    return Number.isNaN(highestMb) ? undefined : highestMb;
  } catch {
    return undefined;
  }
}

async function writeDump(folder: string, nodes: number): Promise<void> {
  await Deno.mkdir(folder, { recursive: true });
  const files = await DumpFiles.open(folder, "json");
  const members = Array.from({ length: GROUPS }, (): string[] => []);
  for (let node = 1; node <= nodes; node++) members[node % GROUPS]?.push(`n${node}`);
  for (const [i, names] of members.entries()) {
    files.entry("nodegroups", `g${i}`, { "custom.group": { value: `g${i}` }, "nodes": names });
  }
  files.entry("nodegroups", "everything", {});
  let node = 0;
  for (const line of inventoryLines(nodes)) {
    const { name, ...values } = JSON.parse(line) as Record<string, string>;
    const content: Record<string, unknown> = { groups: [`g${++node % GROUPS}`, "everything"] };
    for (const attribute in values) content[attribute] = { value: values[attribute] };
    files.entry("nodes", name ?? "", content);
  }
  await files.small("globals", { max_node_index: nodes + 1 });
  await files.close();
}
