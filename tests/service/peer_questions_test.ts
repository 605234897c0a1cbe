import { deepEqual, equal } from "node:assert/strict";

import { EXPLAIN_WAIT_MS, MAX_EXPLAINS } from "../../src/base/limits.ts";
import type { Clock } from "../../src/io/clock.ts";
import { type MemberId, memberId } from "../../src/model/member.ts";
import { type Heard as HeardOf, PeerQuestions } from "../../src/service/peer_questions.ts";
import {
  decodeExplainFrame,
  encodeExplainFrame,
  type ManagerWord,
} from "../../src/wire/explain_frame.ts";

const M2 = memberId("0000000000000002"), M3 = memberId("0000000000000003");
const WORD: ManagerWord = {
  leaseMs: 4_000,
  move: undefined,
  refusal: undefined,
  operations: [],
};

type Heard = HeardOf<ManagerWord>;

/** Calls when it is told to, and knows what still waits. */
class HandClock implements Clock {
  readonly waiting = new Map<() => void, number>();

  now(): { monoMs: number; wallMs: number } {
    return { monoMs: 0, wallMs: 0 };
  }

  after(ms: number, call: () => void): () => void {
    this.waiting.set(call, ms);
    return () => void this.waiting.delete(call);
  }
}

class Bench {
  readonly clock = new HandClock();
  readonly asked: { readonly to: MemberId; readonly id: number; readonly node: string }[] = [];
  isLinked = true;
  readonly questions = new PeerQuestions<ManagerWord>({
    send: (to, bytes) => {
      const frame = decodeExplainFrame(bytes);
      if (frame?.type === "explainAsk") this.asked.push({ to, id: frame.id, node: frame.node });
      return this.isLinked;
    },
    nameOf: (id) => id === M2 ? "m2" : "m3",
  }, this.clock);

  ask(peer: MemberId, node: string): Promise<Heard> {
    return this.questions.ask(peer, (id) => encodeExplainFrame({ type: "explainAsk", id, node }));
  }

  answer(from: MemberId, id: number, word = WORD): void {
    this.questions.heard(from, id, word);
  }
}

Deno.test("a manager is asked, and what it says is told to who asked for it", async () => {
  const bench = new Bench();
  const first = bench.ask(M2, "n1"), second = bench.ask(M2, "n2");
  deepEqual(bench.asked.map(({ to, node }) => [to, node]), [[M2, "n1"], [M2, "n2"]]);
  const [one, two] = bench.asked.map(({ id }) => id) as [number, number];
  bench.answer(M3, one); // nobody asked that one
  bench.answer(M2, two, { ...WORD, leaseMs: 7 });
  bench.answer(M2, one);
  deepEqual([await first, await second], [{ word: WORD }, { word: { ...WORD, leaseMs: 7 } }]);
  equal(bench.clock.waiting.size, 0);
  bench.answer(M2, one); // too late for anybody
});

Deno.test("one that does not answer, or is not there, is told in place of its word", async () => {
  const bench = new Bench();
  const slow = bench.ask(M2, "n1");
  deepEqual([...bench.clock.waiting.values()], [EXPLAIN_WAIT_MS]);
  for (const call of bench.clock.waiting.keys()) call();
  deepEqual(await slow, { silence: "Collective member m2 does not answer" });
  const cut = bench.ask(M2, "n1"), other = bench.ask(M3, "n1");
  bench.questions.down(M2);
  deepEqual(await cut, { silence: "Collective member m2 went unreachable" });
  bench.isLinked = false;
  const silence = "Collective member m2 is unreachable";
  deepEqual(await bench.ask(M2, "n1"), { silence });
  bench.questions.close();
  deepEqual(await other, { silence: "this member stops" });
  equal(bench.clock.waiting.size, 0);
});

Deno.test("so many may wait, and then there is room again", async () => {
  const bench = new Bench();
  const all: Promise<Heard>[] = [];
  for (let i = 0; i < MAX_EXPLAINS; i++) all.push(bench.ask(M2, "n1"));
  const silence = `m2 was not asked: ${MAX_EXPLAINS} questions are under way`;
  deepEqual(await bench.ask(M2, "n1"), { silence });
  bench.answer(M2, bench.asked[0]?.id ?? 0);
  deepEqual(await all[0], { word: WORD });
  const again = bench.ask(M3, "n1");
  equal(bench.asked.at(-1)?.to, M3);
  bench.questions.close();
  await Promise.all([...all, again]);
});
