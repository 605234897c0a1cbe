/**
 * How long the members' loops stood still, seen from outside: `/healthz` is asked over each unix
 * socket every 10 ms, by a thread of its own so that what the bench does is not in the figure.
 * On a busy machine an answer also waits for a processor: what the kernel says that the member's
 * loop and the asking thread waited for one is told, and taken off in `loopMs`.
 */
import type { BenchMember } from "./collective.ts";

export interface Stalls {
  readonly answers: number;
  /** The longest answer, as it came. */
  readonly longestMs: number;
  /** The longest without the time that its threads waited for a processor. */
  readonly loopMs: number;
}

/** What the asking thread is told: whom to ask, or to tell what it saw since the last time. */
export type WatchOrder = { readonly watch: Watched } | "tell";
export interface Watched {
  readonly name: string;
  readonly socket: string;
  readonly pid: number;
}
export type WatchReport = readonly (Stalls & { readonly name: string })[];

export class StallWatch {
  readonly #worker = new Worker(import.meta.resolve("./stall_worker.ts"), { type: "module" });

  /** From here on, instead of an earlier process of that name. */
  watch({ name, socket, pid }: BenchMember): void {
    this.#order({ watch: { name, socket, pid } });
  }

  /** What was seen of all of them since this was last called. */
  async taken(): Promise<WatchReport> {
    const { promise, resolve } = Promise.withResolvers<WatchReport>();
    this.#worker.onmessage = ({ data }: MessageEvent<WatchReport>) => resolve(data);
    this.#order("tell");
    return await promise;
  }

  close(): void {
    this.#worker.terminate();
  }

  #order(order: WatchOrder): void {
    this.#worker.postMessage(order);
  }
}
