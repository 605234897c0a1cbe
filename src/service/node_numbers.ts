/**
 * Numbers of nodes (`id.index`), no two alike in a collective. They are taken from one counter
 * before the nodes are made, so that a number is lost where that fails; none is ever given twice.
 */
import { MAX_NUMBER_TRIES } from "../base/limits.ts";
import { ok, type Outcome, refused } from "../base/outcome.ts";
import { type Operation, ROW_MARK } from "../model/operation.ts";
import type { Rows } from "../model/rows.ts";
import type { Written } from "./member_service.ts";

/** The row and cell of the counter: the number that is given next. */
export const NUMBERS_ROW = "setting/numbers";
export const NUMBERS_CELL = "next";

export class NodeNumbers {
  readonly #rows: Rows;
  readonly #write: (operations: readonly Operation[]) => Promise<Outcome<Written>>;
  /** Who waits for numbers: all of them are taken with one write. */
  #waiting: { readonly count: number; readonly told: (first: Outcome<number>) => void }[] = [];
  #isTaking = false;

  constructor(
    rows: Rows,
    write: (operations: readonly Operation[]) => Promise<Outcome<Written>>,
  ) {
    this.#rows = rows;
    this.#write = write;
  }

  /** The number that would be given now. */
  get next(): number {
    return Number(this.#rows.value(NUMBERS_ROW, NUMBERS_CELL) ?? 1);
  }

  /** The first of `count` numbers that are nobody's yet. */
  async take(count: number): Promise<Outcome<number>> {
    return await new Promise((told) => {
      this.#waiting.push({ count, told });
      if (!this.#isTaking) void this.#serve();
    });
  }

  async #serve(): Promise<void> {
    this.#isTaking = true;
    while (this.#waiting.length > 0) {
      const served = this.#waiting;
      this.#waiting = [];
      const taken = await this.#take(served.reduce((sum, { count }) => sum + count, 0));
      let offset = 0;
      for (const { count, told } of served) {
        told(taken.ok ? ok(taken.value + offset) : taken);
        offset += count;
      }
    }
    this.#isTaking = false;
  }

  async #take(count: number): Promise<Outcome<number>> {
    for (let tries = 0; tries < MAX_NUMBER_TRIES; tries++) {
      const value = this.#rows.value(NUMBERS_ROW, NUMBERS_CELL);
      const first = this.next;
      const cells = [[ROW_MARK, ""], [NUMBERS_CELL, String(first + count)]] as const;
      const written = await this.#write([
        {
          kind: "guard",
          guard: { test: "equals", row: NUMBERS_ROW, attribute: NUMBERS_CELL, value },
        },
        { kind: "set", rows: [NUMBERS_ROW], cells },
      ]);
      if (!written.ok) return written;
      if (written.value.verdict.result === "applied") return ok(first);
    }
    return refused("busy", "numbers for new nodes are taken by others all the time; try again");
  }
}
