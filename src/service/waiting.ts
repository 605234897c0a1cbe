/** Those who wait until the state is a certain one, looked at after every turn of the loop. */
import type { Clock } from "../io/clock.ts";

interface Waiter {
  readonly isMet: () => boolean;
  readonly done: (met: boolean) => void;
}

export class Waiting {
  readonly #clock: Clock;
  readonly #waiters = new Set<Waiter>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** True once `isMet` is, false after `ms`. */
  until(isMet: () => boolean, ms: number): Promise<boolean> {
    if (isMet()) return Promise.resolve(true);
    return new Promise((resolve) => {
      const waiter: Waiter = {
        isMet,
        done: (met) => {
          this.#waiters.delete(waiter);
          cancel();
          resolve(met);
        },
      };
      const cancel = this.#clock.after(ms, () => waiter.done(isMet()));
      this.#waiters.add(waiter);
    });
  }

  turned(): void {
    if (this.#waiters.size === 0) return;
    for (const waiter of [...this.#waiters]) if (waiter.isMet()) waiter.done(true);
  }
}

/** Calls every `ms` milliseconds, until what is returned is called. */
export function repeating(clock: Clock, ms: number, call: () => void): () => void {
  let cancel = clock.after(ms, again);
  function again(): void {
    call();
    cancel = clock.after(ms, again);
  }
  return () => cancel();
}

/** What it comes to; all others have their turn between its slices. */
export async function inSlices<T>(clock: Clock, making: Generator<void, T>): Promise<T> {
  let step = making.next();
  for (; step.done !== true; step = making.next()) await pause(clock);
  return step.value;
}

/** Lets all others have their turn. */
export function pause(clock: Clock): Promise<void> {
  return new Promise((resolve) => {
    clock.after(0, resolve);
  });
}
