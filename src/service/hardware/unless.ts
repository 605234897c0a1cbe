/** Waiting that ends when nobody wants to wait any more. */
import { BmcFault } from "../../io/bmc_fault.ts";
import type { Clock } from "../../io/clock.ts";

/** What the promise comes to; {@link BmcFault} `stopped` where the signal comes first. */
export async function unless<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  const { promise: stopped, reject } = Promise.withResolvers<never>();
  const stop = (): void => reject(new BmcFault("stopped", "nobody waits for it any more"));
  signal.addEventListener("abort", stop, { once: true });
  if (signal.aborted) stop();
  try {
    return await Promise.race([promise, stopped]);
  } finally {
    signal.removeEventListener("abort", stop);
  }
}

/** Rests for so long. Throws as {@link unless} does. */
export async function rest(clock: Clock, ms: number, signal: AbortSignal): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const cancel = clock.after(ms, resolve);
  try {
    await unless(promise, signal);
  } finally {
    cancel();
  }
}
