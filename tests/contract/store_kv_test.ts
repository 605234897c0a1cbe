import { deepEqual, equal, match, ok as holds, rejects } from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";

import { equalBytes, utf8 } from "../../src/base/bytes.ts";
import type { Clock } from "../../src/io/clock.ts";
import { type KvStore, openKvStore } from "../../src/io/store_kv.ts";
import { setAsideStore } from "../../src/io/store_recovery.ts";
import { done, isDamage, loaded, opened, pattern } from "./store_contract.ts";
import { type StoreBench, storeContract, texts } from "./store_contract.ts";

/** A clock whose idle timers ring when told. */
class HeldClock implements Clock {
  #calls = new Set<() => void>();

  now(): { monoMs: number; wallMs: number } {
    return { monoMs: 0, wallMs: 0 };
  }

  after(_ms: number, call: () => void): () => void {
    this.#calls.add(call);
    return () => this.#calls.delete(call);
  }

  get waiting(): number {
    return this.#calls.size;
  }

  ring(): void {
    const calls = [...this.#calls];
    this.#calls.clear();
    for (const call of calls) call();
  }
}

/** A data folder; a crash is a copy of its files while the store is open. */
class KvBench implements StoreBench {
  readonly #root = Deno.makeTempDirSync({ prefix: "confluent-store-" });
  readonly clock = new HeldClock();
  #life = 0;
  #open: KvStore[] = [];

  get folder(): string {
    return `${this.#root}/${this.#life}`;
  }

  get file(): string {
    return `${this.folder}/confluent.kv`;
  }

  async open(): Promise<Awaited<ReturnType<typeof openKvStore>>> {
    const outcome = await openKvStore(this.folder, { clock: this.clock });
    if (outcome.ok) this.#open.push(outcome.value);
    return outcome;
  }

  idle(): void {
    this.clock.ring();
  }

  async crash(): Promise<void> {
    const next = `${this.#root}/${this.#life + 1}`;
    await Deno.mkdir(next);
    for await (const { name } of Deno.readDir(this.folder)) {
      if (!name.endsWith("-shm")) await Deno.copyFile(`${this.folder}/${name}`, `${next}/${name}`);
    }
    await this.#closeAll();
    this.#life++;
  }

  async flipBit(key: string): Promise<void> {
    const database = new DatabaseSync(this.file, { readOnly: true });
    const select = database.prepare(
      "select v from kv where instr(k, ?) > 0 order by length(k) desc limit 1",
    );
    const value = select.get(utf8(key))?.["v"];
    database.close();
    holds(value instanceof Uint8Array, `${key} is in the file`);
    await flipIn(this.file, value.subarray(12, 36));
  }

  async cut(): Promise<void> {
    await Deno.remove(`${this.file}-wal`);
  }

