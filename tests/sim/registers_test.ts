/** The checker itself, on histories short enough to judge by hand. */
import { strict as assert } from "node:assert";
import { Prng } from "../../src/base/prng.ts";
import { checkRegisters } from "./registers.ts";
import type { RegisterOperation } from "./workload.ts";

const UNKNOWN = undefined;

function write(value: string, start: number, end: number | undefined): RegisterOperation {
  return { key: "k", kind: "write", value, start, end };
}

function read(value: string | null, start: number, end: number): RegisterOperation {
  return { key: "k", kind: "read", value, start, end };
}

function cas(
  expected: string | null,
  value: string,
  applied: boolean | undefined,
  start: number,
  end: number | undefined,
): RegisterOperation {
  const operation = { key: "k", kind: "cas", value, expected, start, end } as const;
  return applied === undefined ? operation : { ...operation, applied };
}

function isGood(...history: RegisterOperation[]): void {
  assert.deepEqual(checkRegisters(history), { result: "linearizable" });
}

function isBad(...history: RegisterOperation[]): void {
  assert.equal(checkRegisters(history).result, "violated");
}

Deno.test("an empty register reads as nothing, and a write is seen by whoever asks later", () => {
  isGood();
  isGood(read(null, 0, 1), write("a", 2, 3), read("a", 4, 5));
  isBad(read("a", 0, 1));
});

Deno.test("a read beside a write may see the old value or the new", () => {
  isGood(write("a", 0, 1), write("b", 2, 6), read("a", 3, 4));
  isGood(write("a", 0, 1), write("b", 2, 6), read("b", 3, 4));
});

Deno.test("a stale read is found", () => {
  isBad(write("a", 0, 1), write("b", 2, 3), read("a", 4, 5));
  isBad(write("a", 0, 1), read(null, 2, 3));
});

Deno.test("two reads may not see a change in opposite orders", () => {
  isGood(write("a", 0, 1), write("b", 2, 9), read("a", 3, 4), read("b", 5, 6));
  isBad(write("a", 0, 1), write("b", 2, 9), read("b", 3, 4), read("a", 5, 6));
});

Deno.test("a lost write is found", () => {
  isBad(write("a", 0, 1), write("b", 2, 3), write("c", 2, 3), read("a", 4, 5));
  isGood(write("a", 0, 1), write("b", 2, 3), write("c", 2, 3), read("b", 4, 5));
  isGood(write("a", 0, 1), write("b", 2, 3), write("c", 2, 3), read("c", 4, 5));
});

Deno.test("two writes at once have one order for everybody", () => {
  isBad(write("a", 0, 5), write("b", 0, 5), read("a", 6, 7), read("b", 8, 9));
});

Deno.test("of two compare-and-sets on one value only one may apply", () => {
  isGood(cas(null, "a", true, 0, 5), cas(null, "b", false, 0, 5), read("a", 6, 7));
  isBad(cas(null, "a", true, 0, 5), cas(null, "b", true, 0, 5));
});

Deno.test("a compare-and-set that was refused saw something else than it expected", () => {
  isGood(write("a", 0, 1), cas("b", "c", false, 2, 3));
  isBad(write("a", 0, 1), cas("a", "c", false, 2, 3));
  isGood(write("a", 0, 1), write("b", 2, 9), cas("a", "c", false, 3, 4));
});

Deno.test("a write of unknown outcome may be done at any later time, or never", () => {
  isGood(write("a", 0, 1), write("b", 2, UNKNOWN), read("a", 50, 51));
  isGood(write("a", 0, 1), write("b", 2, UNKNOWN), read("a", 50, 51), read("b", 52, 53));
  isBad(write("a", 0, 1), write("b", 2, UNKNOWN), read("b", 50, 51), read("a", 52, 53));
  isBad(write("a", 0, 1), read("b", 2, 3), write("b", 4, UNKNOWN));
});

Deno.test("what is of unknown outcome is done once at most", () => {
  isBad(
    write("b", 0, UNKNOWN),
    read("b", 1, 2),
    write("c", 3, 4),
    read("c", 5, 6),
    read("b", 7, 8),
  );
});

Deno.test("a chain of unknown outcomes may explain one read", () => {
  isGood(write("a", 0, UNKNOWN), cas("a", "b", undefined, 1, UNKNOWN), read("b", 8, 9));
  isBad(cas("a", "b", undefined, 1, UNKNOWN), read("b", 8, 9));
  isBad(
    write("a", 0, UNKNOWN),
    cas("a", "b", undefined, 1, UNKNOWN),
    read("b", 8, 9),
    read("a", 10, 11),
  );
});

