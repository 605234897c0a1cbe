import { deepEqual, equal, ok as holds } from "node:assert/strict";

import {
  FORGET_TRANSACTION_MS,
  MAX_TRANSACTIONS,
  REPEATED_MS,
  STEP_IN_MS,
} from "../../src/base/boot_limits.ts";
import { type Answerable, Answering } from "../../src/netboot/answering.ts";
import { idOf, MAC } from "./boot_stage.ts";
import { transcript } from "./answering_transcript.ts";

const SCRIPTS: Readonly<Record<string, string>> = {
  "the first answers at once, and the others let it": `
    order m1 m2 m3
    all hear DISCOVER
      m1 tells m2 m3
      m1 answers
      m2 leaves it to m1
      m3 leaves it to m1
    until 700 ms
    what m1 told reaches m2 m3
    until 9000 ms
  `,
  "the first is dead: the second steps in, and tells the third": `
    order m1 m2 m3
    m1 is dead
    all hear DISCOVER
      m2 leaves it to m1
      m3 leaves it to m1
    until 1000 ms
      m2 tells m1 m3
      m2 answers after 750 ms
    what m2 told reaches m3
    until 9000 ms
  `,
  "two are dead: the third steps in": `
    order m1 m2 m3
    m1 is dead
    m2 is dead
    m3 hears DISCOVER
      m3 leaves it to m1
    until 9000 ms
      m3 tells m1 m2
      m3 answers after 1500 ms
  `,
  "the word is lost: each answers at its time, and says the same": `
    order m1 m2 m3
    all hear DISCOVER
      m1 tells m2 m3
      m1 answers
      m2 leaves it to m1
      m3 leaves it to m1
    what m1 told is lost
    until 750 ms
      m2 tells m1 m3
      m2 answers after 750 ms
    what m2 told reaches m3
    until 9000 ms
  `,
  "the word is here before the request": `
    order m1 m2
    m1 hears DISCOVER
      m1 tells m2
      m1 answers
    until 200 ms
    what m1 told reaches m2
    until 400 ms
    m2 hears DISCOVER
      m2 leaves it to m1
    until 9000 ms
  `,
  "a word that is long gone is no word on what is heard now": `
    order m1 m2
    m1 hears DISCOVER
      m1 tells m2
      m1 answers
    what m1 told reaches m2
    until 3000 ms
    m1 is dead
    m2 hears DISCOVER
      m2 leaves it to m1
    until 9000 ms
      m2 tells m1
      m2 answers after 750 ms
  `,
  "the first was late, and finds that another stepped in": `
    order m1 m2
    m2 hears DISCOVER
      m2 leaves it to m1
    until 800 ms
      m2 tells m1
      m2 answers after 750 ms
    what m2 told reaches m1
    until 900 ms
    m1 hears DISCOVER, 900 ms late
      m1 leaves it to m2
    until 9000 ms
  `,
  "the first was late, and reads only afterwards that another stepped in": `
    order m1 m2
    m2 hears DISCOVER
      m2 leaves it to m1
    until 900 ms
      m2 tells m1
      m2 answers after 750 ms
    m1 hears DISCOVER, 900 ms late
      m1 has its answer or gives it soon
    what m2 told reaches m1
    until 9000 ms
  `,
  "the first was late, and nobody stepped in": `
    order m1 m2
    m2 is dead
    until 900 ms
    m1 hears DISCOVER, 900 ms late
      m1 has its answer or gives it soon
    until 9000 ms
      m1 tells m2
      m1 answers after 50 ms
  `,
  "one that is late itself waits by so much longer": `
    order m1 m2
    m2 hears DISCOVER, 300 ms late
      m2 leaves it to m1
    until 1000 ms
    until 1100 ms
      m2 tells m1
      m2 answers after 1050 ms
  `,
  "one that stood still when it was due reads first what came meanwhile": `
    order m1 m2
    all hear DISCOVER
      m1 tells m2
      m1 answers
      m2 leaves it to m1
    m2 stands still until 900 ms
    m2 goes on, 200 ms late
    what m1 told reaches m2
    until 9000 ms
  `,
  "one that stood still when it was due, and nothing came": `
    order m1 m2
    m1 is dead
    m2 hears DISCOVER
      m2 leaves it to m1
    m2 stands still until 900 ms
    m2 goes on, 200 ms late
    until 9000 ms
      m2 tells m1
      m2 answers after 950 ms
  `,
  "the client asks again: the wait is short, and the word on the first time does not count": `
    order m1 m2 m3
    all hear DISCOVER
      m1 tells m2 m3
      m1 answers
      m2 leaves it to m1
      m3 leaves it to m1
    what m1 told reaches m2 m3
    m1 is dead
    until 1000 ms
    all hear DISCOVER
      m2 leaves it to m1
      m3 leaves it to m1
    until 2000 ms
      m2 tells m1 m3
      m2 answers after 250 ms
      m3 tells m1 m2
      m3 answers after 500 ms
  `,
  "the client asks again: the first does as before": `
    order m1 m2
    all hear DISCOVER
      m1 tells m2
      m1 answers
      m2 leaves it to m1
    what m1 told reaches m2
    until 1000 ms
    all hear DISCOVER
      m1 tells m2
      m1 answers
      m2 leaves it to m1
    what m1 told reaches m2
    until 1500 ms
  `,
  "the client asks again, and the word on it is here before it is": `
    order m1 m2
    all hear DISCOVER
      m1 tells m2
      m1 answers
      m2 leaves it to m1
    what m1 told is lost
    until 740 ms
    m1 hears DISCOVER
      m1 tells m2
      m1 answers
    what m1 told reaches m2
    until 760 ms
    m2 hears DISCOVER
      m2 leaves it to m1
    until 9000 ms
  `,
  "the client asks again before the time of the third, which hurries": `
    order m1 m2 m3
    m1 is dead
    m2 is dead
    m3 hears DISCOVER
      m3 leaves it to m1
    until 600 ms
    m3 hears DISCOVER
      m3 leaves it to m1
    until 9000 ms
      m3 tells m1 m2
      m3 answers after 1100 ms
  `,
  "the client asks again just before the second's time, which stays as it was": `
    order m1 m2
    m1 is dead
    m2 hears DISCOVER
      m2 leaves it to m1
    until 600 ms
    m2 hears DISCOVER
      m2 leaves it to m1
    until 9000 ms
      m2 tells m1
      m2 answers after 750 ms
  `,
  "the second time the first is late, and finds that another stepped in": `
    order m1 m2
    all hear DISCOVER
      m1 tells m2
      m1 answers
      m2 leaves it to m1
    what m1 told reaches m2
    until 1000 ms
    m2 hears DISCOVER
      m2 leaves it to m1
    until 1300 ms
      m2 tells m1
      m2 answers after 250 ms
    what m2 told reaches m1
    m1 hears DISCOVER, 300 ms late
      m1 leaves it to m2
    until 9000 ms
  `,
  "a loop that was late may have read the word long before the request": `
    order m1 m2
    m1 hears DISCOVER
      m1 tells m2
      m1 answers
    what m1 told reaches m2
    until 500 ms
    m2 hears DISCOVER, 400 ms late
      m2 leaves it to m1
    until 9000 ms
  `,
  "the client asks a third time: it does not hear the first, and has the second too": `
    order m1 m2 m3
    all hear DISCOVER
      m1 tells m2 m3
      m1 answers
      m2 leaves it to m1
      m3 leaves it to m1
    what m1 told reaches m2 m3
    until 1000 ms
    all hear DISCOVER
      m1 tells m2 m3
      m1 answers
      m2 leaves it to m1
      m3 leaves it to m1
    what m1 told reaches m2 m3
    until 3000 ms
    all hear DISCOVER
      m1 tells m2 m3
      m1 answers
      m2 tells m1 m3
      m2 answers
      m3 leaves it to m1
    what m1 told reaches m2 m3
    until 7000 ms
    all hear DISCOVER
      m1 tells m2 m3
      m1 answers
      m2 tells m1 m3
      m2 answers
      m3 tells m1 m2
      m3 answers
    until 20000 ms
  `,
  "over two relays it is one request, and has one answer": `
    order m1 m2
    all hear DISCOVER
      m1 tells m2
      m1 answers
      m2 leaves it to m1
    until 499 ms
    all hear DISCOVER
      m1 has its answer or gives it soon
      m2 leaves it to m1
    what m1 told reaches m2
    until 9000 ms
  `,
  "a REQUEST is another thing than the DISCOVER of its number, and so is another number": `
    order m1 m2
    m1 hears DISCOVER
      m1 tells m2
      m1 answers
    what m1 told reaches m2
    m2 hears DISCOVER
      m2 leaves it to m1
    m2 hears REQUEST
      m2 leaves it to m1
    m2 hears DISCOVER 2
      m2 leaves it to m1
    m1 is dead
    until 9000 ms
      m2 tells m1
      m2 answers after 750 ms
      m2 tells m1
      m2 answers after 750 ms
  `,
  "whoever is alone in the order tells nobody": `
    order m1
    m1 hears REQUEST
      m1 answers
  `,
  "what was for the first alone comes by a relay too: those who hear that are told, once": `
    order m1
    m1 hears REQUEST
      m1 answers
    order m1 m2 m3
    all hear REQUEST
      m1 tells m2 m3
      m1 has its answer or gives it soon
      m2 leaves it to m1
      m3 leaves it to m1
    what m1 told reaches m2 m3
    m1 hears REQUEST
      m1 has its answer or gives it soon
    until 9000 ms
  `,
  "whoever is not in the order does nothing": `
    order m1 m2
    order m2
    m1 hears DISCOVER
    until 9000 ms
  `,
  "the order is another by the second time, and the member is first now": `
    order m1 m2 m3
    m2 hears DISCOVER
      m2 leaves it to m1
    order m2 m3
    until 600 ms
    m2 hears DISCOVER
      m2 tells m3
      m2 answers
    until 9000 ms
  `,
};

