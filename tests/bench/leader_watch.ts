/** Who led, as one member after another said it several times a second. */
import { collectiveAnswer } from "../../src/wire/http.ts";
import type { Collective } from "./collective.ts";
import { jsonOf, KeptConnection } from "./kept_connection.ts";
import { pause } from "./processes.ts";

const EVERY_MS = 100;

export class LeaderWatch {
  #changes = 0;
  #last: string | undefined;
  #isOver = false;
  readonly #watching: Promise<unknown>;

  constructor(of: Collective) {
    this.#watching = this.#watch(of);
  }

  /** How often another one led since this was last called. */
  taken(): number {
    const changes = this.#changes;
    this.#changes = 0;
    return changes;
  }

  async close(): Promise<void> {
    this.#isOver = true;
    await this.#watching;
  }

  async #watch(of: Collective): Promise<void> {
    while (!this.#isOver) {
      for (const { socket } of of.running) await this.#ask(socket);
      await pause(EVERY_MS);
    }
  }

  async #ask(socket: string): Promise<void> {
    let conn: KeptConnection | undefined;
    try {
      conn = await KeptConnection.openSocket(socket);
      const { leader } = collectiveAnswer.parse(jsonOf(await conn.ask("GET", "/collective/")));
      if (leader === null) return;
      if (this.#last !== undefined && this.#last !== leader) this.#changes++;
      this.#last = leader;
    } catch {
      // It starts or was stopped; the others are asked.
    } finally {
      conn?.close();
    }
  }
}
