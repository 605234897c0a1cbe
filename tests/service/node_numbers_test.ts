import { deepEqual, equal, match } from "node:assert/strict";

import { ok, type Outcome, refused } from "../../src/base/outcome.ts";
import type { Operation } from "../../src/model/operation.ts";
import { Replica } from "../../src/replica/replica.ts";
import type { Written } from "../../src/service/member_service.ts";
import { NodeNumbers, NUMBERS_CELL, NUMBERS_ROW } from "../../src/service/node_numbers.ts";
import { entryAt, set } from "../replica/entries.ts";

/** A collective of one log, at which what is written is applied a while later. */
class Log {
  readonly replica = new Replica();
  readonly writes: (readonly Operation[])[] = [];
  /** What happens between a look at the state and the write. */
  between = (): void => {};
  /** In place of the next write. */
  refusal: Outcome<Written> | undefined;

  readonly write = async (operations: readonly Operation[]): Promise<Outcome<Written>> => {
    await Promise.resolve();
    this.between();
    this.writes.push(operations);
    const { refusal } = this;
    this.refusal = undefined;
    return refusal ?? ok({ index: this.replica.applied + 1, ...this.apply(operations) });
  };

  apply(operations: readonly Operation[]): Pick<Written, "verdict"> {
    return this.replica.apply(entryAt(this.replica.applied + 1, { operations }));
  }

  numbers(): NodeNumbers {
    return new NodeNumbers(this.replica.cells, this.write);
  }
}

function valueOf(taken: Outcome<number>): number | string {
  return taken.ok ? taken.value : taken.refusal.message;
}

Deno.test("numbers begin at one, and none is given twice", async () => {
  const log = new Log(), numbers = log.numbers();
  equal(numbers.next, 1);
  deepEqual(await numbers.take(3), ok(1));
  deepEqual(await numbers.take(1), ok(4));
  equal(numbers.next, 5);
});

Deno.test("all who wait meanwhile are served by one write", async () => {
  const log = new Log(), numbers = log.numbers();
  const counts = [1, 10, 2, 5];
  const taken = (await Promise.all(counts.map((count) => numbers.take(count)))).map(valueOf);
  deepEqual(taken, [1, 2, 12, 14]);
  equal(log.writes.length, 2); // the first was alone when it came
});

Deno.test("members that take at the same time are given different numbers", async () => {
  const log = new Log();
  const members = [log.numbers(), log.numbers(), log.numbers()];
  const taken = await Promise.all(members.flatMap((one) => [one.take(7), one.take(1)]));
  const all = taken.flatMap((first, i) =>
    first.ok ? Array.from({ length: i % 2 === 0 ? 7 : 1 }, (_, k) => first.value + k) : []
  );
  equal(all.length, 24);
  equal(new Set(all).size, 24);
});

Deno.test("numbers that others take all the time are busy", async () => {
  const log = new Log(), numbers = log.numbers();
  let next = 100;
  log.between = (): void => {
    log.apply([set(NUMBERS_ROW, [NUMBERS_CELL, String(next++)])]);
  };
  match(String(valueOf(await numbers.take(1))), /^numbers for new nodes are taken by others/);
  log.between = (): void => {};
  deepEqual(await numbers.take(1), ok(next - 1));
});

Deno.test("what cannot be written is told, and the next one is served", async () => {
  const log = new Log(), numbers = log.numbers();
  log.refusal = refused("no-quorum", "m2 does not answer");
  const [first, second] = await Promise.all([numbers.take(1), numbers.take(1)]);
  deepEqual([first && valueOf(first), second && valueOf(second)], ["m2 does not answer", 1]);
});
