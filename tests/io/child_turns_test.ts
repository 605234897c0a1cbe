import { deepEqual, equal } from "node:assert/strict";

import { ChildTurns, type Lane } from "../../src/io/child_turns.ts";

const NEVER = new AbortController().signal;

/** Lets what has its turn begin. */
async function settle(): Promise<void> {
  for (let at = 0; at < 5; at++) await Promise.resolve();
}

class Queue {
  readonly begun: string[] = [];
  readonly #turns: ChildTurns;
  readonly #ends = new Map<string, () => void>();

  constructor(most: number, mostInVain: number, inVainBeside = mostInVain) {
    this.#turns = new ChildTurns(most, mostInVain, inVainBeside);
  }

  get running(): number {
    return this.#turns.running;
  }

  ask(name: string, lane: Lane = "new", signal = NEVER): void {
    void this.#turns.take(lane, signal).then((end) => {
      this.begun.push(end === undefined ? `not ${name}` : name);
      if (end !== undefined) this.#ends.set(name, end);
    });
  }

  async end(name: string): Promise<void> {
    this.#ends.get(name)?.();
    await settle();
  }
}

Deno.test("so many run at a time, the next in the order of coming", async () => {
  const queue = new Queue(2, 1);
  for (const name of ["a", "b", "c", "d"]) queue.ask(name);
  await settle();
  deepEqual(queue.begun, ["a", "b"]);
  await queue.end("b");
  deepEqual(queue.begun, ["a", "b", "c"]);
  await queue.end("b");
  equal(queue.running, 2, "what ended ends once");
  await queue.end("a");
  deepEqual(queue.begun, ["a", "b", "c", "d"]);
});

Deno.test("what has begun goes on before something new begins", async () => {
  const queue = new Queue(1, 1);
  for (const name of ["a", "b"]) queue.ask(name);
  queue.ask("a goes on", "goes-on");
  await settle();
  await queue.end("a");
  deepEqual(queue.begun, ["a", "a goes on"]);
});

Deno.test("what is in vain has its share, and neither more nor less", async () => {
  const queue = new Queue(3, 1);
  for (const name of ["v1", "v2", "v3"]) queue.ask(name, "vain");
  for (const name of ["a", "b", "c"]) queue.ask(name);
  await settle();
  deepEqual(queue.begun, ["v1", "a", "b"]);
  await queue.end("a");
  deepEqual(queue.begun, ["v1", "a", "b", "c"]);
  await queue.end("v1");
  deepEqual(queue.begun, ["v1", "a", "b", "c", "v2"]);
});

Deno.test("what is in vain gets more while nobody else waits", async () => {
  const queue = new Queue(3, 2, 1);
  queue.ask("a");
  await settle();
  for (const name of ["v1", "v2", "v3"]) queue.ask(name, "vain");
  await settle();
  deepEqual(queue.begun, ["a", "v1", "v2"], "and one place is left for others");
  for (const name of ["b", "c"]) queue.ask(name);
  await queue.end("v1");
  deepEqual(queue.begun, ["a", "v1", "v2", "b"]);
  await queue.end("v2");
  deepEqual(queue.begun, ["a", "v1", "v2", "b", "v3"]);
});

Deno.test("who waits no longer gets no turn, and takes none from others", async () => {
  const queue = new Queue(1, 1), stop = new AbortController();
  queue.ask("a");
  queue.ask("b", "new", stop.signal);
  queue.ask("c");
  await settle();
  stop.abort();
  await settle();
  await queue.end("a");
  deepEqual(queue.begun, ["a", "not b", "c"]);
  queue.ask("d", "new", stop.signal);
  await settle();
  deepEqual(queue.begun.at(-1), "not d");
});
