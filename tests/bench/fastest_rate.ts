/** The highest rate at which something is still as it must be. */
import { median } from "./figures.ts";

/** What it was like at a rate; undefined where it was not as it must be. */
export type Trial<Pace> = (rate: number) => Promise<Pace | undefined>;

const FIRST_RATE = 2_000, LEAST_RATE = 50, MOST_RATE = 64_000;
const STEP = 1.5, FINE_STEPS = 3;
/** Others on this machine spoil some. */
const TRIES = 2;

/** Up or down in steps until it is known between which two of them it lies, then by halves.
 * `before`: what was found so far. */
export async function fastest<Pace>(trial: Trial<Pace>, before: readonly number[]): Promise<Pace> {
  let rate = Math.round((before.length > 0 ? median(before) : FIRST_RATE) / STEP);
  let best: Pace | undefined, good = 0, bad = Number.POSITIVE_INFINITY;
  while (rate < MOST_RATE && (best === undefined || !Number.isFinite(bad))) {
    if (rate < LEAST_RATE) throw new Error(`it is not met at ${rate} a second either`);
    const pace = await tried(trial, rate);
    if (pace === undefined) bad = rate;
    else [best, good] = [pace, rate];
    rate = Math.round(pace === undefined ? rate / STEP : rate * STEP);
  }
  for (let steps = FINE_STEPS; steps > 0 && Number.isFinite(bad); steps--) {
    const between = Math.round((good + bad) / 2);
    const pace = await tried(trial, between);
    if (pace === undefined) bad = between;
    else [best, good] = [pace, between];
  }
  return best ?? await Promise.reject(new Error("no rate was found"));
}

async function tried<Pace>(trial: Trial<Pace>, rate: number): Promise<Pace | undefined> {
  for (let tries = TRIES; tries > 0; tries--) {
    const pace = await trial(rate);
    if (pace !== undefined) return pace;
  }
  return undefined;
}
