/**
 * One at a time for each controller: it has few sessions, and what was read of it is to be true
 * still when it is told to do something about it.
 */
import { MAX_IPMI_COMMANDS_WAITING } from "../../base/limits.ts";

interface Waiter {
  readonly begin: () => void;
}

export class OneAtATime {
  /** Those who wait, by controllers that somebody speaks to. */
  readonly #waiting = new Map<string, Waiter[]>();

  /** Resolves with what leaves again; undefined where `signal` was sooner. */
  async enter(key: string, signal: AbortSignal): Promise<(() => void) | "full" | undefined> {
    if (signal.aborted) return undefined;
    const waiting = this.#waiting.get(key);
    if (waiting === undefined) {
      this.#waiting.set(key, []);
      return this.#leaving(key);
    }
    if (waiting.length >= MAX_IPMI_COMMANDS_WAITING) return "full";
    const { promise, resolve } = Promise.withResolvers<boolean>();
    const waiter: Waiter = { begin: () => resolve(true) };
    const giveUp = (): void => {
      const at = waiting.indexOf(waiter);
      if (at < 0) return;
      waiting.splice(at, 1);
      resolve(false);
    };
    waiting.push(waiter);
    signal.addEventListener("abort", giveUp, { once: true });
    const hasCome = await promise;
    signal.removeEventListener("abort", giveUp);
    return hasCome ? this.#leaving(key) : undefined;
  }

  #leaving(key: string): () => void {
    let hasLeft = false;
    return () => {
      if (hasLeft) return;
      hasLeft = true;
      const next = this.#waiting.get(key)?.shift();
      if (next === undefined) this.#waiting.delete(key);
      else next.begin();
    };
  }
}
