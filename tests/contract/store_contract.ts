/** What every `Store` promises. Run on Deno KV and on the simulator's disk alike. */
import { deepEqual, equal, fail, match, ok as holds, rejects } from "node:assert/strict";

import { fromUtf8, utf8 } from "../../src/base/bytes.ts";
import { MAX_BATCH_BYTES, MAX_BATCH_ROWS, MAX_STORED_PART_BYTES } from "../../src/base/limits.ts";
import type { Outcome } from "../../src/base/outcome.ts";
import { DamageError, type Store, type StoreRecord } from "../../src/io/store.ts";

/** One disk, and what may happen to it. */
export interface StoreBench {
  open(): Promise<Outcome<Store>>;
  /** Time goes by: what follows commits has followed them. */
  idle(): void;
  /** Ends the process that has the store open, as kill -9 does. */
  crash(): Promise<void>;
  /** Flips one bit of `key`'s stored value; the store was closed. */
  flipBit(key: string): Promise<void>;
  /** Loses commits that had returned; the process has crashed. */
  cut(): Promise<void>;
  discard(): Promise<void>;
}

/** Opens, or fails the test. */
export async function opened(bench: Pick<StoreBench, "open">): Promise<Store> {
  const outcome = await bench.open();
  return outcome.ok ? outcome.value : fail(outcome.refusal.message);
}

export async function loaded(store: Store): Promise<StoreRecord[]> {
  return await Array.fromAsync(store.load());
}

/** Commits, or fails the test; the new count. */
export async function done(
  store: Store,
  puts: Readonly<Record<string, Uint8Array | string>>,
  deletes: readonly string[] = [],
): Promise<number> {
  const records = Object.entries(puts).map(([key, value]) => ({
    key,
    value: typeof value === "string" ? utf8(value) : value,
  }));
  const result = await store.commit({ puts: records, deletes });
  return result.result === "done" ? result.count : fail(`${result.result}: ${result.message}`);
}

/** The records as text. */
export async function texts(store: Store): Promise<Record<string, string>> {
  return Object.fromEntries((await loaded(store)).map(({ key, value }) => [key, fromUtf8(value)]));
}

/** Bytes that repeat nowhere near: a part in the wrong place is seen. */
export function pattern(length: number, seed: number): Uint8Array {
  const bytes = new Uint8Array(length);
  let state = seed >>> 0;
  for (let i = 0; i < length; i++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    bytes[i] = state >>> 24;
  }
  return bytes;
}

export function isDamage(damage: DamageError["damage"], message: RegExp): (e: unknown) => boolean {
  return (error) => {
    holds(error instanceof DamageError, String(error));
    equal(error.damage, damage);
    match(error.message, message);
    return true;
  };
}

type Case = (bench: StoreBench) => Promise<void>;

export function storeContract(name: string, makeBench: () => Promise<StoreBench>): void {
  for (const [title, run] of Object.entries({ ...READING, ...WRITING, ...FAILING })) {
    Deno.test(`${name}: ${title}`, async () => {
      const bench = await makeBench();
      try {
        await run(bench);
      } finally {
        await bench.discard();
      }
    });
  }
}

const READING: Record<string, Case> = {
  "a new store is empty and counts nothing": async (bench) => {
    const store = await opened(bench);
    equal(store.count, 0);
    deepEqual(await loaded(store), []);
    await store.close();
  },

  "values of every length come back, at once and after reopening": async (bench) => {
    const part = MAX_STORED_PART_BYTES;
    const lengths = [0, 1, part - 1, part, part + 1, 2 * part, 3 * part + 7, MAX_BATCH_BYTES];
    const expected = lengths.map((length, i) => ({ key: `v${i}`, value: pattern(length, i) }));
    let store = await opened(bench);
    for (const { key, value } of expected) await done(store, { [key]: value });
    deepEqual(await loaded(store), expected);
    await store.close();
    store = await opened(bench);
    deepEqual(await loaded(store), expected);
    await store.close();
  },

  "records come in the order of their keys, byte by byte": async (bench) => {
    const store = await opened(bench);
    const long = pattern(MAX_STORED_PART_BYTES + 1, 1);
    await done(store, { b: "1", a: long, aa: "2", "a!": "3", B: long, "a\x01": "4", "~": "5" });
    const keys = (await loaded(store)).map(({ key }) => key);
    deepEqual(keys, ["B", "a", "a\x01", "a!", "aa", "b", "~"]);
    await store.close();
  },

  "what the caller does to his bytes afterwards changes nothing": async (bench) => {
    const store = await opened(bench);
    const value = utf8("before");
    await done(store, { k: value });
    value.fill(0x21);
    deepEqual(await texts(store), { k: "before" });
    await store.close();
  },
};

