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
