/** The port to time. */
import type { Now } from "../base/instant.ts";

export interface Clock {
  now(): Now;
  /** Calls back once, `ms` from now or a little later. The returned function cancels. */
  after(ms: number, call: () => void): () => void;
}

/** The host's own clocks. `performance.now()` never steps, but stands still in suspend. */
export const systemClock: Clock = {
  now: () => ({ monoMs: performance.now(), wallMs: Date.now() }),
  after: (ms, call) => {
    const timer = setTimeout(call, ms);
    return () => clearTimeout(timer);
  },
};

/** Resolves with the promise, or after `withinMs` of the host's time, whichever comes first. */
export async function soon(promise: Promise<unknown>, withinMs: number): Promise<void> {
  const { promise: late, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, withinMs);
  await Promise.race([promise, late]);
  clearTimeout(timer);
}