Deno.test("an unknown outcome may have made a compare-and-set refuse, and is then in force", () => {
  isGood(write("a", 0, 1), write("b", 2, UNKNOWN), cas("a", "c", false, 3, 4), read("b", 5, 6));
  isBad(write("a", 0, 1), write("b", 2, UNKNOWN), cas("a", "c", false, 3, 4), read("a", 5, 6));
});

Deno.test("registers are judged apart, and the message names what cannot be explained", () => {
  const other = { ...write("a", 0, 1), key: "other" };
  isGood(other, read(null, 2, 3));
  const verdict = checkRegisters([other, read("a", 2, 3)]);
  assert.deepEqual(verdict, {
    result: "violated",
    why: "no order explains register k, the read of a from 2.00 to 3.00 ms",
  });
});

Deno.test("a history too big to decide is said to be so", () => {
  const writes = Array.from({ length: 12 }, (_, i) => write(`w${i}`, i / 100, 10));
  assert.equal(checkRegisters(writes, 1_000).result, "undecided");
});

/** A real register, asked by several clients at once; each operation takes effect in between. */
function honestHistory(prng: Prng): RegisterOperation[] {
  const history: RegisterOperation[] = [];
  let value: string | null = null;
  const idleAt = [0, 0, 0, 0];
  for (let at = 1, i = 0; i < 40; i++, at += prng.unit() * 4) {
    const client = prng.between(0, idleAt.length - 1);
    const start = Math.max(idleAt[client]!, at - prng.unit() * 6);
    if (start >= at) continue;
    const isKnown = prng.chance(0.8);
    const end = isKnown ? at + prng.unit() * 6 : UNKNOWN;
    idleAt[client] = end ?? at + 6;
    const draw = prng.unit(), mine = `v${i}`;
    if (draw < 0.4) history.push(read(value, start, end ?? at + 6));
    else if (draw < 0.7) {
      history.push(write(mine, start, end));
      if (isKnown || prng.chance(0.5)) value = mine;
    } else {
      const expected: string | null = prng.chance(0.7) ? value : "nothing ever written";
      const applies: boolean = expected === value && (isKnown || prng.chance(0.5));
      history.push(cas(expected, mine, isKnown ? applies : undefined, start, end));
      if (applies) value = mine;
    }
  }
  return history;
}

Deno.test("what a real register answered is linearizable, whatever the order it is told in", () => {
  const prng = new Prng("honest registers");
  for (let i = 0; i < 400; i++) {
    const history = honestHistory(prng);
    assert.deepEqual(checkRegisters(history), { result: "linearizable" });
    assert.deepEqual(checkRegisters(history.toReversed()), { result: "linearizable" });
  }
});

/** Every order of everything, every choice of what never happened: slow, and plainly right. */
function bruteForce(operations: readonly RegisterOperation[], value: string | null): boolean {
  if (operations.every(({ end }) => end === undefined)) return true;
  const firstEnd = Math.min(...operations.map(({ end }) => end ?? Number.POSITIVE_INFINITY));
  return operations.some((operation) => {
    if (operation.start > firstEnd) return false;
    const rest = operations.filter((other) => other !== operation);
    const { kind, expected = null, applied } = operation;
    if (kind === "read") return operation.value === value && bruteForce(rest, value);
    if (applied === false) return expected !== value && bruteForce(rest, value);
    if (kind === "cas" && expected !== value) return false;
    return bruteForce(rest, operation.value);
  });
}

Deno.test("it agrees with trying everything, on small histories true and false", () => {
  const prng = new Prng("small histories");
  const seen = { linearizable: 0, violated: 0, undecided: 0 };
  for (let i = 0; i < 4_000; i++) {
    const history = Array.from({ length: 6 }, (_, n): RegisterOperation => {
      const start = prng.between(0, 20);
      const isKnown = prng.chance(0.7);
      const end = start + prng.between(1, 12);
      const some = (): string | null => prng.pick([null, "v0", "v1", "v2", "v3", "v4", "v5"]);
      const draw = prng.unit();
      if (draw < 0.4) return read(some(), start, end);
      if (draw < 0.7) return write(`v${n}`, start, isKnown ? end : UNKNOWN);
      const applied = isKnown ? prng.chance(0.5) : undefined;
      return cas(some(), `v${n}`, applied, start, isKnown ? end : UNKNOWN);
    });
    const verdict = checkRegisters(history).result;
    assert.equal(verdict, bruteForce(history, null) ? "linearizable" : "violated");
    seen[verdict]++;
  }
  assert.ok(seen.linearizable > 300 && seen.violated > 300, JSON.stringify(seen));
});
