/** How often a collective elects a leader while two busy loops want the cores it runs on. */
import { type Bench, type BenchMember, Collective } from "./collective.ts";
import { type Figure, neverOver, quantile } from "./figures.ts";
import { cpuMsOf, pause, Running } from "./processes.ts";
import { termOf } from "./stored_term.ts";

const LOOPS = 2;
/** One write each, so that there is something to keep up with. */
const WRITE_EVERY_MS = 100;
const MOST_ELECTIONS = 1;

export async function benchBusyLoops(bench: Bench): Promise<Figure[]> {
  return await Collective.during(bench, async (three) => {
    await three.defineNodes(1);
    const before = await highestTerm(three);
    const loops = Array.from({ length: LOOPS }, () => {
      return new Running(["sh", "-c", "while :; do :; done"]);
    });
    const begun = performance.now(), tookMs: number[] = [];
    const statuses = new Map<number, number>();
    while (performance.now() - begun < bench.seconds * 1000) {
      const member = three.member(1 + tookMs.length % 3), asked = performance.now();
      const { status } = await write(member, tookMs.length);
      tookMs.push(performance.now() - asked);
      statuses.set(status, (statuses.get(status) ?? 0) + 1);
      await pause(WRITE_EVERY_MS);
    }
    const seconds = (performance.now() - begun) / 1000;
    const loopPercents = loops.map(({ pid }) => cpuMsOf(pid) / seconds / 10);
    const elections = await highestTerm(three) - before;
    for (const loop of loops) await loop.end("SIGKILL");
    const told = [...statuses].map(([status, count]) => `${status}: ${count}`).join(", ");
    return [
      {
        what: `elections in ${Math.round(seconds)} s beside ${LOOPS} busy loops`,
        unit: "terms",
        values: [elections],
        target: neverOver(MOST_ELECTIONS),
        note: `writes, one every ${WRITE_EVERY_MS} ms, were answered ${told}`,
      },
      { what: "a write meanwhile", unit: "ms", values: tookMs },
      { what: "the slowest of 100", unit: "ms", values: [quantile(tookMs, 0.99)] },
      { what: "a busy loop, of one core", unit: "%", values: loopPercents },
    ];
  });
}

async function write(member: BenchMember, serial: number): Promise<{ readonly status: number }> {
  return await member.tryAsk("PUT", "/nodes/n1/attributes/current", { "info.note": `${serial}` });
}

async function highestTerm({ members }: Collective): Promise<number> {
  return Math.max(...await Promise.all(members.map(({ folder }) => termOf(folder))));
}