for (const [name, script] of Object.entries(SCRIPTS)) {
  Deno.test(name, () => transcript(script));
}

// ---- bounds

function asked(xid: number, order = ["m1", "m2"]): Answerable<number> {
  return { mac: MAC, xid, kind: "discover", order: order.map(idOf), reply: xid };
}

function second(): Answering<number> {
  return new Answering(() => idOf("m2"));
}

Deno.test("transactions are forgotten after their time", () => {
  const member = second();
  member.heard(asked(1), 0, 0);
  member.noted({ mac: MAC, xid: 2, kind: "discover" }, idOf("m1"), 10);
  equal(member.size, 2);
  member.heard(asked(3), FORGET_TRANSACTION_MS - 1, 0);
  equal(member.size, 3);
  member.noted({ mac: MAC, xid: 3, kind: "discover" }, idOf("m1"), FORGET_TRANSACTION_MS + 9);
  equal(member.size, 2);
  // Asked for the third time, it would be answered at once.
  deepEqual(member.heard(asked(1), FORGET_TRANSACTION_MS + 10, 0).map(({ effect }) => effect), [
    "left",
  ]);
});

Deno.test("no more than so many are remembered, and no more wait; the newest count", () => {
  const member = second();
  for (let xid = 0; xid < 3 * MAX_TRANSACTIONS; xid++) {
    member.heard(asked(xid), xid / 1_000, 0);
    holds(member.size <= MAX_TRANSACTIONS);
  }
  equal(member.size, MAX_TRANSACTIONS);
  equal(member.deadlineMs, STEP_IN_MS);
  equal(member.tick(STEP_IN_MS + 10, 0).filter(({ effect }) => effect === "answer").length, 10_001);
  const nowMs = 200 + STEP_IN_MS;
  let answers = 0;
  for (let turn = 0; turn < 2; turn++) {
    const effects = member.tick(nowMs + turn * 1_000, 0);
    answers += effects.filter(({ effect }) => effect === "answer").length;
  }
  equal(answers + 10_001, MAX_TRANSACTIONS);
  equal(member.deadlineMs, Number.POSITIVE_INFINITY);
});

