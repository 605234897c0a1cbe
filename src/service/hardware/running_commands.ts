/** The commands of a driver that are under way, which end before it does. */
import type { NodeValues } from "../../model/node_command.ts";

export class RunningCommands {
  readonly #closing = new AbortController();
  readonly #running = new Set<Promise<NodeValues>>();

  /** Aborted where the driver closes. */
  get closing(): AbortSignal {
    return this.#closing.signal;
  }

  async track(running: Promise<NodeValues>): Promise<NodeValues> {
    this.#running.add(running);
    try {
      return await running;
    } finally {
      this.#running.delete(running);
    }
  }

  /** Stops them; resolves when all have ended. */
  async close(): Promise<void> {
    this.#closing.abort();
    await Promise.allSettled(this.#running);
  }
}
