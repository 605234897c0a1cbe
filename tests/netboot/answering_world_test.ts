/** Exactly one answer, where words are late or lost, members dead, and loops stand still. */
import { deepEqual, equal, ok as holds } from "node:assert/strict";

import fc from "fast-check";

import { type Answered, AnsweringWorld, type Story, type Weather } from "./answering_world.ts";

const ONCE: Pick<Weather, "asksAtMs" | "clients"> = { asksAtMs: [0], clients: 20 };
/** As firmware asks: after one second, three, seven. */
const AGAIN: Pick<Weather, "asksAtMs" | "clients"> = {
  asksAtMs: [0, 1_000, 3_000, 7_000],
  clients: 12,
};
const SIZE = fc.integer({ min: 3, max: 5 });

function told(story: Story): string {
  return JSON.stringify(story);
}

/** Holds of what came of each time that each client asked. With a seed it is the same worlds each
 * time: for what is counted. */
function ofAll(
  weather: fc.Arbitrary<Weather>,
  check: (answers: readonly Answered[], nth: number, weather: Weather) => boolean,
  seed?: number,
): void {
  fc.assert(
    fc.property(fc.nat(), weather, (world, one) => {
      const story = new AnsweringWorld(world, one).run();
      for (const client of story) {
        for (const [nth, answers] of client.entries()) {
          holds(check(answers, nth, one), `time ${nth + 1}: ${told([client])}`);
        }
      }
    }),
    { numRuns: 300, ...seed !== undefined && { seed } },
  );
}

Deno.test("one answer at once, where every word comes within 0.7 s", () => {
  ofAll(
    SIZE.map((members) => ({ ...ONCE, members, noteMs: [0, 700] })),
    ([first, ...more]) => first !== undefined && first.afterMs < 1 && more.length === 0,
  );
});

Deno.test("the first is dead: one answer after 0.75 s, and each more costs as much", () => {
  const dead = SIZE.chain((members) =>
    fc.integer({ min: 1, max: members - 1 }).map((deadFirsts): Weather => ({
      ...{ ...ONCE, members, deadFirsts, noteMs: [0, 700] },
    }))
  );
  ofAll(dead, ([first, ...more], _, { deadFirsts = 0 }) => {
    const late = (first?.afterMs ?? Infinity) - deadFirsts * 750;
    return late >= 0 && late < 1 && more.length === 0;
  });
});

Deno.test("the first is dead, loops stand still and words are lost: an answer within 2 s", () => {
  ofAll(
    SIZE.map((members) => ({
      ...{ ...ONCE, members, deadFirsts: 1, noteMs: [0, 300], lostNotes: 30, stillMs: 250 },
    })),
    (answers, _, { members }) =>
      answers.length > 0 && answers.length < members &&
      Math.min(...answers.map(({ afterMs }) => afterMs)) <= 2_000,
  );
});

Deno.test("loops that stand still, and words that come soon: one answer mostly", () => {
  for (const [stillMs, wordMs] of [[600, 50], [2_000, 1]] as const) {
    let times = 0, twice = 0;
    ofAll(
      SIZE.map((members) => ({ ...ONCE, members, noteMs: [0, wordMs], stillMs })),
      (answers) => {
        times++;
        if (answers.length > 1) twice++;
        const firstMs = Math.min(...answers.map(({ afterMs }) => afterMs));
        return answers.length === 1 || (answers.length > 1 && firstMs > 700);
      },
      1,
    );
    // Loops that stand still half of the time.
    holds(twice < times / 500, `${twice} of ${times} were answered twice`);
  }
});

Deno.test("words that are all lost: as many answers as members, each in its turn", () => {
  fc.assert(fc.property(fc.nat(), SIZE, (seed, members) => {
    const weather: Weather = { ...ONCE, members, noteMs: [0, 1], lostNotes: 100 };
    for (const [answers = []] of new AnsweringWorld(seed, weather).run()) {
      deepEqual(answers.map(({ afterMs }) => Math.floor(afterMs / 750)), [
        ...Array(members).keys(),
      ]);
      equal(new Set(answers.map(({ by }) => by)).size, members);
    }
  }));
});

Deno.test("a request that some do not hear is answered by those that do, once by each", () => {
  ofAll(
    SIZE.map((members) => ({ ...ONCE, members, noteMs: [0, 200], lostRequests: 50, clients: 40 })),
    (answers, _, { members }) =>
      new Set(answers.map(({ by }) => by)).size === answers.length &&
      answers.every(({ afterMs }) => afterMs < (members - 1) * 750 + 1),
  );
});

Deno.test("a client that asks again has one answer, and from the third time on more", () => {
  ofAll(
    SIZE.map((members) => ({ ...AGAIN, members, noteMs: [0, 200] })),
    (answers, nth, { members }) => {
      const wanted = nth < 2 ? 1 : Math.min(nth, members);
      return answers.length === wanted && answers.every(({ afterMs }) => afterMs < 1);
    },
  );
});

Deno.test("a client that asks again while the first is dead waits but a short while", () => {
  ofAll(
    SIZE.map((members) => ({ ...AGAIN, members, deadFirsts: 1, noteMs: [0, 200] })),
    (answers, nth) => {
      const [first] = answers;
      const waitMs = [750, 250, 0, 0][nth] ?? 0;
      return first !== undefined && Math.floor(first.afterMs - waitMs) === 0;
    },
  );
});

Deno.test("whatever the weather, somebody answers, and no member the same twice", () => {
  const any: fc.Arbitrary<Weather> = fc.record({
    members: SIZE,
    deadFirsts: fc.integer({ min: 0, max: 2 }),
    noteMs: fc.constantFrom<[number, number]>([0, 1], [0, 700], [500, 3_000]),
    lostNotes: fc.constantFrom(0, 20, 100),
    stillMs: fc.constantFrom(0, 100, 2_000),
    asksAtMs: fc.constant([0, 1_000, 3_000, 7_000]),
    clients: fc.constant(8),
  });
  ofAll(any, (answers) => new Set(answers.map(({ by }) => by)).size === answers.length);
  fc.assert(
    fc.property(fc.nat(), any, (seed, weather) => {
      const story = new AnsweringWorld(seed, weather).run();
      for (const client of story) holds(client.flat().length > 0, told(story));
    }),
    { numRuns: 300 },
  );
});
