import { deepEqual, equal, notDeepEqual, ok as holds, throws } from "node:assert/strict";

import { Prng } from "../../src/base/prng.ts";

function draws(prng: Prng, count: number): number[] {
  return Array.from({ length: count }, () => prng.next());
}

/** sfc32 as PractRand writes it, in 64-bit integers cut to 32 bits; 12 rounds are thrown away. */
function sfc32(a: number, b: number, c: number, count: number): number[] {
  const cut = (value: bigint): bigint => BigInt.asUintN(32, value);
  const state = { a: BigInt(a), b: BigInt(b), c: BigInt(c), counter: 1n };
  const drawn: number[] = [];
  for (let i = 0; i < 12 + count; i++) {
    const out = cut(state.a + state.b + state.counter);
    state.counter = cut(state.counter + 1n);
    state.a = state.b ^ (state.b >> 9n);
    state.b = cut(state.c + (state.c << 3n));
    state.c = cut(cut((state.c << 21n) | (state.c >> 11n)) + out);
    if (i >= 12) drawn.push(Number(out));
  }
  return drawn;
}

/** FNV-1a over the seed's text, as the constructor spreads it. */
function spread(seed: string): [number, number, number] {
  let hash = 0x811c9dc5n;
  for (const ch of seed) hash = ((hash ^ BigInt(ch.charCodeAt(0))) * 0x01000193n) & 0xffff_ffffn;
  const b = (hash * 0x9e3779b1n) & 0xffff_ffffn;
  return [Number(hash), Number(b), Number(hash ^ 0xffff_ffffn)];
}

Deno.test("one seed gives one history: that of sfc32", () => {
  for (const seed of ["1", "42", "a long seed with words", ""]) {
    deepEqual(draws(new Prng(seed), 200), sfc32(...spread(seed), 200), seed);
  }
});

Deno.test("the histories of kept seeds never change", () => {
  deepEqual(draws(new Prng(1), 4), [357560582, 2452348237, 3965308785, 1722739192]);
  deepEqual(draws(new Prng("n1"), 4), [4009629676, 3439471304, 2705739139, 3796961466]);
});

Deno.test("a number and its text are one seed, and neighbours are strangers", () => {
  deepEqual(draws(new Prng(7), 20), draws(new Prng("7"), 20));
  const first = new Set(Array.from({ length: 1000 }, (_, seed) => new Prng(seed).next()));
  holds(first.size >= 999);
});

Deno.test("what is drawn is spread evenly: every bit is set half of the time", () => {
  const prng = new Prng("bits");
  const set = new Array<number>(32).fill(0);
  for (let i = 0; i < 20_000; i++) {
    const drawn = prng.next();
    for (let bit = 0; bit < 32; bit++) set[bit] = (set[bit] as number) + ((drawn >>> bit) & 1);
  }
  for (const [bit, count] of set.entries()) {
    holds(count > 9_600 && count < 10_400, `bit ${bit} was set ${count} times of 20,000`);
  }
});

Deno.test("between draws both ends and everything in between, and nothing else", () => {
  const prng = new Prng("between");
  const counts = new Map<number, number>();
  for (let i = 0; i < 6_000; i++) {
    const drawn = prng.between(-2, 3);
    counts.set(drawn, (counts.get(drawn) ?? 0) + 1);
  }
  deepEqual([...counts.keys()].sort((a, b) => a - b), [-2, -1, 0, 1, 2, 3]);
  for (const [drawn, count] of counts) holds(count > 850 && count < 1_150, `${drawn}: ${count}`);
  equal(prng.between(5, 5), 5);
});

Deno.test("unit stays below one, and chance is as likely as it says", () => {
  const prng = new Prng("chance");
  for (let i = 0; i < 10_000; i++) {
    const unit = prng.unit();
    holds(unit >= 0 && unit < 1);
  }
  const highest = Object.assign(new Prng(0), { next: () => 0xffff_ffff });
  holds(highest.unit() < 1);
  equal(highest.between(1, 6), 6);
  const hits = Array.from({ length: 10_000 }, () => prng.chance(0.2)).filter(Boolean).length;
  holds(hits > 1_800 && hits < 2_200, `${hits} of 10,000`);
  equal(prng.chance(0), false);
  equal(prng.chance(1), true);
});

Deno.test("pick draws each item, and refuses to draw from nothing", () => {
  const prng = new Prng("pick");
  const picked = new Set(Array.from({ length: 200 }, () => prng.pick(["a", "b", "c"])));
  deepEqual([...picked].sort(), ["a", "b", "c"]);
  throws(() => prng.pick([]), RangeError);
});

Deno.test("a fork draws its own: the parent goes on as if it were not there", () => {
  const [parent, twin] = [new Prng(9), new Prng(9)];
  const fork = parent.fork("network");
  notDeepEqual(draws(fork, 5), draws(parent.fork("disk"), 5));
  draws(fork, 100);
  deepEqual(draws(parent, 20), draws(twin, 20));
  deepEqual(draws(new Prng(9).fork("network"), 5), draws(new Prng(9).fork("network"), 5));
});
