/** Single bits that turn over in the store of a stopped member: what becomes of each. */
import { BitFlips, type Flip } from "../system/bit_flips.ts";
import { Scene } from "../system/collective.ts";
import type { Bench } from "./collective.ts";
import { type Figure, neverOver } from "./figures.ts";
import { inRounds } from "./rounds.ts";

export async function benchFlips(bench: Bench): Promise<Figure[]> {
  const found: Flip[] = [];
  const rounds = await inRounds(bench, "flips", async (folder, act) => {
    const scene = new Scene(folder, bench.program);
    try {
      const flips = await BitFlips.begin(scene);
      await act(async (seed) => {
        const flip = await flips.flip(seed);
        found.push(flip);
        console.error(JSON.stringify(flip));
      });
    } finally {
      await scene.end();
    }
  });
  const wrongs = rounds.failures.join("\n      ");
  const findings = [...new Set(found.map(({ finding }) => finding))].sort();
  return [
    ...findings.map((finding) =>
      figureOf(finding, found.filter((flip) => flip.finding === finding))
    ),
    {
      what: "served what is wrong, or could not be healed",
      unit: "flips",
      values: [rounds.failures.length],
      target: neverOver(0),
      ...wrongs === "" ? {} : { note: wrongs },
    },
  ];
}

function figureOf(finding: string, flips: readonly Flip[]): Figure {
  const files = [...new Set(flips.map(({ file }) => file))].sort();
  const note = files.map((name) => `${name}: ${flips.filter(({ file }) => file === name).length}`);
  return { what: finding, unit: "flips", values: [flips.length], note: note.join(", ") };
}