const WRITING: Record<string, Case> = {
  "a long value overwritten by a short one, and back, leaves no trace": async (bench) => {
    const long = pattern(5 * MAX_STORED_PART_BYTES, 1);
    const middle = pattern(2 * MAX_STORED_PART_BYTES + 9, 2);
    let store = await opened(bench);
    for (const value of [long, utf8("short"), middle, utf8(""), long, middle]) {
      await done(store, { k: value, next: "n" });
      const expected = [{ key: "k", value }, { key: "next", value: utf8("n") }];
      deepEqual(await loaded(store), expected);
      await store.close();
      store = await opened(bench);
      deepEqual(await loaded(store), expected);
    }
    await done(store, {}, ["k"]);
    deepEqual(await texts(store), { next: "n" });
    await store.close();
  },

  "a batch at its bounds, over many long values, is one commit": async (bench) => {
    let store = await opened(bench);
    const long = pattern(10 * MAX_STORED_PART_BYTES, 1);
    const names = Array.from({ length: 12 }, (_, i) => `long${i}`);
    for (const name of names) await done(store, { [name]: long });
    const puts = Object.fromEntries(
      Array.from({ length: MAX_BATCH_ROWS }, (_, i) => [`row${i}`, pattern(1600, i)]),
    );
    const absent = Array.from({ length: MAX_BATCH_ROWS - 12 }, (_, i) => `absent${i}`);
    equal(await done(store, puts, [...names, ...absent]), 13);
    const expected = Object.keys(puts).sort();
    deepEqual((await loaded(store)).map(({ key }) => key), expected);
    await store.close();
    store = await opened(bench);
    deepEqual((await loaded(store)).map(({ key }) => key), expected);
    equal(await done(store, { long3: long }), 14);
    await done(store, { last: "1" }, ["long3"]);
    deepEqual((await loaded(store)).map(({ key }) => key), ["last", ...expected]);
    await store.close();
  },

  "deletes go before puts, and the last put of a key counts": async (bench) => {
    const store = await opened(bench);
    await done(store, { a: "old", b: "old" });
    const puts = [["a", "first"], ["c", "c"], ["a", "second"]].map(([key, value]) => (
      { key: key as string, value: utf8(value as string) }
    ));
    const result = await store.commit({ puts, deletes: ["a", "b", "b", "never"] });
    deepEqual(result, { result: "done", count: 2 });
    deepEqual(await texts(store), { a: "second", c: "c" });
    await store.close();
  },

  "every commit, an empty one too, raises the count, which outlives reopening": async (bench) => {
    let store = await opened(bench);
    equal(await done(store, { a: "1" }), 1);
    equal(await done(store, {}), 2);
    equal(await done(store, {}, ["a"]), 3);
    equal(store.count, 3);
    await store.close();
    store = await opened(bench);
    equal(store.count, 3);
    equal(await done(store, { b: "1" }), 4);
    await store.close();
  },

  "a store written to before it is read keeps what it had": async (bench) => {
    let store = await opened(bench);
    await done(store, { k: pattern(3 * MAX_STORED_PART_BYTES, 1), other: "o" });
    await store.close();
    store = await opened(bench);
    await done(store, { k: "short" });
    deepEqual(await texts(store), { k: "short", other: "o" });
    await store.close();
  },

  "a batch beyond its bounds is a bug, and changes nothing": async (bench) => {
    const store = await opened(bench);
    await done(store, { a: "1" });
    const value = new Uint8Array(1);
    const rows = Array.from({ length: MAX_BATCH_ROWS + 1 }, (_, i) => ({ key: `k${i}`, value }));
    const tooLong = [{ key: "k", value: new Uint8Array(MAX_BATCH_BYTES + 1) }];
    for (const puts of [rows, tooLong, [{ key: "", value }], [{ key: "é", value }]]) {
      await rejects(async () => await store.commit({ puts, deletes: [] }), /InvariantError/);
    }
    deepEqual(await texts(store), { a: "1" });
    equal(await done(store, { b: "2" }), 2);
    await store.close();
  },
};

