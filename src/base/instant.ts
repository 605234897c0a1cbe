/** The two readings of time a machine is given; it never asks a clock itself. */
export interface Now {
  /** Milliseconds on a clock that never jumps and means nothing outside this process. */
  readonly monoMs: number;
  /** Milliseconds since the Unix epoch by this host's wall clock. It may be wrong. */
  readonly wallMs: number;
}

/** When a machine wants to be called again at the latest (monotonic), and why. */
export interface Deadline {
  readonly atMs: number;
  readonly reason: string;
}

/** The earlier of two deadlines; either may be absent. */
export function earlier(a: Deadline | undefined, b: Deadline | undefined): Deadline | undefined {
  if (a === undefined) return b;
  if (b === undefined) return a;
  return b.atMs < a.atMs ? b : a;
}

export const DAY_MS = 86_400_000;
