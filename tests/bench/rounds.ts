/** Rounds made of seeds, one after another: a failed one is told with the command that repeats it,
 * and the next begins in a place of its own. */
import type { Bench } from "./collective.ts";

export interface Rounds {
  readonly done: number;
  /** What failed, and how to see it again: one line each. */
  readonly failures: readonly string[];
}

/** A round; rejects where something was wrong. */
type Round = (seed: number) => Promise<void>;

/**
 * `stage` makes what rounds take place in, in an empty folder, calls `act` with what one is, and
 * takes it down. It rejects where `act` does.
 */
export async function inRounds(
  bench: Bench,
  name: string,
  stage: (folder: string, act: (round: Round) => Promise<void>) => Promise<void>,
): Promise<Rounds> {
  const last = bench.first + bench.rounds - 1;
  const failures: string[] = [];
  let done = 0, seed = bench.first;
  while (seed <= last) {
    const folder = await Deno.makeTempDir({ dir: bench.folder, prefix: `${name}-` });
    try {
      await stage(folder, async (round) => {
        for (; seed <= last; seed++) {
          await round(seed);
          done++;
        }
      });
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      failures.push(`${why}\n      again: deno task bench ${name} --first ${seed} --rounds 1`);
      console.error(`${seed} FAILED: ${failures.at(-1)}`);
      seed++;
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  }
  return { done, failures };
}
