/** What three members cost that have nothing to do. */
import { type Bench, Collective } from "./collective.ts";
import { atMost, type Figure } from "./figures.ts";
import { cpuMsOf, memoryOf, pause } from "./processes.ts";

const SETTLING_MS = 10_000;
const WINDOW_MS = 12_000;
const TARGET_MB = 100;
const TARGET_PERCENT = 1;

export async function benchIdling(bench: Bench): Promise<Figure[]> {
  return await Collective.during(bench, async (three) => {
    await pause(SETTLING_MS);
    const leader = await three.leader();
    const figures: Figure[] = [];
    const percents = new Map(three.members.map((member) => [member, [] as number[]]));
    for (let run = 0; run < bench.runs; run++) {
      const before = three.pids.map(cpuMsOf), begun = performance.now();
      await pause(WINDOW_MS);
      const ms = performance.now() - begun;
      for (const [i, member] of three.members.entries()) {
        percents.get(member)?.push((cpuMsOf(member.pid) - (before[i] ?? 0)) * 100 / ms);
      }
    }
    for (const member of three.members) {
      const who = member === leader ? `the leader, ${member.name}` : `a follower, ${member.name}`;
      const { nowMb, highestMb } = memoryOf(member.pid);
      figures.push(
        {
          what: `idle: ${who}, of one core in windows of ${WINDOW_MS / 1000} s`,
          unit: "%",
          values: percents.get(member) ?? [],
          target: atMost(TARGET_PERCENT),
        },
        {
          what: `idle: ${who}, resident memory`,
          unit: "MB",
          values: [nowMb],
          target: atMost(TARGET_MB),
          note: `the highest since its start was ${Math.round(highestMb)} MB`,
        },
      );
    }
    return figures;
  });
}