Deno.test("a word that many wait for costs the same however many there are", () => {
  const timed = (count: number): number => {
    const member = second();
    // All wait; the word comes for each but the first, which stands before them.
    for (let xid = 0; xid < count; xid++) member.heard(asked(xid), xid * 0.001, 0);
    const startedAtMs = performance.now();
    for (let xid = 1; xid < count; xid++) {
      member.noted({ mac: MAC, xid, kind: "discover" }, idOf("m1"), 100);
      if (member.deadlineMs !== STEP_IN_MS) throw new Error("the first is due first");
    }
    equal(member.tick(STEP_IN_MS, 0).length, 2);
    return (performance.now() - startedAtMs) / count;
  };
  timed(2_000);
  const few = Math.min(timed(2_000), timed(2_000)), many = timed(MAX_TRANSACTIONS);
  holds(many < 10 * few + 0.005, `${few} ms each of 2,000, ${many} of ${MAX_TRANSACTIONS}`);
});

Deno.test("in a storm each event costs the same at the bound as before it", () => {
  const member = second();
  const batchMs: number[] = [];
  let xid = 0;
  for (let batch = 0; batch < 12; batch++) {
    const startedAtMs = performance.now();
    for (let i = 0; i < 8_192; i++) {
      xid++;
      const nowMs = xid * 0.2;
      member.heard(asked(xid), nowMs, xid % 7 === 0 ? 30 : 0);
      if (xid % 3 > 0) member.noted({ mac: MAC, xid, kind: "discover" }, idOf("m1"), nowMs);
      if (xid % 64 === 0 && member.deadlineMs <= nowMs) member.tick(nowMs, 0);
    }
    batchMs.push(performance.now() - startedAtMs);
  }
  equal(member.size, MAX_TRANSACTIONS);
  const early = Math.min(...batchMs.slice(1, 4)), late = Math.min(...batchMs.slice(6));
  holds(late < 5 * early + 5, `${early} ms before it, ${late} ms at it`);
});

Deno.test("a request that comes without end counts once in each REPEATED_MS", () => {
  const member = second();
  let answers = 0;
  for (let nowMs = 0; nowMs < 3 * REPEATED_MS; nowMs += 10) {
    answers += member.heard(asked(1), nowMs, 0).filter(({ effect }) => effect === "answer").length;
  }
  // The third time, from 1000 ms on.
  equal(answers, 1);
});