  async discard(): Promise<void> {
    await this.#closeAll();
    await Deno.remove(this.#root, { recursive: true });
  }

  async #closeAll(): Promise<void> {
    for (const store of this.#open.splice(0)) await store.close();
  }
}

/** Flips the same bit of the first place where `needle` stands in the file. */
async function flipIn(path: string, needle: Uint8Array): Promise<void> {
  const bytes = await Deno.readFile(path);
  for (let at = 0; at + needle.length <= bytes.length; at++) {
    if (bytes[at] !== needle[0] || !equalBytes(bytes.subarray(at, at + needle.length), needle)) {
      continue;
    }
    bytes[at + 7] = (bytes[at + 7] as number) ^ 1;
    await Deno.writeFile(path, bytes);
    return;
  }
  throw new Error("the value is not in the file");
}

storeContract("Deno KV", () => Promise.resolve(new KvBench()));

/** A case of Deno KV alone. */
function kvTest(title: string, run: (bench: KvBench) => Promise<void>): void {
  Deno.test(`Deno KV: ${title}`, async () => {
    const bench = new KvBench();
    try {
      await run(bench);
    } finally {
      await bench.discard();
    }
  });
}

/** A store with a few commits, closed. */
async function closedStore(bench: KvBench): Promise<void> {
  const store = await opened(bench);
  for (let i = 0; i < 5; i++) await done(store, { [`k${i}`]: pattern(3000, i), n: String(i) });
  await store.close();
}

async function refusesAs(
  bench: KvBench,
  damage: "cut" | "damaged" | "unreadable",
  message: RegExp,
): Promise<void> {
  for (let i = 0; i < 2; i++) {
    await rejects(async () => await bench.open(), isDamage(damage, message));
  }
}

kvTest("folder and files are the owner's alone", async (bench) => {
  const store = await opened(bench);
  await done(store, { a: "1" });
  equal((await Deno.stat(bench.folder)).mode ?? 0 & 0o777, 0o40700);
  for await (const { name } of Deno.readDir(bench.folder)) {
    equal((await Deno.stat(`${bench.folder}/${name}`)).mode ?? 0, 0o100600, name);
  }
  await store.close();
});

kvTest("a flipped bit in the write-ahead log is a cut", async (bench) => {
  const store = await opened(bench);
  for (let i = 0; i < 20; i++) await done(store, { n: pattern(64, i) });
  bench.idle();
  await bench.crash();
  await flipIn(`${bench.file}-wal`, pattern(64, 7).subarray(0, 32));
  await refusesAs(bench, "cut", /holds \d commits of at least 20 .*collective rejoin/);
});

kvTest("a truncated write-ahead log is a cut", async (bench) => {
  const store = await opened(bench);
  for (let i = 0; i < 20; i++) await done(store, { n: pattern(64, i) });
  bench.idle();
  await bench.crash();
  await Deno.truncate(`${bench.file}-wal`, (await Deno.stat(`${bench.file}-wal`)).size / 2);
  await refusesAs(bench, "cut", /commits of at least 20/);
});

kvTest("a commit is in the floor soon after it", async (bench) => {
  const store = await opened(bench);
  await done(store, { a: "1" });
  bench.idle();
  await bench.crash();
  await bench.cut();
  await refusesAs(bench, "cut", /holds 0 commits of at least 1 /);
});

kvTest("a closed store waits for nothing, and may be closed again", async (bench) => {
  const store = await opened(bench);
  for (let i = 0; i < 3; i++) await done(store, { a: "1" });
  equal(bench.clock.waiting, 1);
  await store.close();
  equal(bench.clock.waiting, 0);
  await store.close();
});

kvTest("what was only read is never put into the floor", async (bench) => {
  await done(await opened(bench), { a: "1" });
  await bench.crash();
  await opened(bench);
  bench.idle();
  await bench.crash();
  await bench.cut();
  equal((await opened(bench)).count, 0, "the commit may have been in the page cache alone");
});

kvTest("one torn slot of the floor is the older floor, two are a cut", async (bench) => {
  await closedStore(bench);
  const floor = `${bench.folder}/floor`;
  const whole = await Deno.readFile(floor);
  for (const at of [5, 4096 + 5]) {
    const torn = whole.slice();
    torn[at] = (torn[at] as number) ^ 1;
    await Deno.writeFile(floor, torn);
    await (await opened(bench)).close();
  }
  const torn = whole.slice();
  torn[5] = torn[4101] = 0xee;
  for (const bytes of [torn, new Uint8Array(0)]) {
    await Deno.writeFile(floor, bytes);
    await refusesAs(bench, "cut", /floor, which counts .* missing or damaged; .*rejoin/);
  }
  await Deno.remove(floor);
  await refusesAs(bench, "cut", /floor, which counts .* missing or damaged/);
});

kvTest("a store that vanished is not a new one", async (bench) => {
  await closedStore(bench);
  await Deno.remove(bench.file);
  await refusesAs(bench, "cut", /confluent\.kv is missing, but was there; .*rejoin/);
});

kvTest("an empty, cut short, foreign or overwritten file is refused in one line", async (bench) => {
  await closedStore(bench);
  const whole = await Deno.readFile(bench.file);
  const overwritten = whole.slice().fill(0x55, 4096, whole.length);
  const damaged = [
    new Uint8Array(0),
    whole.slice(0, 50),
    whole.slice(0, 4096),
    whole.slice(0, whole.length - 4096),
    utf8("this is no store\n".repeat(1000)),
    overwritten,
  ];
  for (const bytes of damaged) {
    await Deno.writeFile(bench.file, bytes);
    await refusesAs(bench, "damaged", /^[^\n]*confluent\.kv is [^\n]*collective rejoin`$/);
  }
});

kvTest("a sound database of somebody else's is refused", async (bench) => {
  await closedStore(bench);
  await Deno.remove(bench.file);
  const kv = await Deno.openKv(bench.file);
  await kv.set(["somebody"], "else");
  kv.close();
  await refusesAs(bench, "cut", /lost its commit count/);
});

kvTest("a row this program does not know is damage", async (bench) => {
  const rows: [Deno.KvKey, unknown, RegExp][] = [
    [["extra"], 1, /record "extra" is unknown/],
    [["r", "k0"], "text", /record "k0" is not a frame/],
    [["r", "k2", 1], pattern(10, 1), /record "k2" fails its checksum/],
  ];
  for (const [key, value, message] of rows) {
    await closedStore(bench);
    const kv = await Deno.openKv(bench.file);
    await kv.set(key, value);
    kv.close();
    const store = await opened(bench);
    await rejects(async () => await texts(store), isDamage("damaged", message));
    const result = await store.commit({ puts: [], deletes: [] });
    equal(result.result, "unknown", "nothing is built upon a damaged store");
    await rejects(async () => await store.recover(), isDamage("damaged", message));
    await store.close();
    equal((await setAsideStore(bench.folder)).ok, true);
  }
});

kvTest("a lost part and a lost beginning are damage", async (bench) => {
  const losses: [Deno.KvKey, RegExp][] = [
    [["r", "long"], /"long" has lost its beginning/],
    [["r", "long", 1], /"long" lacks part 1/],
    [["r", "long", 2], /"long" lacks part 2/],
  ];
  for (const [part, message] of losses) {
    let store = await opened(bench);
    await done(store, { long: pattern(150_000, 1), zz: "z" });
    await store.close();
    const kv = await Deno.openKv(bench.file);
    await kv.delete(part);
    kv.close();
    store = await opened(bench);
    await rejects(
      async () => await texts(store),
      isDamage("damaged", message),
    );
    await store.close();
    await setAsideStore(bench.folder);
  }
});

kvTest("a copy that was complete becomes the store, one that was not is dropped", async (bench) => {
  await closedStore(bench);
  const whole = await Deno.readFile(bench.file);
  await done(await opened(bench), { later: "only in the old file's log" });
  await bench.crash();
  await Deno.writeFile(`${bench.file}.new`, whole.slice(0, 5000));
  await Deno.writeFile(`${bench.file}.new-wal`, utf8("half"));
  await Deno.writeFile(`${bench.file}.swap`, whole);
  const store = await opened(bench);
  deepEqual((await loaded(store)).map(({ key }) => key), ["k0", "k1", "k2", "k3", "k4", "n"]);
  await store.close();
  const left = (await Array.fromAsync(Deno.readDir(bench.folder), ({ name }) => name)).sort();
  deepEqual(left, ["confluent.kv", "floor", "lock"]);
});

kvTest("a store begun and never finished is made anew", async (bench) => {
  await (await opened(bench)).close();
  await Deno.remove(bench.file);
  const store = await opened(bench);
  equal(store.count, 0);
  await store.close();
});

kvTest("set aside, a store is out of the way and another can begin", async (bench) => {
  const names = ["confluent.kv.aside-", "floor.aside-"];
  for (const set of [1, 2]) {
    await closedStore(bench);
    const aside = await setAsideStore(bench.folder);
    deepEqual(aside, { ok: true, value: names.map((name) => `${bench.folder}/${name}${set}`) });
    equal((await opened(bench)).count, 0);
    await bench.crash();
    await setAsideStore(bench.folder);
    for (const name of names) await Deno.remove(`${bench.folder}/${name}${set + 1}`);
    await Deno.remove(`${bench.folder}/confluent.kv.aside-${set + 1}-wal`);
  }
  deepEqual(await setAsideStore(bench.folder), { ok: true, value: [] });
});

kvTest("setting aside, killed half way, goes on with the same set", async (bench) => {
  await closedStore(bench);
  const { file, folder } = bench;
  await Deno.rename(file, `${file}.aside-1`);
  await refusesAs(bench, "cut", /is missing, but was there/);
  deepEqual(await setAsideStore(folder), { ok: true, value: [`${folder}/floor.aside-1`] });
  equal((await opened(bench)).count, 0);
});

kvTest(
  "a folder in use, a file for a folder, a folder for a file: one clear line",
  async (bench) => {
    const store = await opened(bench);
    for (const outcome of [await bench.open(), await setAsideStore(bench.folder)]) {
      deepEqual(outcome, {
        ok: false,
        refusal: {
          kind: "conflict",
          message: `data folder ${bench.folder} is in use by process ${Deno.pid}; ` +
            "stop it or choose another with --data",
        },
      });
    }
    await store.close();
    const onFile = await openKvStore(bench.file);
    equal(onFile.ok, false);
    match(onFile.ok ? "" : onFile.refusal.message, /confluent\.kv: it is not a folder$/);
    const below = await openKvStore(`${bench.file}/below`);
    match(below.ok ? "" : below.refusal.message, /^cannot use data folder .*Not a directory/);
    await Deno.remove(bench.file);
    await Deno.mkdir(bench.file);
    await refusesAs(bench, "unreadable", /confluent\.kv is not a file; .*rejoin/);
  },
);
