import { deepEqual, equal } from "node:assert/strict";
import fc from "fast-check";

import { OPERATION_WINDOW } from "../../src/base/limits.ts";
import { OperationWindow, type Sight } from "../../src/replica/window.ts";

/** What a window promises, with a set that forgets nothing. */
class Seen {
  #boot = 0;
  #sequences = new Set<number>();

  look(boot: number, sequence: number): Sight {
    if (boot !== this.#boot) return boot > this.#boot ? "new" : "outdated";
    if (sequence <= Math.max(0, ...this.#sequences) - OPERATION_WINDOW) return "outdated";
    return this.#sequences.has(sequence) ? "duplicate" : "new";
  }

  mark(boot: number, sequence: number): void {
    if (boot > this.#boot) this.#sequences = new Set();
    this.#boot = Math.max(this.#boot, boot);
    this.#sequences.add(sequence);
  }
}

interface Request {
  readonly boot: number;
  readonly sequence: number;
}

/** Neighbours, edges of the window, and leaps across one or several windows. */
const SEQUENCE = fc.oneof(
  fc.integer({ min: 1, max: 20 }),
  fc.integer({ min: 1, max: 3 * OPERATION_WINDOW }),
  fc.tuple(fc.nat(4), fc.integer({ min: -2, max: 2 }))
    .map(([windows, off]) => Math.max(1, windows * OPERATION_WINDOW + 8 + off)),
);
const BOOT = fc.oneof({ weight: 8, arbitrary: fc.constant(1) }, {
  weight: 1,
  arbitrary: fc.integer({ min: 1, max: 3 }),
});
const REQUESTS = fc.array(fc.record({ boot: BOOT, sequence: SEQUENCE }), {
  maxLength: 60,
  size: "max",
});

/** Takes what is new, as apply does; what was said of each. */
function take(window: OperationWindow | Seen, requests: readonly Request[]): Sight[] {
  return requests.map(({ boot, sequence }) => {
    const sight = window.look(boot, sequence);
    if (sight === "new") window.mark(boot, sequence);
    return sight;
  });
}

Deno.test("a window says what a set that forgets nothing says", () => {
  fc.assert(fc.property(REQUESTS, (requests) => {
    deepEqual(take(new OperationWindow(), requests), take(new Seen(), requests));
  }));
});

Deno.test("a window out of its text goes on as if it had never been written", () => {
  fc.assert(fc.property(REQUESTS, REQUESTS, (before, after) => {
    const window = new OperationWindow();
    take(window, before);
    const copy = OperationWindow.fromText(window.toText());
    equal(copy.toText(), window.toText());
    deepEqual(take(copy, after), take(window, after));
    equal(copy.toText(), window.toText());
  }));
});

Deno.test("equal requests in another order, or after another boot, leave equal text", () => {
  const few = fc.uniqueArray(fc.integer({ min: 1, max: OPERATION_WINDOW }), {
    minLength: 1,
    maxLength: 40,
  });
  fc.assert(fc.property(few, (sequences) => {
    const texts = [sequences, sequences.toReversed()].map((order, earlier) => {
      const window = new OperationWindow();
      if (earlier > 0) window.mark(6, OPERATION_WINDOW - 1);
      for (const sequence of order) window.mark(7, sequence);
      return window.toText();
    });
    equal(texts[0], texts[1]);
  }));
});

Deno.test("the oldest sequence a window knows is 1,023 before the newest", () => {
  const window = new OperationWindow();
  window.mark(1, 2000);
  equal(window.look(1, 2000), "duplicate");
  equal(window.look(1, 2001), "new");
  equal(window.look(1, 2000 - OPERATION_WINDOW + 1), "new");
  equal(window.look(1, 2000 - OPERATION_WINDOW), "outdated");
});

Deno.test("a later boot begins an empty window, and ends the earlier one", () => {
  const window = new OperationWindow();
  window.mark(1, 5);
  equal(window.look(2, 5), "new");
  window.mark(2, 1);
  equal(window.look(2, 5), "new");
  equal(window.look(2, 1), "duplicate");
  equal(window.look(1, 6), "outdated");
});
