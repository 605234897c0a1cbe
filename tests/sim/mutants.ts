/** Looks for deliberate bugs, on as many cores as there are. */
import { once } from "node:events";
import { availableParallelism } from "node:os";
import { isMainThread, parentPort, Worker, workerData } from "node:worker_threads";

import { present } from "../../src/base/assert.ts";
import type { Mutant } from "../../src/base/mutant.ts";
import { runWorld } from "./world.ts";

interface Hunt {
  readonly mutant: Mutant;
  readonly first: number;
  /** How many seeds are run at most. */
  readonly most: number;
}

/** How many seeds it takes to find the deliberate bug; undefined where none does. */
export function findMutant({ mutant, first, most }: Hunt): number | undefined {
  for (let seed = first; seed < first + most; seed++) {
    if (runWorld(seed, mutant).violation !== undefined) return seed - first + 1;
  }
  return undefined;
}

/** Tells of each as it is found; how many were not. */
export async function runMutants(
  mutants: readonly Mutant[],
  first: number,
  most: number,
): Promise<number> {
  const waiting = mutants.values();
  let missed = 0;
  const hunter = async (): Promise<void> => {
    for (const mutant of waiting) {
      const started = performance.now();
      const found = await inWorker({ mutant, first, most });
      const seconds = ((performance.now() - started) / 1000).toFixed(1);
      if (found === undefined) missed++;
      const how = found === undefined ? `NOT found in ${most} seeds` : `found by seed ${found}`;
      console.log(`${mutant.padEnd(24)} ${how} (${seconds} s)`);
    }
  };
  await Promise.all(Array.from({ length: availableParallelism() }, hunter));
  return missed;
}

/** An error of the worker is thrown here. */
async function inWorker(hunt: Hunt): Promise<number | undefined> {
  const worker = new Worker(new URL(import.meta.url), { workerData: hunt });
  const [found] = await once(worker, "message");
  return found;
}

if (!isMainThread) present(parentPort, "the main thread").postMessage(findMutant(workerData));