const FAILING: Record<string, Case> = {
  "what had returned is there after a crash": async (bench) => {
    for (let life = 1; life <= 3; life++) {
      const store = await opened(bench);
      equal(store.count, (life - 1) * 2);
      await done(store, { [`life${life}`]: "x", long: pattern(100_000, life) });
      await done(store, { last: String(life) });
      await bench.crash();
    }
    const store = await opened(bench);
    equal(store.count, 6);
    const records = await loaded(store);
    deepEqual(records.map(({ key }) => key), ["last", "life1", "life2", "life3", "long"]);
    deepEqual(records.at(-1)?.value, pattern(100_000, 3));
    await store.close();
  },

  "commits lost without a word are missed": async (bench) => {
    const store = await opened(bench);
    for (let i = 0; i < 5; i++) await done(store, { n: String(i) });
    bench.idle();
    await bench.crash();
    await bench.cut();
    await rejects(async () => await bench.open(), isDamage("cut", /commits of at least/));
    await rejects(async () => await bench.open(), isDamage("cut", /commits of at least/));
  },

  "a flipped bit is found, and its record named": async (bench) => {
    for (const key of ["short", "long"]) {
      let store = await opened(bench);
      await done(store, {
        before: "b",
        long: pattern(3 * MAX_STORED_PART_BYTES, 7),
        short: pattern(40, 9),
      });
      await store.close();
      await bench.flipBit(key);
      store = await opened(bench);
      await rejects(async () => await loaded(store), isDamage("damaged", new RegExp(`"${key}"`)));
      await store.close();
      await bench.flipBit(key);
    }
  },

  "a second opener is refused until the first is gone": async (bench) => {
    const store = await opened(bench);
    for (let i = 0; i < 2; i++) {
      const second = await bench.open();
      equal(second.ok, false);
      equal(second.ok ? "" : second.refusal.kind, "conflict");
    }
    await done(store, { a: "1" });
    await store.close();
    await (await opened(bench)).close();
    await opened(bench);
    await bench.crash();
    await (await opened(bench)).close();
  },

  "recovering a healthy store changes nothing": async (bench) => {
    let store = await opened(bench);
    const long = pattern(10 * MAX_STORED_PART_BYTES, 3);
    for (const name of ["long1", "long2", "other"]) await done(store, { [name]: long });
    for (let i = 0; i < 3; i++) {
      const row = (n: number) => [`row${i}/${n}`.padEnd(100, "-"), "x"];
      await done(store, Object.fromEntries(Array.from({ length: 400 }, (_, n) => row(n))));
    }
    await done(store, { short: "s" }, ["other"]);
    const before = await loaded(store);
    equal(before.length, 1203);
    await store.recover();
    equal(store.count, 7);
    deepEqual(await loaded(store), before);
    equal(await done(store, { short: "t" }), 8);
    await bench.crash();
    store = await opened(bench);
    equal(store.count, 8);
    deepEqual((await loaded(store)).slice(0, -1), before.slice(0, -1));
    await store.close();
  },
};

/** A disk that fills up and is given room again. `fill` leaves no room for a value of 64 KiB. */
export async function fullDiskStory(
  store: Store,
  disk: { fill(): void; free(): void },
): Promise<void> {
  const big = pattern(64 * 1024, 1);
  await done(store, { before: "b" });
  disk.fill();
  for (let i = 0; i < 3; i++) {
    const result = await store.commit({ puts: [{ key: "big", value: big }], deletes: ["before"] });
    equal(result.result, "full");
    equal(store.count, 1);
    deepEqual(await texts(store), { before: "b" });
  }
  await rejects(async () => await store.recover(), isDamage("unreadable", /full|room/));
  equal((await store.commit({ puts: [{ key: "big", value: big }], deletes: [] })).result, "full");
  disk.free();
  equal(await done(store, { big }), 2);
  deepEqual((await loaded(store)).map(({ key }) => key), ["before", "big"]);
}

/** A commit of unknown outcome, after some that were done, and the way back. Returns the count
 * that a later open must find at least. */
export async function unknownOutcomeStory(store: Store, failSoon: () => void): Promise<number> {
  await done(store, { n: "0" });
  failSoon();
  let last = 0;
  for (;;) {
    const value = utf8(String(last + 1));
    const result = await store.commit({ puts: [{ key: "n", value }], deletes: [] });
    if (result.result === "unknown") break;
    equal(result.result, "done");
    if (++last > 1000) fail("the disk never failed");
  }
  const next = await store.commit({ puts: [], deletes: [] });
  equal(next.result, "unknown", "nothing is accepted before recover");
  await store.recover();
  const n = Number((await texts(store))["n"]);
  holds(n === last || n === last + 1, `${n} after ${last} were done`);
  equal(store.count, n + 1, "the count belongs to what is read");
  const count = await done(store, { after: "a" });
  equal(count, n + 2);
  return count;
}
