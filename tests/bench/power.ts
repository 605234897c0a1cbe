/** Power cuts of a whole collective under load, on disks that forget what was not synced. */
import { Scene } from "../system/collective.ts";
import { PowerCuts, type PowerTotals, whyNoPowerCuts } from "../system/power_cuts.ts";
import type { Bench } from "./collective.ts";
import { type Figure, neverOver } from "./figures.ts";
import { inRounds, type Rounds } from "./rounds.ts";

export async function benchPower(bench: Bench): Promise<Figure[]> {
  const whyNot = await whyNoPowerCuts();
  if (whyNot !== undefined) throw new Error(whyNot);
  const all: PowerTotals[] = [];
  const rounds = await inRounds(bench, "power", async (folder, act) => {
    const scene = new Scene(folder, bench.program);
    await PowerCuts.during(scene, async (cuts) => {
      await act(async (seed) => {
        await cuts.round(seed);
        const { acknowledged, disksThatForgot, backMs } = cuts.totals;
        const back = Math.round(backMs.at(-1) ?? NaN);
        const told = `${acknowledged} writes acknowledged, ${disksThatForgot} disks forgot`;
        console.error(`${seed}: ${told}, back in ${back} ms`);
      });
      all.push(cuts.totals);
    });
  });
  return figuresOf(rounds, all);
}

function figuresOf(rounds: Rounds, all: readonly PowerTotals[]): Figure[] {
  const sum = (count: (totals: PowerTotals) => number): number =>
    all.reduce((total, totals) => total + count(totals), 0);
  const wrongs = rounds.failures.join("\n      ");
  return [
    {
      what: `${rounds.done} power cuts of all members, writes acknowledged`,
      unit: `and ${sum(({ disksThatForgot }) => disksThatForgot)} of ` +
        `${sum(({ disksCut }) => disksCut)} disks lost what was not synced`,
      values: [sum(({ acknowledged }) => acknowledged)],
    },
    {
      what: "from the start of the processes to a write of every client",
      unit: "ms",
      values: all.flatMap(({ backMs }) => backMs),
    },
    {
      what: "cuts after which something was lost, or that needed a hand",
      unit: "rounds",
      values: [rounds.failures.length],
      target: neverOver(0),
      ...wrongs === "" ? {} : { note: wrongs },
    },
  ];
}
