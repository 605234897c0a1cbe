/**
 * Runs seeded worlds: `deno task sim --seeds N [--first K] [--mutant NAME|all] [--story]`.
 * A seed that fails is kept in tests/sim/failing_seeds.txt, which every run replays first.
 */
import { parseArgs } from "node:util";
import { MUTANTS } from "../../src/base/mutant.ts";
import { runMutants } from "./mutants.ts";
import { runWorld } from "./world.ts";

const KEPT = new URL("failing_seeds.txt", import.meta.url);

function keptSeeds(): number[] {
  return Deno.readTextFileSync(KEPT).split("\n")
    .map((line) => line.split("#")[0]?.trim() ?? "")
    .filter((text) => text !== "")
    .map(Number);
}

function keep(seed: number, violation: string): void {
  if (keptSeeds().includes(seed)) return;
  Deno.writeTextFileSync(KEPT, `${seed} # ${violation.slice(0, 120)}\n`, { append: true });
}

/** Runs the seeds; the first that fails is told, with its whole story, and kept. */
function runSeeds(seeds: Iterable<number>, tellsAll: boolean): number {
  const started = performance.now();
  let run = 0, failed = 0, undecided = 0, events = 0, writes = 0, faults = 0;
  for (const seed of seeds) {
    const result = runWorld(seed, undefined, tellsAll);
    run++;
    if (result.isUndecided) undecided++;
    events += result.events;
    writes += result.writes;
    faults += result.faults;
    if (tellsAll) console.log(result.story.join("\n"));
    if (result.violation === undefined) continue;
    failed++;
    console.log(`seed ${seed}: ${result.violation}`);
    console.log(`  replay: deno task sim --seeds 1 --first ${seed} --story`);
    keep(seed, result.violation);
  }
  const seconds = (performance.now() - started) / 1000;
  console.log(
    `${run} seeds, ${failed} failed, ${undecided} undecided: ${events} events, ` +
      `${writes} writes acknowledged, ${faults} faults, ${seconds.toFixed(1)} s (${
        (run / seconds).toFixed(0)
      } a second)`,
  );
  return failed;
}

if (import.meta.main) {
  const { values } = parseArgs({
    options: {
      seeds: { type: "string", default: "1000" },
      first: { type: "string", default: "1" },
      mutant: { type: "string" },
      story: { type: "boolean", default: false },
    },
  });
  const count = Number(values.seeds), first = Number(values.first);
  if (values.mutant !== undefined) {
    const mutants = MUTANTS.filter((name) => values.mutant === "all" || name === values.mutant);
    if (mutants.length === 0) {
      throw new TypeError(`no mutant "${values.mutant}"; there are ${MUTANTS.join(", ")}`);
    }
    Deno.exit(await runMutants(mutants, first, count) > 0 ? 1 : 0);
  }
  const range = Array.from({ length: count }, (_, i) => first + i);
  const seeds = new Set(values.story ? range : [...keptSeeds(), ...range]);
  Deno.exit(runSeeds(seeds, values.story) > 0 ? 1 : 0);
}
